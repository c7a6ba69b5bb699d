"""Are takes like real round robins? Figures for every engine beside the real sets (specs/applications.md §3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_toeplitz
from scipy.stats import ks_2samp

from samplegen.audio.types import Audio
from samplegen.evaluation.one_shot_classifier import OneShotClassifier, one_shot_features
from samplegen.evaluation.tables import markdown_table
from samplegen.post.trim import trim_one_shot
from samplegen.variations.edits.distances import pairwise, picture
from samplegen.variations.edits.gates import Measures, judge_edit
from samplegen.variations.takes.hits import Hit

_TAPS: Final = 128
_DRAWS: Final = 500
_FOLDS: Final = 5

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TakenSet:
    """A hit and takes of it: made ones, or real ones (then `hit` is None)."""

    kind: str
    takes: tuple[Audio, ...]
    hit: Hit | None = None


@dataclass(frozen=True)
class Figure:
    """A figure with its 95 % bootstrap interval over sets."""

    value: float
    low: float
    high: float

    def text(self, unit: str = "") -> str:
        """Such as ``0.21 (0.15–0.30)``."""
        return f"{self.value:.2f}{unit} ({self.low:.2f}–{self.high:.2f})"


def bootstrap(
    sets: Sequence[TakenSet], figure: Callable[[Sequence[int]], float], *, rng: np.random.Generator
) -> Figure:
    """`figure` of all sets by number, and the interval of it over sets drawn with repetition."""
    count = len(sets)
    drawn = [figure(rng.integers(count, size=count).tolist()) for _ in range(_DRAWS)]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Figure(figure(range(count)), float(low), float(high))


def distances_of(one: TakenSet) -> list[float]:
    """`d_spec` of every pair of takes."""
    return pairwise([picture(take) for take in one.takes])


def kolmogorov(made: Sequence[float], real: Sequence[float]) -> float:
    """Largest difference of the two distributions."""
    return float(ks_2samp(made, real).statistic)


def set_statistics(distances: Sequence[float]) -> Floats:
    """What tells a set: median, mean, spread, least and most of its pairwise distances, in logarithms."""
    logs = np.log(np.maximum(distances, 1e-3))
    return np.array([np.median(logs), logs.mean(), logs.std(), logs.min(), logs.max()])


def separability(made: Sequence[Floats], real: Sequence[Floats], *, seed: int) -> float:
    """Area under the curve of a cross-validated logistic regression that tells made from real sets; 0.5 is chance."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features = np.stack([*made, *real])
    labels = np.array([1] * len(made) + [0] * len(real))
    folds = StratifiedKFold(min(_FOLDS, len(made), len(real)), shuffle=True, random_state=seed)
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    scores = cross_val_predict(model, features, labels, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(labels, scores))


def beyond_filter(source: Audio, take: Audio) -> float:
    """Energy that the best linear filter from source to take leaves, as a share of their difference."""
    x, y = (audio.mono().samples[0].astype(np.float64) for audio in (source, take))
    x, y = np.pad(x, (0, _TAPS)), np.pad(y, (0, _TAPS))
    size = 1 << (2 * x.size).bit_length()
    spectrum, other = np.fft.rfft(x, size), np.fft.rfft(y, size)
    own = np.fft.irfft(np.abs(spectrum) ** 2, size)[:_TAPS]
    across = np.fft.irfft(np.conj(spectrum) * other, size)[:_TAPS]
    own[0] *= 1.0 + 1e-6
    taps = solve_toeplitz(own, across)
    left = float(np.square(y).sum() - taps @ across)
    difference = float(np.square(y - x).sum())
    return max(0.0, left) / difference if difference > 0.0 else 0.0


@dataclass(frozen=True, eq=False)
class Measured:
    """All that is measured of an engine's sets, one entry a set."""

    distances: list[list[float]]
    kept: list[float]
    onset_ms: list[float]
    cents: list[float]
    attack_db: list[float]
    beyond: list[float]


def measure_sets(sets: Sequence[TakenSet], *, classifier: OneShotClassifier | None) -> Measured:
    """Measure made sets; without a classifier the class is not judged."""
    found = Measured([], [], [], [], [], [])
    for one in sets:
        found.distances.append(distances_of(one))
        hit = one.hit
        if hit is None:
            continue
        measures: list[Measures] = []
        for take in one.takes:
            noted: Measures = {}
            judge_edit(take, hit, noted)
            measures.append(noted)
        found.onset_ms.append(max(abs(m["onset_shift_ms"] or 0.0) for m in measures))
        found.attack_db.append(max(abs(m["attack_db"] or 0.0) for m in measures))
        found.cents.append(max(abs(m.get("pitch_cents") or 0.0) for m in measures))
        found.beyond.append(float(np.median([beyond_filter(hit.audio, take) for take in one.takes])))
        if classifier is not None:
            features = np.stack([one_shot_features(trim_one_shot(audio)) for audio in (hit.audio, *one.takes)])
            source, *takes = classifier.predict(features)
            found.kept.append(float(np.mean([kind == source for kind in takes])))
    return found


def class_agreement(sets: Sequence[TakenSet], classifier: OneShotClassifier) -> float:
    """Share of takes that the classifier hears as the class of the first take of their set: the anchor of real ones."""
    shares = []
    for one in sets:
        first, *others = classifier.predict(np.stack([one_shot_features(trim_one_shot(take)) for take in one.takes]))
        shares.append(float(np.mean([kind == first for kind in others])))
    return float(np.mean(shares))


def report_table(figures: Mapping[str, Mapping[str, str]]) -> str:
    """Figures by engine: a row each, an engine a column."""
    rows = list(dict.fromkeys(name for column in figures.values() for name in column))
    return markdown_table(
        ["", *figures], [[row, *(column.get(row, "–") for column in figures.values())] for row in rows]
    )
