"""Sphinx configuration."""

from importlib.metadata import version as installed_version

from pygments.lexers.shell import BashLexer
from sphinx.highlighting import lexers

project = "django-tasks-core"
author = "the django-tasks-core developers"
copyright = f"2026, {author}"  # noqa: A001  (Sphinx's name for it)
release = version = installed_version(project)

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"django-tasks-core {release}"
html_copy_source = False

# Pygments has no lexer for crontab lines; a shell's comes close.
lexers["crontab"] = BashLexer()
