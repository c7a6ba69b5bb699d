"""What is made of a pack's finished sounds: instruments, projects, MIDI, demo, page, artwork."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from samplegen.errors import InputError
from samplegen.pack.apple_loops import make_apple_loops
from samplegen.pack.artwork import make_artwork
from samplegen.pack.audition import make_audition
from samplegen.pack.companions import Companion, PackView
from samplegen.pack.demo import make_demo
from samplegen.pack.instruments import make_instruments, make_kits, make_round_robins
from samplegen.pack.midi import make_midi
from samplegen.pack.projects import make_projects
from samplegen.pack.recipes.types import Recipe, Section

S = TypeVar("S", bound=Section)


@dataclass
class Made:
    """Companions, and why some are not there."""

    companions: list[Companion] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def make_companions(recipe: Recipe, view: PackView) -> Made:
    """Everything that `recipe` wants beside the sounds of `view`.

    What cannot be made of these sounds is left out, and said: the sounds are worth keeping.
    """
    made = Made()
    for make in _steps(recipe, view):
        try:
            made.companions += make()
        except InputError as error:
            made.notes.append(str(error))
    return made


def _steps(recipe: Recipe, view: PackView) -> Iterator[Callable[[], Sequence[Companion]]]:
    yield from _each(make_kits, view, recipe.kits)
    yield from _each(make_round_robins, view, recipe.humanized)
    yield from _each(make_instruments, view, recipe.instruments)
    yield from _each(make_midi, view, recipe.midi)
    yield from _each(make_projects, view, recipe.projects)
    if recipe.apple_loops:
        yield lambda: make_apple_loops(view)
    if recipe.demo and view.of_kind("loop"):
        yield lambda: make_demo(view)
    if recipe.artwork:
        yield lambda: make_artwork(view)
    if recipe.audition:
        yield lambda: make_audition(view)


def _each(
    make: Callable[[PackView, S], Sequence[Companion]], view: PackView, sections: Sequence[S]
) -> Iterator[Callable[[], Sequence[Companion]]]:
    for section in sections:
        yield lambda section=section: make(view, section)  # type: ignore[misc]
