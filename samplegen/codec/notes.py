"""Partials laid on notes: what is heard then has the key or pitch that was asked, by construction.

The roll of a generated sound may say many partials where one note was meant. Of every stretch of time the note is
chosen whose harmonics carry most of what is there (a sum over harmonics: Hermes 1988), with a cost for changing it
(Viterbi 1967), and each of its harmonics gets the energy that lay around it. Levels over time and over frequency stay.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from samplegen.networks.partials import PER_OCTAVE, compress, expand

# Semitones of the first eight harmonics above the note.
_HARMONICS: Final = (0, 12, 19, 24, 28, 31, 34, 36)
_COUNTED: Final = 6
_FALL: Final = 0.8
_CHANGE: Final = 0.25  # cost of another note, in units of the clearest note of a stretch
_LIFT: Final = 4.0  # of the partials against the rest, which would cover them
_BRIDGE: Final = 0.9  # of the mean of its neighbours is the least that a frame has


@dataclass(frozen=True)
class Notes:
    """Which notes a sound may have, and how often they change.

    Parameters
    ----------
    weights
        Of each pitch class from C; 0 is not allowed.
    stretches
        Equal parts of the sound, each of one note.
    first
        Pitch class of the first stretch; None is any.
    highest
        Semitones above C1 below which the notes lie.
    triads
        On each note stand the third and the fifth above it that are allowed.
    """

    weights: tuple[float, ...]
    stretches: int = 1
    first: int | None = None
    highest: int = 48
    triads: bool = False

    def chord(self, note: int) -> tuple[int, ...]:
        """Rows of the notes that sound with the note of that row, itself the first."""
        allowed = [tone for tone in range(PER_OCTAVE) if self.weights[tone]]
        if not self.triads or len(allowed) < 5:
            return (note,)
        place = allowed.index(note % PER_OCTAVE)
        others = (allowed[(place + step) % len(allowed)] for step in (2, 4))
        return (note, *(note + (tone - note) % PER_OCTAVE for tone in others))


def hold_notes(roll: Tensor, notes: Notes, *, loop: bool) -> Tensor:
    """A roll of semitones from C1 ``[S, N]``, compressed as in `networks.partials`, on `notes`; same shape.

    A roll of less than an octave has not every note, and stays as it is.
    """
    if len(roll) < PER_OCTAVE:
        return roll
    amplitude = expand(roll)
    bounds = [round(part * roll.shape[1] / notes.stretches) for part in range(notes.stretches + 1)]
    held = torch.zeros_like(amplitude)
    for note, start, stop in zip(_path(amplitude, notes, bounds), bounds, bounds[1:], strict=False):
        rows = sorted(
            {voice + above for voice in notes.chord(note) for above in _HARMONICS if voice + above < len(roll)}
        )
        edges = [0, *((low + high) // 2 + 1 for low, high in zip(rows, rows[1:], strict=False)), len(roll)]
        for row, low, high in zip(rows, edges, edges[1:], strict=False):
            held[row, start:stop] = amplitude[low:high, start:stop].square().sum(0).sqrt()
    before, after = torch.roll(held, 1, dims=1), torch.roll(held, -1, dims=1)
    if not loop:
        before[:, 0], after[:, -1] = 0.0, 0.0
    return compress((_LIFT * torch.maximum(held, _BRIDGE * (before + after) / 2)).clamp_max(1.0))


def _path(amplitude: Tensor, notes: Notes, bounds: list[int]) -> list[int]:
    """Row of the note of each stretch."""
    rows = torch.arange(len(amplitude))
    weights = torch.tensor([notes.weights[int(row) % PER_OCTAVE] for row in rows]) * (rows < notes.highest)
    salience = torch.zeros_like(amplitude)
    for number, above in enumerate(_HARMONICS[:_COUNTED]):
        salience[: len(rows) - above] += _FALL**number * amplitude[above:]
    found = torch.stack([salience[:, a:b].sum(1) * weights for a, b in zip(bounds, bounds[1:], strict=False)], dim=1)
    found = found.masked_fill(weights[:, None] == 0, -torch.inf)
    if notes.first is not None:
        found[:, 0] = found[:, 0].masked_fill(rows % PER_OCTAVE != notes.first, -torch.inf)
    cost = _CHANGE * float(found.amax(0).mean())
    score, origins = found[:, 0], []
    for stretch in found.T[1:]:
        best, origin = score.max(0)
        stays = score >= best - cost
        origins.append(torch.where(stays, rows, origin))
        score = torch.where(stays, score, best - cost) + stretch
    path = [int(score.argmax())]
    for came_from in reversed(origins):
        path.append(int(came_from[path[-1]]))
    return path[::-1]
