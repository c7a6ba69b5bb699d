"""Human feel: how far drummers stray from the grid, in time and in velocity."""

import math
from dataclasses import replace

import numpy as np

from samplegen.score.events import Event, Pattern, sort_events
from samplegen.score.styles import style_of

# Spread of human drummers over 491 files of the Groove MIDI Dataset (formats.md), and how far a
# voice lies off the hats; the common bias is a latency, not a feel.
_TIMING_SIGMA_MS = {"kick": 19.0, "snare": 22.0, "clap": 22.0, "rim": 22.0, "tom": 22.0}
_TIMING_BIAS_MS = {"kick": -3.0, "snare": -4.0, "clap": -4.0}
_OTHER_SIGMA_MS = 16.5
_VELOCITY_SIGMA = {"kick": 10.0 / 127.0, "snare": 21.0 / 127.0}
_OTHER_VELOCITY_SIGMA = 14.5 / 127.0
_AUTOCORRELATION = 0.3
_FEEL_MEMORY = 0.9  # correlation of a place in the bar with the same place one bar before

Drift = tuple[float, float]


def draw_looseness(style: str, *, rng: np.random.Generator) -> float:
    """Share of the human spread that a loop of `style` gets; 0 is machine-tight, much is rare."""
    table = style_of(style)
    low, high = table.looseness
    return 0.0 if rng.random() < table.tight_chance else low + (high - low) * float(rng.random()) ** 2


def loosen(pattern: Pattern, *, rng: np.random.Generator, bpm: float, amount: float) -> Pattern:
    """Move hits and velocities as drummers do (formats.md), by `amount` of the human spread.

    Each voice drifts with a lag-1 autocorrelation of 0.3 and mostly repeats its feel from bar to bar.
    Hits at beat 0 keep their place, so that the loop starts with its attack. Starts wrap round.
    """
    if amount <= 0.0:
        return pattern
    last: dict[str, Drift] = {}
    feel: dict[tuple[str, int, float], Drift] = {}
    moved = []
    for event in pattern.events:
        drift = _correlated(last.get(event.kind, (0.0, 0.0)), share=_AUTOCORRELATION, rng=rng)
        place = (event.kind, event.voice, round(event.start % pattern.meter[0], 3))
        drift = _correlated(feel[place], share=_FEEL_MEMORY, rng=rng) if place in feel else drift
        last[event.kind] = feel[place] = drift
        moved.append(_moved(event, drift, amount=amount, bpm=bpm, beats=pattern.beats))
    return replace(pattern, events=sort_events(moved))


def _moved(event: Event, drift: Drift, *, amount: float, bpm: float, beats: int) -> Event:
    sigma = _TIMING_SIGMA_MS.get(event.kind, _OTHER_SIGMA_MS)
    shift_ms = amount * (_TIMING_BIAS_MS.get(event.kind, 0.0) + sigma * min(max(drift[0], -2.0), 2.0))
    start = event.start if event.start == 0.0 else (event.start + shift_ms * bpm / 60_000.0) % beats
    velocity = event.velocity + amount * _VELOCITY_SIGMA.get(event.kind, _OTHER_VELOCITY_SIGMA) * drift[1]
    return replace(event, start=start, velocity=min(max(velocity, 0.08), 1.0))


def _correlated(previous: Drift, *, share: float, rng: np.random.Generator) -> Drift:
    """The next (timing, velocity) in units of their spread; `share` of the previous one stays."""
    rest = math.sqrt(1.0 - share**2)
    return (
        share * previous[0] + rest * float(rng.standard_normal()),
        share * previous[1] + rest * float(rng.standard_normal()),
    )
