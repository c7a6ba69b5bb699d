"""Loops and recordings with hits at known places, to cut gaps into."""

from dataclasses import replace

import numpy as np

from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import Generator, load_generator
from samplegen.networks.unet import UNet
from samplegen.units import bars_to_samples
from samplegen.variations.gaps.places import Time
from tests.models import GENERATOR
from tests.pack.signals import hit

RATE = 44_100
TIME = Time(120.0, 2, 4)


def loop(*, rate: int = RATE, channels: int = 1, bars: int = 2, bpm: float = 120.0) -> Audio:
    """A hit on each beat, the one on each bar louder; a quiet hum makes every sample matter."""
    length = bars_to_samples(bars, bpm=bpm, beats_per_bar=4, sample_rate=rate)
    samples = 0.01 * np.sin(2 * np.pi * 50 * np.arange(length) / rate)
    for beat in range(4 * bars):
        start = round(beat * length / (4 * bars))
        sound = hit(min(8000, length - start), seed=beat % 4)
        samples[start : start + sound.size] += (0.7 if beat % 4 == 0 else 0.4) * sound
    tracks = [np.roll(samples, 40 * channel) * 0.9**channel for channel in range(channels)]
    return Audio(np.stack(tracks).astype(np.float32), rate)


def editing_generator() -> Generator:
    """The tiny generator, with a network that is shown what is known."""
    import torch

    made = load_generator(GENERATOR)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made.network = UNet(replace(made.network.config, inpainting=True)).eval()
    return made
