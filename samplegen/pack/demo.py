"""A demo track of a pack: its loops arranged, mixed and mastered, to hear the pack in a minute."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from samplegen import units
from samplegen.audio.quality import true_peak_db
from samplegen.audio.resample import resample, resample_ring
from samplegen.audio.types import Audio, Samples
from samplegen.audio.wav import encode_wav
from samplegen.pack.arrangement import arrange
from samplegen.pack.companions import Companion, PackView
from samplegen.pack.manifest import FileEntry
from samplegen.pack.naming import slug
from samplegen.pack.song import TRACKS, Arrangement, Grid, Placed
from samplegen.post.chains import Chain, Effect, apply_chain
from samplegen.post.loudness import apply_gain

SAMPLE_RATE: Final = 44_100
BIT_DEPTH: Final = 16
PEAK_DB: Final = -1.0
_DITHER_DB: Final = 0.01
MAX_SECONDS: Final = 72
DRIVE_DB: Final = 5.0
LOOK_AHEAD_S: Final = 0.015
# Bars of intro, build, drop, break, drop, outro, from long to short; the first that is short enough is taken.
_SHAPES: Final = (
    (4, 8, 8, 8, 8, 4),
    (4, 4, 8, 4, 8, 4),
    (4, 4, 4, 4, 4, 4),
    (2, 2, 4, 2, 4, 2),
    (2, 2, 2, 2, 2, 2),
    (1, 1, 2, 1, 2, 1),
    (1, 1, 1, 1, 1, 1),
)
BUS: Final = Chain(
    "demo",
    (
        Effect("HighpassFilter", {"cutoff_frequency_hz": 24}),
        Effect("Compressor", {"threshold_db": -14, "ratio": 1.6, "attack_ms": 25, "release_ms": 140}),
    ),
    input_peak_db=-1.0,
    description="Rumble out, a touch of glue.",
)


def make_demo(view: PackView) -> list[Companion]:
    """``Previews/<pack>_demo.wav``: stereo, 44.1 kHz, 16 bits, true peak at most -1 dBFS, 72 s at most.

    Of several tempi the one with most loops is heard. Nothing is made where there is no loop.

    Raises
    ------
    AudioReadError
        If a sound cannot be read.
    """
    loops = [entry for entry in view.of_kind("loop") if entry.bpm and entry.bars]
    if not loops:
        return []
    arrangement = _arrangement(view, loops)
    demo = render(view, arrangement)
    data = encode_wav(demo, bit_depth=BIT_DEPTH, dither=np.random.default_rng(view.seed))
    name = slug(view.name) or "pack"
    made_from = tuple(entry.path for entry in arrangement.used)
    return [Companion(f"Previews/{name}_demo.wav", "preview", data, made_from)]


def _arrangement(view: PackView, loops: Sequence[FileEntry]) -> Arrangement:
    def amount(found: Arrangement) -> int:
        return sum(map(len, found.loops.values()))

    grid = max(arrange(view, loops=loops), key=amount).grid
    shape = next((bars for bars in _SHAPES if sum(bars) * grid.bar_s <= MAX_SECONDS), _SHAPES[-1])
    return max(arrange(view, loops=loops, section_bars=shape), key=amount)


def render(view: PackView, arrangement: Arrangement) -> Audio:
    """The mastered track, ``[2, round(bars · seconds of a bar · 44100)]``, which fades out in its last bar."""
    grid = arrangement.grid
    mix = np.zeros((2, _position(grid, arrangement.bars)), np.float32)
    sounds = {entry.path: _read(view, entry, grid) for entry in arrangement.used}
    for placed in arrangement.placed:
        gain = units.db_to_gain(TRACKS[placed.track].gain_db)
        start = _position(grid, placed.start)
        heard = (_play(placed, sounds[placed.entry.path], grid) * np.float32(gain))[:, : mix.shape[1] - start]
        mix[:, start : start + heard.shape[1]] += heard
    glued = apply_chain(Audio(mix, SAMPLE_RATE), BUS, loop=False).samples[:, : mix.shape[1]]
    mastered = _limit(glued * np.float32(units.db_to_gain(DRIVE_DB)), ceiling=units.db_to_gain(PEAK_DB))
    _fade(mastered, fade_in=0, fade_out=_position(grid, 1))
    master = Audio(mastered, SAMPLE_RATE)
    return apply_gain(master, gain=min(1.0, units.db_to_gain(PEAK_DB - _DITHER_DB - true_peak_db(master))))


def _limit(samples: Samples, *, ceiling: float) -> Samples:
    """`samples` ``[2, T]`` held below `ceiling` by a gain that moves within 15 ms, before the peak and after it.

    A mean of minima is nowhere above the gain that is needed, so nothing is clipped (pedalboard's limiter clips).
    """
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    reach = units.seconds_to_samples(LOOK_AHEAD_S, sample_rate=SAMPLE_RATE)
    needed = ceiling / np.maximum(np.abs(samples).max(axis=0), ceiling).astype(np.float64)
    gain = uniform_filter1d(minimum_filter1d(needed, 2 * reach + 1), 2 * reach + 1)
    return np.asarray(samples * gain, np.float32)


def _position(grid: Grid, bars: int) -> int:
    """First sample of a bar, never accumulated."""
    return units.bars_to_samples(bars, bpm=float(grid.bpm), beats_per_bar=grid.meter[0], sample_rate=SAMPLE_RATE)


def _read(view: PackView, entry: FileEntry, grid: Grid) -> Samples:
    """A sound in stereo, ``[2, T]``; a loop at another rate becomes a loop at this one, without a seam."""
    audio = view.audio(entry)
    if audio.channels > 2:
        audio = audio.mono()
    if audio.sample_rate == SAMPLE_RATE:
        samples = audio.samples
    elif entry.kind == "loop":
        samples = resample_ring(audio.samples, length=_position(grid, entry.bars or 1))
    else:
        samples = resample(audio, sample_rate=SAMPLE_RATE).samples
    return np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples


def _play(placed: Placed, sound: Samples, grid: Grid) -> Samples:
    """What is heard of a placed sound, ``[2, n]``: a loop begins again at its exact bars, whatever its length."""
    if placed.is_loop:
        heard = _repeat(placed, sound, grid)
    else:
        heard = sound[:, : _samples(placed.bars, grid)].copy()
    _fade(heard, fade_in=_samples(placed.fade_in, grid), fade_out=_samples(placed.fade_out, grid))
    return heard


def _repeat(placed: Placed, loop: Samples, grid: Grid) -> Samples:
    first, stop, bars = placed.start, placed.start + int(placed.bars), placed.entry.bars or 1
    pieces = []
    for begin in range(first, stop, bars):
        length = _position(grid, min(begin + bars, stop)) - _position(grid, begin)
        # A repeat may last one sample more than the file: the ring goes on with its first.
        pieces.append(np.take(loop, np.arange(length), axis=1, mode="wrap"))
    return np.concatenate(pieces, axis=1)


def _samples(bars: Fraction, grid: Grid) -> int:
    return round(bars * grid.bar_s * SAMPLE_RATE)


def _fade(samples: Samples, *, fade_in: int, fade_out: int) -> None:
    """Half cosines over the first and last samples, in place."""
    for length, edge in ((fade_in, samples), (fade_out, samples[:, ::-1])):
        count = min(length, samples.shape[1])
        if count:
            edge[:, :count] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)).astype(np.float32)
