"""Pads, arpeggios and lead lines for loops whose key must be heard: progressions that begin and rest on the tonic."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from samplegen.score.events import Event, Pattern, sort_events
from samplegen.score.lines import LineSettings, draw_line
from samplegen.score.melodies import Key, draw_chords
from samplegen.score.scales import Scale

_SCALES, _SCALE_WEIGHTS = ("minor", "major", "dorian"), (0.6, 0.33, 0.07)
# One chord root a bar, read cyclically; two bars at least begin on the tonic of four.
_ROOTS = {
    "minor": ((0,), (0,), (0, 5), (0, 6), (0, 3), (0, 5, 2, 6), (0, 5, 3, 4), (0, 0, 5, 6), (0, 3, 0, 4), (0, 6, 5, 6),
              (0, 0, 3, 0)),
    "major": ((0,), (0,), (0, 3), (0, 4), (0, 5), (0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 0), (0, 0, 3, 4), (0, 3, 0, 4)),
    "dorian": ((0,), (0, 3), (0, 0, 3, 3), (0, 6)),
}  # fmt: skip
# Shares of the degrees in major and minor, by Albrecht and Shanahan (Music Perception 2013, table 3) and by
# Temperley (Music and Probability, 2007, p. 86).
_PROFILES = (
    ((0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
     (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)),
    ((0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
     (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)),
)  # fmt: skip
_LEAD = 0.04
_LOWEST_PAD_MIDI = 45


def draw_clear_key(*, rng: np.random.Generator) -> Key:
    """Any tonic; minor twice as often as major."""
    return Key(int(rng.integers(12)), str(rng.choice(_SCALES, p=_SCALE_WEIGHTS)))


def draw_roots(key: Key, *, rng: np.random.Generator) -> tuple[int, ...]:
    """Scale degrees of the bars' chords, from the tonic on."""
    choices = _ROOTS[key.scale]
    return choices[int(rng.integers(len(choices)))]


def draw_arpeggio(
    style: str, *, rng: np.random.Generator, bars: int, meter: tuple[int, int], key: Key, roots: tuple[int, ...]
) -> Pattern:
    """Broken chords, sometimes over two octaves."""
    pattern = draw_chords(style, rng=rng, bars=bars, meter=meter, key=key, roots=roots, arpeggio=True)
    if rng.random() < 0.4:
        every = int(rng.choice([2, 3, 4]))
        events = [
            replace(event, midi=(event.midi or 0) + 12 * (number % every == every - 1))
            for number, event in enumerate(pattern.events)
        ]
        pattern = replace(pattern, events=sort_events(events))
    return pattern


def draw_pad(
    style: str, *, rng: np.random.Generator, bars: int, meter: tuple[int, int], key: Key, roots: tuple[int, ...]
) -> Pattern:
    """Held chords that overlap and go round the loop's end, with the voices led by the shortest way."""
    beats = meter[0]
    parts = 2 if len(roots) > bars and bars < 4 and beats % 2 == 0 else 1
    size = int(rng.choice([3, 4, 5], p=[0.45, 0.4, 0.15]))
    centre = int(rng.integers(52, 66))
    overlap = float(rng.uniform(1.0, 1.15))
    events: list[Event] = []
    voices: list[int] = []
    number, start, chords = 0, 0.0, bars * parts
    while number < chords:
        degree, held = roots[number % len(roots)], 1
        while number + held < chords and roots[(number + held) % len(roots)] == degree:
            held += 1
        voices = _led(key, degree=degree, size=size, before=voices, centre=centre)
        length = held * beats / parts
        events += [
            Event(start, "pad", float(rng.uniform(0.75, 0.95)), length * overlap, note)
            for note in (*voices, *([_low_root(key, degree)] if rng.random() < 0.6 else []))
        ]
        number, start = number + held, start + length
    return Pattern(sort_events(events), style, bars, meter, key=key.name, tags=("pad", "sustained"))


def _led(key: Key, *, degree: int, size: int, before: list[int], centre: int) -> list[int]:
    """Stacked thirds on a degree, each note in the octave nearest to the voices before (or the centre)."""
    middle = float(np.mean(before)) if before else float(centre)
    middle += 0.5 * (centre - middle)
    tones = {(key.tonic + key.semitones(degree + 2 * k)) % 12 for k in range(size)}
    notes = [int(middle - 6 + (tone - int(middle) + 6) % 12) for tone in sorted(tones)]
    return sorted(note if note >= _LOWEST_PAD_MIDI else note + 12 for note in notes)


def _low_root(key: Key, degree: int) -> int:
    return 36 + (key.tonic + key.semitones(degree)) % 12


def draw_lead(style: str, *, rng: np.random.Generator, bars: int, meter: tuple[int, int], key: Key) -> Pattern:
    """A line above middle C in the key's scale, or its pentatonic."""
    name = key.scale if rng.random() < 0.6 else "major-pentatonic" if key.scale == "major" else "minor-pentatonic"
    settings = LineSettings(
        Scale(key.tonic, name), bars=bars, meter=meter, density=float(rng.uniform(0.15, 0.5)),
        span=int(rng.integers(10, 17)), swing=0.5, gate=float(rng.uniform(0.5, 1.0)),
    )  # fmt: skip
    line = draw_line(settings, rng=rng, lowest=60 + int(rng.integers(-3, 8)))
    events = tuple(replace(event, kind="lead") for event in line.events)
    return replace(line, events=events, style=style, key=key.name, tags=("lead", "melody"))


def says_its_key(pattern: Pattern, key: Key) -> bool:
    """Whether the notes alone, by length and loudness, fit no other key nearly as well as `key` and its relative.

    By the profiles of Albrecht and Shanahan and of Temperley. The tonic must be among the three strongest notes,
    so that the relative is not heard for want of it.
    """
    shares = np.zeros(12)
    for event in pattern.events:
        if event.midi is not None:
            shares[event.midi % 12] += event.duration_beats * event.velocity
    if not shares[key.tonic] or shares[key.tonic] < np.sort(shares)[-3]:
        return False
    if np.count_nonzero(shares) == 1:
        return True
    return all(_leads(shares, key, major=major, minor=minor) for major, minor in _PROFILES)


def _leads(shares: npt.NDArray[np.float64], key: Key, *, major: Sequence[float], minor: Sequence[float]) -> bool:
    profiles = np.array([np.roll(profile, tonic) for profile in (major, minor) for tonic in range(12)])
    fits = np.array([np.corrcoef(profile, shares)[0, 1] for profile in profiles])
    is_minor = key.scale != "major"
    fitting = {12 * is_minor + key.tonic, 12 * (not is_minor) + (key.tonic + (3 if is_minor else -3)) % 12}
    if shares[(key.tonic + (4 if is_minor else 3)) % 12] == 0.0:
        fitting.add(12 * (not is_minor) + key.tonic)  # without a third of either mode, none is heard
    others = [fit for number, fit in enumerate(fits) if number not in fitting]
    return bool(max(fits[number] for number in fitting) > max(others) + _LEAD)
