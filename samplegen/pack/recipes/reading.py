"""Reads a recipe: a TOML file that describes a whole pack (see `packs/` for examples)."""

import codecs
import dataclasses
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from samplegen.errors import InputError
from samplegen.pack.naming import check_prefix, check_template
from samplegen.pack.recipes import limits, music
from samplegen.pack.recipes.effects import read_effects
from samplegen.pack.recipes.fields import Origin, Table, nearest, shown
from samplegen.pack.recipes.names import check_name
from samplegen.pack.recipes.places import Places
from samplegen.pack.recipes.references import KINDS, SOUND_KINDS, check_references
from samplegen.pack.recipes.sounding import (
    Surroundings,
    keys_of,
    model_of,
    read_humanized,
    read_kit,
    read_loops,
    read_one_shots,
    read_riser,
    read_texture,
    seed_of,
)
from samplegen.pack.recipes.sources import Sources
from samplegen.pack.recipes.types import (
    HumanizedSection,
    InstrumentSection,
    KitSection,
    LoopSection,
    MidiSection,
    OneShotSection,
    ProjectSection,
    Recipe,
    RiserSection,
    TextureSection,
)
from samplegen.pack.recipes.using import read_instrument, read_midi, read_project

Read = Callable[[Table, Surroundings], Any]
_READERS: Final[Mapping[str, tuple[type, Read]]] = {
    "loops": (LoopSection, read_loops),
    "one_shots": (OneShotSection, read_one_shots),
    "kits": (KitSection, read_kit),
    "humanized": (HumanizedSection, read_humanized),
    "risers": (RiserSection, read_riser),
    "textures": (TextureSection, read_texture),
    "instruments": (InstrumentSection, read_instrument),
    "midi": (MidiSection, read_midi),
    "projects": (ProjectSection, read_project),
}
_TOP: Final = ("pack", *KINDS, "effects")
_PACK_KEYS: Final = tuple(
    field.name for field in dataclasses.fields(Recipe) if field.name not in (*KINDS, "effects", "path")
)
_TOML_PLACE: Final = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
# tomllib takes the square of the time for keys of so many parts.
_LONG_KEY: Final = re.compile(r"(?<![\w\"'.-])(?:[\w\"'-]++\s*+\.\s*+){200}")
Value = TypeVar("Value")


def read_recipe(path: Path, *, inputs: Mapping[str, Path] | None = None) -> Recipe:
    """The recipe in the file `path`.

    Parameters
    ----------
    inputs
        Recordings that the recipe calls ``@name``, by name.

    Raises
    ------
    InputError
        Begins with file and line, and says which value is wrong and what is allowed.
    """
    text = _read_text(path)
    content, origin = _parse(text, path)
    _check_top(content, origin)
    pack = Table(content.get("pack", {}), place=("pack",), origin=origin, allowed=_PACK_KEYS)
    effects = read_effects(content.get("effects", {}), origin)
    given = dict(inputs or {})
    sources = Sources(path.parent, inputs=given)
    settings = _read_pack(pack)
    around = Surroundings(bpm=settings["bpm"], meter=settings["meter"], chains=tuple(effects), sources=sources)
    sections: dict[str, Any] = {kind: _read_sections(kind, content.get(kind, []), around, origin) for kind in KINDS}
    recipe = Recipe(**settings, **sections, effects=effects, path=path)
    check_references(recipe, origin)
    _check_amount(recipe, sources, origin)
    _check_inputs(given, sources, path)
    return recipe


def _read_text(path: Path) -> str:
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is not there"
            raise InputError(f"The recipe {path} {what}. Name a .toml file; 'samplegen pack new' writes one.")
        with path.open("rb") as file:
            data = file.read(limits.MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise InputError(f"The recipe {path} cannot be read: {cause}.") from error
    if len(data) > limits.MAX_FILE_BYTES:
        raise InputError(f"The recipe {path} is larger than {limits.MAX_FILE_BYTES // 1000} kB, so it is none.")
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: not UTF-8 text. Save the recipe as UTF-8.") from error


def _parse(text: str, path: Path) -> tuple[dict[str, Any], Origin]:
    if long := _LONG_KEY.search(text):
        line = text.count("\n", 0, long.start()) + 1
        raise InputError(f"{path}:{line}: a key of more than 200 parts. Write it shorter.")
    try:
        content = tomllib.loads(text)
    except RecursionError as error:
        line = _line_with_most(text, r"[\[{]")
        raise InputError(f"{path}:{line}: values nested too deep. Write the recipe flatter.") from error
    except ValueError as error:
        found = _TOML_PLACE.search(str(error))
        if found is None:  # the one thing that tomllib leaves to Python: a number of thousands of digits
            line = _line_with_most(text, r"\d")
            raise InputError(f"{path}:{line}: a number of too many digits. Write a smaller one.") from error
        line = int(found[1]) if found[1] else text.count("\n") + 1
        reason = _TOML_PLACE.sub("", str(error))[:200]
        raise InputError(f"{path}:{line}: not valid TOML: {reason}.") from error
    return content, Origin(str(path), Places(text))


def _line_with_most(text: str, pattern: str) -> int:
    """The line in which `pattern` is found most often."""
    counts = [len(re.findall(pattern, line)) for line in text.split("\n")]
    return counts.index(max(counts)) + 1


def _check_top(content: Mapping[str, Any], origin: Origin) -> None:
    for name, value in content.items():
        if name not in _TOP:
            raise origin.error(
                f"unknown section {shown(name)}.{nearest(name, _TOP)} Allowed: [pack], "
                f"{', '.join(f'[[{kind}]]' for kind in KINDS)}, [effects.NAME].", name,
            )  # fmt: skip
        if name in KINDS and not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
            raise origin.error(f"{name} is {shown(value)}. Write [[{name}]], with two brackets.", name)
    if not any(content.get(kind) for kind in SOUND_KINDS):
        raise origin.error("the recipe makes no sound. Add a section such as [[loops]] or [[one_shots]].", "pack")
    if sum(len(content.get(kind, [])) for kind in KINDS) > limits.MAX_SECTIONS:
        raise origin.error(f"the recipe has more than {limits.MAX_SECTIONS} sections. Make several packs.")


def _read_pack(table: Table) -> dict[str, Any]:
    name = table.checked("name", check_name)
    if name is None:
        raise table.error('[pack] needs a name, such as name = "Techno 132".')
    default = {field.name: field.default for field in dataclasses.fields(Recipe)}
    flags = ("hardware", "artwork", "audition", "demo", "apple_loops")
    seed, prefix = seed_of(table), table.values.get("prefix")
    return {
        "name": name,
        "prefix": "" if prefix == "" else table.checked("prefix", check_prefix) or default["prefix"],
        "artist": table.text("artist") or default["artist"],
        "description": table.text("description", longest=4000, lines=True) or "",
        "bpm": music.tempi_of(table),
        "meter": music.meter_of(table) or default["meter"],
        "key": music.key_of(table),
        "seed": default["seed"] if seed is None else seed,
        "model": model_of(table),
        "licence": table.text("licence"),
        "template": table.checked("template", check_template),
        **{flag: table.flag(flag, fallback=bool(default[flag])) for flag in flags},
    }


def _read_sections(kind: str, values: list[Any], around: Surroundings, origin: Origin) -> tuple[Any, ...]:
    section, read = _READERS[kind]
    tables = (
        Table(value, place=(kind, index), origin=origin, allowed=keys_of(section)) for index, value in enumerate(values)
    )
    return tuple(read(table, around) for table in tables)


def _check_amount(recipe: Recipe, sources: Sources, origin: Origin) -> None:
    planned, lines = limits.planned_sounds(recipe, files=sources.files), {s.name: s.line for s in recipe.sections()}
    for name, count in planned.items():
        if count > limits.MAX_SECTION_SOUNDS:
            raise InputError(
                f"{origin.file}:{lines[name]}: {name} asks for {count} sounds; "
                f"a section may have {limits.MAX_SECTION_SOUNDS}. Lower its count."
            )
    if sum(planned.values()) > limits.MAX_PACK_SOUNDS:
        raise origin.error(
            f"the recipe asks for {sum(planned.values())} sounds; a pack may have {limits.MAX_PACK_SOUNDS}.", "pack"
        )


def _check_inputs(given: Mapping[str, Path], sources: Sources, path: Path) -> None:
    for name in given:
        if name not in sources.used:
            asked = ", ".join(f"@{used}" for used in sorted(sources.used)) or "no recording"
            raise InputError(f"The recipe {path} has no use for --input {name}=…; it names {asked}.")
