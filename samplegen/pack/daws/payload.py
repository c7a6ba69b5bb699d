"""What of a pack is installed: the files that its manifest tells of, verified."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from samplegen import files
from samplegen.errors import InputError
from samplegen.pack.companions import PackView
from samplegen.pack.manifest import MANIFEST_NAME, Manifest, read_manifest

LICENCE_NAME: Final = "LICENSE.txt"
RECORD_NAME: Final = ".samplegen-install.json"
_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class Payload:
    """Files to install.

    Parameters
    ----------
    pack
        The pack's folder, absolute.
    name
        What its manifest calls it.
    hashes
        Path of each file (relative, with ``/``) to its SHA-256.
    size
        Of all of them, in bytes.
    made
        The files that do not lie in the pack.
    """

    pack: Path
    name: str
    hashes: Mapping[str, str]
    size: int
    made: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def can_be_linked(self) -> bool:
        """Whether a link to the pack's folder does the same."""
        return not self.made

    def copy(self, path: str, file: BinaryIO) -> None:
        """Write the bytes of the file at `path`.

        Raises
        ------
        InputError
            If they are no longer those that were planned with.
        """
        digest = hashlib.sha256()
        for block in self._blocks(path):
            digest.update(block)
            file.write(block)
        if digest.hexdigest() != self.hashes[path]:
            raise InputError(f"{self.pack / path} changed while it was copied. Try again when nothing writes to it.")

    def _blocks(self, path: str) -> Iterator[bytes]:
        if path in self.made:
            yield self.made[path]
            return
        try:
            with (self.pack / path).open("rb") as source:
                while block := source.read(_BLOCK):
                    yield block
        except FileNotFoundError as error:
            raise InputError(f"{self.pack / path} is gone. Build the pack again.") from error


def read_payload(folder: Path) -> Payload:
    """All files of the pack in `folder`.

    Files that the manifest does not tell of are not the pack's and stay where they are.

    Raises
    ------
    InputError
        If it is no pack, or a file is missing or not as it was made.
    """
    pack, manifest = _open(folder)
    listed = {entry.path: entry.sha256 for entry in manifest.files}
    listed |= {made.path: made.sha256 for made in manifest.companions}
    _refuse_our_names(listed)
    _verify(pack, listed)
    extra = [name for name in (MANIFEST_NAME, LICENCE_NAME) if (pack / name).is_file()]
    hashes = {**listed, **{name: files.hash_file(pack / name) for name in extra}}
    return Payload(pack, manifest.name, hashes, sum((pack / path).stat().st_size for path in hashes))


def read_apple_loops(folder: Path) -> Payload:
    """The loops of the pack in `folder` as Apple Loops, made here, and its licence.

    Raises
    ------
    InputError
        As `read_payload`, and if it has no loops.
    """
    from samplegen.pack.apple_loops import make_apple_loops  # numpy, for one DAW of six

    pack, manifest = _open(folder)
    loops = tuple(entry for entry in manifest.files if entry.kind == "loop")
    if not loops:
        raise InputError(f"{folder} has no loops, so there are no Apple Loops to make for Logic.")
    _verify(pack, {entry.path: entry.sha256 for entry in loops})
    view = PackView(pack, manifest.name, loops, licence=manifest.licence)
    made = {PurePosixPath(loop.path).name: loop.data for loop in make_apple_loops(view)}
    hashes = {path: files.hash_bytes(data) for path, data in made.items()}
    size = sum(map(len, made.values()))
    if (pack / LICENCE_NAME).is_file():
        hashes[LICENCE_NAME] = files.hash_file(pack / LICENCE_NAME)
        size += (pack / LICENCE_NAME).stat().st_size
    return Payload(pack, manifest.name, hashes, size, made)


def _open(folder: Path) -> tuple[Path, Manifest]:
    try:
        is_folder = folder.is_dir()
    except (OSError, ValueError):  # a name too long, or with a null byte
        is_folder = False
    if not is_folder:
        raise InputError(f"{folder} is not a folder. Name the folder of a pack.")
    manifest = read_manifest(folder)
    if manifest is None:
        raise InputError(f"{folder} has no {MANIFEST_NAME}, so it is not a pack of samplegen's. Name a pack's folder.")
    return folder.resolve(), manifest


def _refuse_our_names(paths: Iterable[str]) -> None:
    if any(PurePosixPath(path).name == RECORD_NAME for path in paths):
        raise InputError(f"The manifest lists a file called {RECORD_NAME}, which no pack has. It was tampered with.")


def _verify(pack: Path, hashes: Mapping[str, str]) -> None:
    wrong = [path for path, sha256 in hashes.items() if not _is_as_made(pack / path, sha256)]
    if wrong:
        named = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
        raise InputError(
            f"Missing in {pack}, or not as the manifest says: {named}. Build the pack again; 'samplegen pack check' "
            "tells more."
        )


def _is_as_made(path: Path, sha256: str) -> bool:
    try:
        return path.is_file() and files.hash_file(path) == sha256
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from error
