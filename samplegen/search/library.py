"""Searching a folder: open its index, bring it up to date, ask it."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from samplegen.conditioning.clap.types import DEFAULT_CLAP
from samplegen.conditioning.clap.words import MAX_WORDS, words_of
from samplegen.errors import InputError, OutputError, UsageError
from samplegen.files import hash_file
from samplegen.search.duplicates import MAX_DISTANCE_DB, Group, find_duplicates
from samplegen.search.indexing import Indexed, ReportProgress, ignore_progress, update_index
from samplegen.search.query import NAMES_WEIGHT, Filters, Float32, FoundSound, Query, rank
from samplegen.search.scan import Scan, Skipped, scan_folder
from samplegen.search.store import IN_MEMORY, DamagedIndexError, Store, index_path, remove_index
from samplegen.search.text_tower import load_text_tower

if TYPE_CHECKING:
    from samplegen.conditioning.embedder import Embedder

T = TypeVar("T")


class WordEmbedder(Protocol):
    """What turns the words of a query into a vector."""

    name: str
    hash: str

    def embed(self, text: str) -> Float32:
        """``[D]`` unit vector; zeros where nothing is known."""

    def known_words(self, text: str) -> list[str]:
        """The words that count."""


class _LoadedEmbedder:
    """A whole embedder as a `WordEmbedder`, for those whose text side needs torch."""

    def __init__(self, embedder: "Embedder") -> None:
        self._embedder, self.name, self.hash = embedder, embedder.name, embedder.hash

    def embed(self, text: str) -> Float32:
        return np.asarray(self._embedder.embed_text([text])[0].numpy(), np.float32)

    def known_words(self, text: str) -> list[str]:
        return words_of(text)


@dataclass(frozen=True)
class Library:
    """A folder of sounds and how it is indexed.

    Parameters
    ----------
    embedder
        Name or folder of a joint embedder.
    keep_index
        Keep the index in the user's cache, or in memory only.
    reindex
        Hear every file anew.
    processes
        How many index; None for one per core.
    """

    folder: str
    embedder: str = DEFAULT_CLAP
    keep_index: bool = True
    reindex: bool = False
    processes: int | None = None
    progress: ReportProgress = ignore_progress


@dataclass(frozen=True)
class Answer:
    """What a search found.

    Parameters
    ----------
    found
        How many sounds match; `sounds` holds the first of them.
    skipped
        Files that cannot be used, and why.
    notes
        Sentences for the user.
    """

    sounds: tuple[FoundSound, ...]
    found: int
    indexed: Indexed
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Duplicates:
    """Groups of equal sounds; the rest as in `Answer`."""

    groups: tuple[Group, ...]
    indexed: Indexed
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


@dataclass
class _Open:
    """An index that is up to date, while it is asked."""

    store: Store
    scan: Scan
    words: WordEmbedder
    indexed: Indexed
    notes: list[str] = field(default_factory=list)

    def skipped(self) -> tuple[Skipped, ...]:
        damaged = [Skipped(entry.path, entry.problem) for entry in self.store.entries(self.scan.root) if entry.problem]
        return (*self.indexed.skipped, *damaged)


def search(
    library: Library,
    *,
    text: str = "",
    like: Sequence[Path] = (),
    filters: Filters | None = None,
    count: int = 20,
    names_weight: float = NAMES_WEIGHT,
) -> Answer:
    """The sounds of a library that match words, given sounds, or both; best first.

    Raises
    ------
    UsageError
        If neither is given, or the text holds no word.
    InputError
        If the folder or a given sound cannot be used.
    ModelError
        If the embedder is missing or damaged.
    """
    if text and not words_of(text) or not text and not like:
        raise UsageError(
            f"Nothing to look for: {text[:40]!r} holds no word. Say what you want to hear, or give --like."
        )

    def ask(index: _Open) -> Answer:
        vector = index.words.embed(text) if text else None
        heard = _vector_like(like, index, library.embedder) if like else None
        query = Query(text, vector, heard, filters or Filters(), names_weight)
        ranked = rank(index.store.entries(index.scan.root), query, root=index.scan.root)
        given = {hash_file(path) for path in like}
        ranked = [sound for sound in ranked if sound.hash.hex() not in given]
        notes = [*index.notes, *_notes_on(text, index.words)]
        return Answer(tuple(ranked[:count]), len(ranked), index.indexed, index.skipped(), tuple(notes))

    return _with_index(library, ask)


def duplicates(library: Library, *, max_distance_db: float = MAX_DISTANCE_DB) -> Duplicates:
    """Groups of files in a library that are one sound.

    Raises
    ------
    InputError, ModelError
        As `search`.
    """

    def ask(index: _Open) -> Duplicates:
        groups = find_duplicates(
            index.store.entries(index.scan.root), index.store.pictures, root=index.scan.root,
            max_distance_db=max_distance_db,
        )  # fmt: skip
        return Duplicates(tuple(groups), index.indexed, index.skipped(), tuple(index.notes))

    return _with_index(library, ask)


def _with_index(library: Library, ask: Callable[[_Open], T]) -> T:
    """Ask the index of a library; a damaged one is built anew."""
    scan = scan_folder(library.folder)
    if not scan.files:
        raise InputError(f"There is no audio file in {library.folder}{_why(scan.skipped)}. Name another folder.")
    words = load_text_tower(library.embedder) or _load_whole(library.embedder)
    path = index_path(words.hash)
    notes: list[str] = []
    for _ in range(2):
        try:
            return _ask_at(path, library, scan, words, notes, ask)
        except DamagedIndexError:
            remove_index(path)
            notes.append("The search index was damaged and is built anew.")
    raise OutputError(f"The search index {path} is damaged again and again. Check the disk, or use --no-index.")


def _ask_at(
    path: Path, library: Library, scan: Scan, words: WordEmbedder, notes: list[str], ask: Callable[[_Open], T]
) -> T:
    store = _open_store(path, notes) if library.keep_index else Store(IN_MEMORY)
    with closing(store):
        if library.reindex:
            store.forget(scan.root)
        indexed = update_index(
            store, scan, embedder=library.embedder, processes=library.processes, progress=library.progress
        )
        return ask(_Open(store, scan, words, indexed, list(notes)))


def _open_store(path: Path, notes: list[str]) -> Store:
    try:
        return Store(path)
    except OutputError as error:
        notes.append(f"{error} This search indexes in memory only.")
        return Store(IN_MEMORY)


def _load_whole(embedder: str) -> WordEmbedder:
    from samplegen.conditioning.clap import load_clap

    return _LoadedEmbedder(load_clap(embedder))


def _vector_like(paths: Sequence[Path], index: _Open, embedder: str) -> Float32:
    """``[D]`` unit vector in the middle of given sounds."""
    vectors = [_vector_of(path, index, embedder) for path in paths]
    mean = np.sum(vectors, axis=0)
    length = float(np.linalg.norm(mean))
    if length < 1e-6:
        raise InputError("The given sounds cancel each other out. Give fewer.")
    return np.asarray(mean / length, np.float32)


def _vector_of(path: Path, index: _Open, embedder: str) -> Float32:
    stored = index.store.vector_of(bytes.fromhex(hash_file(path))) if path.is_file() else None
    if stored is None:
        from samplegen.audio.io import read_audio
        from samplegen.conditioning.clap import load_clap
        from samplegen.search.analysis import MOST_READ_S, embed_audio

        audio = read_audio(path, mono=True, max_seconds=MOST_READ_S)
        stored = embed_audio(audio, embedder=load_clap(embedder)).tobytes()
    vector = np.frombuffer(stored, np.float16).astype(np.float32)
    if not vector.any():
        raise InputError(f"{path} is silent: nothing sounds like it. Give a sound that can be heard.")
    return vector


def _notes_on(text: str, words: WordEmbedder) -> list[str]:
    notes = []
    if len(text.split()) > MAX_WORDS:
        notes.append(f"Only the first {MAX_WORDS} words count.")
    said = list(dict.fromkeys(words_of(text)))
    known = set(words.known_words(text))
    unknown = [word for word in said if word not in known]
    if unknown:
        shown = ", ".join(unknown[:8]) + (", …" if len(unknown) > 8 else "")
        notes.append(f"{words.name} does not know: {shown}. Such words are looked for in names only.")
    return notes


def _why(skipped: Sequence[Skipped]) -> str:
    return (
        f" (the first of {len(skipped)} that cannot be opened, {skipped[0].path}: {skipped[0].reason})"
        if skipped
        else ""
    )
