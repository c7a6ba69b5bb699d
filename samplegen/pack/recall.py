"""Remember the sounds that a pack holds already, so that new ones differ from them."""

from collections.abc import Collection

from samplegen.audio.io import read_audio
from samplegen.pack.duplicates import EMBEDDED_S, DuplicateIndex, is_embedded_whole
from samplegen.pack.export import PackWriter
from samplegen.pack.manifest import FileEntry
from samplegen.pack.sound import Provenance, Sound, Tags


class Recall:
    """The complete files of a pack, read only when something is compared with them.

    They are read as they lie on the disk, so a run that goes on later compares with the same.

    Parameters
    ----------
    again
        Jobs of this run: what they made before is forgotten where the writer is to replace it,
        or every sound would be a duplicate of itself.
    """

    def __init__(self, writer: PackWriter, *, again: Collection[str] = ()) -> None:
        self._writer, self._index, self._again = writer, DuplicateIndex(), set(again)
        self._known: set[str] = set()

    def expect(self, again: Collection[str]) -> None:
        """More jobs of this run, see `again`."""
        self._again |= set(again)

    def index(self) -> DuplicateIndex:
        """An index of every file that is complete now."""
        for entry in self._writer.entries:
            if entry.path not in self._known and not (entry.job in self._again and self._writer.is_due(entry)):
                self._known.add(entry.path)
                self._remember(entry)
        return self._index

    def _remember(self, entry: FileEntry) -> None:
        tags = Tags(entry.kind, entry.category, bpm=entry.bpm, bars=entry.bars, meter=entry.meter)
        audio = read_audio(
            self._writer.folder / entry.path, max_seconds=None if is_embedded_whole(entry.kind) else EMBEDDED_S
        )
        self._index.add(Sound(audio, tags, Provenance(entry.engine)), name=entry.path)
