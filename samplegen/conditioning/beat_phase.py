"""Where in beat and bar every latent frame lies: eight channels (spec §3).

With p the fraction of the beat and q the fraction of the bar the channels are
``sin 2πp, cos 2πp, 2p - 1, sin 2πq, cos 2πq, 2q - 1, log2(bpm / 120), presence``.

Frame n of a codec is centred at ``t_n = (n + 0.5) * hop / sr - latency`` on the audio's own clock,
whose zero is sample 0. Presence is 1 where beat and bar are known, 0.5 where the downbeat is not
(the three bar channels are then zero), and 0 where nothing is given (`null_phase`).
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samplegen.conditioning.types import BEAT_CHANNELS
from samplegen.errors import UsageError

REFERENCE_BPM = 120.0
PRESENT = 1.0
DOWNBEAT_UNKNOWN = 0.5
NEAREST_INTERVALS = 4


def frame_times(frames: int, *, frame_rate: float, latency_s: float = 0.0) -> NDArray[np.float64]:
    """Return the ``[frames]`` centres of frames in seconds: ``(n + 0.5) / frame_rate - latency_s``."""
    times: NDArray[np.float64] = (np.arange(frames, dtype=np.float64) + 0.5) / frame_rate - latency_s
    return times


def beats_at_tempo(times_s: NDArray[np.float64], *, bpm: float, first_beat: float = 0.0) -> NDArray[np.float64]:
    """Continuous beat count at `times_s` of a constant tempo that counts `first_beat` at time 0."""
    if not 0 < bpm < float("inf"):
        raise UsageError(f"A tempo must be a positive number of BPM, not {bpm}.")
    beats: NDArray[np.float64] = first_beat + times_s * (bpm / 60.0)
    return beats


def beats_at_times(times_s: NDArray[np.float64], *, beat_times_s: Sequence[float]) -> NDArray[np.float64]:
    """Continuous beat count at `times_s`, where ``beat_times_s[k]`` counts k.

    Linear between beats; beyond both ends the median of the nearest four intervals goes on.

    Raises
    ------
    UsageError
        With fewer than two beats, or beats that do not ascend: drop the condition instead.
    """
    beats = np.asarray(beat_times_s, dtype=np.float64)
    if beats.size < 2 or not np.all(np.diff(beats) > 0):
        raise UsageError(f"A beat grid needs two or more ascending times; {beats.size} given: drop the beat instead.")
    count = np.interp(times_s, beats, np.arange(beats.size, dtype=np.float64))
    intervals = np.diff(beats)
    first, last = np.median(intervals[:NEAREST_INTERVALS]), np.median(intervals[-NEAREST_INTERVALS:])
    count = np.where(times_s < beats[0], (times_s - beats[0]) / first, count)
    after: NDArray[np.float64] = np.where(times_s > beats[-1], beats.size - 1 + (times_s - beats[-1]) / last, count)
    return after


def local_bpm(times_s: NDArray[np.float64], *, beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tempo at each frame: slope of the beat count over its neighbours, in BPM."""
    if times_s.size < 2:
        raise UsageError("The tempo of a beat grid needs two frames or more.")
    slope: NDArray[np.float64] = np.gradient(beats, times_s) * 60.0
    return slope


def phase_channels(
    beats: NDArray[np.float64],
    *,
    bpm: float | NDArray[np.float64],
    beats_per_bar: float | None = None,
    downbeat: float = 0.0,
) -> Tensor:
    """Eight channels of a beat count.

    Parameters
    ----------
    beats
        ``[N]`` continuous beat count of the frames.
    bpm
        Tempo, one number or ``[N]``.
    beats_per_bar
        Beats in a bar, or None where the downbeat is not known.
    downbeat
        Beat count of any downbeat.

    Returns
    -------
    Tensor
        ``[8, N]`` float32.
    """
    p = np.mod(beats, 1.0)
    known = beats_per_bar is not None
    q = np.mod((beats - downbeat) / (beats_per_bar or 1.0), 1.0)
    bar = np.stack([np.sin(2 * np.pi * q), np.cos(2 * np.pi * q), 2 * q - 1]) * (1.0 if known else 0.0)
    tempo = np.broadcast_to(np.log2(np.asarray(bpm, dtype=np.float64) / REFERENCE_BPM), beats.shape)
    presence = np.full(beats.shape, PRESENT if known else DOWNBEAT_UNKNOWN)
    rows = [np.sin(2 * np.pi * p), np.cos(2 * np.pi * p), 2 * p - 1, *bar, tempo, presence]
    return torch.from_numpy(np.stack(rows).astype(np.float32))


def null_phase(frames: int) -> Tensor:
    """``[8, frames]`` zeros: no beat given. The network adds its learned vector where ``has_beat`` is false."""
    return torch.zeros(BEAT_CHANNELS, frames)


def tempo_phase(
    frames: int,
    *,
    bpm: float,
    frame_rate: float,
    beats_per_bar: float | None = 4,
    latency_s: float = 0.0,
    first_beat: float = 0.0,
) -> Tensor:
    """``[8, frames]`` of a constant tempo, open-ended; `first_beat` is the beat count at sample 0."""
    times = frame_times(frames, frame_rate=frame_rate, latency_s=latency_s)
    beats = beats_at_tempo(times, bpm=bpm, first_beat=first_beat)
    return phase_channels(beats, bpm=bpm, beats_per_bar=beats_per_bar)


def grid_phase(
    frames: int,
    *,
    beat_times_s: Sequence[float],
    frame_rate: float,
    beats_per_bar: float | None = None,
    downbeat: float = 0.0,
    latency_s: float = 0.0,
) -> Tensor:
    """``[8, frames]`` of measured beats; `downbeat` is the index of a beat that opens a bar."""
    times = frame_times(frames, frame_rate=frame_rate, latency_s=latency_s)
    beats = beats_at_times(times, beat_times_s=beat_times_s)
    bpm = local_bpm(times, beats=beats)
    return phase_channels(beats, bpm=bpm, beats_per_bar=beats_per_bar, downbeat=downbeat)


def loop_phase(
    frames: int, *, bars: int, beats_per_bar: float, bpm: float, frame_rate: float, latency_s: float = 0.0
) -> Tensor:
    """``[8, frames]`` on the closed grid of a loop whose downbeat is at sample 0 (spec §7).

    The N frames hold exactly ``bars * beats_per_bar`` beats whatever the rounding of N, so the beat at
    the centre of frame n is ``(n + 0.5 - latency_s * frame_rate) * bars * B / N``; frame n + N gets the
    same. `bpm` fills the tempo channel only. The latency is a shift round the ring.
    """
    beats = bars * beats_per_bar
    if frames < 1 or bars < 1 or beats_per_bar <= 0:
        raise UsageError(f"A loop needs frames, bars and beats; {frames}, {bars} and {beats_per_bar} given.")
    if beats != round(beats):
        raise UsageError(f"A loop holds whole beats, not {beats}: count 7/8 as seven, or take an even number of bars.")
    place = np.mod(np.arange(frames, dtype=np.float64) + 0.5 - latency_s * frame_rate, frames)
    return phase_channels(place * (beats / frames), bpm=bpm, beats_per_bar=beats_per_bar)


def one_shot_phase(frames: int, *, frame_rate: float, window_frames: int, latency_s: float = 0.0) -> Tensor:
    """``[8, frames]`` of a one-shot: a bar of a single beat that fills the window and starts at sample 0.

    The position inside the window is thus known to the network, and beat and bar phase agree, which no
    loop in a meter of two beats or more shows. Frames past the window go on into the next such bar; use
    ``frames <= window_frames``.
    """
    bpm = 60.0 * frame_rate / window_frames
    return tempo_phase(frames, bpm=bpm, frame_rate=frame_rate, beats_per_bar=1, latency_s=latency_s)
