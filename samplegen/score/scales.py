"""Scales by name, and their degrees over any octave."""

from dataclasses import dataclass
from typing import Final

from samplegen.errors import UsageError

TONICS: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# Semitones above the tonic.
SCALES: Final[dict[str, tuple[int, ...]]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic-minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic-minor": (0, 2, 3, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "major-pentatonic": (0, 2, 4, 7, 9),
    "minor-pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "chromatic": tuple(range(12)),
}
_OTHER_NAMES: Final = {
    "ionian": "major", "aeolian": "minor", "natural-minor": "minor", "pentatonic": "major-pentatonic",
    "min": "minor", "maj": "major",
}  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """A tonic (0 = C) and the name of one of `SCALES`."""

    tonic: int
    name: str

    @property
    def steps(self) -> tuple[int, ...]:
        """Semitones of its degrees above the tonic."""
        return SCALES[self.name]

    @property
    def is_minor(self) -> bool:
        """Whether its third is minor; a scale of both thirds counts as major."""
        return 3 in self.steps and 4 not in self.steps

    @property
    def key(self) -> str:
        """The key that a file's tags can hold: ``Am``, ``C#``."""
        return TONICS[self.tonic] + ("m" if self.is_minor else "")

    def semitones(self, degree: int) -> int:
        """Semitones of a degree (0 = tonic) above the tonic, over any octave."""
        octave, step = divmod(degree, len(self.steps))
        return 12 * octave + self.steps[step]

    def triad(self) -> tuple[int, ...]:
        """Degrees of tonic, third and fifth, as far as the scale has them."""
        return tuple(self.steps.index(step) for step in (0, 3 if self.is_minor else 4, 7) if step in self.steps)

    def has(self, midi: int) -> bool:
        """Whether a MIDI note is one of it."""
        return (midi - self.tonic) % 12 in self.steps


def scale_name(text: str) -> str:
    """One of `SCALES` from ``Harmonic Minor``, ``aeolian`` or ``pentatonic``.

    Raises
    ------
    UsageError
        If it is none.
    """
    name = text.strip().lower().replace(" ", "-").replace("_", "-")
    name = _OTHER_NAMES.get(name, name)
    if name not in SCALES:
        raise UsageError(f"--scale {text!r:.40} is not known. Choose one of {', '.join(SCALES)}.")
    return name
