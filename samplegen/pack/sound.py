"""The `Sound` value: audio with what it is (`Tags`) and where it came from (`Provenance`)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from samplegen import units
from samplegen.audio.source import Source
from samplegen.audio.types import Audio, Extent
from samplegen.errors import SamplegenError, UsageError

KINDS: Final = ("loop", "one_shot", "riser", "texture")
PEAK_CEILING_DB: Final = -0.3
MIN_BPM: Final = 20.0
MAX_BPM: Final = 999.0
METER_DENOMINATORS: Final = (1, 2, 4, 8, 16, 32)

_PITCH_CLASS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_KEY: Final = re.compile(r"([A-G])([#b]?)(m?)")


def key_to_pitch_class(key: str) -> int:
    """Pitch class 0 to 11 (C = 0) of the tonic of a key such as ``Am``, ``C#`` or ``Bbm``.

    Raises
    ------
    UsageError
        If `key` is not a letter A to G, an optional ``#`` or ``b`` and an optional ``m``.
    """
    match = _KEY.fullmatch(key)
    if match is None:
        raise UsageError(f"The key {key!r} is not understood. Write it like C, F#, Bb, Am or C#m.")
    letter, accidental, _ = match.groups()
    return (_PITCH_CLASS[letter] + {"": 0, "#": 1, "b": -1}[accidental]) % 12


@dataclass(frozen=True)
class Tags:
    """What a sound is, in the words that file tags and names use.

    Parameters
    ----------
    kind
        One of `KINDS`.
    category
        What is heard: ``kick``, ``drums``, ``bass`` …
    bpm, bars
        Tempo (of the meter's denominator, as in `samplegen.units`) and length in bars;
        both are needed for a loop, both may be None otherwise.
    meter
        ``(numerator, denominator)``.
    key
        Such as ``Am`` or ``C#``; None for unpitched sounds.
    root_note
        MIDI note 0 to 127 that the sound plays when not transposed.
    place
        In a row of sounds, such as ``m025``; names carry it.
    folder
        Where in the folder of its kind it lies, such as ``Kit-1/Snares``; empty is the category's own.

    Raises
    ------
    UsageError
        If a field is outside its range.
    """

    kind: str
    category: str
    bpm: float | None = None
    bars: int | None = None
    meter: tuple[int, int] = (4, 4)
    key: str | None = None
    root_note: int | None = None
    title: str = ""
    artist: str = ""
    genre: str = ""
    comment: str = ""
    keywords: tuple[str, ...] = ()
    place: str = ""
    folder: str = ""

    def __post_init__(self) -> None:
        """Refuse values that no file tag could hold."""
        if self.kind not in KINDS:
            raise UsageError(f"The kind {self.kind!r} is not known. Choose one of {', '.join(KINDS)}.")
        if self.bpm is not None and not MIN_BPM <= self.bpm <= MAX_BPM:
            raise UsageError(f"A tempo of {self.bpm} BPM is not possible. Choose {MIN_BPM:g} to {MAX_BPM:g}.")
        if self.bars is not None and self.bars < 1:
            raise UsageError(f"A loop of {self.bars} bars is not possible. Choose 1 or more.")
        if self.meter[0] < 1 or self.meter[1] not in METER_DENOMINATORS:
            raise UsageError(f"The meter {self.meter[0]}/{self.meter[1]} is not possible. Write it like 4/4 or 7/8.")
        if self.root_note is not None and not 0 <= self.root_note <= 127:
            raise UsageError(f"The root note {self.root_note} is not a MIDI note. Choose 0 to 127.")
        if self.kind == "loop" and (self.bpm is None or self.bars is None):
            raise UsageError("A loop needs a tempo and a number of bars.")
        if self.key is not None:
            key_to_pitch_class(self.key)

    @property
    def beats(self) -> int | None:
        """Beats of the whole sound, in the meter's denominator; None without bars."""
        return None if self.bars is None else units.bars_to_beats(self.bars, beats_per_bar=self.meter[0])

    @property
    def root(self) -> int | None:
        """The root note, or the tonic of the key in the octave 48 to 59, or None."""
        if self.root_note is not None:
            return self.root_note
        return None if self.key is None else 48 + key_to_pitch_class(self.key)

    def length_at(self, sample_rate: int) -> int | None:
        """Exact number of samples that tempo and bars ask for, or None without them."""
        if self.bpm is None or self.bars is None:
            return None
        return units.bars_to_samples(self.bars, bpm=self.bpm, beats_per_bar=self.meter[0], sample_rate=sample_rate)


@dataclass(frozen=True)
class Provenance:
    """What made a sound, complete enough to make it again.

    Parameters
    ----------
    parameters
        JSON values only; a copy is kept (tuples become lists).
    licence
        Licence of the sound, such as ``CC0-1.0``.
    version
        Version of samplegen.

    Raises
    ------
    SamplegenError
        If a parameter is not a JSON value.
    """

    engine: str
    model: str = ""
    model_hash: str = ""
    codec_hash: str = ""
    seed: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    licence: str = "CC0-1.0"
    version: str = ""

    def __post_init__(self) -> None:
        """Keep a copy in JSON's own types, so that what is written is what is read back."""
        try:
            parameters = json.loads(json.dumps(dict(self.parameters), allow_nan=False))
        except (TypeError, ValueError) as error:
            raise SamplegenError(f"The parameters {self.parameters!r} do not fit JSON ({error}).") from error
        object.__setattr__(self, "parameters", parameters)


@dataclass(frozen=True, eq=False)
class Sound:
    """Audio with its tags and its provenance."""

    audio: Audio
    tags: Tags
    provenance: Provenance

    @property
    def extent(self) -> Extent:
        """Its rate, channels and length."""
        return self.audio


@dataclass(frozen=True, eq=False)
class LongSound:
    """A sound that need not fit into memory; its source stays open for as long as it is used."""

    source: Source
    tags: Tags
    provenance: Provenance

    @property
    def extent(self) -> Extent:
        """Its rate, channels and length."""
        return self.source


class Described(Protocol):
    """What a sound is, without its samples: all that tags and manifest say."""

    @property
    def extent(self) -> Extent:
        """Its rate, channels and length."""

    @property
    def tags(self) -> Tags:
        """What it is."""

    @property
    def provenance(self) -> Provenance:
        """Where it came from."""
