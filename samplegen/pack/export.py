"""Writing sounds as a pack: folders, names, journal, companions, manifest and licence."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Final, Self

from samplegen import files
from samplegen.errors import OutputError, UsageError
from samplegen.pack.companion_files import write_companions
from samplegen.pack.companions import Companion
from samplegen.pack.conform import conform, conformed
from samplegen.pack.entries import CompanionEntry, FileEntry, Missing
from samplegen.pack.journal import Journal, Refusal
from samplegen.pack.leftovers import remove_files, stale_paths, tidy, unwanted_paths
from samplegen.pack.licence import DEFAULT_LICENCE, pack_licence, require_no_other_licence, write_licence
from samplegen.pack.manifest import entry_of, new_manifest, write_manifest
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
from samplegen.pack.word_plan import words_of

__all__ = ["BIT_DEPTHS", "SAMPLE_RATES", "PackWriter", "conform", "folder_of"]

SAMPLE_RATES: Final = (44_100, 48_000)
BIT_DEPTHS: Final = (16, 24)
_FOLDERS: Final = {"loop": "Loops", "one_shot": "One_Shots", "riser": "Risers", "texture": "Textures"}
_WITH_CATEGORIES: Final = ("loop", "one_shot")


def folder_of(tags: Tags) -> str:
    """Where in a pack a sound belongs, such as ``Loops/Drums``, ``One_Shots/Hat-Closed`` or ``Risers``."""
    top = _FOLDERS[tags.kind]
    category = tags.folder or category_of(tags).title()
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
    words
        Of a recipe: every job that it asks for, with its word (see `word_plan.plan_words`). Then
        only what was made for these jobs, and with these words, counts as done; `finish` removes
        what earlier builds made for others.
    tagged
        False writes audio alone, for hardware that stumbles over tags.
    rejected
        Jobs of sounds that listeners did not want, for the manifest.

    Attributes
    ----------
    section
        The section of the recipe for which sounds are being added; empty without a recipe.
    notes
        What `finish` left as it was, and why.

    Raises
    ------
    UsageError
        If a value is not allowed.
    InputError
        If the folder holds a damaged manifest.
    OutputError
        If `folder` is not a folder, or is no pack and holds a ``LICENSE.txt`` of somebody else's.
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
        words: Mapping[str, str] | None = None,
        tagged: bool = True,
        rejected: Collection[str] = (),
    ) -> None:
        if sample_rate not in SAMPLE_RATES:
            raise UsageError(f"Packs are written at 44100 or 48000 Hz, not {sample_rate}.")
        if bit_depth not in BIT_DEPTHS:
            raise UsageError(f"Packs are written with 16 or 24 bits, not {bit_depth}.")
        _require_folder_or_nothing(folder)
        self.folder, self.name, self.seed = folder, name, seed
        self.prefix, self.template = check_prefix(prefix), check_template(template)
        self.sample_rate, self.bit_depth = sample_rate, bit_depth
        self.licence, self.date, self.created_by, self.force = licence, date, created_by, force
        self.words, self.tagged, self.rejected, self.section = words, tagged, rejected, ""
        self.notes: list[str] = []
        self._written_as = _stamp(name, prefix, template, date) if words is not None else ""
        self._journal = Journal(folder)
        require_no_other_licence(folder, unless=force or bool(self._journal.known_paths))
        self._stale: frozenset[str] = frozenset()
        if words is not None:
            self._stale = stale_paths(folder, self._journal.entries, words=words, fits=self._is_as_asked)
        earlier = self._journal.manifest if words is None or any(not entry.section for entry in self.entries) else None
        if self._journal.manifest is not None:
            self.rejected = {*rejected, *self._journal.manifest.rejected}
        self.attributions = tuple(dict.fromkeys((*(earlier.attributions if earlier else ()), *attributions)))
        self._missing: dict[str, Missing] = {}
        finished = {entry.job: entry for entry in self.entries if entry.job and self._has_format(entry)}
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
        """The files that are complete, those of earlier runs included as far as the recipe wants them."""
        return [entry for entry in self._journal.entries if entry.path not in self._stale]

    def done(self, job: str) -> FileEntry | None:
        """The file that an earlier run made for `job` (see `manifest.job_key`), or None."""
        return self._by_job.get(job)

    def claim(self, entry: FileEntry) -> FileEntry:
        """A finished file for the section that is being filled, which may be called otherwise than before."""
        if entry.section == self.section or self.words is None:
            return entry
        claimed = replace(entry, section=self.section)
        self._journal.append(claimed)
        self._by_job[entry.job] = claimed
        return claimed

    def refusals(self, job: str) -> Mapping[int, Refusal]:
        """What the gates said of the refused draws of `job`, by attempt, as far as this build got."""
        return self._journal.refusals(job)

    def refuse(self, job: str, *, attempt: int, refusal: Refusal) -> None:
        """Note a refused draw, so that a build that goes on later knows of it."""
        self._journal.refuse(job, attempt=attempt, refusal=refusal)

    def given_up(self, job: str) -> Missing | None:
        """What is known of a job that no draw could fulfil, or None; with `force` it is tried again."""
        return None if self.force else self._journal.missing(job)

    def give_up(self, missing: Missing) -> None:
        """Note a sound that could not be made, for the manifest."""
        self._missing[missing.job] = missing
        if missing.draws and self._journal.missing(missing.job) != missing:
            self._journal.give_up(missing)

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
        data = encode_tagged_wav(
            sound, bit_depth=self.bit_depth, label=self.name, date=self.date, plain=not self.tagged
        )
        content = Written(files.hash_bytes(data), len(data))
        if self._is_free(place.path, size=content.size, content=lambda: content):
            self._intend(place, content.sha256)
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
            wav = StreamedWav(ready, bit_depth=self.bit_depth, label=self.name, date=self.date, plain=not self.tagged)
            if self._is_free(place.path, size=wav.size, content=wav.measure):
                self._intend(place, wav.size)
                content = wav.write(files.resolve_inside(self.folder, place.path))
            else:
                content = wav.measure()
            return self._note(ready, place, content, job=job, verdict=verdict, redraws=redraws)

    def finish(self, companions: Iterable[Companion] | None = None, *, keep: Collection[str] | None = None) -> Path:
        """Write companions, ``LICENSE.txt`` and ``manifest.json`` and drop the journal.

        What earlier builds of the recipe made and this one does not want is deleted before;
        files that somebody changed stay and are named in `notes`.

        Parameters
        ----------
        companions
            All that lies beside the sounds; None leaves what is there.
        keep
            The jobs that are wanted; None takes those of `words`.

        Returns
        -------
        Path
            That of the manifest.

        Raises
        ------
        OutputError
            If something cannot be written or deleted.
        """
        if companions is None:
            made = self._journal.manifest.companions if self._journal.manifest else ()
        else:
            made, notes = write_companions(self.folder, companions, journal=self._journal, force=self.force)
            self.notes += notes
        if companions is not None or self.words is not None:
            self._clear(made, keep=self.words if keep is None else keep)
        licence = pack_licence(self.licence, sounds=(entry.licence for entry in self.entries))
        write_licence(
            self.folder, name=self.name, licence=licence, attributions=self.attributions,
            entries=() if self.words is None else self.entries,
        )  # fmt: skip
        manifest = new_manifest(
            name=self.name,
            licence=licence,
            entries=self.entries,
            attributions=self.attributions,
            created_by=self.created_by,
            companions=made,
            missing=tuple(self._all_missing()),
            rejected=self.rejected,
        )
        path = write_manifest(self.folder, manifest)
        self._journal.remove()
        return path

    def _is_as_asked(self, entry: FileEntry) -> bool:
        return self._has_format(entry) and entry.written_as == self._written_as

    def _clear(self, companions: Sequence[CompanionEntry], *, keep: Collection[str] | None) -> None:
        """Delete what neither sounds nor companions of this build are, and what killed runs left."""
        if keep is not None:
            self._stale |= unwanted_paths(self.folder, self.entries, jobs=keep)
        wanted = {entry.path for entry in self.entries} | {made.path for made in companions}
        self.notes += remove_files(self.folder, self._journal.known_paths, keep=wanted, journal=self._journal)
        tidy(self.folder)

    def _all_missing(self) -> Iterator[Missing]:
        """Without a recipe, those of earlier runs that this one did not ask for stay."""
        if self.words is None and self._journal.manifest is not None:
            here = {entry.job for entry in self.entries}
            earlier = self._journal.manifest.missing
            yield from (sound for sound in earlier if sound.job not in here and sound.job not in self._missing)
        yield from self._missing.values()

    def _has_format(self, entry: FileEntry) -> bool:
        return (entry.sample_rate, entry.bit_depth, entry.tagged) == (self.sample_rate, self.bit_depth, self.tagged)

    def _word_for(self, job: str) -> str:
        """The word that is planned for the job or that it had before, else the first free one."""
        if self.words is not None:
            taken = {*self.words.values(), *(entry.word for entry in self.entries if entry.job != job)}
            return self.words.get(job) or next(word for word in words_of(job, seed=self.seed) if word not in taken)
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
        if relative in self._stale or self._journal.owns(relative):
            return not (path.stat().st_size == size and files.hash_file(path) == content().sha256)
        if path.is_file() and path.stat().st_size == size and files.hash_file(path) == content().sha256:
            return False
        raise OutputError(
            f"{path} is there already and is not what samplegen wrote: it is not of this pack, or was changed. "
            "Move it away, or use --force or another --out folder."
        )

    def _intend(self, place: "_Place", content: str | int) -> None:
        """Another recipe's build, after this one was killed, shall know that the file is not the user's."""
        if self.words is not None:
            self._journal.intend(place.path, content=content)

    def _note(
        self, sound: Described, place: "_Place", content: Written, *, job: str, verdict: Verdict | None, redraws: int
    ) -> FileEntry:
        measures: Mapping[str, float | None] = {} if verdict is None else verdict.measures
        gates = () if verdict is None else tuple(result.name for result in verdict.results if result.passed)
        entry = entry_of(
            sound, path=place.path, sha256=content.sha256, size=content.size, bit_depth=self.bit_depth,
            measures=measures, gates=gates, redraws=redraws, job=job, word=place.word,
            refused=self._refused(job, redraws), section=self.section, tagged=self.tagged,
            written_as=self._written_as,
        )  # fmt: skip
        self._journal.append(entry)
        self._stale -= {entry.path}
        if job:
            self._by_job[job] = entry
        return entry

    def _refused(self, job: str, redraws: int) -> dict[str, int]:
        """Gate to how many of the first `redraws` draws it refused."""
        refusals = self._journal.refusals(job)
        return dict(Counter(name for attempt in range(redraws) if attempt in refusals
                            for name in refusals[attempt].refused))  # fmt: skip


def _stamp(*settings: str) -> str:
    """A short hash of the settings that names and tags depend on."""
    return files.hash_bytes("\0".join(settings).encode())[:16]
