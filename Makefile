# Two commands: `make demo` shows it, `make test` proves it. Both need python3 (>= 3.11) with venv, and make.

PYTHON ?= python3
# Parallel test processes, each with databases of its own; many tests wait for processes.
PARALLEL ?= 3
ARGS ?=

BIN := .venv/bin
STAMP := .venv/.ready
PYTEST = $(BIN)/python -m pytest -q -n $(PARALLEL) --dist worksteal $(ARGS)
# One at a time, since its times are published, and without the limit that a hanging test has.
LONG = FAULTS=long FAULT_RESULTS=docs/explanation/faults.json $(BIN)/python -m pytest -q -n 0 \
	-o faulthandler_timeout=1200 --ignore tests/faults/test_published.py tests/faults $(ARGS)

# Hundreds of processes start in the suite, and each would compile again what it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test test-sqlite test-postgres test-mysql faults bench check docs clean

help:
	@echo "make demo    the example site with a worker and a scheduler (ARGS=\"--seconds 20\" ends by itself)"
	@echo "make test    the whole suite on SQLite, PostgreSQL and, where one is there, MariaDB"
	@echo "make check   ruff, mypy, migrations, documentation"
	@echo "make faults  kill, freeze, restart and race for more than an hour, and publish the counts"
	@echo "make bench   measure it beside other queues (ARGS=\"--quick\" takes seven minutes)"
	@echo "make docs    the documentation, into docs/_build/html"
	@echo "make clean   remove what these commands made"

setup: $(STAMP)

# uv installs in a third of pip's time; it lives in the environment like everything else.
$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[dev]'
	@touch $@

demo: $(STAMP)
	@$(BIN)/python example_site/manage.py demo $(ARGS)

test: test-sqlite test-postgres test-mysql

test-sqlite: $(STAMP)
	TEST_DB=sqlite $(PYTEST)

test-postgres: $(STAMP)
	TEST_DB=postgres $(PYTEST)

# No wheel brings MariaDB, so a laptop may do without; TEST_DB=mysql asked for by hand may not.
test-mysql: $(STAMP)
	@if $(BIN)/python -m tests.services mysql; then \
		echo "TEST_DB=mysql $(PYTEST)" && TEST_DB=mysql $(PYTEST); \
	else \
		echo "SKIPPED MariaDB: MYSQL_URL is not set and nothing listens on 127.0.0.1:3306."; \
	fi

# All databases are tried and all counts published, also when a scenario fails; then so does this.
faults: $(STAMP)
	@rm -f docs/explanation/faults.json
	@status=0; for db in sqlite postgres mysql; do \
		if $(BIN)/python -m tests.services $$db; then \
			echo "TEST_DB=$$db $(LONG)"; TEST_DB=$$db $(LONG) || status=1; \
		fi; \
	done; $(BIN)/python -m tests.faults.kit.tally && exit $$status

# Other products are installed under .bench/, each in an environment of its own.
bench: $(STAMP)
	@$(BIN)/python -m tests.benchmarks $(ARGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m django makemigrations --check --dry-run --settings tests.settings
	$(BIN)/python example_site/manage.py makemigrations --check --dry-run
	$(MAKE) docs

docs: $(STAMP)
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

clean:
	rm -rf .venv .bench build dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
