"""Bringing a sound to the sample rate of its pack."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import numpy as np

from samplegen import units
from samplegen.audio.resample import resample, resample_blocks, resample_ring
from samplegen.audio.source import as_source, read_blocks, whole
from samplegen.audio.spool import Spool
from samplegen.audio.types import Audio
from samplegen.pack.sound import PEAK_CEILING_DB, LongSound, Sound

_BLOCK: Final = 1 << 18


def conform(sound: Sound, *, sample_rate: int) -> Sound:
    """`sound` at `sample_rate`, with the exact length its tags ask for there.

    A loop is resampled as a ring, so that it stays seamless. A peak that
    resampling lifted over the ceiling is scaled down to it.
    """
    audio = sound.audio
    if audio.sample_rate == sample_rate:
        return sound
    length = sound.tags.length_at(sample_rate)
    if sound.tags.kind == "loop" and length is not None:
        made = Audio(resample_ring(audio.samples, length=length), sample_rate)
    else:
        made = resample(audio, sample_rate=sample_rate)
    peak = float(np.abs(made.samples).max(initial=0.0))
    return replace(sound, audio=made.with_samples(made.samples * np.float32(_gain(peak))) if _gain(peak) < 1 else made)


@contextmanager
def conformed(sound: LongSound, *, sample_rate: int) -> Iterator[LongSound]:
    """`conform` for a sound that need not fit into memory; what it yields can be read until the context ends.

    A loop, which is short, is taken into memory when its rate has to change.
    """
    source = sound.source
    if source.sample_rate == sample_rate:
        yield sound
    elif sound.tags.kind == "loop":
        made = conform(Sound(whole(source), sound.tags, sound.provenance), sample_rate=sample_rate)
        yield replace(sound, source=as_source(made.audio))
    else:
        with Spool(channels=source.channels, sample_rate=sample_rate) as spool:
            blocks = read_blocks(source, length=_BLOCK)
            for block in resample_blocks(
                blocks, channels=source.channels, from_rate=source.sample_rate, to_rate=sample_rate
            ):
                spool.append(block)
            gain = _gain(spool.peak)
            yield replace(sound, source=spool.scaled(gain) if gain < 1 else spool)


def _gain(peak: float) -> float:
    """What scales a peak that resampling lifted over the ceiling down to it; else 1."""
    ceiling = units.db_to_gain(PEAK_CEILING_DB)
    return ceiling / peak * (1 - 1e-6) if peak > ceiling else 1.0
