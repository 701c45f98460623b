"""The wheel holds both packages and nothing else, and works in an empty Django project."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("tasks_core", "scheduler")
SHIPPED = {
    ".py",
    ".lua",
    ".html",
    ".txt",
    ".css",
    ".js",
    ".svg",
    ".mo",
    "",
}  # "": py.typed has a stem only

PROJECT = """
SECRET_KEY = "empty"
INSTALLED_APPS = ["django.contrib.contenttypes", "tasks_core", "scheduler", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3", "OPTIONS": {
    "transaction_mode": "IMMEDIATE", "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"}}}
USE_TZ = True
TIME_ZONE = "UTC"
JOBS = {"BACKEND": "tasks_core.backends.database.DatabaseBackend"}
SCHEDULE = {"tea": {"task": "shop.tasks.brew", "cron": "0 16 * * *", "args": ["green"]}}
"""
TASKS = """
from tasks_core import task

@task
def brew(kind):
    print("brewing", kind)
    return kind
"""
BREW = """
from shop.tasks import brew
import tasks_core
print("from", tasks_core.__file__)
print("job", brew.enqueue("oolong").status)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """Return the interpreter of a fresh environment that has the wheel and its dependencies."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    interpreter = environment / "bin" / "python"
    uv = [Path(sys.executable).parent / "uv", "pip", "install", "--quiet", "--no-deps", "--offline"]
    subprocess.run([*uv, "--python", interpreter, wheel], check=True)
    # The dependencies are lent by the running environment. Its own .pth files are not read
    # through this one, so an editable install of the repository stays out of reach.
    lent = sysconfig.get_paths()["purelib"]
    site_packages = next(environment.glob("lib/python*/site-packages"))
    (site_packages / "dependencies.pth").write_text(f"{lent}\n")
    return interpreter


@pytest.fixture
def project(tmp_path):
    (tmp_path / "empty_settings.py").write_text(PROJECT)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "tasks.py").write_text(TASKS)
    return tmp_path


def test_the_wheel_holds_the_files_of_both_packages_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    description = {name for name in names if name.split("/")[0].endswith(".dist-info")}

    assert names - description == files_of_packages()
    assert {name.split("/", 1)[1] for name in description} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "licenses/LICENSE",
        *(["entry_points.txt"] if "[project.entry-points" in pyproject() else []),
    }


def test_the_wheel_is_typed_and_has_templates_static_files_and_migrations(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    for package in PACKAGES:
        assert f"{package}/py.typed" in names
        assert f"{package}/migrations/0001_initial.py" in names
    assert any(name.startswith("scheduler/templates/") for name in names)
    assert any(name.startswith("scheduler/static/") for name in names)


def test_only_kinds_of_files_that_run_or_are_served_are_shipped():
    odd = [name for name in files_of_packages() if Path(name).suffix not in SHIPPED | {".typed"}]

    assert odd == []


def test_an_empty_project_checks_migrates_and_runs_a_job(python, project):
    checked = django(python, project, "check", "--fail-level", "WARNING")
    assert "no issues" in checked

    django(python, project, "migrate")
    assert "No changes detected" in django(python, project, "makemigrations", "--check")

    stored = django(python, project, "shell", "-c", BREW)
    assert f"from {python.parent.parent}" in stored
    assert "job ready" in stored

    assert "brewing oolong" in django(python, project, "run_worker", "--once")
    assert "16:00:00Z" in django(python, project, "schedules", "next", "tea", "--format", "json")


def files_of_packages():
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def pyproject():
    return (ROOT / "pyproject.toml").read_text()


def django(python, project, *arguments):
    """Run a management command in the empty project, without the repository or its settings."""
    ours = ("TEST_", "PYTHON", "DJANGO_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [python, "-m", "django", *arguments],
        cwd=project,
        env=clean | {"DJANGO_SETTINGS_MODULE": "empty_settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    return output
