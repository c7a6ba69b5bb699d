"""What a morph chain reports, as JSON values (specs/morph_chain.md §7)."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio
from samplegen.engines.morph_chain.grid import Grid
from samplegen.engines.morph_chain.result import Chain, Voice
from samplegen.engines.morph_chain.settings import MorphSettings
from samplegen.engines.on_the_fly.events import Segmentation

Labels = npt.NDArray[np.intp]


def make_report(
    audio: Audio,
    *,
    settings: MorphSettings,
    segmentation: Segmentation,
    voices: Sequence[Voice],
    grid: Grid | None,
    bars: int | None,
    warnings: Sequence[str],
) -> dict[str, Any]:
    """Figures of one run.

    With one network per channel, counts cover all channels, losses and spread
    are means, and each cluster and chain names its channel.
    """
    durations = np.array([event.length for event in segmentation.events]) / audio.sample_rate
    chains = [_chain(chain, voice) for voice in voices for chain in voice.chains]
    return {
        "n_events": len(segmentation.events),
        "n_clusters": sum(voice.clusters.count for voice in voices),
        "n_chains": len(chains),
        "parameters": asdict(settings) | {"temperatures": list(settings.temperatures)},
        "grid": _grid(grid, bars),
        "initial_loss": _mean([voice.initial_loss for voice in voices]),
        "final_loss": _mean([voice.final_loss for voice in voices]),
        "output_duration": audio.duration_s,
        "early_stops": sum(chain["stopped_early"] for chain in chains),
        "latent_spread": _mean([voice.spread for voice in voices]),
        "mean_event_dur": float(durations.mean()),
        "min_event_dur": float(durations.min()),
        "max_event_dur": float(durations.max()),
        "min_event_used": segmentation.min_event_s,
        "equal_frames": segmentation.equal_frames,
        "warnings": list(warnings),
        "clusters": [cluster for voice in voices for cluster in _clusters(voice)],
        "chains": chains,
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _grid(grid: Grid | None, bars: int | None) -> dict[str, Any] | None:
    if grid is None:
        return None
    meter = f"{grid.beats_per_bar}/{grid.beat_unit}"
    return {"bpm": float(grid.bpm), "step": str(grid.step), "bars": bars, "meter": meter}


def _clusters(voice: Voice) -> list[dict[str, Any]]:
    sizes = voice.clusters.sizes.tolist()
    return [
        {
            "cluster": number,
            "channel": voice.channel,
            "events": size,
            "pct": 100.0 * size / len(voice.labels),
            "radius": radius,
        }
        for number, (size, radius) in enumerate(zip(sizes, voice.radii.tolist(), strict=True))
    ]


def _chain(chain: Chain, voice: Voice) -> dict[str, Any]:
    distinct = len(set(chain.sequence))
    first, last = own_cluster_shares(chain, voice.labels)
    return {
        "cluster": chain.cluster,
        "channel": voice.channel,
        "seed_event": chain.seed_event,
        "steps_taken": chain.steps,
        "final_ce": float(chain.ce[-1]),
        "stopped_early": chain.stopped_early,
        "distinct_events": distinct,
        "seq_length": len(chain.sequence),
        "diversity_pct": 100.0 * distinct / len(chain.sequence),
        "ce_vals": chain.ce.tolist(),
        "own_cluster_share": {"first_quarter": first, "last_quarter": last},
    }


def own_cluster_shares(chain: Chain, labels: Labels) -> tuple[float, float]:
    """Share of events of the own cluster in the first and in the last quarter of a chain."""
    own = labels[list(chain.sequence)] == chain.cluster
    quarter = max(1, len(own) // 4)
    return float(own[:quarter].mean()), float(own[-quarter:].mean())
