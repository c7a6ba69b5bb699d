"""Sounds too long for memory: what the gates measure of them, block after block.

Writing them stands in `samplegen.pack.stream`, `PackWriter.add_long` puts them into a pack.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from samplegen import units
from samplegen.audio import quality
from samplegen.audio.source import Source, whole
from samplegen.audio.types import Audio, Samples
from samplegen.pack import gates
from samplegen.pack.levels import QUIET_PEAK_DB
from samplegen.pack.sound import PEAK_CEILING_DB, LongSound, Sound
from samplegen.pack.verdict import Verdict

__all__ = ["LongSound", "fit_long_level", "judge_long"]

_BLOCK_S: Final = 20.0
_CLICK_CONTEXT: Final = 3  # windows on either side; see quality.click_window_samples


def judge_long(sound: LongSound) -> Verdict:
    """`gates.judge` in bounded memory: length, peak, constant offset, audibility and clicks.

    The numbers are those of the whole, however it is cut into blocks. Not measured are the
    loudness (the measure ``lufs`` is missing), key and likeness to other sounds. What is no
    texture, such as a loop, is short: it is taken into memory and asked every gate.
    """
    if sound.tags.kind != "texture":
        return gates.judge(Sound(whole(sound.source), sound.tags, sound.provenance), loudness=False)
    found = measure_long(sound.source)
    measures: gates.Measures = {**found}
    results = [
        gates.gate_length(sound, measures),
        gates.peak_result(found["peak_db"]),
        gates.dc_result(found["dc_offset"], kind=sound.tags.kind),
        gates.level_result(found["level_db"]),
        gates.clicks_result(int(found["clicks"]), engine=sound.provenance.engine),
    ]
    return Verdict(tuple(result for result in results if result is not None), measures)


def measure_long(source: Source) -> dict[str, float]:
    """``peak_db``, ``dc_offset``, ``level_db`` and ``clicks``, as `samplegen.audio.quality` defines them."""
    rate, sums, peak = source.sample_rate, np.zeros(source.channels), 0.0
    powers, places = [], []
    for start, block in _blocks(source):
        peak = max(peak, float(block.samples.max()), -float(block.samples.min()))
        sums += block.samples.sum(axis=1, dtype=np.float64)
        powers.append(quality.level_blocks(block))
        places.append(_click_places(source, start, start + block.length))
    joined = np.concatenate(powers) if powers else np.zeros(0)
    clicks = quality.count_clicks(np.unique(np.concatenate(places)), sample_rate=rate) if places else 0
    return {
        "peak_db": units.gain_to_db(peak),
        "dc_offset": float(np.abs(sums).max()) / max(1, source.length),
        "level_db": quality.active_level_of(joined, length=source.length, sample_rate=rate),
        "clicks": clicks,
    }


@dataclass(frozen=True, eq=False)
class _Levelled:
    """A source without the constant offsets ``[C, 1]`` of its channels, times a gain."""

    source: Source
    offsets: Samples
    gain: float

    @property
    def sample_rate(self) -> int:
        return self.source.sample_rate

    @property
    def channels(self) -> int:
        return self.source.channels

    @property
    def length(self) -> int:
        return self.source.length

    def read(self, start: int, stop: int) -> Samples:
        return (self.source.read(start, stop) - self.offsets) * np.float32(self.gain)


def fit_long_level(source: Source) -> tuple[Source, tuple[str, ...]]:
    """`levels.fit_level` in bounded memory: no constant offset, and a peak between the gates' limits.

    Returns
    -------
    tuple
        `source` itself, or a view of it, and notes on what was done.
    """
    notes = []
    sums = np.zeros(source.channels)
    highest, lowest = np.full(source.channels, -np.inf), np.full(source.channels, np.inf)
    for _, block in _blocks(source):
        sums += block.samples.sum(axis=1, dtype=np.float64)
        highest = np.maximum(highest, block.samples.max(axis=1))
        lowest = np.minimum(lowest, block.samples.min(axis=1))
    offsets = sums / max(1, source.length)
    if (offset := float(np.abs(offsets).max())) > gates.MAX_DC:
        notes.append(f"A constant offset of {offset:.4f} was removed.")
    else:
        offsets = np.zeros(source.channels)
    peak = max(0.0, float((highest - offsets).max()), float((offsets - lowest).max()))
    target_db, peak_db = units.gain_to_db(peak), units.gain_to_db(peak)
    if peak_db < gates.PEAK_FLOOR_DB:
        target_db = QUIET_PEAK_DB
        notes.append(f"It was quiet (peak {peak_db:.1f} dBFS), so it was raised to {target_db:g} dBFS.")
    elif peak_db > PEAK_CEILING_DB:
        target_db = PEAK_CEILING_DB
    if target_db == peak_db and not offsets.any():
        return source, ()
    gain = units.db_to_gain(target_db) / peak * (1 - 1e-6) if peak and target_db != peak_db else 1.0
    return _Levelled(source, offsets[:, None].astype(np.float32), gain), tuple(notes)


def _blocks(source: Source) -> Iterator[tuple[int, Audio]]:
    unit = quality.level_block_samples(source.sample_rate)
    length = unit * max(1, units.seconds_to_samples(_BLOCK_S, sample_rate=source.sample_rate) // unit)
    for start in range(0, source.length, length):
        stop = min(start + length, source.length)
        yield start, Audio(source.read(start, stop), source.sample_rate)


def _click_places(source: Source, start: int, stop: int) -> quality.Places:
    """Clicks in the windows that begin in ``[start, stop)``, judged with their surroundings."""
    window = quality.click_window_samples(source.sample_rate)
    first = max(0, (start // window - _CLICK_CONTEXT) * window)  # windows are counted from the first sample
    last = min(source.length, stop + (_CLICK_CONTEXT + 1) * window)
    places = first + quality.click_places(Audio(source.read(first, last), source.sample_rate))
    begins = places // window * window
    return np.asarray(places[(begins >= start) & (begins < stop)])
