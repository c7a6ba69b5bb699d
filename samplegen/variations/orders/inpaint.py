"""Gaps of recordings filled: `samplegen inpaint`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from samplegen.audio.types import Samples
from samplegen.errors import InputError, UsageError
from samplegen.units import seconds_to_samples
from samplegen.variations.edits.order import EditRequest
from samplegen.variations.gaps.fillers import CONTEXT_S, MAX_GAP_S, Scene, make_scene
from samplegen.variations.gaps.patched_files import FilePart, Layout, form_of
from samplegen.variations.gaps.places import AskedGap, Gap, place_gaps
from samplegen.variations.inpaint import Filled, fill_scene
from samplegen.variations.orders.repair import Patched, RepairOrder, Take, category_of_scene, measured

_SILENT: Final = 1e-4


@dataclass(frozen=True, kw_only=True)
class InpaintRequest(EditRequest):
    """Recordings, and the gaps that each of them has."""

    gaps: tuple[AskedGap, ...]


class InpaintOrder(RepairOrder):
    """Plan of an `InpaintRequest`."""

    verb = "inpaint"
    request: InpaintRequest

    def __init__(self, request: InpaintRequest, **told: Any) -> None:
        if not request.gaps:
            raise UsageError("Say what is to be filled: --gap START:END, in seconds such as --gap 1.20:1.45.")
        super().__init__(request, **told)

    def parameters(self) -> dict[str, Any]:
        """See `EditOrder.parameters`."""
        return {"gaps": [gap.text for gap in self.request.gaps]}

    def repair(self, take: Take, category: str, *, seeds: Sequence[int]) -> list[Patched]:
        """See `RepairOrder.repair`."""
        gaps = place_gaps(
            self.request.gaps, length=take.length, sample_rate=take.sample_rate, time=take.time, name=str(take.path)
        )  # fmt: skip
        filler = self.filler()
        scenes = [
            (start, scene, fill_scene(scene, filler, seeds=seeds))
            for start, scene in scenes_of(take, gaps, category=category)
        ]
        made = []
        for rank in range(len(seeds)):
            patches = [
                (gap.moved(start), piece)
                for start, scene, found in scenes
                for gap, piece in zip(scene.gaps, found[rank].pieces, strict=True)
            ]
            made.append(self._patched(take, patches, [(scene, found[rank]) for _, scene, found in scenes]))
        return made

    def _patched(
        self, take: Take, patches: Sequence[tuple[Gap, Samples]], filled: Sequence[tuple[Scene, Filled]]
    ) -> Patched:  # fmt: skip
        worst = max(one.join for _, one in filled)
        return Patched(
            filled[0][1].audio,
            measured(filled[0][1], engine=self.filler().name)
            | {"filled": [[gap.start, gap.stop] for gap, _ in patches]},
            tuple(result for scene, one in filled for result in self.gates(scene, one)),
            {"join_flux": worst},
            layout=Layout(pieces_of(take, patches), take.sample_rate, take.channels, form_of(take.path)),
        )


def scenes_of(take: Take, gaps: Sequence[Gap], *, category: str) -> list[tuple[int, Scene]]:
    """Where each scene starts, and the scene: a whole loop, else a few seconds around gaps that lie together.

    Raises
    ------
    InputError
        If a gap is too long, or all around it is silent.
    """
    if take.time is not None:
        audio = take.read(0, take.length)
        return [(0, make_scene(audio, gaps, time=take.time, category=category_of_scene(take, category)))]
    context = seconds_to_samples(CONTEXT_S, sample_rate=take.sample_rate)
    groups: list[list[Gap]] = []
    for gap in gaps:
        if gap.length > MAX_GAP_S * take.sample_rate:
            seconds = gap.length / take.sample_rate
            raise InputError(f"A gap of {seconds:.1f} s in {take.path} is too long; {MAX_GAP_S:g} s can be filled.")
        near = groups and gap.start - groups[-1][-1].stop < context
        if near and gap.stop - groups[-1][0].start < MAX_GAP_S * take.sample_rate:
            groups[-1].append(gap)
        else:
            groups.append([gap])
    return [_window(take, group, context, category) for group in groups]


def _window(take: Take, gaps: Sequence[Gap], context: int, category: str) -> tuple[int, Scene]:
    start, stop = max(0, gaps[0].start - context), min(take.length, gaps[-1].stop + context)
    audio = take.read(start, stop)
    scene = make_scene(
        audio, [gap.moved(-start) for gap in gaps], category=category,
        is_one_shot=take.tags.kind == "one_shot" and start == 0 and stop == take.length,
    )  # fmt: skip
    if float(np.abs(scene.audio.samples).max(initial=0.0)) < _SILENT:
        raise InputError(f"{take.path} is silent around the gap, so there is nothing to go by. Leave it as it is.")
    return start, scene


def pieces_of(take: Take, patches: Sequence[tuple[Gap, Samples]]) -> tuple[FilePart | Samples, ...]:
    """The whole file with patches in place of its gaps; one that goes over a loop's seam is cut in two."""
    cut: list[tuple[Gap, Samples]] = []
    for gap, samples in patches:
        if gap.stop <= take.length:
            cut.append((gap, samples))
            continue
        here = take.length - gap.start
        cut += [(Gap(gap.start, take.length), samples[:, :here]), (Gap(0, gap.stop - take.length), samples[:, here:])]
    pieces: list[FilePart | Samples] = []
    place = 0
    for gap, samples in sorted(cut, key=lambda one: one[0]):
        if gap.start > place:
            pieces.append(FilePart(take.path, place, gap.start))
        pieces.append(samples)
        place = gap.stop
    if place < take.length:
        pieces.append(FilePart(take.path, place, take.length))
    return tuple(pieces)
