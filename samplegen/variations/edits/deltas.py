"""Delta rendering: an edit's difference is added to the sound itself (specs/applications.md §2).

A codec loses detail and phase even where nothing is edited. So a small edit is rendered as
``y = x + g (dec(z_var) - dec(z_src))``: what the edit did not touch stays the sound itself, bit for bit.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from samplegen.audio.types import Samples
from samplegen.units import db_to_gain

DELTA_STRENGTH: Final = 0.30
DIRECT_STRENGTH: Final = 0.40
MAX_ATTACK_DB: Final = 1.5
# What an edit may do to the attack's peak, a little less than the gate's limit, and how far its difference is turned
# down there until it does.
ATTACK_ROOM_DB: Final = 1.2
ATTACK_FACTORS: Final = (1.0, 0.8, 0.6, 0.45, 0.3, 0.2, 0.1, 0.0)
CEILING_DB: Final = 18.0
MAX_COLOUR_DB: Final = 12.0
_COLOUR_RANGE_DB: Final = 70.0
_COLOUR_SMOOTH: Final = (13, 7)
_RISE: Final = 32
_FFT: Final = 512
_HOP: Final = _FFT // 4
_LONG_FFT: Final = 2048
_SMOOTH: Final = (3, 5)  # frames, bins
_BLOCK: Final = _HOP << 13
_CONTEXT: Final = 8 * _FFT

Complex = npt.NDArray[np.complex64]
Float = npt.NDArray[np.float32]


def delta_share(strength: float) -> float:
    """1 up to strength 0.30 (delta rendering), 0 from 0.40 on (the decoded edit itself), a raised cosine between."""
    place = (strength - DELTA_STRENGTH) / (DIRECT_STRENGTH - DELTA_STRENGTH)
    return float(0.5 + 0.5 * np.cos(np.pi * np.clip(place, 0.0, 1.0)))


def render_edit(source: Samples, made: Samples, round_trip: Samples, *, strength: float, gain: float = 1.0) -> Samples:
    """The edit of `source` as it should sound, ``[C, T]`` like all three.

    Parameters
    ----------
    made, round_trip
        Decoded latents of the edit, and of the source.
    gain
        Weight g of the difference.
    """
    share = delta_share(strength)
    if strength == 0.0:
        return source
    if share == 0.0:
        return made
    added = source + np.float32(gain) * (made - round_trip)
    return added if share == 1.0 else np.float32(share) * added + np.float32(1.0 - share) * made


def colour_db(made: Samples, round_trip: Samples) -> Float:
    """How an edit changed the level over time and frequency, ``[frames, bins]`` in dB, of two signals ``[1, T]``."""
    levels = []
    for samples in (made, round_trip):
        power = uniform_filter(np.square(np.abs(_analyse(samples[0]))), _COLOUR_SMOOTH, mode="nearest")
        floor = max(float(power.max()), 1e-12) * 10.0 ** (-_COLOUR_RANGE_DB / 10.0)
        levels.append(10.0 * np.log10(np.maximum(power, floor)))
    return np.asarray(levels[0] - levels[1], np.float32)


def undo_codec(made: Samples, source: Samples, round_trip: Samples) -> Samples:
    """`made` ``[C, T]`` with the level over time and frequency that the codec took from `source` given back.

    The codec changes levels by itself. What it does to the source, smoothed and within `MAX_COLOUR_DB`, it does to
    an edit of it as well.
    """
    mono = [samples.mean(axis=0, keepdims=True) for samples in (source, round_trip)]
    gain = 10.0 ** (np.clip(colour_db(mono[0], mono[1]), -MAX_COLOUR_DB, MAX_COLOUR_DB) / 20.0)
    shaped = [_synthesise((_analyse(one) * gain).astype(np.complex64), length=made.shape[1]) for one in made]
    return np.stack(shaped)


def merge_delta(delta: Samples, source: Samples, *, onset: int, colour: Float | None = None) -> Samples:
    """What to add to `source` ``[C, T]`` so that `delta` sounds, but time and frequency keep the source's energy.

    In every cell ``(X + D) |X| / sqrt(|X|^2 + |D|^2)`` with smoothed magnitudes: a small difference is added as it
    is, a large one takes the source's place, at its level. D is held to `CEILING_DB` above X, and is silent
    before sample `onset`: nothing sounds before the attack, after the end, or where the source has no energy.

    Parameters
    ----------
    colour
        ``[frames, bins]`` in dB by which the result may leave the source's level, see `colour_db`.
    """
    tint = None if colour is None else 10.0 ** (np.clip(colour, -MAX_COLOUR_DB, MAX_COLOUR_DB) / 20.0)
    made = np.empty_like(delta)
    before = _before(delta.shape[1], onset)
    for channel in range(delta.shape[0]):
        whole, change = _analyse(source[channel]), _analyse(delta[channel] * before)
        own, other = _smooth(whole), _smooth(change)
        held = np.minimum(1.0, db_to_gain(CEILING_DB) * own / np.maximum(other, 1e-9))
        level = own / np.maximum(np.sqrt(np.square(own) + np.square(held * other)), 1e-12)
        level = np.where(other > 0.0, level, 1.0)
        level = level if tint is None else level * tint
        merged = whole * (level - 1.0) + change * (held * level)
        made[channel] = _synthesise(merged.astype(np.complex64), length=delta.shape[1]) * before
    return made


def follow_levels(delta: Samples, source: Samples) -> Samples:
    """`delta` with the level that `source` has everywhere in time and frequency, both ``[C, T]``.

    Where the difference is more than `CEILING_DB` below, it is not lifted further; where it is above, it is held down.
    """
    made = np.empty_like(delta)
    for channel in range(delta.shape[0]):
        for span, inner in _blocks(delta.shape[1]):
            block = _follow(delta[channel, span], source[channel, span], size=_FFT, lift_db=CEILING_DB)
            # Longer frames see the gaps between harmonics, which shorter ones fill.
            block = _follow(block, source[channel, span], size=_LONG_FFT, lift_db=0.0)
            made[channel, span.start + inner.start : span.start + inner.stop] = block[inner]
    return made


def _follow(delta: Float, source: Float, *, size: int, lift_db: float) -> Float:
    """`delta` ``[T]`` at the level of `source` in frames of `size`, lifted by `lift_db` at most."""
    whole, change = _analyse(source, size=size), _analyse(delta, size=size)
    level = np.minimum(_smooth(whole) / np.maximum(_smooth(change), 1e-9), db_to_gain(lift_db))
    return _synthesise((change * level).astype(np.complex64), length=delta.size, size=size)


def _blocks(length: int) -> list[tuple[slice, slice]]:
    """Spans of a long signal with the part of each that is not its neighbours', so that memory stays small."""
    found = []
    for start in range(0, max(1, length), _BLOCK):
        stop = min(length, start + _BLOCK)
        first = max(0, start - _CONTEXT)
        found.append((slice(first, min(length, stop + _CONTEXT)), slice(start - first, stop - first)))
    return found


def attack_shape(length: int, within: slice) -> Float:
    """``[T]``: 1 up to the end of the attack, falling over its own length after it."""
    shape = np.zeros(length, np.float32)
    start, stop = within.start, min(within.stop, length)
    shape[:stop] = 1.0
    tail = min(stop - start, length - stop)
    shape[stop : stop + tail] = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, tail + 1) / (tail + 1))
    return shape


def _before(length: int, onset: int) -> Float:
    """``[T]``: 0 up to shortly before sample `onset`, 1 from there on."""
    gate = np.ones(length, np.float32)
    start = max(0, onset - _RISE)
    gate[:start] = 0.0
    gate[start:onset] = 0.5 - 0.5 * np.cos(np.pi * np.arange(onset - start) / max(1, onset - start))
    return gate


def _analyse(samples: Float, *, size: int = _FFT) -> Complex:
    """Hann frames ``[frames, bins]`` of ``[T]``, a quarter of `size` apart."""
    hop = size // 4
    padded = np.pad(samples, (size, size + -samples.size % hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.asarray(np.fft.rfft(frames * _window(size), axis=1), np.complex64)


def _synthesise(spectrum: Complex, *, length: int, size: int = _FFT) -> Float:
    hop = size // 4
    frames = np.fft.irfft(spectrum, size, axis=1).astype(np.float32) * _window(size)
    total = np.zeros((len(frames) - 1) * hop + size, np.float32)
    for phase in range(4):  # frames that do not overlap are laid end to end
        part = frames[phase::4].ravel()
        total[phase * hop : phase * hop + part.size] += part
    return total[size : size + length] / np.float32(1.5)


def _smooth(spectrum: Complex) -> Float:
    power = uniform_filter(np.square(np.abs(spectrum)), _SMOOTH, mode="nearest")
    return np.asarray(np.sqrt(np.maximum(power, 0.0)), np.float32)


def _window(size: int) -> Float:
    return np.hanning(size + 1)[:-1].astype(np.float32)
