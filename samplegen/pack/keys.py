"""Keys as people write them, and which sounds can have one."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from samplegen.audio.key import Mode
from samplegen.errors import UsageError
from samplegen.score.scales import SCALES

if TYPE_CHECKING:
    from samplegen.codec.notes import Notes

Relation = Literal["exact", "relative", "open"]

PITCHED_LOOPS: Final[tuple[str, ...]] = ("loop_bass", "loop_chord")
PITCHED_ONE_SHOTS: Final[tuple[str, ...]] = ("bass", "synth", "tom")
# A kick is tuned where that is asked for, and has no root note in its name otherwise.
KEYED_ONE_SHOTS: Final[tuple[str, ...]] = (*PITCHED_ONE_SHOTS, "kick")
# Notes are held by these; the pitch of a drum glides, and is transposed as a whole.
HELD_KINDS: Final[tuple[str, ...]] = (*PITCHED_LOOPS, "bass", "synth")

_TONIC_WEIGHT, _CHORD_WEIGHT = 4.0, 2.0  # against 1 of the scale's other notes, so that the key is heard
_BASS_SEMITONES, _SEMITONES = 30, 48  # from C1, below which basses and others play
_CLASSES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS: Final = {"": 0, "#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}
_TEXT: Final = re.compile(
    r"([A-Ga-g])[\s-]?(#|♯|♭|b|sharp|flat)?[\s_-]*(m|M|(?i:minor|min|major|maj))?", re.ASCII
)  # fmt: skip


@dataclass(frozen=True)
class Key:
    """A major or minor key.

    Parameters
    ----------
    name
        As file tags write it: ``C``, ``F#``, ``Bbm``. Its spelling is that of the user.
    """

    name: str

    @property
    def tonic(self) -> int:
        """Pitch class 0 to 11 (C = 0)."""
        return (_CLASSES[self.name[0]] + _SIGNS[self.name[1:].removesuffix("m")]) % 12

    @property
    def mode(self) -> Mode:
        """``major`` or ``minor``."""
        return "minor" if self.name.endswith("m") else "major"

    @property
    def relative_tonic(self) -> int:
        """Tonic of the key of the other mode with the same seven notes."""
        return (self.tonic + (3 if self.mode == "minor" else -3)) % 12

    def equals(self, other: "Key") -> bool:
        """Whether both sound the same: ``A#m`` is ``Bbm``."""
        return (self.tonic, self.mode) == (other.tonic, other.mode)

    def notes(self, kind: str, *, bars: int = 0, beats_per_bar: int = 0) -> "Notes":
        """What a sound of `kind` in this key may play: a one-shot its tonic, a loop the scale, beginning there.

        Basses may change every half beat, chords (triads of the scale) every half bar.
        """
        from samplegen.codec.notes import Notes

        highest = _BASS_SEMITONES if "bass" in kind else _SEMITONES
        if not bars:
            return Notes(tuple(float(tone == self.tonic) for tone in range(12)), highest=highest)
        weights = [0.0] * 12
        for degree, step in enumerate(SCALES[self.mode]):
            weight = _TONIC_WEIGHT if degree == 0 else _CHORD_WEIGHT if degree in (2, 4) else 1.0
            weights[(self.tonic + step) % 12] = weight
        stretches = bars * 2 * (beats_per_bar if "bass" in kind else 1)
        triads = "chord" in kind
        return Notes(tuple(weights), stretches=stretches, first=self.tonic, triads=triads, highest=highest)

    def relation(self, *, tonic: int, mode: Mode | None) -> Relation | None:
        """How a heard key serves this one; None where it does not.

        ``exact`` is the same tonic and mode, ``relative`` the other mode of the same seven notes
        (C for Am), ``open`` the same tonic where no mode was heard.
        """
        if tonic == self.tonic and mode in (None, self.mode):
            return "exact" if mode else "open"
        return "relative" if mode not in (None, self.mode) and tonic == self.relative_tonic else None

    def shift_from(self, *, tonic: int, mode: Mode | None) -> int:
        """Semitones, -6 to 5, that bring a heard key to this one or, where its mode is the other, to the relative."""
        target = self.tonic if mode in (None, self.mode) else self.relative_tonic
        return (target - tonic + 6) % 12 - 6


def parse_key(text: str, *, option: str = "--key") -> Key:
    """A key from ``a minor``, ``Amin``, ``F♯``, ``C#maj``, ``Db-minor`` or ``B flat``; a lone letter is major.

    Raises
    ------
    UsageError
        If it is none.
    """
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{option} {text!r:.60} is not a key. Write it like C, F#, Bb, Am or C#m.")
    letter, sign, mode = match[1].upper(), _SIGNS[match[2] or ""], match[3] or ""
    minor = mode == "m" or mode.lower() in ("min", "minor")
    return Key(f"{letter}{'b' if sign < 0 else '#' if sign > 0 else ''}{'m' if minor else ''}")
