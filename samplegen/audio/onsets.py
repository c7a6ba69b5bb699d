"""Where sounds start: a spectral-flux envelope, and onsets to the millisecond."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import frame_centres, frame_rate_of, mel_filterbank, spectra
from samplegen.audio.types import Audio
from samplegen.units import db_to_gain, seconds_to_samples

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

HOP_S = 0.003
WINDOW_S = 0.023
BANDS = 40
LOW_HZ = 30.0
HIGH_HZ = 16_000.0
FLOOR_DB = -66.0
LAG_S = 0.009
_SEARCH_S = 0.025
_RISE_S = 0.003
_APART_S = 0.03
_LOCAL_S = 0.4


@dataclass(frozen=True, eq=False)
class OnsetEnvelope:
    """How strongly something starts, over time.

    Parameters
    ----------
    values
        ``[frames]`` mean rise over the mel bands in dB, not negative.
    frame_rate
        Frames per second; frame k stands at ``k / frame_rate`` seconds.
    """

    values: Float32
    frame_rate: float


def onset_envelope(audio: Audio, *, hop_length: int | None = None, ring: bool = False) -> OnsetEnvelope:
    """Log-mel spectral flux of the channel mean.

    Each band's level in dB is floored `FLOOR_DB` below the loudest value, and
    its rise over `LAG_S` counts (Böck and Widmer, "SuperFlux", DAFx 2013,
    without the vibrato filter). A frame's rise is written at the middle of the
    two frames that it compares.

    Parameters
    ----------
    audio
        ``[C, T]``.
    hop_length
        Samples between frames; None takes `HOP_S`.
    ring
        The audio is one period of a loop: the envelope goes on across the seam.
    """
    hop = hop_length or max(1, seconds_to_samples(HOP_S, sample_rate=audio.sample_rate))
    levels = _mel_levels_db(audio, hop_length=hop, ring=ring)
    lag = max(1, round(LAG_S * audio.sample_rate / hop))
    lag += lag % 2
    if ring:
        earlier, later = np.roll(levels, lag // 2, axis=0), np.roll(levels, -lag // 2, axis=0)
    else:
        padded = np.pad(levels, ((lag // 2, lag // 2), (0, 0)), mode="edge")
        padded[: lag // 2] = levels.min()
        earlier, later = padded[: len(levels)], padded[lag:]
    rises = np.maximum(later - earlier, 0.0).mean(axis=1)
    rate = frame_rate_of(audio.length, sample_rate=audio.sample_rate, hop_length=hop, ring=ring)
    return OnsetEnvelope(rises.astype(np.float32), rate)


def _mel_levels_db(audio: Audio, *, hop_length: int, ring: bool) -> Float32:
    """Band levels ``[frames, BANDS]`` in dB, floored below the loudest."""
    n_fft = 1 << max(4, round(np.log2(WINDOW_S * audio.sample_rate)))
    high = min(HIGH_HZ, audio.sample_rate / 2)
    bank = mel_filterbank(
        sample_rate=audio.sample_rate, n_fft=n_fft, n_mels=BANDS, low_hz=min(LOW_HZ, high / 2), high_hz=high
    )
    centres = frame_centres(audio.length, hop_length=hop_length, ring=ring)
    blocks = spectra(audio.mono().samples[0], n_fft=n_fft, centres=centres, ring=ring)
    magnitudes = np.concatenate([block @ bank.T for block in blocks])
    floor = max(float(magnitudes.max()), 1e-6) * np.float32(db_to_gain(FLOOR_DB))
    levels: Float32 = 20.0 * np.log10(np.maximum(magnitudes, floor))
    return levels


def detect_onsets(audio: Audio, *, ring: bool = False, sensitivity: float = 1.0) -> Float64:
    """Times in seconds at which sounds start, ascending, ``[onsets]``.

    Peaks of `onset_envelope` well above their surroundings, each moved to the
    steepest rise of the differenced signal's energy within `_SEARCH_S`. With a
    `sensitivity` above 1 lower peaks count too.
    """
    envelope = onset_envelope(audio, ring=ring)
    peaks = _pick_peaks(envelope, ring=ring, sensitivity=sensitivity)
    if peaks.size == 0:
        return np.zeros(0)
    pad = seconds_to_samples(_SEARCH_S + 2 * _RISE_S, sample_rate=audio.sample_rate)
    padded = np.pad(audio.mono().samples[0].astype(np.float64), pad + 1, mode="wrap" if ring else "constant")
    energy = np.concatenate([[0.0], np.cumsum(np.square(np.diff(padded)))])
    coarse = np.rint(peaks / envelope.frame_rate * audio.sample_rate).astype(np.int64)
    starts = np.array([_steepest_rise(energy, centre=int(c), pad=pad, sample_rate=audio.sample_rate) for c in coarse])
    if ring:
        starts %= audio.length
    else:  # the cut at the end is heard as a rise, but nothing starts there
        end = audio.length - seconds_to_samples(WINDOW_S / 2, sample_rate=audio.sample_rate)
        starts = np.maximum(starts[starts < end], 0)
    return _drop_doubles(np.sort(starts) / audio.sample_rate)


def _pick_peaks(envelope: OnsetEnvelope, *, ring: bool, sensitivity: float) -> npt.NDArray[np.int64]:
    values = envelope.values.astype(np.float64)
    mode: Literal["wrap", "symmetric"] = "wrap" if ring else "symmetric"
    near, wide = (max(1, round(s * envelope.frame_rate)) for s in (_APART_S, _LOCAL_S / 2))
    around = np.lib.stride_tricks.sliding_window_view(np.pad(values, near, mode=mode), 2 * near + 1).max(axis=1)
    sums = np.cumsum(np.pad(values, (wide + 1, wide), mode=mode))
    local_mean = (sums[2 * wide + 1 :] - sums[: -2 * wide - 1]) / (2 * wide + 1)
    height = max(1.5, 0.12 * float(np.quantile(values, 0.995)))
    return np.flatnonzero((values == around) & (values > (1.5 * local_mean + height) / sensitivity))


def _steepest_rise(energy: Float64, *, centre: int, pad: int, sample_rate: int) -> int:
    """Sample where the energy after most exceeds the energy before, near `centre`.

    `energy` is the running sum of squares of the differenced signal padded by `pad`.
    """
    width = max(1, seconds_to_samples(_RISE_S, sample_rate=sample_rate))
    reach = seconds_to_samples(_SEARCH_S, sample_rate=sample_rate)
    where = np.arange(centre - reach, centre + reach + 1) + pad
    where = where[(where >= width) & (where + width < energy.size)]
    before, after = energy[where] - energy[where - width], energy[where + width] - energy[where]
    floor = 1e-3 * float(after.max()) + 1e-20
    ratio_db = 10.0 * np.log10((after + floor) / (before + floor))
    last = np.flatnonzero(ratio_db >= ratio_db.max() - 0.5)[-1]
    return int(where[last]) - pad


def _drop_doubles(times: Float64) -> Float64:
    """`times` without those less than half `_APART_S` behind their predecessor."""
    return times[np.diff(times, prepend=-1.0) > _APART_S / 2]
