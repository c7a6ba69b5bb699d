"""Morph chains of recordings: textures, or loops of exact bars, and the slices they are made of."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from samplegen.audio.types import Audio
from samplegen.engines.morph_chain.clips import export_events
from samplegen.engines.morph_chain.settings import resolve
from samplegen.errors import UsageError
from samplegen.pack.event_lists import read_event_list
from samplegen.pack.export import PackWriter
from samplegen.pack.levels import fit_level
from samplegen.pack.manifest import FileEntry
from samplegen.pack.recording_order import Drawn, RecordingOrder, read_report
from samplegen.pack.recordings import Recording
from samplegen.pack.requests import MorphRequest
from samplegen.pack.sound import Sound, Tags

CATEGORY: Final = "morph"
SLICES: Final = "slices"
LOOP_CATEGORY: Final = "texture"  # has no pulse that a tempo could be measured from


class MorphOrder(RecordingOrder):
    """Plan of a `MorphRequest`."""

    engine = "morph_chain"

    def __init__(self, request: MorphRequest) -> None:
        used, notes = resolve(request.settings)
        super().__init__(request, settings=request.settings, effective=used, notes=notes)
        self._grid, self._export = request.grid, request.export_events
        self._events = None if request.events is None else read_event_list(request.events)
        if self._events is not None and len(self._recordings) > 1:
            raise UsageError(f"--events belongs to one recording, not to {len(self._recordings)}. Name one.")

    def is_complete(self, index: int, writer: PackWriter, entry: FileEntry) -> bool:
        """Whether report, figure and slices are there as far as they are asked for."""
        return super().is_complete(index, writer, entry) and (not self._export or SLICES in read_report(writer, entry))

    def _more(self, index: int, drawn: Drawn, writer: PackWriter) -> dict[str, Any]:
        """The slices, which are the same for all variations of a recording."""
        if not self._export:
            return {}
        from samplegen.pack.slices import add_slices, describe_slices

        recording, _ = self._place(index)
        clips = export_events(drawn.source, drawn.result.events)
        added, left_out = add_slices(
            writer, clips, recording=recording, places=[(event.start, event.end) for event in drawn.result.events]
        )
        self.notes.append(describe_slices(recording, added, left_out))
        return {SLICES: added, "slices_left_out": left_out}

    def _draw(self, index: int, recording: Recording, seed: int) -> Drawn:
        from samplegen.engines.morph_chain.engine import morph

        source = self._open(recording)
        settings, progress = self._settings_with(seed), self._progress(index)
        given = self._events
        events = None if given is None else given.on(sample_rate=source.sample_rate, length=source.length)
        result = morph(source, settings, grid=self._grid, events=events, progress=progress)
        audio, notes = fit_level(result.audio, ring=self._grid is not None)
        sound = Sound(audio, self._tags_of(index, audio), self._provenance(index, seed))
        return Drawn(sound, result, dict(result.report) | {"level_notes": list(notes)}, source)

    def _tags_of(self, index: int, audio: Audio) -> Tags:
        grid = self._grid
        if grid is None:
            return self._tags(index, "texture", CATEGORY)
        bars = round(audio.length / grid.length(1, sample_rate=audio.sample_rate))
        meter = (grid.beats_per_bar, grid.beat_unit)
        return self._tags(index, "loop", LOOP_CATEGORY, bpm=grid.bpm, bars=bars, meter=meter)

    def _draw_figure(self, drawn: Drawn, paths: Sequence[Path], *, title: str) -> None:
        from samplegen.plots.morph_figure import draw_morph

        draw_morph(drawn.result, drawn.source, paths, palette=self._request.palette, title=title)

    def _extra(self) -> dict[str, Any]:
        extra: dict[str, Any] = {}
        if (grid := self._grid) is not None:
            meter = [grid.beats_per_bar, grid.beat_unit]
            extra |= {"bpm": grid.bpm, "grid": str(grid.step), "bars": grid.bars, "meter": meter}
        if self._events is not None:
            extra |= {"user_events": len(self._events.lines), "user_events_sha256": self._events.sha256}
        return extra
