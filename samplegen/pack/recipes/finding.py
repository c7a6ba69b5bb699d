"""Recipes that come with samplegen, and which one a name means."""

import sys
from pathlib import Path

import samplegen
from samplegen.errors import InputError

SUFFIX = ".toml"


def recipe_folders() -> tuple[Path, ...]:
    """``packs/`` beside the package in a source checkout, and where an installation keeps it."""
    package = Path(samplegen.__file__).resolve().parent
    return package.parent / "packs", Path(sys.prefix) / "share" / "samplegen" / "packs"


def shipped_recipes() -> dict[str, Path]:
    """Every recipe that comes with samplegen, by name."""
    found: dict[str, Path] = {}
    for folder in recipe_folders():
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def find_recipe(name_or_path: str) -> Path:
    """The file of a recipe given by path or by the name of one that comes with samplegen.

    Raises
    ------
    InputError
        Says which names there are.
    """
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return path
    shipped = shipped_recipes()
    if name_or_path in shipped:
        return shipped[name_or_path]
    raise InputError(
        f"There is no recipe {name_or_path!r}. Name a .toml file, or one of {', '.join(shipped) or 'none'}; "
        "samplegen pack new writes one."
    )
