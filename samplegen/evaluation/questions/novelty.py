"""Does the model hand out its training sounds? Nearest neighbours by the fingerprints that it brings."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.errors import ModelError, ModelInvalidError
from samplegen.evaluation.distances import noise_like
from samplegen.evaluation.questions.estimates import Estimate, bootstrap_estimate, share_estimate
from samplegen.evaluation.questions.material import Material, RealLoop, RealSound, draw_real
from samplegen.evaluation.questions.report import Cell, Report, Table, Target
from samplegen.evaluation.questions.systems import Progress, System, beside, hashes
from samplegen.pack.filling import PackResult
from samplegen.pack.loop_order import LoopOrder
from samplegen.pack.manifest import read_manifest
from samplegen.pack.memorisation import Guard, load_guard
from samplegen.pack.one_shot_order import OneShotOrder
from samplegen.pack.requests import LoopRequest, OneShotRequest
from samplegen.pack.sound import Provenance, Sound, Tags

LOOP_SHARE: Final = 5
BARS: Final = 2
TEMPI: Final = (90.0, 120.0, 128.0, 174.0)
_LONGEST_S: Final = 4.0

MakeOneShots = Callable[[OneShotRequest], PackResult]
MakeLoops = Callable[[LoopRequest], PackResult]


def ask_novelty(
    systems: Sequence[System], material: Material, *, count: int, seed: int, make_one_shots: MakeOneShots,
    make_loops: MakeLoops, progress: Progress | None = None,
) -> Report:  # fmt: skip
    """Share of sounds that the guard calls remembered, before it and in finished packs.

    Parameters
    ----------
    count
        Sounds of each row, a fifth of them loops.
    make_one_shots, make_loops
        The pipeline, which writes packs with the guard among its gates.

    Raises
    ------
    ModelInvalidError
        If the first model brings no fingerprints.
    """
    rng = np.random.default_rng(seed)
    rows: dict[str, dict[str, Cell]] = {}
    after: Estimate | None = None
    for system in systems:
        guard = load_guard(system.generator)
        if guard is None and system is systems[0]:
            raise ModelInvalidError(
                f"{system.label} brings no memory of its training sounds. Make it with: samplegen data remember"
            )
        if guard is None:
            continue
        sounds = draw(system, count=count, seed=seed)
        rows[f"{system.label}, before the guard"] = row_of(guard, sounds, seed=seed)
        if system is systems[0]:
            finished = pack(system, count=count, seed=seed, one_shots=make_one_shots, loops=make_loops)
            row = row_of(guard, finished, seed=seed)
            rows[f"{system.label}, finished packs"], found = row, row["nearer than the limit"]
            assert isinstance(found, Estimate)
            after = found
            rows |= _anchors(guard, material, count=count, rng=rng, seed=seed)
        if progress is not None:
            progress(len(rows), None)
    assert after is not None
    return Report(
        "novelty",
        "Nearness to training sounds",
        (Table("Sounds that the memorisation guard calls remembered: nearer than its limit (1).", rows),),
        notes=(
            "The limit is the nearest percent of how near held-out real sounds come to training ones. Finished packs "
            "went through every gate, were written, read back and judged again. Each system is judged by the "
            "fingerprints of its own training sounds; the anchors by those of the first.",
        ),
        targets=(Target(f"0 violations of {after.n} finished sounds", after, after.value == 0.0),),
        settings={"n": count, "loops among them": _split(count)[1], "seed": seed},
        systems=hashes(systems),
    )


def _split(count: int) -> tuple[int, int]:
    """One-shots and loops."""
    loops = max(1, count // LOOP_SHARE)
    return max(1, count - loops), loops


def draw(system: System, *, count: int, seed: int) -> list[Sound]:
    """First draws of the orders that packs are made of."""
    shots, loops = _split(count)
    with beside(system.place):
        request = OneShotRequest(count=shots, out=Path(), model=system.place)
        order: OneShotOrder | LoopOrder = OneShotOrder(request, system.generator, seed=seed)
        sounds = _made(order, shots)
        for bpm, number in _tempi(loops):
            asked = LoopRequest(count=number, out=Path(), model=system.place, bpm=bpm, bars=BARS)
            sounds += _made(LoopOrder(asked, system.generator, seed=seed), number)
    return sounds


def _tempi(loops: int) -> list[tuple[float, int]]:
    numbers = [len(range(k, loops, len(TEMPI))) for k in range(len(TEMPI))]
    return [(bpm, number) for bpm, number in zip(TEMPI, numbers, strict=True) if number]


def _made(order: OneShotOrder | LoopOrder, count: int) -> list[Sound]:
    sounds: list[Sound] = []
    for start in range(0, count, order.block):
        sounds += order.make(range(start, min(count, start + order.block)), 0)
    return sounds


def pack(system: System, *, count: int, seed: int, one_shots: MakeOneShots, loops: MakeLoops) -> list[Sound]:
    """The same orders as finished packs, read back from their files."""
    number = _split(count)
    sounds: list[Sound] = []
    with tempfile.TemporaryDirectory() as temporary, beside(system.place):
        shots, bars = Path(temporary) / "one-shots", Path(temporary) / "loops"
        with suppress(ModelError):  # none of them passed the gates: fewer are judged, and n says how many
            one_shots(OneShotRequest(count=number[0], out=shots, model=system.place, seed=seed))
        for bpm, some in _tempi(number[1]):
            with suppress(ModelError):
                loops(LoopRequest(count=some, out=bars, model=system.place, seed=seed, bpm=bpm, bars=BARS))
        for folder in (shots, bars):
            manifest = read_manifest(folder)
            for entry in manifest.files if manifest else ():
                tags = Tags(entry.kind, entry.category, bpm=entry.bpm, bars=entry.bars, meter=entry.meter)
                sounds.append(as_sound(read_audio(folder / entry.path, mono=True), tags))
    if not sounds:
        raise ModelInvalidError(f"No sound of {system.label} passed the gates, so that none can be judged.")
    return sounds


def as_sound(audio: Audio, tags: Tags) -> Sound:
    """A sound without provenance, for the guard."""
    return Sound(audio, tags, Provenance("alpha_blend", "", "", "", 0, {}))


def row_of(guard: Guard, sounds: Sequence[Sound], *, seed: int) -> dict[str, Cell]:
    """Violations, and how near the sounds come in units of the limit."""
    relative = np.array([guard.distance(sound) for sound in sounds])
    rng = np.random.default_rng(seed)
    nearest = bootstrap_estimate(lambda chosen: float(np.median(relative[chosen])), len(relative), rng=rng)
    return {
        "n": len(sounds),
        "violations": int((relative < guard.limit).sum()),
        "nearer than the limit": share_estimate(int((relative < guard.limit).sum()), len(sounds), digits=3),
        "median distance (limits)": nearest,
        "nearest (limits)": f"{relative.min():.2f}",
    }


def _anchors(
    guard: Guard, material: Material, *, count: int, rng: np.random.Generator, seed: int
) -> dict[str, dict[str, Cell]]:
    shots, loops = _split(count)
    rows: dict[str, dict[str, Cell]] = {}
    noises: list[Sound] = []
    for name, held_out in (("real: held-out sources", True), ("copies: training sounds", False)):
        others = material.held_loops if held_out else material.train_loops
        sounds = [_real(x) for x in draw_real(material.one_shots(held_out=held_out), shots, rng=rng)]
        sounds += [_real(x) for x in draw_real(others, loops, rng=rng)]
        if sounds:
            rows[name] = row_of(guard, sounds, seed=seed)
            noises = noises or [as_sound(noise_like(x.audio, generator=rng), x.tags) for x in sounds]
    return rows | ({"floor: white noise": row_of(guard, noises, seed=seed)} if noises else {})


def _real(real: RealSound | RealLoop) -> Sound:
    if isinstance(real, RealSound):
        return as_sound(read_audio(real.path, mono=True, max_seconds=_LONGEST_S), Tags("one_shot", real.kind))
    tags = Tags("loop", real.kind, bpm=real.bpm, bars=real.bars, meter=(real.beats_per_bar, 4))
    return as_sound(read_audio(real.path, mono=True), tags)
