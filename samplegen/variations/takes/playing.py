"""Playing takes: a new one for every hit, in patterns and MIDI grooves (specs/applications.md §3)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from samplegen.audio.types import Audio, Samples
from samplegen.errors import InputError, UsageError
from samplegen.pack.manifest import FileEntry
from samplegen.post.loudness import limit_peak
from samplegen.score.drum_map import note_to_kind
from samplegen.score.music import Music
from samplegen.units import bars_to_samples, db_to_gain, seconds_to_samples, slice_to_sample
from samplegen.variations.takes.velocity import velocity_gain_db

STEPS_PER_BEAT: Final = 4
MAX_STEPS: Final = 1024
STRAIGHT, LATEST_SWING = 0.5, 0.75
# Velocities of the letters of a pattern.
LETTERS: Final[Mapping[str, int]] = {"x": 100, "X": 127, "o": 50}
_REST: Final = ".-_"
_FULL_VELOCITY: Final = 127
# Where a kit lacks what a groove plays.
_INSTEAD: Final[Mapping[str, tuple[str, ...]]] = {
    "clap": ("snare", "rim"), "rim": ("snare", "clap", "percussion"), "snare": ("clap", "rim"),
    "hat_open": ("hat_closed", "cymbal"), "hat_closed": ("hat_open", "percussion"), "cymbal": ("hat_open",),
    "tom": ("percussion", "kick"), "percussion": ("rim", "tom"),
}  # fmt: skip


@dataclass(frozen=True)
class Strike:
    """One hit of a score: sample at which it sounds, what, and how hard (MIDI velocity)."""

    start: int
    kind: str
    velocity: int


@dataclass(frozen=True, eq=False)
class TakeSet:
    """The takes of one hit.

    Parameters
    ----------
    layers
        Takes of each velocity layer, softest first.
    """

    name: str
    kind: str
    layers: tuple[tuple[Audio, ...], ...]


def shuffled(count: int, *, rng: np.random.Generator) -> Iterator[int]:
    """Numbers below `count` without end: each once a round, in a new order, never one twice in a row."""
    last = -1
    while True:
        order = rng.permutation(count)
        if count > 1 and order[0] == last:
            order[[0, -1]] = order[[-1, 0]]
        for number in order:
            last = int(number)
            yield last


def parse_pattern(text: str) -> tuple[int, ...]:
    """Velocities of the sixteenths of ``x.X.o.``; 0 is a rest, spaces and bars (``|``) are passed over.

    Raises
    ------
    UsageError
        If it is empty, silent, too long or has other letters.
    """
    steps = re.sub(r"[\s|]", "", text)
    wrong = next((letter for letter in steps if letter not in LETTERS and letter not in _REST), None)
    if wrong is not None:
        raise UsageError(f"--pattern {text!r} has {wrong!r}. Write x for a hit, X hard, o soft and . for a rest.")
    velocities = tuple(LETTERS.get(letter, 0) for letter in steps)
    if not any(velocities) or len(velocities) > MAX_STEPS:
        raise UsageError(f"--pattern {text!r} needs one hit or more, and {MAX_STEPS} steps at most.")
    return velocities


def pattern_length(steps: int, *, bpm: float, sample_rate: int) -> int:
    """Exact samples of `steps` sixteenths."""
    return bars_to_samples(steps, bpm=bpm * STEPS_PER_BEAT, beats_per_bar=1, sample_rate=sample_rate)


def place_pattern(
    velocities: Sequence[int], *, kind: str, bpm: float, sample_rate: int, swing: float = STRAIGHT
) -> list[Strike]:
    """Strikes of a pattern; `swing` is the share of the first of two sixteenths, 0.5 is straight.

    Raises
    ------
    UsageError
        If the swing is out of range.
    """
    if not STRAIGHT <= swing <= LATEST_SWING:
        raise UsageError(f"--swing {swing:g} is outside {STRAIGHT:g} (straight) to {LATEST_SWING:g}.")
    length = pattern_length(len(velocities), bpm=bpm, sample_rate=sample_rate)
    late = (Fraction(str(swing)) - Fraction(1, 2)) * 2
    found = []
    for step, velocity in enumerate(velocities):
        place = Fraction(step) + (late if step % 2 else 0)
        if velocity:
            start = slice_to_sample(place.numerator, slices=len(velocities) * place.denominator, length=length)
            found.append(Strike(start, kind, velocity))
    return found


def place_music(music: Music, *, sample_rate: int) -> tuple[list[Strike], int]:
    """Strikes of the drums of a MIDI file (its channel 10, else every note), and the samples of its last whole bar.

    Raises
    ------
    InputError
        If it holds no note.
    """
    drums = [note for note in music.notes if note.channel == 9] or list(music.notes)
    if not drums:
        raise InputError("The MIDI file holds no note. Export it again with its drums.")
    clock = _clock(music)
    strikes = [
        Strike(seconds_to_samples(clock(note.start), sample_rate=sample_rate), note_to_kind(note.note), note.velocity)
        for note in drums
    ]
    bar = _bar_ticks(music)
    end = -(-max(note.start + 1 for note in drums) // bar) * bar
    return strikes, seconds_to_samples(clock(end), sample_rate=sample_rate)


def sets_of(entries: Sequence[FileEntry], *, folder: Path, read: Callable[[Path], Audio]) -> list[TakeSet]:
    """The sets of takes among the files of a pack, in the order of their sources' names."""
    found: dict[str, dict[int, list[FileEntry]]] = {}
    for entry in entries:
        if "take" in entry.parameters and "source_sha256" in entry.parameters:
            layers = found.setdefault(f"{entry.parameters['source']}/{entry.parameters['source_sha256']}", {})
            layers.setdefault(int(entry.parameters["layer"]), []).append(entry)
    sets = []
    for layers in found.values():
        ordered = [sorted(layers[layer], key=lambda entry: entry.parameters["take"]) for layer in sorted(layers)]
        first = ordered[0][0]
        audios = tuple(tuple(read(folder / entry.path) for entry in layer) for layer in ordered)
        sets.append(TakeSet(str(first.parameters["source"]), first.category, audios))
    return sets


def render(
    strikes: Sequence[Strike],
    sets: Sequence[TakeSet],
    *,
    length: int,
    seed: int,
    ring: bool,
    sample_rate: int,
) -> Audio:
    """What the strikes sound like, with another take each time.

    Parameters
    ----------
    length
        Samples of the result; what rings on beyond goes round to its beginning (`ring`) or lengthens it.

    Raises
    ------
    InputError
        If no set fits anything that is played.
    """
    players = _Players(sets, seed=seed)
    played = [(strike.start, hit) for strike in strikes if (hit := players.play(strike)) is not None]
    if not played:
        raise InputError(f"No hit is of a kind that is played: {', '.join(sorted({s.kind for s in strikes}))}.")
    channels = max(hit.shape[0] for _, hit in played)
    last = max(start + hit.shape[1] for start, hit in played)
    laid = np.zeros((channels, max(length, last)), np.float64)
    for start, hit in played:
        laid[:, start : start + hit.shape[1]] += hit
    if ring:
        turns = -(-laid.shape[1] // length)
        laid = np.pad(laid, ((0, 0), (0, turns * length - laid.shape[1]))).reshape(channels, turns, length).sum(axis=1)
    return limit_peak(Audio(laid.astype(np.float32), sample_rate))


class _Players:
    """Chooses, for every strike, a set by kind, a layer by velocity, and a take that was not the last one."""

    def __init__(self, sets: Sequence[TakeSet], *, seed: int) -> None:
        self._sets: dict[str, TakeSet] = {}
        for one in sets:
            self._sets.setdefault(one.kind, one)
        self._orders: dict[tuple[str, int], Iterator[int]] = {}
        self._seed = seed

    def play(self, strike: Strike) -> Samples | None:
        """``[C, T]`` at the strike's velocity; None where no set fits."""
        one = self._find(strike.kind)
        if one is None:
            return None
        layers = len(one.layers)
        layer = min(layers - 1, (max(1, strike.velocity) - 1) * layers // _FULL_VELOCITY)
        key = (one.kind, layer)
        if key not in self._orders:
            rng = np.random.default_rng([self._seed, layer, *one.kind.encode()])
            self._orders[key] = shuffled(len(one.layers[layer]), rng=rng)
        take = one.layers[layer][next(self._orders[key])]
        highest = _FULL_VELOCITY * (layer + 1) / layers
        return take.samples * np.float32(db_to_gain(velocity_gain_db(strike.velocity / highest - 1.0)))

    def _find(self, kind: str) -> TakeSet | None:
        if not kind:
            return next(iter(self._sets.values()), None)
        return next((self._sets[name] for name in (kind, *_INSTEAD.get(kind, ())) if name in self._sets), None)


def _clock(music: Music) -> Callable[[int], float]:
    """Ticks to seconds, by every change of tempo."""
    changes = sorted(
        {tick: message.tempo for track in music.tracks for tick, message in track.others
         if getattr(message, "type", "") == "set_tempo"}.items()
    )  # fmt: skip
    steps = [(0, 500_000), *changes]

    def seconds(tick: int) -> float:
        total = 0.0
        for (start, tempo_us), (end, _) in zip(steps, [*steps[1:], (tick, 0)], strict=True):
            total += max(0, min(end, tick) - start) * tempo_us / (music.ticks_per_quarter * 1e6)
        return total

    return seconds


def _bar_ticks(music: Music) -> int:
    """Ticks of a bar of the first meter; 4/4 where none is given."""
    for track in music.tracks:
        for _, message in track.others:
            if getattr(message, "type", "") == "time_signature":
                return int(max(1, music.ticks_per_quarter * 4 * message.numerator // message.denominator))
    return 4 * music.ticks_per_quarter
