"""Beds: the material of a riser at about constant level, before any curve acts on it.

Three origins: noise, a morph chain of a recording's events on the beat grid, and a
recording whose phases diffuse ever more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from samplegen.audio.source import as_source, whole
from samplegen.audio.spool import Spool
from samplegen.audio.types import Audio, Samples
from samplegen.engines.on_the_fly.events import Event
from samplegen.engines.on_the_fly.streams import Streams
from samplegen.units import seconds_to_samples
from samplegen.variations.risers.curves import Curve, Float64, Sweep
from samplegen.variations.risers.material import as_stereo, prolong, sustain, wash
from samplegen.variations.risers.noise_layers import draw_noise, render_noise
from samplegen.variations.risers.reading import Reading
from samplegen.variations.risers.timeline import Pulses, place_pulses

# The guide's own riser: "diffusion_steps=10, T_start=5.0, T_end=0.5" on Plasma Burst.
PRESET: Final = "plasma_burst"
RISER_STEPS: Final = 10
RISER_TEMPERATURES: Final = (5.0, 0.5)
_RUNS: Final = 2
_OVERLAP_S: Final = 0.008
_ATTACK_S: Final = 0.002
_LEAST_LEVEL: Final = 0.003
_LEAST_AMOUNT: Final = 0.1


@dataclass(frozen=True, eq=False)
class Bed:
    """Material with how it came about.

    Parameters
    ----------
    samples
        ``[2, n]`` with n the reading's length.
    engine
        For provenance.
    parameters
        JSON values: all that was drawn.
    flatten_s
        Time over which the level may be evened out without losing the bed's own rhythm.
    pulse_depth, pulse_hold
        How it beats with the grid, see `timeline.pulse_gain`.
    """

    samples: Samples
    engine: str
    parameters: Mapping[str, Any]
    flatten_s: float
    pulse_depth: float
    pulse_hold: float


def noise_bed(*, reading: Reading, sweep: Sweep, streams: Streams) -> Bed:
    """Noise, resonances and partials as the seed draws them."""
    recipe = draw_noise(streams.stream("recipe"))
    samples = render_noise(recipe, reading=reading, cutoff=sweep, rng=streams.stream("noise"))
    drawn = {**asdict(recipe), "peaks": list(recipe.peaks)}
    return Bed(samples, "riser/noise", drawn, 0.15, recipe.pulse_depth, recipe.pulse_hold)


def smeared_bed(recording: Audio, *, reading: Reading, streams: Streams) -> Bed:
    """The recording, sustained and prolonged, its phases diffused ever more towards the climax."""
    from samplegen.engines.phase_diffusion.engine import diffuse
    from samplegen.engines.phase_diffusion.presets import settings_for

    rng = streams.stream("recipe")
    drawn: dict[str, Any] = {
        "model": str(rng.choice(["ae_weighted", "ar_smear", "latent"])),
        "window_size": int(rng.choice([2048, 4096, 8192, 16384])),
        "mag_smear": float(rng.uniform(0.4, 1.6)),
        "stereo": "independent" if recording.channels == 1 else "linked",
    }
    settings = settings_for(
        "phase_plasma", **drawn, diffusion_amount=1.0, diffusion_steps=20, seed=int(rng.integers(2**31))
    )
    steady = sustain(as_stereo(recording.samples), sample_rate=recording.sample_rate)
    start = int(rng.integers(max(1, steady.shape[1] - reading.length)))
    beat = seconds_to_samples(reading.timeline.beat_s, sample_rate=recording.sample_rate)
    long = prolong(steady, length=reading.length, start=start, unit=beat, sample_rate=recording.sample_rate)
    source = as_source(Audio(long, recording.sample_rate))

    def amount(position: float) -> float:
        return float(_LEAST_AMOUNT + (1.0 - _LEAST_AMOUNT) * reading.progress(position))

    with Spool(channels=2, sample_rate=recording.sample_rate) as spool:
        samples = np.array(whole(diffuse(source, settings, spool=spool, curve=amount).source).samples)
    drawn |= {"start": start, "amount": [_LEAST_AMOUNT, 1.0]}
    return Bed(samples, "phase_diffusion", drawn, 0.15, float(rng.uniform(0.1, 0.4)), float(rng.uniform(0.8, 1.6)))


def events_bed(recording: Audio, *, reading: Reading, density: Curve, streams: Streams) -> Bed:
    """Events of the recording on the grid, ever denser, as chains from chaos to one identity choose them.

    Far from the climax the events of many chains alternate; each chain falls silent at a
    place of its own, and one is left at the climax. A diffuse tail of the events fills the
    gaps. An impact is the last event alone, and its tail.
    """
    rng, timeline = streams.stream("recipe"), reading.timeline
    hits = timeline.direction == "impact"
    chains, target, drawn = _grow_chains(recording, rng)
    pulses = place_pulses(timeline, density=density)
    if hits:
        pulses = Pulses(pulses.starts[:1], pulses.notes[:1], pulses.length)
    chosen = _choose(chains, target, timeline.progress(pulses.starts / pulses.length), rng)
    dry = as_stereo(_lay(recording, chosen, pulses, reading))
    tail_s = None if hits else float(rng.uniform(0.8, 2.4))
    share = float(rng.uniform(0.25, 0.5))
    wet = wash(
        dry, decay_s=tail_s, level=1.0 if hits else None, sample_rate=timeline.sample_rate, rng=streams.stream("tail")
    )
    samples = dry * np.float32(np.sqrt(1.0 - share)) + wet * np.float32(np.sqrt(share))
    drawn |= {"events": [[event.start, event.end] for event in chosen], "tail_s": tail_s, "tail_share": share}
    return Bed(samples, "morph_chain", drawn, max(0.25, timeline.beat_s), 0.0, 1.0)


def _grow_chains(recording: Audio, rng: np.random.Generator) -> tuple[list[list[Event]], int, dict[str, Any]]:
    """Chains of events of several runs of the engine, which of them wins, and what was drawn."""
    from samplegen.engines.morph_chain.engine import morph
    from samplegen.engines.morph_chain.presets import settings_for

    hot, cold = RISER_TEMPERATURES
    recipe = {"diffusion_steps": RISER_STEPS, "temperature_start": hot, "temperature_end": cold}
    seeds = [int(seed) for seed in rng.integers(2**31, size=_RUNS)]
    results = [morph(as_source(recording), settings_for(PRESET, **recipe, seed=seed)) for seed in seeds]
    chains = [[result.events[event] for event in chain.sequence] for result in results for chain in result.chains]
    target = int(rng.integers(len(results[0].chains)))
    return chains, target, {"preset": PRESET, **recipe, "seeds": seeds, "chains": len(chains), "target": target}


def _choose(chains: Sequence[Sequence[Event]], target: int, progress: Float64, rng: np.random.Generator) -> list[Event]:
    """Event of each pulse: the step of a chain that is still heard at that progress."""
    falls_silent = rng.uniform(0.15, 0.75, len(chains))
    falls_silent[target] = np.inf
    chosen = []
    for place in progress:
        chain = chains[int(rng.choice(np.flatnonzero(place < falls_silent)))]
        chosen.append(chain[min(int(place * len(chain)), len(chain) - 1)])
    return chosen


def _lay(recording: Audio, clips: Sequence[Event], pulses: Pulses, reading: Reading) -> Samples:
    """Clips of equal level with their attacks on the pulses, each until the next one, ``[C, n]``."""
    from samplegen.engines.morph_chain.clips import find_attack

    rate = recording.sample_rate
    before, fade = (max(1, seconds_to_samples(time_s, sample_rate=rate)) for time_s in (_ATTACK_S, _OVERLAP_S))
    made = np.zeros((recording.channels, reading.length + fade), np.float32)
    loudest = float(np.abs(recording.samples).max())
    starts = reading.in_bed(pulses.starts)
    stops = reading.in_bed(pulses.starts + pulses.spans)
    for event, start, stop in zip(clips, starts, stops, strict=True):
        first = event.start
        attack = first + find_attack(recording.samples[:, first : event.end], sample_rate=rate)
        lead = min(before, attack - first, int(start))
        clip = recording.samples[:, attack - lead : min(event.end, attack + int(stop - start) + fade)].copy()
        level = float(np.sqrt(np.mean(np.square(clip), dtype=np.float64)))
        clip /= np.float32(max(level, loudest * _LEAST_LEVEL))
        ramp = np.minimum(1.0, np.arange(clip.shape[1]) / max(lead, before // 2))
        end = clip.shape[1] // 2 if reading.timeline.direction == "impact" else fade
        ramp *= np.minimum(1.0, np.arange(clip.shape[1])[::-1] / max(1, end))
        made[:, start - lead : start - lead + clip.shape[1]] += clip * ramp.astype(np.float32)
    return made[:, : reading.length]
