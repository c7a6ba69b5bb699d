"""What stereo images measure (specs/applications.md §6), and two classical wideners to compare them with."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, oaconvolve, sosfiltfilt

from samplegen.audio.types import Audio, Samples
from samplegen.evaluation.edit_figures import mean_figure, shown
from samplegen.evaluation.tables import markdown_table
from samplegen.units import seconds_to_samples
from samplegen.variations.edits.alignment import find_shift, onset_sample
from samplegen.variations.edits.distances import d_spec, picture
from samplegen.variations.orders.widen import fold_down_db
from samplegen.variations.takes.reality import reality_of

SHARES: Final = frozenset({
    "correlation within 0.05 of asked", "below 150 Hz above 0.95", "balance within 0.3 dB", "channels start together",
    "channel d_spec within 1.5 real medians", "fold-down within -90 dB",
})  # fmt: skip
BASS_HZ: Final = 150.0
HAAS_S: Final = 0.012
_VELVET_S: Final = 0.03
_VELVET_PER_S: Final = 1000.0
_DECAY_DB: Final = 60.0

Floats = npt.NDArray[np.float64]


def measure_image(stereo: Samples, middle: Audio, *, gain: float, wanted: float, kind: str) -> dict[str, float]:
    """Figures of ``[2, T]`` whose mid is to be `gain` times `middle`, and whose channels are to correlate `wanted`."""
    left, right = stereo.astype(np.float64)
    correlation = _correlation(left, right)
    bass = butter(4, BASS_HZ, fs=middle.sample_rate, output="sos")
    low = _correlation(*(np.asarray(sosfiltfilt(bass, channel)) for channel in (left, right)))
    balance = abs(10.0 * float(np.log10(float(left @ left) / float(right @ right))))
    own = picture(middle)
    fold = middle.with_samples(stereo.mean(axis=0, keepdims=True, dtype=np.float32))
    channels = [middle.with_samples(stereo[number : number + 1]) for number in (0, 1)]
    starts = [onset_sample(channel) for channel in channels]
    apart = max(d_spec(picture(channel), own) for channel in channels)
    error = fold_down_db(stereo, gain * middle.samples.astype(np.float64))
    return {
        "fold-down error, dB": error,
        "fold-down within -90 dB": float(error <= -90.0),
        "fold-down d_spec, dB": d_spec(picture(fold), own),
        "correlation": correlation,
        "correlation within 0.05 of asked": float(abs(correlation - wanted) <= 0.05),
        "below 150 Hz": low,
        "below 150 Hz above 0.95": float(low > 0.95),
        "balance, dB": balance,
        "balance within 0.3 dB": float(balance <= 0.3),
        "lag of the attacks, samples": float(abs(find_shift(channels[1], channels[0]))),
        "channels start together": float(find_shift(channels[1], channels[0]) == 0),
        "first sample above -20 dB, difference": float(abs(starts[0] - starts[1])),
        "channel d_spec, dB": apart,
        "channel d_spec within 1.5 real medians": float(apart <= 1.5 * reality_of(kind).median_db),
    }


def haas(middle: Audio) -> Samples:
    """``[2, T]``: the right channel 12 ms late."""
    late = seconds_to_samples(HAAS_S, sample_rate=middle.sample_rate)
    delayed = np.pad(middle.samples, ((0, 0), (late, 0)))[:, : middle.length]
    return np.concatenate([middle.samples, delayed])


def velvet(middle: Audio, *, rng: np.random.Generator) -> Samples:
    """``[2, T]`` through two decaying velvet noises of 30 ms (Alary, Politis, Välimäki, DAFx 2017)."""
    length = seconds_to_samples(_VELVET_S, sample_rate=middle.sample_rate)
    count = round(_VELVET_S * _VELVET_PER_S)
    kernels = np.zeros((2, length))
    for kernel in kernels:
        places = (np.arange(count) + rng.random(count)) * length / count
        gains = rng.choice((-1.0, 1.0), size=count) * 10.0 ** (-_DECAY_DB * np.arange(count) / count / 20.0)
        np.add.at(kernel, places.astype(int), gains / np.sqrt(np.square(gains).sum()))
    return np.asarray(oaconvolve(middle.samples, kernels, axes=1)[:, : middle.length], np.float32)


def report_table(columns: Mapping[str, Sequence[Mapping[str, float]]], *, seed: int) -> str:
    """Measures in rows, ways to widen in columns, with 95 % intervals over sources."""
    rng = np.random.default_rng(seed)
    names = list(next(iter(columns.values()))[0])
    rows = [
        [name, *(shown(mean_figure([one[name] for one in found], rng=rng), share=name in SHARES)
                 for found in columns.values())]
        for name in names
    ]  # fmt: skip
    return markdown_table(["", *columns], rows)


def _correlation(left: Floats, right: Floats) -> float:
    power = float(np.sqrt(float(left @ left) * float(right @ right)))
    return float(left @ right) / power if power > 0.0 else 1.0
