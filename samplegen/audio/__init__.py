"""Sound as a value: reading, writing, resampling and measuring it."""

from samplegen.audio.types import Audio

__all__ = ["Audio"]
