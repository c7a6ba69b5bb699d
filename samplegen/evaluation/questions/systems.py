"""The generators that are compared, and what each makes of the same orders and seeds."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.audio.types import Audio
from samplegen.checkpoints.locations import MODELS_VARIABLE, is_path
from samplegen.evaluation.loops_report import PlannedLoop, TimedLoop
from samplegen.evaluation.questions.material import RealLoop, even_loop
from samplegen.pack.prompts import spoken_kind
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.trim import trim_one_shot

if TYPE_CHECKING:
    from samplegen.codec.base import Codec
    from samplegen.engines.alpha_blend import Generator

BATCH: Final = 12
LOW_BPM, HIGH_BPM, BIN_BPM = 60, 200, 20

Progress = Callable[[float, float | None], None]


@contextmanager
def beside(name: str) -> Iterator[None]:
    """While it is open, a model given as a folder finds its codec and CLAP in the folders beside it first."""
    former = os.environ.get(MODELS_VARIABLE)
    if is_path(name):
        parent = str(Path(name).expanduser().resolve().parent)
        os.environ[MODELS_VARIABLE] = os.pathsep.join([parent, *([former] if former else [])])
    try:
        yield
    finally:
        if former is None:
            os.environ.pop(MODELS_VARIABLE, None)
        else:
            os.environ[MODELS_VARIABLE] = former


@dataclass(eq=False)
class System:
    """A generator under a label, and what it has made so far: questions that ask the same share it."""

    label: str
    place: str
    generator: "Generator"
    _loops: dict[PlannedLoop, TimedLoop] = field(default_factory=dict)
    _one_shots: dict[tuple[str, int], Audio] = field(default_factory=dict)
    _heard: dict[tuple[str, int], Audio] = field(default_factory=dict)

    def loops(self, planned: Sequence[PlannedLoop], *, progress: Progress | None = None) -> list[TimedLoop]:
        """One loop of each plan, before any gate."""
        for number, plan in enumerate(planned):
            if plan not in self._loops:
                self._loops[plan] = self._make_loop(plan)
            if progress is not None:
                progress(number + 1, len(planned))
        return [self._loops[plan] for plan in planned]

    def one_shots(self, kinds: Sequence[str], seeds: Sequence[int], *, heard: bool = False) -> list[Audio]:
        """One one-shot of each kind and seed, before any gate, finished as a pack would have it.

        With `heard`, those that the model's own ear takes for another kind are drawn again, as packs do.
        """
        from samplegen.engines.alpha_blend.hearing import DRAWS, make_heard_one_shots

        known = self._heard if heard else self._one_shots
        wanted = list(zip(kinds, seeds, strict=True))
        new = [key for key in dict.fromkeys(wanted) if key not in known]
        for first in range(0, len(new), BATCH):
            some = new[first : first + BATCH]
            clap = self.generator.clap
            told = None if clap is None else clap.embed_text([spoken_kind(kind) for kind, _ in some])
            made = make_heard_one_shots(
                self.generator, [kind for kind, _ in some], tags=[(kind,) for kind, _ in some],
                seeds=[seed for _, seed in some], clap=told, draws=DRAWS if heard else 1,
            )  # fmt: skip
            known.update(zip(some, (even_one_shot(one.audio) for one in made), strict=True))
        return [known[key] for key in wanted]

    def _make_loop(self, plan: PlannedLoop) -> TimedLoop:
        generator = self.generator
        ring = generator.plan_loop(bpm=plan.bpm, bars=plan.bars, beats_per_bar=plan.beats_per_bar)
        told = None if generator.clap is None else generator.clap.embed_text([spoken_kind(plan.tags[0])])
        (audio,) = generator.make_loops(ring, tags=[plan.tags], seeds=[plan.seed], clap=told)
        return TimedLoop(even_loop(audio), plan.bpm, plan.bars, plan.beats_per_bar)


def load_systems(model: str, previous: Sequence[str] = ()) -> list[System]:
    """The model and those it is compared with; equal names are told apart by their hashes.

    Raises
    ------
    ModelError
        If one is missing or damaged.
    """
    from samplegen.engines.alpha_blend import load_generator

    systems: list[System] = []
    for place in (model, *previous):
        with beside(place):
            generator = load_generator(place)
        label = generator.name if place == model and not systems else f"{generator.name}, previous"
        if label in {system.label for system in systems}:
            label = f"{label} {generator.hash[:6]}"
        systems.append(System(label, place, generator))
    return systems


def load_codecs(codecs: "Sequence[str | Codec]") -> "dict[str, Codec]":
    """Codecs by label, each once; the first is the one in question.

    Raises
    ------
    ModelError
        If one is missing or damaged.
    """
    from samplegen.codec import load_codec

    found: dict[str, Codec] = {}
    for one in codecs:
        if isinstance(one, str):
            with beside(one):
                codec = load_codec(one)
        else:
            codec = one
        if codec.hash in {known.hash for known in found.values()}:
            continue
        label = f"{codec.name}, previous" if found else codec.name
        found[f"{label} {codec.hash[:6]}" if label in found else label] = codec
    return found


def hashes(systems: Sequence[System]) -> dict[str, str]:
    """For a report."""
    return {system.label: system.generator.hash for system in systems}


def even_one_shot(audio: Audio) -> Audio:
    """Trimmed, with a pack's peak."""
    return normalise_peak(trim_one_shot(remove_dc(audio, ring=False)), peak_db=-1.0)


def timed_plan(count: int, *, styles: Sequence[str], seed: int, kind: str = "loop_drums") -> list[PlannedLoop]:
    """Loops of four bars of 4/4 at random tempi of tenths of a BPM, equally many in each 20 BPM from 60 to 200."""
    rng = np.random.default_rng(seed)
    bins = (HIGH_BPM - LOW_BPM) // BIN_BPM
    lows = LOW_BPM + BIN_BPM * (np.arange(count) % bins)
    tempi = np.round(lows + rng.uniform(0.0, BIN_BPM, size=count), 1)
    seeds = rng.integers(2**62, size=count)
    return [
        PlannedLoop(float(bpm), 4, 4, (kind, *(styles[number % len(styles)],)) if styles else (kind,), int(each))
        for number, (bpm, each) in enumerate(zip(tempi, seeds, strict=True))
    ]


def matched_plan(real: Sequence[RealLoop], system: System, *, seed: int) -> list[PlannedLoop]:
    """Orders for loops like real ones: kind, style, tempo and bars; kinds that the model does not make are left out."""
    known = system.generator.description
    seeds = np.random.default_rng(seed).integers(2**62, size=len(real))
    return [
        PlannedLoop(
            loop.bpm, loop.bars, loop.beats_per_bar,
            (loop.kind, *((loop.style,) if loop.style in known.styles else ())), int(each),
        )
        for loop, each in zip(real, seeds, strict=True)
        if loop.kind in known.loop_kinds
    ]  # fmt: skip
