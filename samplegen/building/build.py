"""Building a whole pack: every section's sounds, then what is made of them."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from samplegen.building.companions import make_companions
from samplegen.building.rounds import InRounds
from samplegen.building.sections import Part, Planner
from samplegen.errors import InputError, OutputError
from samplegen.pack.companions import PackView
from samplegen.pack.entries import FileEntry, Missing
from samplegen.pack.export import PackWriter
from samplegen.pack.filling import Filled, GateRate, fill_sounds, pass_rates_of
from samplegen.pack.licence import DEFAULT_LICENCE
from samplegen.pack.manifest import read_manifest
from samplegen.pack.naming import DEFAULT_TEMPLATE
from samplegen.pack.orders import Order
from samplegen.pack.recall import Recall
from samplegen.pack.recipes.types import HumanizedSection, Recipe
from samplegen.pack.word_plan import plan_words

Report = Callable[[str, float, float], None]
Announce = Callable[[str], None]


@dataclass(frozen=True)
class BuildResult:
    """What lies in the pack now.

    Parameters
    ----------
    sounds
        Number of each section's sounds.
    companions
        Paths of what is made of the sounds.
    redraws
        Draws that a gate refused in this run.
    """

    folder: Path
    sounds: dict[str, int]
    files: tuple[Path, ...]
    companions: tuple[str, ...]
    missing: tuple[Missing, ...]
    redraws: int
    pass_rates: dict[str, GateRate]
    notes: tuple[str, ...]
    seconds: float


@dataclass
class _Building:
    """A pack while its recipe is built."""

    recipe: Recipe
    planner: Planner
    force: bool
    rejected: frozenset[str]
    progress: Report | None
    filled: dict[str, Filled] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[Missing]:
        return [sound for filled in self.filled.values() for sound in filled.missing]

    @property
    def entries(self) -> list[FileEntry]:
        found = {entry.path: entry for filled in self.filled.values() for entry in filled.entries}
        return list(found.values())


def build(
    recipe: Recipe,
    *,
    out: Path,
    default_model: str,
    rejected: Collection[str] = (),
    force: bool = False,
    progress: Report | None = None,
) -> BuildResult:
    """Make or finish the pack of `recipe` in `out`.

    What an earlier run finished stays, what the recipe no longer asks for goes.

    Parameters
    ----------
    default_model
        The generator of recipes that name none.
    rejected
        Jobs of sounds that listeners did not want, of all rounds.
    progress
        Called with a section's name, sounds done and sounds in all.

    Raises
    ------
    SamplegenError
        If a section asks for what cannot be, something cannot be written, or no sound at all could be made.
    """
    start = time.monotonic()
    planner = Planner(recipe, out, default_model)
    building = _Building(recipe, planner, force, frozenset(rejected), progress)
    parts = [_in_rounds(part, building.rejected) for part in planner.parts()]
    if not force:
        _refuse_other_pack(recipe, out, parts)
    first = _fill(building, parts)
    writer = _fill(building, [_in_rounds(part, building.rejected) for part in _humanized(building, out)]) or first
    if writer is None or not building.entries:
        raise InputError(f"No sound of {recipe.name} could be made. {' '.join(_reasons(building))}".strip())
    made = make_companions(recipe, _view(building, out))
    writer.finish(made.companions)
    notes = [note for filled in building.filled.values() for note in filled.notes]
    return BuildResult(
        out, {name: len(filled.entries) for name, filled in building.filled.items()},
        tuple(Path(entry.path) for entry in building.entries), tuple(made.path for made in made.companions),
        tuple(building.missing), sum(filled.redraws for filled in building.filled.values()),
        dict(pass_rates_of(building.entries, building.missing)),
        tuple(dict.fromkeys([*notes, *made.notes, *writer.notes])), time.monotonic() - start,
    )  # fmt: skip


def _refuse_other_pack(recipe: Recipe, out: Path, parts: Sequence[Part]) -> None:
    """A pack of another name none of whose sounds is wanted would lose them all: that is a wrong folder."""
    manifest = read_manifest(out)
    made = {entry.job for entry in manifest.files if entry.section} if manifest is not None else set()
    wanted = {part.order.job(index) for part in parts for index in range(part.order.count)}
    if manifest is not None and manifest.name != recipe.name and made and not made & wanted:
        raise OutputError(
            f"{out} holds the pack {manifest.name!r}, of whose sounds {recipe.name} wants none. "
            "Choose another --out, or use --force to replace it."
        )


def _fill(building: _Building, parts: Sequence[Part]) -> PackWriter | None:
    """Fill what `parts` ask for; a writer that knows their jobs and those of all parts before."""
    if not parts:
        return None
    building.jobs += [part.order.job(index) for part in parts for index in range(part.order.count)]
    building.words = plan_words(building.jobs, seed=building.recipe.seed)
    writer = _writer(building)
    for sound in building.missing:
        writer.give_up(sound)
    recall = Recall(writer)
    if building.force:  # what a later part is about to replace is no neighbour of an earlier part's sounds
        recall.expect([part.order.job(index) for part in parts for index in range(part.order.count)])
    for part in parts:
        building.filled[part.name] = _joined(
            building.filled.get(part.name),
            fill_sounds(part.order, writer, recall=recall, section=part.name, progress=_on(building, part.name)),
        )
    return writer


def _writer(building: _Building) -> PackWriter:
    recipe, generators = building.recipe, building.planner.generators.values()
    learned = [line for generator in generators for line in generator.description.attributions]
    return PackWriter(
        building.planner.out,
        name=recipe.name,
        prefix=recipe.prefix,
        template=recipe.template or DEFAULT_TEMPLATE,
        seed=recipe.seed,
        sample_rate=48_000 if recipe.hardware else 44_100,
        bit_depth=16 if recipe.hardware else 24,
        licence=_licence(building),
        attributions=learned,
        created_by=f"samplegen pack build, {', '.join(['recipe', *building.planner.generators])}",
        force=building.force,
        words=building.words,
        tagged=not recipe.hardware,
        rejected=building.rejected,
    )


def _licence(building: _Building) -> str:
    """The recipe's, or that of what the generators make."""
    models = (generator.description.licence for generator in building.planner.generators.values())
    return building.recipe.licence or next(models, DEFAULT_LICENCE)


def _humanized(building: _Building, out: Path) -> Iterable[Part]:
    """Takes of finished sounds, or of the user's own."""
    for section in building.recipe.humanized:
        sources = (section.source,) if section.source is not None else _sources(building, section, out)
        if sources:
            yield building.planner.humanized(section, sources)


def _sources(building: _Building, section: HumanizedSection, out: Path) -> tuple[Path, ...]:
    chosen = {
        entry.path: None
        for name, filled in building.filled.items()
        if name in section.of or name.rpartition("/")[0] in section.of
        for entry in filled.entries
    }
    return tuple(out / path for path in chosen)


def _in_rounds(part: Part, rejected: frozenset[str]) -> Part:
    return Part(part.name, part.section, cast(Order, InRounds(part.order, rejected=rejected)))


def _view(building: _Building, out: Path) -> PackView:
    recipe = building.recipe
    sections = {name: filled.entries for name, filled in building.filled.items()}
    for section in recipe.kits:
        kits = [sections.get(f"{section.name}/{number}", ()) for number in range(1, section.count + 1)]
        sections[section.name] = tuple(entry for kit in kits for entry in kit)
    return PackView(
        out, recipe.name, tuple(building.entries), sections, prefix=recipe.prefix, seed=recipe.seed,
        bpm=recipe.bpm[0] if len(recipe.bpm) == 1 else None, meter=recipe.meter, key=recipe.key,
        licence=_licence(building), artist=recipe.artist, description=recipe.description,
    )  # fmt: skip


def _on(building: _Building, name: str) -> Callable[[float, float | None], None] | None:
    report = building.progress
    return None if report is None else lambda done, total: report(name, done, total or 0)


def _joined(first: Filled | None, second: Filled) -> Filled:
    """What a section with several tempi put into the pack."""
    if first is None:
        return second
    return Filled(
        first.entries + second.entries, first.missing + second.missing, first.redraws + second.redraws,
        first.unknown_words, first.notes + second.notes, first.errors + second.errors,
    )  # fmt: skip


def _reasons(building: _Building) -> list[str]:
    errors = [str(error) for filled in building.filled.values() for error in filled.errors]
    return list(dict.fromkeys([*errors, *(sound.reason for sound in building.missing)]))[:3]
