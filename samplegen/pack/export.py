"""Writing sounds as a pack: folders, names, journal, manifest and licence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Final, Self

from samplegen import files
from samplegen.errors import OutputError, UsageError
from samplegen.pack.conform import conform, conformed
from samplegen.pack.journal import Journal
from samplegen.pack.licence import DEFAULT_LICENCE, pack_licence, write_licence
from samplegen.pack.manifest import FileEntry, entry_of, new_manifest, read_manifest, write_manifest
from samplegen.pack.naming import (
    DEFAULT_PREFIX,
    DEFAULT_TEMPLATE,
    category_of,
    check_prefix,
    check_template,
    pick_words,
    sound_name,
)
from samplegen.pack.sound import Described, LongSound, Sound, Tags
from samplegen.pack.stream import StreamedWav, Written
from samplegen.pack.tags import NO_DATE, encode_tagged_wav
from samplegen.pack.verdict import Verdict

__all__ = ["BIT_DEPTHS", "SAMPLE_RATES", "PackWriter", "conform", "folder_of"]

SAMPLE_RATES: Final = (44_100, 48_000)
BIT_DEPTHS: Final = (16, 24)
_FOLDERS: Final = {"loop": "Loops", "one_shot": "One_Shots", "riser": "Risers", "texture": "Textures"}
_WITH_CATEGORIES: Final = ("loop", "one_shot")


def folder_of(tags: Tags) -> str:
    """Where in a pack a sound belongs, such as ``Loops/Drums``, ``One_Shots/Hat-Closed`` or ``Risers``."""
    top = _FOLDERS[tags.kind]
    category = category_of(tags).title()
    return f"{top}/{category}" if tags.kind in _WITH_CATEGORIES and category else top


@dataclass(frozen=True)
class _Place:
    """Where in the folder a sound is written, and the word that makes its name unique."""

    path: str
    word: str

    def titled(self, tags: Tags) -> Tags:
        """`tags` with the file's name as title, unless there is one."""
        return tags if tags.title else replace(tags, title=PurePosixPath(self.path).stem)


def _require_folder_or_nothing(folder: Path) -> None:
    try:
        blocked = folder.exists() and not folder.is_dir()
    except OSError as error:
        raise OutputError(f"Cannot write to {folder}: {error.strerror}. Choose another folder with --out.") from error
    if blocked:
        raise OutputError(f"{folder} is a file, not a folder. Choose another folder with --out.")


class PackWriter:
    """Adds sounds to a folder that becomes a pack.

    A second run over the same folder goes on where the first one stopped: ask
    `done` before making a sound. Files that are not of this pack are never
    overwritten unless `force`. Leave it with `finish`, or as a context manager,
    which finishes when nothing went wrong.

    Parameters
    ----------
    folder
        Made when the first sound is added.
    name
        Of the pack: album in the tags, heading of the licence.
    seed
        Chooses the words of the names.
    sample_rate, bit_depth
        44100 or 48000 Hz; 24, or 16 for hardware samplers.
    attributions
        Lines that the models' cards ask for in the licence; those of earlier runs stay.
    date
        ``YYYY-MM-DD`` for the tags, or empty.
    created_by
        The command that makes the pack, for the manifest.
    force
        Make the jobs of earlier runs again, and overwrite what is in the way.

    Raises
    ------
    UsageError
        If a value is not allowed.
    InputError
        If the folder holds a damaged manifest.
    OutputError
        If `folder` is not a folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        prefix: str = DEFAULT_PREFIX,
        template: str = DEFAULT_TEMPLATE,
        seed: int = 0,
        sample_rate: int = SAMPLE_RATES[0],
        bit_depth: int = 24,
        licence: str = DEFAULT_LICENCE,
        attributions: Sequence[str] = (),
        date: str = NO_DATE,
        created_by: str = "",
        force: bool = False,
    ) -> None:
        if sample_rate not in SAMPLE_RATES:
            raise UsageError(f"Packs are written at 44100 or 48000 Hz, not {sample_rate}.")
        if bit_depth not in BIT_DEPTHS:
            raise UsageError(f"Packs are written with 16 or 24 bits, not {bit_depth}.")
        _require_folder_or_nothing(folder)
        self.folder, self.name, self.seed = folder, name, seed
        self.prefix, self.template = check_prefix(prefix), check_template(template)
        self.sample_rate, self.bit_depth = sample_rate, bit_depth
        earlier = read_manifest(folder)
        owed = (*(earlier.attributions if earlier else ()), *attributions)
        self.licence, self.attributions = licence, tuple(dict.fromkeys(owed))
        self.date, self.created_by, self.force = date, created_by, force
        self._journal = Journal(folder)
        finished = {entry.job: entry for entry in self._journal.entries if entry.job and self._has_format(entry)}
        self._replaced, self._by_job = (finished, {}) if force else ({}, finished)

    def __enter__(self) -> Self:
        """The writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the pack, unless an error (or Ctrl-C) ended it; then the journal stays for the next run."""
        if kind is None:
            self.finish()

    @property
    def entries(self) -> list[FileEntry]:
        """The files that are complete, those of earlier runs included."""
        return self._journal.entries

    def done(self, job: str) -> FileEntry | None:
        """The file that an earlier run made for `job` (see `manifest.job_key`), or None."""
        return self._by_job.get(job)

    def is_due(self, entry: FileEntry) -> bool:
        """Whether `force` asks for a file of an earlier run again, and it has not been made again yet."""
        return entry.job in self._replaced and entry.job not in self._by_job

    def add(self, sound: Sound, *, job: str = "", verdict: Verdict | None = None, redraws: int = 0) -> FileEntry:
        """Write a sound and note it; what `verdict` measured goes into the manifest.

        Returns
        -------
        FileEntry
            Where it was written (`path`, relative to the folder) and all that the manifest will say.

        Raises
        ------
        OutputError
            If the file cannot be written, or a strange file is in the way.
        """
        finished = self.done(job) if job else None
        if finished is not None:
            return finished
        place = self._place(sound.tags, job)
        sound = conform(sound, sample_rate=self.sample_rate)
        sound = replace(sound, tags=place.titled(sound.tags))
        data = encode_tagged_wav(sound, bit_depth=self.bit_depth, label=self.name, date=self.date)
        content = Written(files.hash_bytes(data), len(data))
        if self._is_free(place.path, size=content.size, content=lambda: content):
            files.write_bytes(files.resolve_inside(self.folder, place.path), data)
        return self._note(sound, place, content, job=job, verdict=verdict, redraws=redraws)

    def add_long(
        self, sound: LongSound, *, job: str = "", verdict: Verdict | None = None, redraws: int = 0
    ) -> FileEntry:
        """`add` for a sound that need not fit into memory: the same file, written block after block.

        Raises
        ------
        OutputError
            As `add`; also, before anything is written, if the file would exceed 4 GiB.
        """
        finished = self.done(job) if job else None
        if finished is not None:
            return finished
        place = self._place(sound.tags, job)
        with conformed(sound, sample_rate=self.sample_rate) as ready:
            ready = replace(ready, tags=place.titled(ready.tags))
            wav = StreamedWav(ready, bit_depth=self.bit_depth, label=self.name, date=self.date)
            if self._is_free(place.path, size=wav.size, content=wav.measure):
                content = wav.write(files.resolve_inside(self.folder, place.path))
            else:
                content = wav.measure()
            return self._note(ready, place, content, job=job, verdict=verdict, redraws=redraws)

    def finish(self) -> Path:
        """Write ``manifest.json`` and ``LICENSE.txt`` and drop the journal; returns the manifest's path.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        licence = pack_licence(self.licence, sounds=(entry.licence for entry in self.entries))
        write_licence(self.folder, name=self.name, licence=licence, attributions=self.attributions)
        manifest = new_manifest(
            name=self.name,
            licence=licence,
            entries=self.entries,
            attributions=self.attributions,
            created_by=self.created_by,
        )
        path = write_manifest(self.folder, manifest)
        self._journal.remove()
        return path

    def _has_format(self, entry: FileEntry) -> bool:
        return (entry.sample_rate, entry.bit_depth) == (self.sample_rate, self.bit_depth)

    def _word_for(self, job: str) -> str:
        """The word that the job had before, else the first free one."""
        if job in self._replaced:
            return self._replaced[job].word
        return next(pick_words(seed=self.seed, taken={entry.word for entry in self.entries}))

    def _place(self, tags: Tags, job: str) -> "_Place":
        word = self._word_for(job)
        file_name = sound_name(tags, word=word, template=self.template, prefix=self.prefix)
        return _Place(f"{folder_of(tags)}/{file_name}", word)

    def _is_free(self, relative: str, *, size: int, content: Callable[[], Written]) -> bool:
        """Whether to write there; not where a run that was stopped between file and journal left the same bytes."""
        path = files.resolve_inside(self.folder, relative)
        if self.force or not path.exists() or self._journal.entry_at(relative) is not None:
            return True
        if path.is_file() and path.stat().st_size == size and files.hash_file(path) == content().sha256:
            return False
        raise OutputError(f"{path} is there already and not of this pack. Use --force or another --out folder.")

    def _note(
        self, sound: Described, place: "_Place", content: Written, *, job: str, verdict: Verdict | None, redraws: int
    ) -> FileEntry:
        measures: Mapping[str, float | None] = {} if verdict is None else verdict.measures
        gates = () if verdict is None else tuple(result.name for result in verdict.results if result.passed)
        entry = entry_of(
            sound, path=place.path, sha256=content.sha256, size=content.size, bit_depth=self.bit_depth,
            measures=measures, gates=gates, redraws=redraws, job=job, word=place.word,
        )  # fmt: skip
        self._journal.append(entry)
        if job:
            self._by_job[job] = entry
        return entry
