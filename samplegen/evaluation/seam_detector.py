"""Can a classifier find where a loop begins? It is trained to tell the seam from the other bar lines of the same loop.

A line is described by what a cut leaves there and a hit on the beat does not: the sample step and bend, how badly the
samples before it predict those after, and how far bands fall across it in windows of three lengths (what rings is cut
off, while hits only add). Each measure is told relative to the loop's other lines, so that loops don't differ, and the
score is how often the seam is ranked above another line of its own loop (AUC within loops).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio, Samples
from samplegen.errors import DependencyError, UsageError
from samplegen.units import seconds_to_samples, slice_to_sample

Float64 = npt.NDArray[np.float64]

WINDOWS_S: Final = (0.003, 0.012, 0.046)
FOLDS: Final = 5
LEAST_LOOPS: Final = 10
_BANDS: Final = 12
_ORDER: Final = 16
_LEARNED: Final = 512
_CROSSFADE_S: Final = 0.010
_FLOOR: Final = 1e-5
_TREES: Final = 64


@dataclass(frozen=True, eq=False)
class Lines:
    """Measures of the lines of one loop ``[lines, measures]``; the first line is the seam."""

    values: Float64


def measure_lines(audio: Audio, *, bars: int) -> Lines:
    """Every bar line of a loop ``[C, T]``, relative to all of them: in deviations, and from their median in dB.

    Raises
    ------
    UsageError
        If there are fewer than two bars.
    """
    if bars < 2:
        raise UsageError(f"A seam detector needs loops of two bars or more, not {bars}.")
    samples = audio.mono().samples[0]
    places = [slice_to_sample(k, slices=bars, length=samples.size) for k in range(bars)]
    raw = np.array([_measure(samples, place, sample_rate=audio.sample_rate) for place in places])
    return Lines(
        np.hstack([(raw - raw.mean(axis=0)) / np.maximum(raw.std(axis=0), 1e-3), raw - np.median(raw, axis=0)])
    )


def _measure(samples: Samples, place: int, *, sample_rate: int) -> Float64:
    """Logarithms of what changes at `place` of a ring."""
    values: list[float] = []
    for seconds in WINDOWS_S:
        length = max(16, seconds_to_samples(seconds, sample_rate=sample_rate))
        before, after = _around(samples, place, length)
        values += _falls(before, after)
    near = np.concatenate(_around(samples, place, 3))
    steps = np.abs(np.diff(np.concatenate(_around(samples, place, 256))))
    middle = steps.size // 2
    values += [
        _log(steps[middle]),
        _log(steps[middle]) - _log(np.percentile(steps, 90)),
        _log(np.abs(np.diff(near, n=2)).max()),
        _surprise(samples, place),
    ]
    return np.array(values)


def _around(samples: Samples, place: int, length: int) -> tuple[Float64, Float64]:
    indices = (place + np.arange(-length, length)) % samples.size
    both = samples[indices].astype(np.float64)
    return both[:length], both[length:]


def _falls(before: Float64, after: Float64) -> tuple[float, float]:
    """Mean and largest fall in dB of bands between two windows: a cut ends what rings, a hit only adds to it."""
    window = np.hanning(before.size)
    spectra = [np.abs(np.fft.rfft(part * window)) for part in (before, after)]
    edges = np.unique(np.geomspace(1, spectra[0].size, _BANDS + 1).astype(int))
    first, second = (
        np.array([_log(np.sqrt((spectrum[low:high] ** 2).mean())) for low, high in zip(edges, edges[1:], strict=False)])
        for spectrum in spectra
    )
    fall = np.maximum(first - second, 0.0)
    return float(fall.mean()), float(fall.max())


def _surprise(samples: Samples, place: int) -> float:
    """Error of a linear prediction, learned before the line, right after it, relative to before."""
    before, after = _around(samples, place, _LEARNED)
    rows = np.lib.stride_tricks.sliding_window_view(np.concatenate([before, after[:_ORDER]]), _ORDER)[:-1]
    wanted = np.concatenate([before, after[:_ORDER]])[_ORDER:]
    learned = _LEARNED - _ORDER
    gram = rows[:learned].T @ rows[:learned] + 1e-6 * np.eye(_ORDER)
    errors = np.abs(wanted - rows @ np.linalg.solve(gram, rows[:learned].T @ wanted[:learned]))
    return _log(errors[learned : learned + 4].max()) - _log(np.percentile(errors[:learned], 95))


def _log(value: float | np.floating[Any]) -> float:
    return float(20.0 * np.log10(max(float(value), _FLOOR)))


def ranks(scores: Sequence[float] | Float64) -> float:
    """Share of the other lines that score below the first, ties counting half."""
    found = np.asarray(scores, np.float64)
    others = found[1:]
    return float(((others < found[0]).sum() + 0.5 * (others == found[0]).sum()) / others.size)


def detect_seams(loops: Sequence[Lines], *, seed: int) -> Float64:
    """For every loop, how often its seam is ranked above its other lines by a detector that never heard the loop.

    The mean is the AUC within loops: 0.5 is chance, 1 always found. Whatever marks these seams can be learned, a
    fill before the downbeat too.

    Raises
    ------
    UsageError
        With fewer than `LEAST_LOOPS` loops.
    DependencyError
        Without scikit-learn.
    """
    folds = _folds(len(loops), seed=seed)
    found = np.zeros(len(loops))
    for fold in range(FOLDS):
        detector = train_detector([loop for k, loop in enumerate(loops) if folds[k] != fold])
        asked = [k for k in range(len(loops)) if folds[k] == fold]
        found[asked] = rank_seams(detector, [loops[k] for k in asked])
    return found


def detect_cuts(
    sets: Mapping[str, Sequence[Lines]], *, cuts: Sequence[Lines], rings: Sequence[Lines], seed: int
) -> dict[str, Float64]:
    """As `detect_seams`, by detectors that were taught what a cut is: seams of `cuts` are, lines of `rings` are not.

    Parameters
    ----------
    sets
        Loops to judge. Loop k of a set is judged by a detector that never heard loop k of `cuts` and `rings`, so sets
        made of the same loops in the same order are judged fairly.
    """
    folds = _folds(len(cuts), seed=seed)
    found = {name: np.zeros(len(loops)) for name, loops in sets.items()}
    for fold in range(FOLDS):
        known = [k for k in range(len(cuts)) if folds[k] != fold]
        detector = train_detector([cuts[k] for k in known], without=[rings[k] for k in known])
        for name, loops in sets.items():
            asked = [k for k in range(len(loops)) if folds[k % len(folds)] == fold]
            if asked:
                found[name][asked] = rank_seams(detector, [loops[k] for k in asked])
    return found


def _folds(count: int, *, seed: int) -> npt.NDArray[np.int64]:
    if count < LEAST_LOOPS:
        raise UsageError(f"A seam detector needs {LEAST_LOOPS} loops or more, not {count}.")
    return np.random.default_rng(seed).permutation(count) % FOLDS


def train_detector(loops: Sequence[Lines], *, without: Sequence[Lines] = ()) -> Any:
    """A detector of the first lines of `loops` among their others, and all lines of those `without` a seam."""
    try:
        from sklearn.ensemble import ExtraTreesClassifier
    except ImportError as error:
        raise DependencyError(f"The detector needs scikit-learn: pip install 'samplegen[eval]' ({error}).") from error
    values = np.concatenate([loop.values for loop in (*loops, *without)])
    is_seam = np.zeros(len(values), bool)
    is_seam[np.cumsum([0, *(len(loop.values) for loop in loops[:-1])])] = True
    model = ExtraTreesClassifier(_TREES, min_samples_leaf=4, class_weight="balanced", random_state=0)
    return model.fit(values, is_seam)


def rank_seams(detector: Any, loops: Sequence[Lines]) -> list[float]:
    """`ranks` of each loop's lines by how much they look like a seam."""
    scores = detector.predict_proba(np.concatenate([loop.values for loop in loops]))[:, 1]
    ends = np.cumsum([len(loop.values) for loop in loops])
    return [ranks(part) for part in np.split(scores, ends[:-1])]


def cut_naively(audio: Audio, *, bars: int, rng: np.random.Generator) -> Audio:
    """All but one bar of a loop, cut out anywhere: what repeating a piece of a recording sounds like."""
    return _excerpt(audio, bars=bars, start=int(rng.integers(audio.length)), fade=0)


def cut_and_crossfade(audio: Audio, *, bars: int, rng: np.random.Generator) -> Audio:
    """The same with the end crossfaded over 10 ms into what came before the start."""
    fade = seconds_to_samples(_CROSSFADE_S, sample_rate=audio.sample_rate)
    return _excerpt(audio, bars=bars, start=int(rng.integers(audio.length)), fade=fade)


def _excerpt(audio: Audio, *, bars: int, start: int, fade: int) -> Audio:
    length = slice_to_sample(bars - 1, slices=bars, length=audio.length)
    whole = np.roll(audio.samples, -start, axis=1)
    made = whole[:, :length].copy()
    if fade:
        rise = (np.arange(fade) + 0.5) / fade
        made[:, length - fade :] = made[:, length - fade :] * (1.0 - rise) + whole[:, -fade:] * rise
    return audio.with_samples(made.astype(np.float32))


def turned(audio: Audio, *, bars: int, rng: np.random.Generator) -> Audio:
    """A loop begun at any of its bars: nothing can tell where, so that a fair detector is at chance."""
    place = slice_to_sample(int(rng.integers(bars)), slices=bars, length=audio.length)
    return audio.with_samples(np.roll(audio.samples, -place, axis=1))
