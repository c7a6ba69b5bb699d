"""Bass lines and chord loops: progressions and rhythms drawn into pitched events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from samplegen.score.events import Event, Pattern, sort_events, steps_per_beat, swing_beat
from samplegen.score.styles import LINE_STEPS, style_of

_TONIC_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_SCALES = {
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "major": (0, 2, 4, 5, 7, 9, 11),
}
_SCALE_WEIGHTS = (0.5, 0.15, 0.1, 0.25)
# One chord root (scale degree, 0 = tonic) a bar, read cyclically.
_PROGRESSIONS = (
    (0,), (0,), (0,), (0, 0, 5, 5), (0, 3), (0, 5), (0, 6), (0, 5, 2, 6), (0, 3, 4, 4), (0, 2, 5, 6),
    (0, 4, 5, 3), (5, 3, 0, 4), (0, 6, 5, 6), (0, 3, 5, 4), (1, 4, 0, 0),
)  # fmt: skip
LOWEST_BASS_MIDI, CHORD_CENTRE_MIDI = 28, 60

# Symbols as in `styles`; `-` holds the note before it. Letters pick the note of a bass line:
# r root, f fifth, O octave, s seventh, n a neighbour in the scale, ? any of them.
_BASS_LINES: dict[str, tuple[str, ...]] = {
    "house": ("..r-..r-..r-..r-", "..O...r...O...r.", "r..r..r-..f.r.?.", "r-..r-.?r-..f-n.", "rr.Or.r.rr.Or.?."),
    "techno": (".rrr.rrr.rrr.rrr", "..r...r...r...r.", "rrrrrrrrrrrrrrrr", ".r.r.rr..r.r.rr?", "r--r--r--r--r-O-"),
    "breakbeat": ("r-.r..O.r..f.s..", "r--.r.?.r--.n.r.", "r.r...O...s.f.r.", "r-----..r-..?-.."),
    "hiphop": ("r---....r-..?-..", "r--...r-..f-....", "r-.r..s-..r-.n..", "r-------....r-?-"),
    "dnb": ("r---------------", "r-----r-r-------", "r--r--r-..O-..r-", "r-.r-.r-.r-.?-.."),
    "trap": ("r-----..........", "r-----r---r-....", "r---..r-........r-----..r---?-..", "r--r--..r-----.."),
    "dub": ("r--.r-.f-...r-..", "..r-r-..f-..s-..", "r-..n-r-....f-O-", "r---....?-r-...."),
    "ambient": ("r---------------", "r-------f-------", "r---------------n---------------"),
}
_CHORD_LINES: dict[str, tuple[str, ...]] = {
    "house": ("..x-..x-..x-..x-", "x-..x-...x-...x-", "x..x..x...x..x..", "...x-..x-...x-.."),
    "techno": ("...x......x.....", "..x..x....x..x..", "x.......x.....x.", "x---------------", "x..x..x..x..x..x"),
    "breakbeat": ("x--.....x--.....", "x-...x-...x-....", "x---------------"),
    "hiphop": ("x-------........", "x---..x-..x---..", "x-------x-------", "x..x....x..x...."),
    "dnb": ("x---------------", "x-------x-------", "...x..x....x..x."),
    "trap": ("x---------------", "x-----x---------", "x---x---x---x---"),
    "dub": ("....x-......x-..", "..x...x...x...x.", "....xx......xx..", "..x.x...........", "..x............."),
    "ambient": ("x---------------", "x-------x-------"),
}
_ARP_CHANCE = {"techno": 0.35, "trap": 0.4, "ambient": 0.3, "house": 0.2, "dnb": 0.25}


@dataclass(frozen=True)
class Key:
    """A tonic (0 = C) and the semitones of its scale."""

    tonic: int
    scale: str

    @property
    def name(self) -> str:
        """As producers write it: ``Am``, ``C#``."""
        return _TONIC_NAMES[self.tonic] + ("" if self.scale == "major" else "m")

    def semitones(self, degree: int) -> int:
        """Semitones of a scale degree above the tonic, over any octave."""
        octave, step = divmod(degree, 7)
        return 12 * octave + _SCALES[self.scale][step]


def draw_key(*, rng: np.random.Generator) -> Key:
    """Any of twelve tonics; minor scales three times as often as major."""
    scale = list(_SCALES)[int(rng.choice(len(_SCALES), p=_SCALE_WEIGHTS))]
    return Key(int(rng.integers(12)), scale)


def draw_bass(
    style: str,
    *,
    rng: np.random.Generator,
    bars: int,
    meter: tuple[int, int] = (4, 4),
    key: Key | None = None,
    roots: tuple[int, ...] | None = None,
) -> Pattern:
    """Draw a bass line of `style` between E1 and E3, following a progression (`roots`, degrees a bar) in `key`."""
    key = key or draw_key(rng=rng)
    roots = roots or _progression(rng)
    lines = _BASS_LINES[style]
    line = lines[int(rng.integers(len(lines)))]
    lowest = LOWEST_BASS_MIDI + (key.tonic - LOWEST_BASS_MIDI) % 12
    choices = rng.integers(0, 64, size=64)
    events = []
    for step, symbol, length in _notes(line, bars=bars, meter=meter):
        bar, place = divmod(step, steps_per_beat(meter) * meter[0])
        degree = roots[bar % len(roots)] + _bass_interval(symbol, int(choices[place % 64]))
        midi = lowest + key.semitones(degree)
        midi -= 12 * (midi > LOWEST_BASS_MIDI + 24)
        accent = 0.95 if place == 0 else 0.7 + 0.2 * float(rng.random())
        events.append(_note(step, length, midi=midi, velocity=accent, kind="bass", meter=meter))
    return _pitched_pattern(events, style=style, rng=rng, bars=bars, meter=meter, key=key, tags=("bass line",))


def draw_chords(
    style: str,
    *,
    rng: np.random.Generator,
    bars: int,
    meter: tuple[int, int] = (4, 4),
    key: Key | None = None,
    roots: tuple[int, ...] | None = None,
    arpeggio: bool | None = None,
) -> Pattern:
    """Draw a chord loop of `style` (triads, sevenths, or an arpeggio of them) round middle C in `key`.

    `roots` are the degrees on which the bars' chords stand; what is None is drawn.
    """
    key = key or draw_key(rng=rng)
    roots = roots or _progression(rng)
    lines = _CHORD_LINES[style]
    line = lines[int(rng.integers(len(lines)))]
    size = int(rng.choice([3, 3, 4, 5], p=[0.35, 0.2, 0.3, 0.15]))
    arp = rng.random() < _ARP_CHANCE.get(style, 0.1) if arpeggio is None else arpeggio
    if arp:
        line = str(rng.choice(["xxxxxxxxxxxxxxxx", "x.x.x.x.x.x.x.x.", "x.xx.xx.x.xx.xx."]))
    order = rng.permutation(size) if rng.random() < 0.4 else np.arange(size)
    events = []
    for count, (step, _, length) in enumerate(_notes(line, bars=bars, meter=meter)):
        bar, place = divmod(step, steps_per_beat(meter) * meter[0])
        voicing = _voicing(key, degree=roots[bar % len(roots)], size=size)
        notes = [voicing[int(order[count % size])]] if arp else voicing
        velocity = (0.9 if place == 0 else 0.75) * float(rng.uniform(0.9, 1.0))
        events += [_note(step, length, midi=note, velocity=velocity, kind="chord", meter=meter) for note in notes]
    tag = "arpeggio" if arp else "chords"
    return _pitched_pattern(events, style=style, rng=rng, bars=bars, meter=meter, key=key, tags=(tag,))


def _progression(rng: np.random.Generator) -> tuple[int, ...]:
    return _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]


def _bass_interval(symbol: str, choice: int) -> int:
    """Scale degrees above the bar's root."""
    if symbol == "?":
        symbol = "rfsnO"[choice % 5]
    return {"f": 4, "O": 7, "s": 6, "n": (1, -1, 2)[choice % 3]}.get(symbol, 0)


def _voicing(key: Key, *, degree: int, size: int) -> list[int]:
    """Stacked thirds on `degree`, each note in the octave round middle C."""
    tones = [key.tonic + key.semitones(degree + 2 * k) for k in range(size)]
    return sorted({CHORD_CENTRE_MIDI - 6 + (tone - CHORD_CENTRE_MIDI + 6) % 12 for tone in tones})


def _notes(line: str, *, bars: int, meter: tuple[int, int]) -> list[tuple[int, str, int]]:
    """(step, symbol, steps it lasts) of a line over all bars; a note ends with its bar."""
    steps = steps_per_beat(meter) * meter[0]
    notes = []
    for bar in range(bars):
        start = bar * LINE_STEPS % len(line)
        symbols = [line[(start + step % LINE_STEPS) % len(line)] for step in range(steps)]
        for step, symbol in enumerate(symbols):
            if symbol in ".-":
                continue
            length = 1
            while step + length < steps and symbols[step + length] == "-":
                length += 1
            notes.append((bar * steps + step, symbol, length))
    return notes


def _note(step: int, length: int, *, midi: int, velocity: float, kind: str, meter: tuple[int, int]) -> Event:
    per_beat = steps_per_beat(meter)
    return Event(step / per_beat, kind, velocity, length / per_beat, midi)


def _pitched_pattern(
    events: Sequence[Event], *, style: str, rng: np.random.Generator, bars: int, meter: tuple[int, int], key: Key,
    tags: tuple[str, ...],
) -> Pattern:  # fmt: skip
    table = style_of(style)
    gate = float(rng.uniform(0.6, 1.0))
    swing = float(np.round(rng.uniform(0.53, 0.66), 3)) if rng.random() < table.swing_chance else 0.5
    swung = [
        replace(
            event,
            start=swing_beat(event.start, swing=swing, step=table.swing_step, meter=meter),
            duration_beats=event.duration_beats * gate,
        )
        for event in events
    ]
    return Pattern(sort_events(swung), style, bars, meter, swing, key=key.name, tags=tags)
