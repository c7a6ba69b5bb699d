"""The groove of a performance, as what happens at each sixteenth, and other music played with it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from samplegen.errors import UsageError
from samplegen.score.events import Event, Pattern, steps_per_beat
from samplegen.score.music import HIT_BEATS, TICKS_PER_QUARTER, Music, Note, new_music, ticks_per_beat
from samplegen.score.timing import settle

GROOVE_NOTE: Final = 37  # a groove's steps are rim shots: any DAW plays them, none takes them for a beat


@dataclass(frozen=True)
class Step:
    """How one sixteenth is played: `offset` in sixteenths behind the grid (-0.5 to 0.5), `velocity` 0 to 1."""

    offset: float
    velocity: float


@dataclass(frozen=True)
class GrooveTemplate:
    """What a performance does to the grid.

    Parameters
    ----------
    steps
        From the number of a sixteenth to how it is played; sixteenths that nothing plays are missing.
    """

    steps: dict[int, Step]
    bars: int
    meter: tuple[int, int]

    @property
    def length(self) -> int:
        """Sixteenths of the whole groove."""
        return self.bars * self.meter[0] * steps_per_beat(self.meter)


def extract_groove(pattern: Pattern) -> GrooveTemplate:
    """The groove of `pattern`: at each sixteenth the mean offset of its hits, weighted by velocity, and the loudest."""
    per_beat = steps_per_beat(pattern.meter)
    length = pattern.beats * per_beat
    places: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for event in pattern.events:
        at = event.start * per_beat
        places[round(at) % length].append((at - round(at), event.velocity))
    steps = {place: _step(places[place]) for place in sorted(places)}
    return GrooveTemplate(steps, pattern.bars, pattern.meter)


def _step(hits: Iterable[tuple[float, float]]) -> Step:
    offsets, velocities = np.array(list(hits)).T
    return Step(float(np.average(offsets, weights=velocities)), float(velocities.max()))


def groove_to_music(groove: GrooveTemplate, *, bpm: float, name: str = "") -> Music:
    """The groove as a clip of one note for every sixteenth that is played, for the groove pools of DAWs."""
    sixteenth = ticks_per_beat(groove.meter) / steps_per_beat(groove.meter)
    total = round(groove.length * sixteenth)
    held = round(HIT_BEATS * TICKS_PER_QUARTER)
    notes = [
        Note(
            round((place + step.offset) * sixteenth) % total, held, GROOVE_NOTE,
            min(max(round(step.velocity * 127.0), 1), 127),
        )
        for place, step in groove.steps.items()
    ]  # fmt: skip
    return new_music(notes, bpm=bpm, meter=groove.meter, bars=groove.bars, name=name)


def music_to_groove(music: Music) -> GrooveTemplate:
    """The groove of all notes of a MIDI file, whose first meter holds.

    Raises
    ------
    UsageError
        If its meter has no sixteenths.
    """
    _, meter = music.meters[0] if music.meters else (0, (4, 4))
    beat = ticks_per_beat(meter, ticks_per_quarter=music.ticks_per_quarter)
    bars = max(1, round(music.length / beat / meter[0]))
    steps_per_beat(meter)
    span = bars * meter[0]
    events = (Event(note.start / beat % span, "percussion", note.velocity / 127.0) for note in music.notes)
    return extract_groove(Pattern(tuple(events), "", bars, meter))


def apply_groove(music: Music, groove: GrooveTemplate, *, amount: float = 1.0) -> Music:
    """`music` played with `groove`: each note goes to its sixteenth and leaves it as the groove does.

    The groove repeats. A sixteenth that the groove does not play keeps the note where it is. Velocities keep
    their mean and take the groove's accents. With `amount` 0 nothing happens, with 0.5 notes go half the way.

    Raises
    ------
    UsageError
        If `amount` is not 0 to 1, or the groove holds nothing.
    """
    if not 0.0 <= amount <= 1.0:
        raise UsageError(f"An amount of {amount:g} is not possible. Give 0 to 1.")
    if not groove.steps:
        raise UsageError("The groove holds no hits, so there is nothing to apply.")
    sixteenth = music.ticks_per_quarter / 4.0
    mean = float(np.mean([step.velocity for step in groove.steps.values()]))
    tracks = []
    for track in music.tracks:
        moved = [_grooved(note, groove, sixteenth=sixteenth, mean=mean, amount=amount) for note in track.notes]
        tracks.append(replace(track, notes=settle(moved, before=track.notes, length=track.length)))
    return replace(music, tracks=tuple(tracks))


def _grooved(note: Note, groove: GrooveTemplate, *, sixteenth: float, mean: float, amount: float) -> Note:
    place = round(note.start / sixteenth)
    step = groove.steps.get(place % groove.length)
    if step is None:
        return note
    start = note.start + amount * ((place + step.offset) * sixteenth - note.start)
    velocity = note.velocity * (1.0 + amount * (step.velocity / mean - 1.0))
    return replace(note, start=round(start), velocity=min(max(round(velocity), 1), 127))
