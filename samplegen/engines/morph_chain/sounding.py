"""Chains made audible: freely one after the other, or on a tempo grid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from samplegen.audio.types import Samples
from samplegen.engines.morph_chain.assembly import assemble, lay_chains
from samplegen.engines.morph_chain.chains import EventChoice
from samplegen.engines.morph_chain.clips import Clips
from samplegen.engines.morph_chain.grid import Grid, Slot, fit_chain, lay_slots, share_steps
from samplegen.engines.morph_chain.result import Chain, Placement
from samplegen.engines.morph_chain.ring import lay_ring, render_ring
from samplegen.engines.morph_chain.settings import MorphSettings
from samplegen.units import slice_to_sample


@dataclass(frozen=True, eq=False)
class Sounding:
    """What is needed to make one voice audible."""

    chains: tuple[Chain, ...]
    choice: EventChoice
    clips: Clips
    settings: MorphSettings


@dataclass(frozen=True, eq=False)
class Sounded:
    """Samples ``[C, T]`` of one voice, its chains with their places, and its clips in order of time."""

    samples: Samples
    chains: tuple[Chain, ...]
    placements: tuple[Placement, ...]
    warnings: tuple[str, ...] = ()


def sound_free(voices: Sequence[Sounding]) -> tuple[list[Sounded], None]:
    """Chains one after the other with silence between, clips as long as they are."""
    return [_sound_free(voice) for voice in voices], None


def _sound_free(voice: Sounding) -> Sounded:
    laid, length = lay_chains(
        [chain.sequence for chain in voice.chains],
        clips=voice.clips,
        xfade_s=voice.settings.xfade_sec,
        gap_s=voice.settings.gap_sec,
    )
    chains = tuple(
        replace(chain, start=clips[0].start, end=clips[-1].end) for chain, clips in zip(voice.chains, laid, strict=True)
    )
    places = tuple(
        Placement(clip.event, number, clip.start, clip.end) for number, clips in enumerate(laid) for clip in clips
    )
    return Sounded(assemble(laid, length=length, clips=voice.clips), chains, places)


def sound_on_grid(voices: Sequence[Sounding], *, grid: Grid) -> tuple[list[Sounded], int]:
    """A loop of whole bars, every voice of the same length, and the number of bars."""
    wanted = [_wanted_steps(voice, grid) for voice in voices]
    bars = max(grid.bars_for(sum(steps)) for steps in wanted)
    made = [_sound_on_grid(voice, grid, steps, bars) for voice, steps in zip(voices, wanted, strict=True)]
    return made, bars


def _wanted_steps(voice: Sounding, grid: Grid) -> list[int]:
    """Grid steps of each chain at its full length."""
    return [sum(_slots(voice, grid, event) for event in chain.sequence) for chain in voice.chains]


def _slots(voice: Sounding, grid: Grid, event: int) -> int:
    return grid.slots(voice.clips.length(event), sample_rate=voice.clips.sample_rate)


def _sound_on_grid(voice: Sounding, grid: Grid, wanted: list[int], bars: int) -> Sounded:
    steps = bars * grid.steps_per_bar
    length = grid.length(bars, sample_rate=voice.clips.sample_rate)
    shares = share_steps(wanted, steps=steps)
    slots = lay_slots([_fit(voice, grid, chain, share) for chain, share in zip(voice.chains, shares, strict=True)])
    pieces = lay_ring(slots, steps=steps, length=length, clips=voice.clips, xfade_s=voice.settings.xfade_sec)
    places = tuple(_placement(slot, steps=steps, length=length) for slot in slots)
    chains = tuple(_placed(chain, number, places) for number, chain in enumerate(voice.chains))
    samples = render_ring(pieces, length=length, clips=voice.clips)
    return Sounded(samples, chains, places, _unheard(chains))


def _fit(voice: Sounding, grid: Grid, chain: Chain, steps: int) -> list[tuple[int, int]]:
    return fit_chain(
        chain.sequence,
        slots=lambda event: _slots(voice, grid, event),
        steps=steps,
        more=lambda: voice.choice.next_event(chain),
    )


def _placement(slot: Slot, *, steps: int, length: int) -> Placement:
    start = slice_to_sample(slot.first, slices=steps, length=length)
    return Placement(
        slot.event, slot.chain, start, slice_to_sample(slot.first + slot.steps, slices=steps, length=length)
    )


def _placed(chain: Chain, number: int, places: Sequence[Placement]) -> Chain:
    own = [place for place in places if place.chain == number]
    return replace(chain, start=own[0].start, end=own[-1].end) if own else chain


def _unheard(chains: Sequence[Chain]) -> tuple[str, ...]:
    silent = sum(chain.start == chain.end for chain in chains)
    return (f"The loop is too short for {silent} of {len(chains)} chains. Ask for more bars.",) if silent else ()
