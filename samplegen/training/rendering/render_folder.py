"""Render a series of loops into a folder of audio files with an index; a second run goes on."""

import io
import json
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from samplegen.errors import InputError, UsageError
from samplegen.files import hash_bytes, write_bytes, write_text
from samplegen.training.rendering.instruments import PATCH_SHARE
from samplegen.training.rendering.render import RenderedLoop, render_item
from samplegen.training.rendering.roles import LOOP_WEIGHTS
from samplegen.training.rendering.sounds import SoundStore
from samplegen.training.sources.library import Library
from samplegen.training.sources.split import Split

FORMAT_NAME, FORMAT_VERSION = "samplegen-loops", 1
INDEX_NAME = "index.jsonl"
FILE_FORMATS = {"flac": "FLAC", "wav": "WAV"}


def render_to_folder(
    library: Library, folder: Path, *, count: int, seed: int, split: Split = "train",
    weights: Mapping[str, float] | None = None, sample_rate: int = 44_100, file_format: str = "flac",
    on_loop: Callable[[int], None] | None = None, processes: int = 1, patch_share: float = PATCH_SHARE,
) -> int:  # fmt: skip
    """Write loops 0 to `count` - 1 of the series `seed` and ``index.jsonl``; return how many were new.

    Files that a former run of the same series finished are kept, and `on_loop` hears every finished
    index. The head of the index records what was asked. The bytes do not depend on `processes`.

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
        "patch_share": patch_share, "library": _library_hash(library),
    }  # fmt: skip
    index = folder / INDEX_NAME
    entries = _finished(index, head)
    write_text(index, "".join(json.dumps(line) + "\n" for line in (head, *entries)))
    finished = {entry["index"] for entry in entries}
    missing = sorted(set(range(count)) - finished)
    order = _Order(library, folder, seed, split, weights, sample_rate, file_format, patch_share)
    with index.open("a", encoding="utf-8") as lines:
        for number, entry in zip(missing, _rendered(order, missing, processes=processes), strict=True):
            lines.write(json.dumps(entry) + "\n")
            lines.flush()
            if on_loop is not None:
                on_loop(number)
    return len(missing)


@dataclass(frozen=True)
class _Order:
    """What each process needs to know."""

    library: Library
    folder: Path
    seed: int
    split: Split
    weights: Mapping[str, float] | None
    sample_rate: int
    file_format: str
    patch_share: float

    def write(self, number: int, store: SoundStore) -> dict[str, Any]:
        loop = render_item(
            self.library, index=number, seed=self.seed, split=self.split, weights=self.weights, store=store,
            patch_share=self.patch_share,
        )  # fmt: skip
        return _write_loop(self.folder, loop, number=number, file_format=self.file_format)


def _rendered(order: _Order, numbers: Sequence[int], *, processes: int) -> Iterator[dict[str, Any]]:
    """Entries in the order of `numbers`, whichever process renders them."""
    if processes <= 1 or len(numbers) <= 1:
        store = SoundStore(order.library, order.sample_rate)
        yield from (order.write(number, store) for number in numbers)
        return
    context = multiprocessing.get_context("spawn")
    workers = min(processes, len(numbers))
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(order,)) as pool:
        yield from pool.map(_work, numbers, chunksize=max(1, min(16, len(numbers) // (4 * workers))))


_here: dict[str, tuple[_Order, SoundStore]] = {}


def _start(order: _Order) -> None:
    _here["work"] = (order, SoundStore(order.library, order.sample_rate))


def _work(number: int) -> dict[str, Any]:
    order, store = _here["work"]
    return order.write(number, store)


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
        "index": number, "path": name, "kind": loop.kind, "role": loop.role, "style": loop.style, "bpm": loop.bpm,
        "bars": loop.bars, "meter": list(loop.meter), "beats": loop.beats, "length": loop.audio.length,
        "key": loop.key, "mode": _mode(loop), "scale": loop.spec.scale, "effects": list(loop.spec.bus.words),
        "swing": loop.pattern.swing, "tags": list(loop.tags), "caption": loop.caption, "sources": list(loop.sources),
        "events": [[round(e.start, 6), e.kind, round(e.velocity, 4), e.midi] for e in loop.pattern.events],
    }  # fmt: skip


def _mode(loop: RenderedLoop) -> str | None:
    return None if loop.key is None else "minor" if loop.key.endswith("m") else "major"
