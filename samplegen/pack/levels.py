"""Bringing a sound that follows its recording's level into the range that packs hold."""

from typing import Final

import numpy as np

from samplegen.audio import quality
from samplegen.audio.types import Audio
from samplegen.pack.gates import MAX_DC, PEAK_FLOOR_DB
from samplegen.pack.sound import PEAK_CEILING_DB
from samplegen.units import db_to_gain

QUIET_PEAK_DB: Final = -1.0


def fit_level(audio: Audio, *, ring: bool) -> tuple[Audio, tuple[str, ...]]:
    """`audio` as it is, unless a gate would refuse its level; with a note on what was done.

    A constant offset is taken out, a peak above the ceiling is brought down to it, and
    what is quieter than the floor is raised to a peak of `QUIET_PEAK_DB`.
    """
    notes = []
    offset = quality.dc_offset(audio)
    if offset > MAX_DC:
        from samplegen.post.loudness import remove_dc  # seldom needed, and brings every effect

        audio = remove_dc(audio, ring=ring)
        notes.append(f"A constant offset of {offset:.4f} was removed.")
    peak_db = quality.peak_db(audio)
    if PEAK_FLOOR_DB <= peak_db <= PEAK_CEILING_DB:
        return audio, tuple(notes)
    target_db = PEAK_CEILING_DB
    if peak_db < PEAK_FLOOR_DB:
        target_db = QUIET_PEAK_DB
        notes.append(f"It was quiet (peak {peak_db:.1f} dBFS), so it was raised to {QUIET_PEAK_DB:g} dBFS.")
    gain = np.float32(db_to_gain(target_db - peak_db) * (1.0 - 2.0**-20))  # rounding to 24 bits stays below, too
    return audio.with_samples(audio.samples * gain), tuple(notes)
