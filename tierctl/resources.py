"""Where the files that travel with the package lie: schemas, bundled programs, sample data.

An installed wheel carries `schemas/` and `sample_data/` inside the package; a checkout has them beside it.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _data(name: str) -> Path:
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def schemas() -> Path:
    """The folder of the Table Schemas of exports and reports and of the program file's JSON Schema."""
    return _data("schemas")


def sample_data() -> Path:
    """The folder of the sample workspaces, one for each bundled program."""
    return _data("sample_data")


def bundled_programs() -> Path:
    """The folder of the program files that come with tierctl."""
    return _PACKAGE / "program" / "bundled"


def catalogue() -> Path:
    """The catalogue of findings."""
    return _PACKAGE / "findings.toml"
