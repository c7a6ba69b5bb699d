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
        index.add(_sound_of(writer, entry), name=entry.path)
    return index


def _sound_of(writer: PackWriter, entry: FileEntry) -> Sound:
    tags = Tags(entry.kind, entry.category, bpm=entry.bpm, bars=entry.bars, meter=entry.meter)
    return Sound(read_audio(writer.folder / entry.path), tags, Provenance(entry.engine))
