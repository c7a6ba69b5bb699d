"""Render a series of loops into a folder of audio files with an index; a second run goes on."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from samplegen.errors import InputError, UsageError
from samplegen.files import hash_bytes, write_bytes, write_text
from samplegen.training.library import Library
from samplegen.training.render import LOOP_WEIGHTS, RenderedLoop, render_item
from samplegen.training.sounds import SoundStore
from samplegen.training.split import Split

FORMAT_NAME, FORMAT_VERSION = "samplegen-loops", 1
INDEX_NAME = "index.jsonl"
FILE_FORMATS = {"flac": "FLAC", "wav": "WAV"}


def render_to_folder(
    library: Library, folder: Path, *, count: int, seed: int, split: Split = "train",
    weights: Mapping[str, float] | None = None, sample_rate: int = 44_100, file_format: str = "flac",
    on_loop: Callable[[int], None] | None = None,
) -> int:  # fmt: skip
    """Write loops 0 to `count` - 1 of the series `seed` and ``index.jsonl``; return how many were new.

    Files that a former run of the same series finished are kept, and `on_loop` hears every finished
    index. The head of the index records what was asked.

    Raises
    ------
    UsageError
        If `file_format` is unknown or the folder holds another series.
    """
    if file_format not in FILE_FORMATS:
        raise UsageError(f"The file format {file_format!r} is unknown. Choose {' or '.join(FILE_FORMATS)}.")
    head = {
        "format": FORMAT_NAME, "version": FORMAT_VERSION, "seed": seed, "split": split, "sample_rate": sample_rate,
        "weights": dict(LOOP_WEIGHTS if weights is None else weights), "file_format": file_format,
        "library": _library_hash(library),
    }  # fmt: skip
    index = folder / INDEX_NAME
    entries = _finished(index, head)
    write_text(index, "".join(json.dumps(line) + "\n" for line in (head, *entries)))
    finished = {entry["index"] for entry in entries}
    store = SoundStore(library, sample_rate)
    with index.open("a", encoding="utf-8") as lines:
        for number in sorted(set(range(count)) - finished):
            loop = render_item(library, index=number, seed=seed, split=split, weights=weights, store=store)
            entry = _write_loop(folder, loop, number=number, file_format=file_format)
            lines.write(json.dumps(entry) + "\n")
            lines.flush()
            if on_loop is not None:
                on_loop(number)
    return len(set(range(count)) - finished)


def read_index(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Head and entries of a rendered folder; a last line cut short by a crash is ignored.

    Raises
    ------
    InputError
        If there is no index of this format.
    """
    lines: list[dict[str, Any]] = []
    try:
        for text in (folder / INDEX_NAME).read_text("utf-8").splitlines():
            lines.append(json.loads(text))
    except OSError as error:
        raise InputError(f"No rendered loops in {folder}. Make them with `samplegen data render`.") from error
    except ValueError:
        pass
    if not lines or lines[0].get("format") != FORMAT_NAME or lines[0].get("version") != FORMAT_VERSION:
        raise InputError(f"{folder / INDEX_NAME} is not an index of rendered loops. Render into an empty folder.")
    return lines[0], lines[1:]


def _finished(index: Path, head: dict[str, Any]) -> list[dict[str, Any]]:
    if not index.is_file():
        return []
    former, entries = read_index(index.parent)
    differing = sorted(key for key in head if former.get(key) != head[key])
    if differing:
        raise UsageError(
            f"{index.parent} holds other loops (their {', '.join(differing)} differ). "
            "Use the same options or another folder."
        )
    return [entry for entry in entries if (index.parent / entry["path"]).is_file()]


def _library_hash(library: Library) -> str:
    return hash_bytes(json.dumps([asdict(record) for record in library.records], sort_keys=True).encode("utf-8"))


def _write_loop(folder: Path, loop: RenderedLoop, *, number: int, file_format: str) -> dict[str, Any]:
    import soundfile

    name = f"{number:06d}_{loop.kind}_{loop.style}.{file_format}"
    data = io.BytesIO()
    soundfile.write(data, loop.audio.samples.T, loop.audio.sample_rate, "PCM_24", format=FILE_FORMATS[file_format])
    write_bytes(folder / name, data.getvalue())
    return {
        "index": number, "path": name, "kind": loop.kind, "style": loop.style, "bpm": loop.bpm, "bars": loop.bars,
        "meter": list(loop.meter), "beats": loop.beats, "length": loop.audio.length, "key": loop.key,
        "swing": loop.pattern.swing, "tags": list(loop.tags), "caption": loop.caption, "sources": list(loop.sources),
        "events": [[round(e.start, 6), e.kind, round(e.velocity, 4), e.midi] for e in loop.pattern.events],
    }  # fmt: skip
