"""Gaps cut into sounds that are known, filled, and compared with what was there (specs/applications.md §8)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import log_mel_db
from samplegen.audio.onsets import detect_onsets
from samplegen.audio.types import Audio
from samplegen.errors import InputError
from samplegen.evaluation.tables import markdown_table
from samplegen.units import seconds_to_samples
from samplegen.variations.gaps.fillers import Filler, make_scene
from samplegen.variations.gaps.places import Gap, Time
from samplegen.variations.inpaint import fill_scene

GAPS_S: Final = (0.05, 0.1, 0.25, 0.5)
BEAT: Final = "one beat"
ONSET_S: Final = 0.015
# A beat is cut out this much before it begins, so that its attack lies in the gap.
LEAD_S: Final = 0.02
_RANGE_DB: Final = 60.0
_FFT: Final = 512
_DRAWS: Final = 500

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """A sound with a gap to cut.

    Parameters
    ----------
    size
        Of the gap, as tables name it.
    """

    audio: Audio
    gap: Gap
    size: str
    time: Time | None = None
    category: str = ""


@dataclass(frozen=True)
class Fill:
    """What became of one case in the hands of one filler; distances in dB.

    Parameters
    ----------
    best, mean
        Log-mel distance in the gap to what was there: least and mean of all draws.
    join
        Join flux of the draw that comes first, see `samplegen.variations.inpaint.worst_join`.
    recovered
        Of a beat that was removed: whether the first draw has an onset within 15 ms of it; else None.
    grid_ms
        Mean distance of the first draw's onsets in the gap to the sixteenths; None without onsets.
    from_copy
        Log-mel distance of the first draw to the copy from another bar; None where there is none.
    """

    best: float
    mean: float
    join: float
    recovered: bool | None = None
    grid_ms: float | None = None
    from_copy: float | None = None


def draw_cases(
    audio: Audio, *, rng: np.random.Generator, time: Time | None = None, category: str = "",
    sizes: Sequence[float] = GAPS_S,
) -> list[Case]:  # fmt: skip
    """Gaps of all sizes at random places of a sound where something sounds; of a loop also a beat with an onset."""
    made = []
    for size in sizes:
        length = seconds_to_samples(size, sample_rate=audio.sample_rate)
        lead = audio.sample_rate // 10 if time is None else 0
        last = audio.length - length - lead
        if last <= lead:
            continue
        starts = rng.integers(lead, last, size=8)
        start = int(max(starts, key=lambda place: float(np.square(audio.samples[:, place : place + length]).sum())))
        made.append(Case(audio, Gap(start, start + length), f"{1e3 * size:.0f} ms", time, category))
    beat = None if time is None else _beat(audio, time, rng=rng)
    return [*made, Case(audio, beat, BEAT, time, category)] if beat is not None else made


def measure(case: Case, fillers: Mapping[str, Filler], *, seeds: Sequence[int]) -> dict[str, Fill]:
    """Figures of each filler that takes the case."""
    found: dict[str, list[Audio]] = {}
    joins: dict[str, float] = {}
    scene = make_scene(case.audio, [case.gap], time=case.time, category=case.category, is_one_shot=case.time is None)
    for name, filler in fillers.items():
        try:
            filled = fill_scene(scene, filler, seeds=seeds)
        except InputError:
            continue
        found[name], joins[name] = [one.audio for one in filled], filled[0].join
    copy = found["copy"][0] if "copy" in found else None
    made = {}
    for name, audios in found.items():
        distances = [gap_distance(one, case.audio, case.gap) for one in audios]
        made[name] = Fill(
            min(distances), float(np.mean(distances)), joins[name], _recovered(audios[0], case),
            grid_error_ms(audios[0], case), None if copy is None else gap_distance(audios[0], copy, case.gap),
        )  # fmt: skip
    return made


def gap_distance(made: Audio, wanted: Audio, gap: Gap) -> float:
    """Mean difference in dB over 40 mel bands in the gap, down to 60 dB below the loudest of the wanted sound."""
    levels = [_levels(audio) for audio in (wanted, made)]
    floor = levels[0].max() - _RANGE_DB
    one, other = (np.maximum(level, floor) for level in levels)
    frames = np.arange(gap.start // (_FFT // 4), max(gap.start // (_FFT // 4) + 1, gap.stop // (_FFT // 4)))
    index = frames % one.shape[1]
    return float(np.abs(one[:, index] - other[:, index]).mean())


def grid_error_ms(audio: Audio, case: Case) -> float | None:
    """Mean distance of the onsets in the gap to the nearest sixteenth, in ms."""
    if case.time is None:
        return None
    step = audio.duration_s / (case.time.bars * case.time.beats_per_bar * 4)
    onsets = onsets_in(audio, case.gap)
    away = np.abs(onsets - step * np.round(onsets / step))
    return float(1e3 * away.mean()) if onsets.size else None


def onsets_in(audio: Audio, gap: Gap) -> Floats:
    """Onsets in the gap of a loop, in seconds."""
    onsets = detect_onsets(audio, ring=True)
    start, stop = gap.start / audio.sample_rate, gap.stop / audio.sample_rate
    return np.asarray(onsets[(onsets >= start) & (onsets < stop)], np.float64)


def figures(fills: Sequence[Mapping[str, Fill]], name: str, *, rng: np.random.Generator) -> dict[str, str]:
    """A column of the table: means with 95 % bootstrap intervals over the cases."""
    own = [one[name] for one in fills if name in one]
    if not own:
        return {}
    made = {
        "cases": str(len(own)),
        "distance, best of 5, dB": interval([one.best for one in own], rng=rng),
        "distance, mean, dB": interval([one.mean for one in own], rng=rng),
        "joins inconspicuous, %": interval([100.0 * (one.join <= 1.0) for one in own], rng=rng, digits=0),
    }
    for row, take in _ROWS.items():
        values = [value for one in own if (value := take(one)) is not None]
        if values:
            made[row] = interval(values, rng=rng)
    return made


def interval(values: Sequence[float], *, rng: np.random.Generator, digits: int = 1) -> str:
    """Mean with its 95 % bootstrap interval, such as ``4.1 (3.8–4.4)``."""
    all_of_them = np.asarray(values, np.float64)
    means = all_of_them[rng.integers(all_of_them.size, size=(_DRAWS, all_of_them.size))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{all_of_them.mean():.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def table(by_size: Mapping[str, Sequence[Mapping[str, Fill]]], *, names: Sequence[str], seed: int) -> str:
    """A row for each figure of each size of gap, a column for each filler."""
    rng, rows = np.random.default_rng(seed), []
    for size, fills in by_size.items():
        columns = {name: figures(fills, name, rng=rng) for name in names}
        for row in dict.fromkeys(row for column in columns.values() for row in column):
            rows.append([size, row, *(columns[name].get(row, "–") for name in names)])
    return markdown_table(["gap", "", *names], rows)


_ROWS: Final[dict[str, Callable[[Fill], float | None]]] = {
    "beat found within 15 ms, %": lambda fill: None if fill.recovered is None else 100.0 * fill.recovered,
    "onsets off the grid, ms": lambda fill: fill.grid_ms,
    "distance to the copy, dB": lambda fill: fill.from_copy,
}


def _beat(audio: Audio, time: Time, *, rng: np.random.Generator) -> Gap | None:
    """A beat of a loop that begins with an onset, from shortly before it to shortly before the next."""
    beats, onsets = time.bars * time.beats_per_bar, detect_onsets(audio, ring=True)
    length = audio.length / beats
    lead = LEAD_S * audio.sample_rate
    for beat in rng.permutation(np.arange(1, beats)):
        at = beat * length / audio.sample_rate
        if onsets.size and np.abs(onsets - at).min() <= ONSET_S:
            return Gap(round(beat * length - lead), round((beat + 1) * length - lead))
    return None


def _recovered(made: Audio, case: Case) -> bool | None:
    if case.size != BEAT:
        return None
    beat_s = case.gap.start / case.audio.sample_rate + LEAD_S
    wanted, onsets = onsets_in(case.audio, case.gap), onsets_in(made, case.gap)
    true = wanted[np.abs(wanted - beat_s).argmin()] if wanted.size else beat_s
    return bool(onsets.size and np.abs(onsets - true).min() <= ONSET_S)


def _levels(audio: Audio) -> npt.NDArray[np.float32]:
    return log_mel_db(audio.mono(), n_fft=_FFT, hop_length=_FFT // 4, n_mels=40)
