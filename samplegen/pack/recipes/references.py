"""What sections say of each other: names that exist, once, of the right kind, in no circle."""

from collections.abc import Iterator, Mapping
from typing import Final

from samplegen.errors import InputError
from samplegen.pack.recipes.fields import Origin, nearest
from samplegen.pack.recipes.types import InstrumentSection, LoopSection, MidiSection, Recipe, Section, TextureSection

KINDS: Final = (
    "loops", "one_shots", "kits", "humanized", "risers", "textures", "instruments", "midi", "projects",
)  # fmt: skip
SOUND_KINDS: Final = KINDS[:6]
_HITS: Final = ("one_shots", "kits", "humanized")
_TAKES: Final = ("humanized",)


def check_references(recipe: Recipe, origin: Origin) -> None:
    """Refuse names that are there twice, and `of` that means nothing that can be used.

    Raises
    ------
    InputError
        Says where.
    """
    places: dict[str, tuple[str, int]] = {}
    for kind, index, section in _all(recipe):
        twin = next((name for name in places if name.casefold() == section.name.casefold()), None)
        if twin is not None:
            line = origin.places.line_of(*places[twin])
            raise origin.error(
                f"the name {section.name!r} is taken by the [[{places[twin][0]}]] of line {line}. Choose another.",
                kind, index, "name",
            )  # fmt: skip
        places[section.name] = (kind, index)
    for kind, index, section in _all(recipe):
        for place, name in enumerate(_of(section)):
            problem = _problem(recipe, section, kind, name, {name: found for name, (found, _) in places.items()})
            if problem:
                raise origin.error(f"of names {name!r}, {problem}", kind, index, "of", place)
        _require_material(recipe, section, origin, kind, index)


def _all(recipe: Recipe) -> Iterator[tuple[str, int, Section]]:
    for kind in KINDS:
        for index, section in enumerate(getattr(recipe, kind)):
            yield kind, index, section


def _of(section: Section) -> tuple[str, ...]:
    return getattr(section, "of", ())


def _problem(recipe: Recipe, section: Section, kind: str, name: str, known: Mapping[str, str]) -> str:
    """What is wrong with a name in `of`; empty where nothing is."""
    allowed = _allowed(kind, section)
    if name == section.name:
        return f"which is this section itself. Name one of {_kinds(allowed)}."
    if name not in known:
        there = ", ".join(other for other, found in known.items() if found in allowed) or "none"
        return f"which no section is called.{nearest(name, known)} Sections that can be used here: {there}."
    circle = _circle(recipe, section.name, name)
    if circle:
        way = circle if len(circle) < 8 else [*circle[:3], "...", *circle[-2:]]
        return f"but that is a circle: {' of '.join(way)}. Break it."
    if known[name] not in allowed:
        return f"which is one of [[{known[name]}]]; [[{kind}]] can be made of {_kinds(allowed)}."
    target = next(other for other in recipe.sections() if other.name == name)
    if isinstance(target, TextureSection) and target.grid is None and kind != "instruments":
        return "whose textures have no tempo. Give that section a grid, or leave it out here."
    return ""


def _allowed(kind: str, section: Section) -> tuple[str, ...]:
    """Kinds of sections whose sounds a section can use."""
    if isinstance(section, InstrumentSection):
        return _TAKES if section.kind == "round_robin" else _HITS
    if isinstance(section, MidiSection):
        return ("loops",)
    return ("one_shots", "kits") if kind == "humanized" else ("loops", "textures", "risers")


def _circle(recipe: Recipe, start: str, name: str) -> list[str]:
    """The way from `start` over `name` back to `start`; empty where there is none."""
    of = {section.name: _of(section) for section in recipe.sections()}
    ways, seen = [[start, name]], {name}
    while ways:
        way = ways.pop()
        for following in of.get(way[-1], ()):
            if following == start:
                return [*way, start]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []


def _require_material(recipe: Recipe, section: Section, origin: Origin, kind: str, index: int) -> None:
    """Refuse a section without `of` where the recipe makes nothing that it could use."""
    if _of(section) or kind in SOUND_KINDS or (isinstance(section, MidiSection) and section.kind == "pattern"):
        return
    allowed = _allowed(kind, section)
    if kind == "projects":
        if not any(isinstance(other, LoopSection) or getattr(other, "grid", None) for other in recipe.sections()):
            raise _nothing(origin, kind, index, "loops, or textures with a grid")
    elif not any(getattr(recipe, name) for name in allowed):
        raise _nothing(origin, kind, index, _kinds(allowed))


def _nothing(origin: Origin, kind: str, index: int, what: str) -> InputError:
    return origin.error(f"[[{kind}]] has nothing to use: the recipe makes no {what}. Add some.", kind, index)


def _kinds(kinds: tuple[str, ...]) -> str:
    return " or ".join(f"[[{kind}]]" for kind in kinds)
