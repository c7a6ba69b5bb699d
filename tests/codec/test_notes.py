"""Partials on notes: only allowed ones sound, energy stays where it was in time, changes cost."""

import pytest
import torch
from torch import Tensor

from samplegen.codec.notes import _LIFT, Notes, hold_notes
from samplegen.networks.partials import compress, expand

HARMONICS = (0, 12, 19, 24, 28, 31, 34, 36)
A, C, E = 9, 0, 4  # rows above C1, and pitch classes


def roll(*parts: tuple[int, int, int], frames: int = 40, clutter: float = 0.0) -> Tensor:
    """Harmonics of (row, start, stop), and everywhere partials of up to `clutter`; compressed."""
    amplitude = clutter * torch.rand(84, frames, generator=torch.Generator().manual_seed(0))
    for row, start, stop in parts:
        for number, above in enumerate(HARMONICS):
            amplitude[row + above, start:stop] += 0.1 * 0.6**number
    return compress(amplitude)


def only(*classes: int) -> tuple[float, ...]:
    return tuple(float(tone in classes) for tone in range(12))


def sounding(held: Tensor, start: int, stop: int) -> set[int]:
    return {int(row) for row in (expand(held)[:, start:stop] > 0).any(1).nonzero()[:, 0]}


def test_clutter_becomes_the_one_note_that_is_allowed() -> None:
    made = roll((A + 12, 0, 40), clutter=0.02)
    held = hold_notes(made, Notes(only(A)), loop=False)
    assert sounding(held, 0, 40) == {A + 12 + above for above in HARMONICS}
    before, after = (expand(part).square().sum(0) for part in (made, held))
    torch.testing.assert_close(after, before * _LIFT**2, rtol=0.05, atol=1e-6)


def test_stretches_change_their_note_and_the_first_is_as_asked() -> None:
    made = roll((A, 0, 20), (E + 12, 20, 40), clutter=0.005)
    notes = Notes(only(A, C, E), stretches=4)
    held = hold_notes(made, notes, loop=True)
    assert min(sounding(held, 1, 19)) == A and min(sounding(held, 21, 39)) == E + 12
    begun = hold_notes(made, Notes(only(A, C, E), stretches=4, first=C), loop=True)
    assert min(sounding(begun, 1, 9)) % 12 == C


def test_a_gap_of_a_frame_is_bridged_but_never_from_the_end_to_the_start_of_a_line() -> None:
    made = roll((A, 0, 10), (A, 11, 20))
    line, ring = (hold_notes(made, Notes(only(A)), loop=loop) for loop in (False, True))
    assert expand(line)[A, 10] > 0 and not expand(line)[:, 25:].any()
    assert expand(ring)[A, 39] > 0 and not expand(ring)[:, 25:39].any()


def test_triads_of_the_scale() -> None:
    """A minor: on A stand C and E, on C E and G."""
    notes = Notes(only(0, 2, 4, 5, 7, 9, 11), triads=True)
    assert notes.chord(A) == (9, 12, 16) and notes.chord(C + 12) == (12, 16, 19)
    assert Notes(only(0, 2, 4, 5, 7, 9, 11)).chord(A) == Notes(only(A), triads=True).chord(A) == (A,)
    rows = sounding(
        hold_notes(roll((A, 0, 40), clutter=0.02), Notes(only(0, 2, 4, 5, 7, 9, 11), triads=True), loop=True), 0, 40
    )
    assert {9, 12, 16, 21, 24, 28} <= rows


def test_silence_stays_silent() -> None:
    assert not hold_notes(torch.zeros(84, 16), Notes(only(A), stretches=4, first=A), loop=True).any()


@pytest.mark.parametrize("highest", [12, 30])
def test_notes_lie_below_the_highest(highest: int) -> None:
    rows = sounding(hold_notes(roll((A + 36, 0, 40), clutter=0.02), Notes(only(A), highest=highest), loop=False), 0, 40)
    assert min(rows) < highest and rows == {min(rows) + above for above in HARMONICS}


def test_a_roll_of_less_than_an_octave_stays_as_it_is() -> None:
    few = torch.rand(7, 16, generator=torch.Generator().manual_seed(0))
    assert torch.equal(hold_notes(few, Notes(only(A), stretches=2, triads=True), loop=True), few)
