"""Melodies as symbols: a motif, its repetitions, and a contour in a scale (specs/applications.md §9, route 2)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from samplegen.errors import UsageError
from samplegen.score.contours import CONTOURS, contour_height
from samplegen.score.events import Event, Pattern, sort_events, steps_per_beat, swing_beat
from samplegen.score.scales import Scale

KIND: Final = "melody"
MAX_RANGE: Final = 36
_LONGEST_BEATS: Final = 4.0  # quarters
_SWING_STEP: Final = 16
# How likely a line moves by so many degrees: steps more than leaps, and it seldom stays.
_MOVES: Final = {0: 0.35, 1: 1.0, 2: 0.55, 3: 0.25, 4: 0.15, 5: 0.06}
_PULL: Final = 1.4  # degrees from the contour at which a note is unlikely
_CHANGE: Final = 0.25  # share of repetitions whose last notes are new


@dataclass(frozen=True)
class LineSettings:
    """What is asked of a line.

    Parameters
    ----------
    contour
        One of `CONTOURS`; None draws one.
    density
        Share of the sixteenths on which a note begins: 0.5 is eighths.
    span
        Semitones between its lowest and highest note, at most.
    repetition
        How likely a part takes up an earlier one, 0 to 1.
    swing
        Share of the first of two sixteenths.
    gate
        Length of notes as a share of the time to the next: 1 is legato, more overlaps.

    Raises
    ------
    UsageError
        If a value is out of range.
    """

    scale: Scale
    bars: int = 4
    meter: tuple[int, int] = (4, 4)
    contour: str | None = None
    density: float = 0.35
    span: int = 12
    repetition: float = 0.6
    swing: float = 0.5
    gate: float = 0.9

    def __post_init__(self) -> None:
        """Refuse what is no line."""
        for name, value, low, high in (
            ("--density", self.density, 0.02, 1.0), ("--range", self.span, 2, MAX_RANGE),
            ("--gate", self.gate, 0.05, 2.0), ("--repetition", self.repetition, 0.0, 1.0),
            ("--swing", self.swing, 0.5, 0.75), ("--bars", self.bars, 1, 64),
        ):  # fmt: skip
            if not low <= value <= high:
                raise UsageError(f"{name} {value:g} is outside {low:g} to {high:g}.")
        if self.contour is not None and self.contour not in CONTOURS:
            raise UsageError(f"--contour {self.contour!r} is not known. Choose one of {', '.join(CONTOURS)}.")
        steps_per_beat(self.meter)

    @property
    def part_steps(self) -> int:
        """Sixteenths of a part: a bar, or half of a bar that can be halved where there are two bars or fewer."""
        steps = self.meter[0] * steps_per_beat(self.meter)
        return steps // 2 if self.bars <= 2 and self.meter[0] % 2 == 0 and steps >= 8 else steps

    @property
    def parts(self) -> int:
        """Parts of the whole line."""
        return self.bars * self.meter[0] * steps_per_beat(self.meter) // self.part_steps


@dataclass(frozen=True)
class _Part:
    """Notes of a part: steps from its start, and degrees from the lowest of the line's range."""

    steps: tuple[int, ...]
    degrees: tuple[int, ...]


def draw_line(settings: LineSettings, *, rng: np.random.Generator, lowest: int = 60) -> Pattern:
    """Draw a line on the grid, swung, whose notes are all of the scale.

    It begins on the tonic, strong beats prefer the tonic's triad, leaps are rare, and later parts take up
    earlier ones: as they were, moved along the contour, or with another end.

    Parameters
    ----------
    lowest
        MIDI note; the line lies between it and `settings.span` above.
    """
    contour = settings.contour or str(rng.choice(CONTOURS))
    pitches = tuple(note for note in range(lowest, lowest + settings.span + 1) if settings.scale.has(note))
    drawer = _Drawer(settings, contour, pitches, rng)
    parts: list[_Part] = []
    for number in range(settings.parts):
        parts.append(drawer.draw(number, parts))
    notes = [
        (number * settings.part_steps + step, pitches[degree])
        for number, part in enumerate(parts)
        for step, degree in zip(part.steps, part.degrees, strict=True)
    ]
    return _pattern(notes, settings, contour, rng)


class _Drawer:
    """Draws part after part of one line."""

    def __init__(
        self, settings: LineSettings, contour: str, pitches: tuple[int, ...], rng: np.random.Generator
    ) -> None:
        self._settings, self._contour, self._pitches, self._rng = settings, contour, pitches, rng
        tonic, *others = settings.scale.triad()
        degrees = [settings.scale.steps.index((pitch - settings.scale.tonic) % 12) for pitch in pitches]
        self._weights = np.array([3.0 if d == tonic else 1.8 if d in others else 1.0 for d in degrees])
        self._tonics = np.array([d == tonic for d in degrees])

    def draw(self, number: int, parts: list[_Part]) -> _Part:
        """A part that takes up an earlier one, or a new one."""
        rng = self._rng
        chance, which, way = rng.random(), rng.random(), rng.random()
        if not parts or chance >= self._settings.repetition:
            before = parts[-1].degrees[-1] if parts else None
            steps = self._rhythm() if not parts or chance > 0.9 or rng.random() < 0.5 else parts[0].steps
            return self._new(number, steps, before)
        earlier = int(which * len(parts)) if which > 0.5 else max(0, number - 2 * (1 + int(2 * which)))
        moved = self._moved(parts[earlier], number - earlier, number)
        if way >= _CHANGE or len(moved.steps) < 3:
            return moved
        kept = len(moved.steps) - max(1, len(moved.steps) // 3)
        fresh = self._new(number, moved.steps[kept:], moved.degrees[kept - 1])
        return _Part(moved.steps, moved.degrees[:kept] + fresh.degrees)

    def _rhythm(self) -> tuple[int, ...]:
        """Steps of a part: as many as the density asks for, strong places first, with chance."""
        settings, rng = self._settings, self._rng
        size = settings.part_steps
        count = min(size, max(1, int(np.floor(settings.density * size + rng.random()))))
        strength = np.array([self._metric(step) for step in range(size)])
        keys = np.log(strength) - np.log(-np.log(rng.uniform(1e-9, 1.0, size)))
        keys[0] += 4.0
        return tuple(sorted(int(step) for step in np.argsort(-keys)[:count]))

    def _metric(self, step: int) -> float:
        """Weight of a sixteenth: part, beat, half a beat, the rest."""
        beat = steps_per_beat(self._settings.meter)
        return 6.0 if step == 0 else 3.0 if step % beat == 0 else 1.6 if step % max(1, beat // 2) == 0 else 0.55

    def _new(self, number: int, steps: tuple[int, ...], before: int | None) -> _Part:
        degrees: list[int] = []
        for step in steps:
            last = degrees[-1] if degrees else before
            degrees.append(self._next(number, step, last))
        return _Part(steps, tuple(degrees))

    def _next(self, number: int, step: int, last: int | None) -> int:
        """The next degree: near the last one and the contour, of the triad where the beat is strong."""
        target = self._target(number, step)
        places = np.arange(len(self._pitches))
        pull = np.exp(-0.5 * ((places - target) / _PULL) ** 2) + 1e-9
        if last is None:
            chances = pull * self._tonics
            return int((chances if chances.any() else pull).argmax())
        moves = np.array([_MOVES.get(int(abs(place - last)), 1e-6) for place in places])
        strong = step % steps_per_beat(self._settings.meter) == 0
        chances = pull * moves * (self._weights if strong else self._weights**0.4)
        return int(self._rng.choice(len(places), p=chances / chances.sum()))

    def _target(self, number: int, step: int = 0) -> float:
        place = (number + step / self._settings.part_steps) / self._settings.parts
        height = contour_height(self._contour, place, bars=self._settings.bars)
        return height * (len(self._pitches) - 1)

    def _moved(self, part: _Part, by: int, number: int) -> _Part:
        """An earlier part at the contour's height here, inside the range."""
        shift = round(self._target(number) - self._target(number - by))
        low, high = min(part.degrees), max(part.degrees)
        shift = min(max(shift, -low), len(self._pitches) - 1 - high)
        return _Part(part.steps, tuple(degree + shift for degree in part.degrees))


def _pattern(notes: list[tuple[int, int]], settings: LineSettings, contour: str, rng: np.random.Generator) -> Pattern:
    """Steps and pitches as events; the last note may sound until the first, round the loop's end."""
    beat = steps_per_beat(settings.meter)
    total = settings.bars * settings.meter[0] * beat
    longest = _LONGEST_BEATS * settings.meter[1] / 4.0
    events = []
    for number, (step, pitch) in enumerate(notes):
        following = notes[number + 1][0] if number + 1 < len(notes) else total + notes[0][0]
        start = swing_beat(step / beat, swing=settings.swing, step=_SWING_STEP, meter=settings.meter)
        held = min((following - step) / beat * settings.gate, longest)
        accent = 0.92 if step % (settings.meter[0] * beat) == 0 else 0.82 if step % beat == 0 else 0.7
        velocity = float(np.clip(accent + 0.06 * rng.standard_normal(), 0.35, 1.0))
        events.append(Event(start, KIND, velocity, held, pitch))
    return Pattern(
        sort_events(events), "", settings.bars, settings.meter, settings.swing, key=settings.scale.key, tags=(contour,)
    )
