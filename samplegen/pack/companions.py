"""What lies in a pack beside its sounds: instruments, projects, MIDI, pages, pictures.

Companions are pure functions of the finished sounds and the recipe, so they need no
journal: made again, they have the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.pack.manifest import FileEntry

CompanionKind = Literal["instrument", "project", "midi", "preview", "page", "artwork", "document", "apple_loop"]
COMPANION_FOLDERS: Final = ("MIDI", "Instruments", "Projects", "Previews", "Apple_Loops")


@dataclass(frozen=True)
class Companion:
    """A file that is made of a pack's sounds.

    Parameters
    ----------
    path
        Relative to the pack, with ``/``.
    data
        The whole file.
    made_from
        Paths of the sounds that it uses or describes.
    """

    path: str
    kind: CompanionKind
    data: bytes
    made_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class PackView:
    """A pack whose sounds are all there, for what is made of them.

    Parameters
    ----------
    folder
        Where the sounds lie.
    entries
        The sounds, in the order of the recipe.
    sections
        The sounds of each named section of the recipe, in order.
    bpm, meter, key
        Those of the pack; None where it has several or none.
    """

    folder: Path
    name: str
    entries: tuple[FileEntry, ...]
    sections: Mapping[str, tuple[FileEntry, ...]] = field(default_factory=dict)
    prefix: str = ""
    seed: int = 0
    bpm: float | None = None
    meter: tuple[int, int] = (4, 4)
    key: str | None = None
    licence: str = ""
    artist: str = "samplegen"
    description: str = ""

    def audio(self, entry: FileEntry) -> Audio:
        """The sound of `entry`, as it lies on the disk."""
        return read_audio(self.folder / entry.path)

    def of_kind(self, *kinds: str) -> tuple[FileEntry, ...]:
        """Sounds of these kinds (``loop``, ``one_shot``, ``riser``, ``texture``)."""
        return tuple(entry for entry in self.entries if entry.kind in kinds)

    def chosen(self, names: Sequence[str]) -> tuple[FileEntry, ...]:
        """Sounds of the sections `names`, each once, in order; of all where none is named."""
        if not names:
            return self.entries
        named = (entry for name in names for entry in self.sections.get(name, ()))
        return tuple({entry.path: entry for entry in named}.values())  # an entry holds mappings and has no hash
