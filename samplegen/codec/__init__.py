"""Codecs: audio to latents and back, in two families behind one interface."""

from samplegen.codec.base import Codec, Latents
from samplegen.codec.loading import load_codec
from samplegen.codec.stats import LatentStats

__all__ = ["Codec", "LatentStats", "Latents", "load_codec"]
