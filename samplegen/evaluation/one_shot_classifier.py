"""Does a one-shot sound like its kind? A small classifier trained on real ones answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.errors import DependencyError, UsageError

Float64 = npt.NDArray[np.float64]
Words = npt.NDArray[np.str_]

ALL_KINDS = "all"
SAMPLE_RATE = 44_100
WINDOW = 65_536
_N_FFT, _HOP = 1024, 256
_BANDS = 32
_EARLY_FRAMES = 64
_EARLY_PARTS, _WHOLE_PARTS = 8, 4
_FLOOR = 1e-5
_DRAWS = 2000


@dataclass(frozen=True)
class Share:
    """A share of sounds with its 95 % bootstrap interval."""

    share: float
    low: float
    high: float
    sounds: int


def one_shot_features(audio: Audio) -> Float64:
    """Log spectrum in 32 bands, its first 0.37 s in eight parts and its 1.5 s in four, ``[384]``.

    The sound is mono at 44.1 kHz, cut or filled with silence to 1.5 s, its peak at full scale.
    """
    samples = resample(audio.mono(), sample_rate=SAMPLE_RATE).samples[0][:WINDOW]
    samples = np.pad(samples, (_N_FFT // 2, WINDOW - len(samples) + _N_FFT // 2))
    samples = samples / max(float(np.abs(samples).max()), 1e-3)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _N_FFT)[::_HOP]
    levels = np.log10(np.maximum(np.abs(np.fft.rfft(frames * np.hanning(_N_FFT))) @ _bands().T, _FLOOR))
    early = np.array_split(levels[:_EARLY_FRAMES], _EARLY_PARTS)
    whole = np.array_split(levels, _WHOLE_PARTS)
    return np.concatenate([part.mean(axis=0) for part in (*early, *whole)])


def _bands() -> Float64:
    """Means over logarithmic bands from 40 Hz to 20 kHz, ``[32, bins]``."""
    hz = np.fft.rfftfreq(_N_FFT, 1.0 / SAMPLE_RATE)
    edges = np.geomspace(40.0, 20_000.0, _BANDS + 1)
    members = (hz >= edges[:-1, None]) & (hz < edges[1:, None] + SAMPLE_RATE / _N_FFT)
    return np.asarray(members / members.sum(axis=1, keepdims=True))


class OneShotClassifier:
    """A support-vector classifier on standardised features; every kind weighs the same."""

    def __init__(self, features: Float64, kinds: Sequence[str]) -> None:
        if len(features) != len(kinds) or len(set(kinds)) < 2:
            raise UsageError(f"A classifier needs two kinds or more, and one for each of {len(features)} sounds.")
        self._model = _new_model().fit(features, np.asarray(kinds))

    def predict(self, features: Float64) -> Words:
        """Kinds of ``[n, 384]``."""
        return np.asarray(self._model.predict(features))


def _new_model() -> Any:
    try:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVC
    except ImportError as error:
        raise DependencyError(f"The classifier needs scikit-learn: pip install 'samplegen[eval]' ({error}).") from error
    return make_pipeline(StandardScaler(), SVC(C=10.0, gamma="scale", class_weight="balanced"))


def cross_validated(features: Float64, kinds: Sequence[str], *, sources: Sequence[str], folds: int = 5) -> Words:
    """Kinds predicted for every sound by a classifier that never heard its source."""
    from sklearn.model_selection import GroupKFold

    predicted = np.asarray(kinds).astype(object)
    for train, test in GroupKFold(folds).split(features, groups=np.asarray(sources)):
        predicted[test] = OneShotClassifier(features[train], np.asarray(kinds)[train].tolist()).predict(features[test])
    return predicted.astype(str)


def recognised(
    predicted: Sequence[str] | Words, wanted: Sequence[str], *, generator: np.random.Generator
) -> dict[str, Share]:
    """Share of sounds recognised as the kind that was wanted, by kind and in all.

    Raises
    ------
    UsageError
        Without sounds, or where the counts differ.
    """
    if not len(wanted) or len(predicted) != len(wanted):
        raise UsageError(f"One prediction is needed for each sound, not {len(predicted)} for {len(wanted)}.")
    asked = np.asarray(wanted)
    right = np.asarray(predicted) == asked
    groups = {ALL_KINDS: np.ones(len(asked), bool)} | {kind: asked == kind for kind in dict.fromkeys(wanted)}
    return {kind: _share(right[members], generator) for kind, members in groups.items()}


def _share(right: npt.NDArray[np.bool_], generator: np.random.Generator) -> Share:
    draws = right[generator.integers(len(right), size=(_DRAWS, len(right)))].mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return Share(float(right.mean()), float(low), float(high), len(right))


def mean_over_kinds(shares: dict[str, Share]) -> float:
    """Mean of the kinds' shares, each kind weighing the same."""
    return float(np.mean([share.share for kind, share in shares.items() if kind != ALL_KINDS]))
