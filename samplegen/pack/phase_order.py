"""Phase diffusions of recordings: textures of the same length."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from samplegen.audio.source import Source, whole
from samplegen.audio.spool import Spool
from samplegen.engines.phase_diffusion.settings import resolve
from samplegen.pack.levels import fit_level
from samplegen.pack.long import fit_long_level
from samplegen.pack.recording_order import Drawn, RecordingOrder
from samplegen.pack.recordings import Recording
from samplegen.pack.requests import PhaseRequest
from samplegen.pack.sound import LongSound, Sound

CATEGORY: Final = "phase"
LONGEST_IN_MEMORY: Final = 90 * 2 * 48_000  # values of all channels: a minute and a half of stereo


class PhaseOrder(RecordingOrder):
    """Plan of a `PhaseRequest`."""

    engine = "phase_diffusion"

    def __init__(self, request: PhaseRequest) -> None:
        used, notes = resolve(request.settings)
        super().__init__(request, settings=request.settings, effective=used, notes=notes)

    def _draw(self, index: int, recording: Recording, seed: int) -> Drawn:
        from samplegen.engines.phase_diffusion.engine import diffuse

        source = self._open(recording)
        spool = self._held.enter_context(Spool(channels=source.channels, sample_rate=source.sample_rate))
        result = diffuse(source, self._settings_with(seed), spool=spool, progress=self._progress(index))
        tags, origin = self._tags(index, "texture", CATEGORY), self._provenance(index, seed)
        report = dict(result.report)
        if _is_long(result.source):
            levelled, notes = fit_long_level(result.source)
            return Drawn(LongSound(levelled, tags, origin), result, report | {"level_notes": list(notes)}, source)
        audio, notes = fit_level(whole(result.source), ring=False)
        return Drawn(Sound(audio, tags, origin), result, report | {"level_notes": list(notes)}, source)

    def _draw_figure(self, drawn: Drawn, paths: Sequence[Path], *, title: str) -> None:
        from samplegen.plots.phase_figure import draw_phase

        draw_phase(drawn.result, drawn.source, paths, palette=self._request.palette, title=title)


def _is_long(source: Source) -> bool:
    return source.length * source.channels > LONGEST_IN_MEMORY
