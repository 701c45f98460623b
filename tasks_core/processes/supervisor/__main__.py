"""``python -I -S …/supervisor/__main__.py PLAN``: run by path, see the package's docstring."""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

NAME = "supervisor"


def main() -> int:
    folder = Path(__file__).parent
    spec = spec_from_file_location(
        NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no package in {folder}")
    sys.modules[NAME] = package = module_from_spec(spec)
    spec.loader.exec_module(package)
    plan = import_module(f"{NAME}.plan").Plan.load(sys.argv[1])
    status: int = import_module(f"{NAME}.supervisor").Supervisor(plan).run()
    return status


if __name__ == "__main__":
    sys.exit(main())
