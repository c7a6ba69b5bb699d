"""Clips on a tempo grid as a loop without a seam: attacks on the grid, the end sounding into the start."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from samplegen.audio.types import Samples
from samplegen.engines.morph_chain.assembly import FADE_IN_S, FADE_OUT_S, fade_curves, repair_clicks
from samplegen.engines.morph_chain.clips import Clips
from samplegen.engines.morph_chain.grid import Slot
from samplegen.units import seconds_to_samples, slice_to_sample


@dataclass(frozen=True)
class Piece:
    """A clip on the ring: its attack at sample `start`, and the handover that begins it.

    Parameters
    ----------
    event, start
        What strikes when.
    lead
        Samples of it that sound before `start`.
    handover
        Samples from ``start - lead`` on in which it replaces its predecessor.
    linear
        Whether the predecessor is the same event.
    """

    event: int
    start: int
    lead: int
    handover: int
    linear: bool


def lay_ring(slots: Sequence[Slot], *, steps: int, length: int, clips: Clips, xfade_s: float) -> tuple[Piece, ...]:
    """Pieces of a ring of `length` samples divided into `steps`; step k is ``round(k·length/steps)``."""
    rate = clips.sample_rate
    longest = min(seconds_to_samples(xfade_s, sample_rate=rate), length // steps // 3)
    least = min(seconds_to_samples(FADE_IN_S, sample_rate=rate), length // steps // 3)
    pieces = []
    for before, slot in zip((slots[-1], *slots), slots, strict=False):
        lead = min(clips.attack(slot.event), longest)
        start = slice_to_sample(slot.first, slices=steps, length=length)
        pieces.append(Piece(slot.event, start, lead, max(lead, least), before.event == slot.event))
    return tuple(pieces)


def render_ring(pieces: Sequence[Piece], *, length: int, clips: Clips) -> Samples:
    """The loop ``[C, length]``; what reaches over an end goes on at the other."""
    out = np.zeros((clips.channels, length), np.float32)
    for piece, after in zip(pieces, (*pieces[1:], pieces[0]), strict=True):
        room = (after.start - after.lead + after.handover) - (piece.start - piece.lead)
        room += length if after is pieces[0] else 0
        _add(out, _shape(piece, after, room=room, clips=clips), start=piece.start - piece.lead)
    splices = [(piece.start - piece.lead, piece.start - piece.lead + piece.handover) for piece in pieces]
    repair_clicks(out, splices, sample_rate=clips.sample_rate, ring=True)
    return out


def _shape(piece: Piece, after: Piece, *, room: int, clips: Clips) -> Samples:
    """A clip from its lead on, faded in, and either handed over to its successor or faded out before."""
    first = clips.attack(piece.event) - piece.lead
    made = clips.read(piece.event)[:, first : first + room].copy()
    have = made.shape[1]
    rising = min(piece.handover, have)
    made[:, :rising] *= fade_curves(piece.handover, linear=piece.linear)[0][:rising]
    if have < room:
        own = min(seconds_to_samples(FADE_OUT_S, sample_rate=clips.sample_rate), have // 3)
        made[:, have - own :] *= fade_curves(own)[1]
    shared = max(0, have - (room - after.handover))
    made[:, have - shared :] *= fade_curves(after.handover, linear=after.linear)[1][:shared]
    return made


def _add(out: Samples, clip: Samples, *, start: int) -> None:
    length = out.shape[1]
    start %= length
    done = 0
    while done < clip.shape[1]:
        count = min(length - start, clip.shape[1] - done)
        out[:, start : start + count] += clip[:, done : done + count]
        start, done = 0, done + count
