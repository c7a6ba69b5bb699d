"""Small packs on the disk, with manifests, and libraries to install them into."""

from dataclasses import replace
from pathlib import Path

from samplegen import files
from samplegen.pack.entries import CompanionEntry
from samplegen.pack.manifest import new_manifest, write_manifest
from tests.pack.projects.views import make_entry, make_view, write_sounds


def make_pack(folder: Path, *names: str, loops: bool = True, page: str = "<p>page</p>") -> Path:
    """A pack of tiny loops (or one-shots) called `names`, with a page beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = "loop" if loops else "one_shot"
    sounds = [make_entry(name, kind, **({"bpm": 200.0, "bars": 1, "meter": (1, 4)} if loops else {})) for name in names]
    write_sounds(make_view(folder, sounds))
    entries = [replace(sound, sha256=files.hash_file(folder / sound.path), size=1) for sound in sounds]
    (folder / "page.html").write_text(page)
    companion = CompanionEntry("page.html", "page", files.hash_file(folder / "page.html"), len(page))
    write_manifest(folder, new_manifest(name="Night", licence="CC0-1.0", entries=entries, companions=[companion]))
    (folder / "LICENSE.txt").write_text("CC0")
    (folder / "mine.txt").write_text("notes of the user")
    return folder


def tree(folder: Path) -> dict[str, str]:
    """Path of every file below `folder` to its hash."""
    return {
        str(path.relative_to(folder)): files.hash_file(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }
