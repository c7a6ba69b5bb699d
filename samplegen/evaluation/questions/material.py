"""Real sounds that systems are measured against: those of held-out sources, and those that training heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.conditioning.vocabulary import ONE_SHOT_KINDS
from samplegen.errors import InputError
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.trim import trim_one_shot

ONE_SHOT_SECONDS: Final = 4.0
PEAK_DB: Final = -1.0
HOW_TO: Final = (
    "Evaluation needs real sounds. Make them from a folder of yours (or the development audio): "
    "samplegen data scan DIR --out {library}; samplegen data render {library} --split held_out --out {held} -n 240 "
    "--format wav; the same with --split train --out {train}"
)


@dataclass(frozen=True)
class RealSound:
    """A file of the library, its kind and the source (a published library) it comes from."""

    path: Path
    kind: str
    source: str

    def read(self) -> Audio:
        """Mono, trimmed as a pack's one-shots are."""
        audio = read_audio(self.path, mono=True, max_seconds=ONE_SHOT_SECONDS)
        return normalise_peak(trim_one_shot(remove_dc(audio, ring=False)), peak_db=PEAK_DB)


@dataclass(frozen=True)
class RealLoop:
    """A loop rendered from sounds of one split, and what it plays."""

    path: Path
    kind: str
    style: str
    bpm: float
    bars: int
    beats_per_bar: int

    @property
    def tags(self) -> tuple[str, ...]:
        """Words that ask a generator for a loop like it."""
        return (self.kind, self.style)

    def read(self) -> Audio:
        """Mono, with a pack's peak."""
        return even_loop(read_audio(self.path, mono=True))


Real = TypeVar("Real", RealSound, RealLoop)


@dataclass(frozen=True)
class Material:
    """All real sounds, by what they are and whether training heard their sources."""

    held_sounds: tuple[RealSound, ...] = ()
    train_sounds: tuple[RealSound, ...] = ()
    held_loops: tuple[RealLoop, ...] = ()
    train_loops: tuple[RealLoop, ...] = ()

    def one_shots(self, *, held_out: bool) -> tuple[RealSound, ...]:
        """Sounds of the kinds that generators make as one-shots."""
        sounds = self.held_sounds if held_out else self.train_sounds
        return tuple(sound for sound in sounds if sound.kind in ONE_SHOT_KINDS)


def even_loop(audio: Audio) -> Audio:
    """Peak and offset as a pack would have them, on the ring."""
    return normalise_peak(remove_dc(audio, ring=True), peak_db=PEAK_DB)


def need(what: Sequence[RealSound] | Sequence[RealLoop], *, name: str, least: int = 8) -> None:
    """Refuse to measure against fewer than `least` real sounds.

    Raises
    ------
    InputError
        With how many there are.
    """
    if len(what) < least:
        raise InputError(f"This needs at least {least} {name}, and there are {len(what)}. Scan and render more.")


def draw_real(sounds: Sequence[Real], count: int, *, rng: np.random.Generator) -> list[Real]:
    """At most `count` of them, drawn at random, in their own order."""
    if len(sounds) <= count:
        return list(sounds)
    return [sounds[number] for number in sorted(rng.permutation(len(sounds))[:count])]


def draw_alike(wanted: Sequence[Real], others: Sequence[Real], *, rng: np.random.Generator) -> list[Real]:
    """For each wanted sound another of its kind, drawn without repeats while there are any; kinds without are left."""
    order = rng.permutation(len(others))
    found = []
    for kind in dict.fromkeys(sound.kind for sound in wanted):
        alike = [others[number] for number in order if others[number].kind == kind]
        found += alike[: sum(sound.kind == kind for sound in wanted)]
    return found
