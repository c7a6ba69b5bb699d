"""Plays notes with one-shots: the nearest source, its pitch, the note's length and velocity, another take each time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from samplegen.audio.types import Audio, Samples
from samplegen.errors import InputError
from samplegen.post.fades import raised_cosine
from samplegen.post.loudness import limit_peak
from samplegen.post.transpose import MAX_SEMITONES, transpose_one_shot
from samplegen.units import db_to_gain, seconds_to_samples
from samplegen.variations.edits.alignment import onset_sample
from samplegen.variations.melodies.repitch import repitch
from samplegen.variations.takes.playing import shuffled
from samplegen.variations.takes.velocity import velocity_gain_db

NEAR_SEMITONES: Final = 3.0
RELEASE_S: Final = 0.08
_FULL_VELOCITY: Final = 127

Pitching = Literal["speed", "envelope"]


@dataclass(frozen=True)
class PlayedNote:
    """A note in samples: where it begins, how long it is held, MIDI note and velocity 1 to 127."""

    start: int
    length: int
    midi: int
    velocity: int


@dataclass(eq=False)
class Voice:
    """A source.

    Parameters
    ----------
    takes
        Of one one-shot, all at one pitch and rate; the first is the sound itself.
    root
        Its MIDI note with its detuning; where it has none, the note at which it sounds natural.
    pitching
        ``speed`` plays it faster or slower, ``envelope`` sings its spectrum (see `repitch`).
    """

    name: str
    takes: tuple[Audio, ...]
    root: float
    pitching: Pitching = "speed"
    _made: dict[tuple[int, int], Audio] = field(default_factory=dict, repr=False)

    def shift_to(self, midi: int) -> float:
        """Semitones that its speed changes for a note."""
        return midi - self.root if self.pitching == "speed" else 0.0

    def note(self, midi: int, *, take: int) -> Audio:
        """The sound at a note."""
        if (midi, take) not in self._made:
            audio = self.takes[take]
            if self.pitching == "envelope":
                self._made[midi, take] = repitch(audio, midi=midi, seed=128 * take + midi)
            else:
                self._made[midi, take] = transpose_one_shot(audio, semitones=self.shift_to(midi))
        return self._made[midi, take]


@dataclass(frozen=True, eq=False)
class Instrument:
    """Sources that play together; every note takes the nearest."""

    voices: tuple[Voice, ...]

    def voice_for(self, midi: int) -> int:
        """Number of the source whose pitch changes least for a note."""
        return int(np.argmin([abs(voice.shift_to(midi)) for voice in self.voices]))

    def farthest(self, notes: Sequence[int]) -> float:
        """Most semitones that a source is shifted for `notes`."""
        return max((abs(self.voices[self.voice_for(note)].shift_to(note)) for note in notes), default=0.0)

    @property
    def centre(self) -> float:
        """The median of its roots."""
        return float(np.median([voice.root for voice in self.voices]))


def play(
    notes: Sequence[PlayedNote], instrument: Instrument, *, length: int, sample_rate: int, seed: int,
    release_s: float = RELEASE_S,
) -> Audio:  # fmt: skip
    """The notes as a loop of exactly `length` samples, ``[C, length]``; what rings on goes round to its start.

    The attack of a sound (see `onset_sample`) falls on its note's start. At its note's end it is released: faded
    within `release_s`. A source that ends earlier has ended.

    Raises
    ------
    InputError
        If there are no notes, or one is more than two octaves from every source.
    """
    if not notes:
        raise InputError("There is no note to play. Give a MIDI file with notes, or a higher --density.")
    if instrument.farthest([note.midi for note in notes]) > MAX_SEMITONES:
        raise InputError(
            f"Some notes lie more than {MAX_SEMITONES:g} semitones from every source. Give --octave, or more sources."
        )
    takes = _Takes(instrument, seed=seed)
    release = max(1, seconds_to_samples(release_s, sample_rate=sample_rate))
    channels = max(take.channels for voice in instrument.voices for take in voice.takes)
    laid = np.zeros((channels, length))
    for note in sorted(notes, key=lambda note: (note.start, note.midi)):
        sound, onset = takes.next(note.midi)
        held = _released(sound, onset + note.length, release=release)
        gain = db_to_gain(velocity_gain_db(note.velocity / _FULL_VELOCITY - 1.0))
        _lay(laid, held * np.float32(gain), start=note.start - onset)
    return limit_peak(Audio(laid.astype(np.float32), sample_rate))


def _released(samples: Samples, held: int, *, release: int) -> Samples:
    """``[C, T]`` until a note's end, then faded."""
    if samples.shape[1] <= held:
        return samples
    kept = samples[:, : held + release].copy()
    tail = kept.shape[1] - held
    kept[:, held:] *= (1.0 - raised_cosine(release)[:tail]).astype(np.float32)
    if tail < release:
        short = min(tail, release)
        kept[:, held:] *= np.linspace(1.0, 0.0, short, dtype=np.float32)
    return kept


def _lay(ring: np.ndarray, samples: Samples, *, start: int) -> None:
    """Add ``[C, T]`` to a ring, as many times round as it lasts; mono goes to every channel."""
    length, position = ring.shape[1], 0
    while position < samples.shape[1]:
        at = (start + position) % length
        count = min(length - at, samples.shape[1] - position)
        ring[:, at : at + count] += samples[:, position : position + count]
        position += count


class _Takes:
    """Chooses source and take of every note; no take comes twice in a row."""

    def __init__(self, instrument: Instrument, *, seed: int) -> None:
        self._instrument, self._seed = instrument, seed
        self._orders: dict[int, Iterator[int]] = {}
        self._onsets: dict[tuple[int, int, int], int] = {}

    def next(self, midi: int) -> tuple[Samples, int]:
        """``[C, T]`` of the next take at a note, and the sample of its attack."""
        number = self._instrument.voice_for(midi)
        voice = self._instrument.voices[number]
        if number not in self._orders:
            self._orders[number] = shuffled(len(voice.takes), rng=np.random.default_rng([self._seed, number]))
        take = next(self._orders[number])
        audio = voice.note(midi, take=take)
        place = (number, midi, take)
        if place not in self._onsets:
            self._onsets[place] = onset_sample(audio)
        return audio.samples, self._onsets[place]
