"""Drum patterns: a style's layers drawn into events on the beat grid."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from samplegen.score.events import Event, Pattern, sort_events, steps_per_beat, swing_beat
from samplegen.score.styles import LINE_STEPS, Layer, style_of

_ACCENT, _PLAIN, _GHOST = 0.95, 0.72, 0.34
_BAR_MEMORY = 0.88  # share of the steps that a later bar takes over from the first
_FILL_CHANCE = {1: 0.06, 2: 0.2, 4: 0.55}


def draw_pattern(
    style: str,
    *,
    rng: np.random.Generator,
    bars: int,
    meter: tuple[int, int] = (4, 4),
    kinds: Sequence[str] | None = None,
) -> Pattern:
    """Draw a drum pattern of `style` on the grid, swung but not yet loosened.

    With `kinds` only layers of these kinds are drawn; at least one of them then sounds.
    """
    table = style_of(style)
    steps = steps_per_beat(meter) * meter[0]
    layers = [layer for layer in table.layers if kinds is None or layer.kind in kinds]
    played = [layer for layer in layers if rng.random() < layer.chance]
    events: list[Event] = []
    tags: list[str] = []
    for layer in played or layers[:1]:
        hits = _draw_layer(layer, rng=rng, bars=bars, steps=steps)
        events += _hits_to_events(hits, layer=layer, meter=meter)
    if rng.random() < table.roll_chance:
        events = _with_rolls(events, rng=rng, beats=bars * meter[0], meter=meter)
        tags.append("rolls")
    if rng.random() < _FILL_CHANCE.get(bars, 0.5) and (kinds is None or set(kinds).issuperset(table.fill_kinds)):
        events = _with_fill(events, rng=rng, kinds=table.fill_kinds, bars=bars, meter=meter)
        tags.append("fill")
    events = _without_doubles(events) or [Event(0.0, layers[0].kind if layers else "percussion", _ACCENT)]
    swing = float(np.round(rng.uniform(0.53, 0.66), 3)) if rng.random() < table.swing_chance else 0.5
    if swing > 0.5:
        tags.append("swing")
    swung = [
        replace(event, start=swing_beat(event.start, swing=swing, step=table.swing_step, meter=meter))
        for event in events
    ]
    return Pattern(sort_events(swung), style, bars, meter, swing, tags=tuple(tags))


def draw_percussion(style: str, *, rng: np.random.Generator, bars: int, meter: tuple[int, int] = (4, 4)) -> Pattern:
    """Draw interlocking percussion: the style's own lines and euclidean rhythms, without kick, snare and hats."""
    steps = steps_per_beat(meter) * meter[0]
    base = draw_pattern(style, rng=rng, bars=bars, meter=meter, kinds=("percussion", "rim", "tom"))
    events = list(base.events) if rng.random() < 0.6 else []
    for voice in range(int(rng.integers(1, 4)) + (not events)):
        kind = str(rng.choice(["percussion", "percussion", "percussion", "tom", "rim"]))
        ring = euclidean_rhythm(
            int(rng.integers(2, max(3, steps * (5 if style == "ambient" else 9) // 16))),
            steps=steps,
            rotation=int(rng.integers(steps)),
        )
        line = "".join("x" if hit else "." for hit in ring)
        if rng.random() < 0.35:
            line = line.replace(".", "g")
        hits = _draw_layer(Layer(kind, (line,), voice=voice), rng=rng, bars=bars, steps=steps, line_steps=steps)
        warped = _hits_to_events(hits, layer=Layer(kind, (line,), voice=voice), meter=meter)
        step = style_of(style).swing_step
        events += [
            replace(event, start=swing_beat(event.start, swing=base.swing, step=step, meter=meter)) for event in warped
        ]
    return replace(base, events=sort_events(_without_doubles(events) or [Event(0.0, "percussion", _ACCENT)]))


def euclidean_rhythm(hits: int, *, steps: int, rotation: int = 0) -> tuple[bool, ...]:
    """`hits` spread as evenly as possible over `steps` (Toussaint 2005), rotated to the left."""
    return tuple(((step + rotation) * hits) % steps < hits for step in range(steps))


def _draw_layer(
    layer: Layer, *, rng: np.random.Generator, bars: int, steps: int, line_steps: int = LINE_STEPS
) -> list[tuple[int, float]]:
    """(step, velocity) of one layer; later bars repeat the first but for a few steps."""
    line = layer.lines[int(rng.integers(len(layer.lines)))]
    rotation = int(rng.integers(LINE_STEPS // 2)) * 2 if layer.kind == "percussion" and rng.random() < 0.3 else 0
    draws = rng.random(steps)
    hits = []
    for bar in range(bars):
        fresh = rng.random(steps)
        chances = np.where(rng.random(steps) < _BAR_MEMORY, draws, fresh)
        line_bar = (bar * line_steps) % len(line)
        for step in range(steps):
            symbol = line[(line_bar + (step + rotation) % line_steps) % len(line)]
            if velocity := _velocity(symbol, float(chances[step])):
                hits.append((bar * steps + step, velocity * float(rng.uniform(0.96, 1.0))))
    return hits


def _velocity(symbol: str, chance: float) -> float:
    if symbol.isdigit():
        return _PLAIN if chance < int(symbol) / 10.0 else 0.0
    if symbol == "g":
        return _GHOST if chance < 0.5 else 0.0
    return {"X": _ACCENT, "x": _PLAIN, "o": _GHOST}.get(symbol, 0.0)


def _hits_to_events(hits: list[tuple[int, float]], *, layer: Layer, meter: tuple[int, int]) -> list[Event]:
    per_beat = steps_per_beat(meter)
    return [Event(step / per_beat, layer.kind, velocity, 1.0 / per_beat, voice=layer.voice) for step, velocity in hits]


def _with_rolls(events: list[Event], *, rng: np.random.Generator, beats: int, meter: tuple[int, int]) -> list[Event]:
    """Hat rolls: some hits split into triplets, thirty-seconds or faster, rising or falling."""
    sixteenth = 1.0 / steps_per_beat(meter)
    rolled: list[Event] = []
    for event in events:
        if event.kind != "hat_closed" or rng.random() > 0.16:
            rolled.append(event)
            continue
        count, length = ((2, 1.0), (3, 2.0), (3, 1.0), (4, 2.0), (6, 2.0))[int(rng.integers(5))]
        levels = np.linspace(0.55, 1.0, count)[:: 1 if rng.random() < 0.6 else -1]
        spacing = sixteenth * length / count
        rolled += [
            replace(
                event,
                start=(event.start + k * spacing) % beats,
                velocity=event.velocity * float(levels[k]),
                duration_beats=spacing,
            )
            for k in range(count)
        ]
    return rolled


def _with_fill(
    events: list[Event], *, rng: np.random.Generator, kinds: Sequence[str], bars: int, meter: tuple[int, int]
) -> list[Event]:
    """Replace the end of the last bar by a run on `kinds`."""
    beats = bars * meter[0]
    length = min(float(rng.choice([0.5, 1.0, 1.0, 2.0])) * meter[1] / 4.0, meter[0] / 2.0)
    per_beat = steps_per_beat(meter)
    kept = [event for event in events if event.start < beats - length or event.kind in ("kick", "cymbal")]
    count = int(length * per_beat)
    for step in range(count):
        if rng.random() < 0.8:
            voice = min(step * 3 // count, 2)
            kind = str(rng.choice(list(kinds)))
            velocity = 0.5 + 0.4 * step / count
            kept.append(Event(beats - length + step / per_beat, kind, velocity, 1.0 / per_beat, voice=voice))
    return kept


def _without_doubles(events: list[Event]) -> list[Event]:
    """One hit per voice and place; the loudest stays."""
    best: dict[tuple[str, int, float], Event] = {}
    for event in events:
        place = (event.kind, event.voice, round(event.start, 6))
        if place not in best or best[place].velocity < event.velocity:
            best[place] = event
    return list(best.values())
