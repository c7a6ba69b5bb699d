"""What belongs beside takes: instruments that play them in turn, and reports of how each was made."""

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from samplegen import files
from samplegen.pack.companions import PackView
from samplegen.pack.manifest import FileEntry, read_manifest
from samplegen.pack.recipes.types import HumanizedSection

if TYPE_CHECKING:
    from samplegen.pack.filling import PackResult

REPORTS: Final = "Reports"
SECTION: Final = "humanized"


def write_instruments(result: "PackResult", *, force: bool = False) -> list[str]:
    """Round-robin instruments of the takes just made; returns their paths, relative to the pack.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    from samplegen.pack.instruments import make_round_robins

    entries = _entries(result)
    view = PackView(result.folder, result.folder.resolve().name, entries, {SECTION: entries}, seed=result.seed)
    written = []
    for companion in make_round_robins(view, HumanizedSection(name=SECTION)):
        files.write_bytes(files.resolve_inside(result.folder, companion.path), companion.data)
        written.append(companion.path)
    return written


def write_reports(result: "PackResult") -> list[str]:
    """One JSON for each take; returns their paths, relative to the pack.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    written = []
    for entry in _entries(result):
        path = f"{REPORTS}/{PurePosixPath(entry.path).stem}.json"
        files.write_json(files.resolve_inside(result.folder, path), report_of(entry))
        written.append(path)
    return written


def report_of(entry: FileEntry) -> dict[str, Any]:
    """Where a take comes from and what was measured of it (specs/applications.md §2)."""
    return {
        "sound": entry.path, "sha256": entry.sha256, "engine": entry.engine, "model": entry.model,
        "model_hash": entry.model_hash, "codec_hash": entry.codec_hash, "seed": entry.seed,
        "parameters": dict(entry.parameters), "gates": list(entry.gates), "redraws": entry.redraws,
        "measures": dict(entry.measures),
    }  # fmt: skip


def _entries(result: "PackResult") -> tuple[FileEntry, ...]:
    manifest = read_manifest(result.folder)
    found = {entry.path: entry for entry in manifest.files} if manifest else {}
    return tuple(found[path.as_posix()] for path in result.files if path.as_posix() in found)
