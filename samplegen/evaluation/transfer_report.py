"""Does a transfer sound like its target and still move like its source? (specs/applications.md §4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio
from samplegen.errors import DependencyError
from samplegen.evaluation.one_shot_classifier import one_shot_features
from samplegen.post.trim import trim_one_shot

_DRAWS: Final = 500
WANTED_PROBABILITY: Final = 0.8
WANTED_CORRELATION: Final = 0.6

Floats = npt.NDArray[np.float64]


class KindProbabilities:
    """A logistic regression on standardised features of `one_shot_features`; every kind weighs the same.

    It has heard real one-shots only and shares nothing with the generator or its CLAP.

    Parameters
    ----------
    features, kinds
        ``[n, 384]`` and the kind of each.
    """

    def __init__(self, features: Floats, kinds: Sequence[str]) -> None:
        self._model = _new_model().fit(features, np.asarray(kinds))
        self.kinds = tuple(str(kind) for kind in self._model.classes_)

    def probabilities(self, audios: Sequence[Audio], kind: str) -> Floats:
        """``[B]``: how probable `kind` is of each sound."""
        features = np.stack([one_shot_features(trim_one_shot(audio)) for audio in audios])
        return np.asarray(self._model.predict_proba(features)[:, self.kinds.index(kind)])


def cross_validated_accuracy(
    features: Floats, kinds: Sequence[str], *, sources: Sequence[str], folds: int = 5
) -> float:
    """Share of real sounds that a `KindProbabilities` names rightly without having heard their source."""
    from sklearn.model_selection import GroupKFold, cross_val_predict

    predicted = cross_val_predict(
        _new_model(), features, np.asarray(kinds), groups=np.asarray(sources), cv=GroupKFold(folds)
    )
    return float(np.mean(predicted == np.asarray(kinds)))


def _new_model() -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError as error:
        raise DependencyError(f"The classifier needs scikit-learn: pip install 'samplegen[eval]' ({error}).") from error
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000))


@dataclass(frozen=True, eq=False)
class Sweep:
    """What one engine reaches over strengths.

    Parameters
    ----------
    strengths
        S of them, rising.
    probability, correlation
        ``[S, n]``: of the target kind, and of the envelope with the source's, for n sources.
    """

    strengths: tuple[float, ...]
    probability: Floats
    correlation: Floats

    def means(self, rows: npt.NDArray[np.int64] | slice = slice(None)) -> tuple[Floats, Floats]:
        """Mean probability and correlation at every strength, over the sources `rows`."""
        return self.probability[:, rows].mean(axis=1), self.correlation[:, rows].mean(axis=1)


def area_under(probability: Sequence[float] | Floats, correlation: Sequence[float] | Floats) -> float:
    """Area under the best target probability that keeps the envelope correlation at c or above, for c from 0 to 1.

    1 is a perfect transfer: certainly the target, with exactly the source's envelope.
    """
    probabilities, correlations = np.asarray(probability), np.asarray(correlation)
    edges = np.unique(np.concatenate([[0.0, 1.0], np.clip(correlations, 0.0, 1.0)]))
    best = [max([0.0, *probabilities[correlations >= high]]) for high in edges[1:]]
    return float(np.dot(best, np.diff(edges)))


def best_strength(sweep: Sweep) -> int:
    """Number of the strength that comes nearest to both aims: largest least ratio of figure to aim."""
    probability, correlation = sweep.means()
    return int(np.argmax(np.minimum(probability / WANTED_PROBABILITY, correlation / WANTED_CORRELATION)))


def interval(
    figure: Callable[[npt.NDArray[np.int64]], float], *, count: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """`figure` of all `count` sources by number, and its 95 % bootstrap interval over sources."""
    drawn = [figure(rng.integers(count, size=count)) for _ in range(_DRAWS)]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return figure(np.arange(count)), float(low), float(high)


def told(value: tuple[float, float, float], *, digits: int = 2, unit: str = "") -> str:
    """Such as ``0.81 (0.75–0.86)``."""
    middle, low, high = value
    return f"{middle:.{digits}f}{unit} ({low:.{digits}f}–{high:.{digits}f})"


def sweep_rows(name: str, sweep: Sweep, *, rng: np.random.Generator) -> list[list[str]]:
    """Rows of a table: engine, strength, target probability, envelope correlation, sources that reach both aims."""
    rows, count = [], sweep.probability.shape[1]
    for number, strength in enumerate(sweep.strengths):
        probability, correlation = sweep.probability[number], sweep.correlation[number]
        both = (probability >= WANTED_PROBABILITY) & (correlation >= WANTED_CORRELATION)
        figures = (probability, correlation, 100.0 * both)
        cells = [
            told(interval(lambda some, values=values: float(values[some].mean()), count=count, rng=rng),  # type: ignore[misc]
                 digits=digits, unit=unit)
            for values, digits, unit in zip(figures, (2, 2, 0), ("", "", " %"), strict=True)
        ]  # fmt: skip
        rows.append([name, f"{strength:g}", *cells])
    return rows


def area_of(sweep: Sweep, *, rng: np.random.Generator) -> str:
    """`area_under` of the mean curve, with its interval."""
    count = sweep.probability.shape[1]
    return told(interval(lambda some: area_under(*sweep.means(some)), count=count, rng=rng))
