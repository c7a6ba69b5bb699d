"""Remember the sounds that a pack holds already, so that new ones differ from them."""

from samplegen.audio.io import read_audio
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.export import PackWriter
from samplegen.pack.manifest import FileEntry
from samplegen.pack.sound import Provenance, Sound, Tags


def recall_kept(writer: PackWriter) -> DuplicateIndex:
    """An index of every complete file of the pack."""
    index = DuplicateIndex()
    for entry in writer.entries:
        remember(index, writer, entry)
    return index


def remember(index: DuplicateIndex, writer: PackWriter, entry: FileEntry) -> None:
    """Add a finished file as it lies on the disk, so that a run that goes on later compares with the same."""
    tags = Tags(entry.kind, entry.category, bpm=entry.bpm, bars=entry.bars, meter=entry.meter)
    index.add(Sound(read_audio(writer.folder / entry.path), tags, Provenance(entry.engine)), name=entry.path)
