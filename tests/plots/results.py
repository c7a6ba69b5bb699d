"""Small results of both engines, as they would come from a few seconds of noise."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from samplegen.audio.source import Source, as_source
from samplegen.audio.types import Audio
from samplegen.engines.morph_chain.result import Chain, MorphResult, Voice
from samplegen.engines.morph_chain.settings import MorphSettings
from samplegen.engines.on_the_fly.clusters import find_clusters
from samplegen.engines.on_the_fly.events import Event, Segmentation
from samplegen.engines.phase_diffusion.result import PhaseResult
from samplegen.engines.phase_diffusion.settings import PhaseSettings

RATE = 8_000


def noise(seconds: float = 2.0, *, channels: int = 2, seed: int = 0) -> Audio:
    """Noise that fades towards its end."""
    length = round(seconds * RATE)
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, length)) * np.linspace(1, 0.1, length)
    return Audio(samples.astype(np.float32), RATE)


class FakeSource:
    """A recording that exists only where it is read, and remembers the largest piece."""

    def __init__(self, length: int, *, sample_rate: int = RATE, channels: int = 2) -> None:
        self.length, self.sample_rate, self.channels = length, sample_rate, channels
        self.largest, self.total = 0, 0

    def read(self, start: int, stop: int) -> np.ndarray:
        assert 0 <= start <= stop <= self.length
        self.largest, self.total = max(self.largest, stop - start), self.total + stop - start
        phase = 2 * np.pi * (750 / self.sample_rate * np.arange(start, stop) % 1.0)
        return np.tile((0.5 * np.sin(phase)).astype(np.float32), (self.channels, 1))


def morph_result(
    *, events: int = 12, clusters: int = 3, voices: int = 1, seconds: float = 2.0, warnings: Sequence[str] = ()
) -> MorphResult:
    """A made-up morph: equal events, chains that fill the output one after the other."""
    rng = np.random.default_rng(7)
    audio = noise(seconds, seed=1)
    edges = np.linspace(0, audio.length, events + 1).astype(int)
    spans = tuple(Event(int(a), int(b)) for a, b in zip(edges[:-1], edges[1:], strict=True))
    settings = MorphSettings(number_of_clusters=clusters, stereo="joint" if voices == 1 else "per_channel")
    return MorphResult(
        audio=audio,
        settings=settings,
        segmentation=Segmentation(spans, 0.2, False),
        voices=tuple(
            _voice(rng, audio.length, events, clusters, None if voices == 1 else index) for index in range(voices)
        ),
        report={"warnings": list(warnings)},
    )


def _voice(rng: np.random.Generator, length: int, events: int, clusters: int, channel: int | None) -> Voice:
    latents = rng.standard_normal((events, 2))
    found = find_clusters(latents, count=clusters, rng=rng)
    edges = np.linspace(0, length, found.count + 1).astype(int)
    chains = tuple(_chain(rng, cluster, int(edges[cluster]), int(edges[cluster + 1])) for cluster in range(found.count))
    return Voice(
        channel=channel,
        labels=found.labels,
        clusters=found,
        radii=np.ones(found.count),
        latents=latents,
        spread=1.25,
        initial_loss=1.0,
        final_loss=0.31,
        chains=chains,
        placements=(),
    )


def _chain(rng: np.random.Generator, cluster: int, start: int, end: int) -> Chain:
    steps = 18 + 6 * (cluster % 3)
    return Chain(
        cluster=cluster,
        seed_event=0,
        temperatures=np.geomspace(2.0, 0.1, steps + 1),
        ce=np.geomspace(300.0, 0.6 + cluster, steps + 1) * rng.uniform(0.8, 1.2, steps + 1),
        z=np.zeros((steps + 1, 2)),
        sequence=tuple(range(steps + 1)),
        stopped_early=steps < 30,
        start=start,
        end=end,
    )


def phase_result(
    model: str = "ae_weighted", *, source: Source | None = None, analyses: int = 1, **settings: Any
) -> PhaseResult:
    """A made-up phase diffusion of `source`, by default of two seconds of noise."""
    rng = np.random.default_rng(3)
    hz = np.linspace(0, RATE / 2, 257)
    weights = np.tile(np.linspace(0, 1, hz.size) ** 2, (analyses, 1))
    latent = model == "latent"
    return PhaseResult(
        source=source or as_source(noise(seed=2)),
        report=_phase_report(),
        settings=PhaseSettings(model=model, window_size=512, **settings),
        events=(Event(0, 8_000), Event(8_000, 16_000)),
        frequencies_hz=hz,
        weights=weights,
        persistence=1 - weights if model == "ar_smear" else None,
        distances=np.abs(rng.normal((2.0,), 0.3, (2, 40))) * [[1.0], [0.3]] if latent else None,
    )


def _phase_report() -> dict[str, Any]:
    return {
        "n_events": 40, "cluster_sizes": [11, 9, 12, 8], "initial_loss": 1.02, "final_loss": 0.31,
        "rms_in": 0.2, "rms_out": 0.1, "gain": 1.1, "peak": 0.9, "difference_ratio": 0.5, "mean_alpha": 0.7,
        "effective_share": 0.343, "channel_correlation_in": 0.96, "channel_correlation_out": 0.951, "warnings": [],
    }  # fmt: skip


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG, from its header."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    return int(width), int(height)
