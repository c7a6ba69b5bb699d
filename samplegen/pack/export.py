"""Writing sounds as a pack: folders, names, journal, manifest and licence."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from samplegen import files, units
from samplegen.audio.resample import resample, resample_ring
from samplegen.audio.types import Audio
from samplegen.errors import OutputError, UsageError
from samplegen.pack.journal import Journal
from samplegen.pack.licence import DEFAULT_LICENCE, write_licence
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
from samplegen.pack.sound import PEAK_CEILING_DB, Sound, Tags
from samplegen.pack.tags import NO_DATE, encode_tagged_wav
from samplegen.pack.verdict import Verdict

SAMPLE_RATES: Final = (44_100, 48_000)
BIT_DEPTHS: Final = (16, 24)
_FOLDERS: Final = {"loop": "Loops", "one_shot": "One_Shots", "riser": "Risers", "texture": "Textures"}
_WITH_CATEGORIES: Final = ("loop", "one_shot")


def folder_of(tags: Tags) -> str:
    """Where in a pack a sound belongs, such as ``Loops/Drums``, ``One_Shots/Hat-Closed`` or ``Risers``."""
    top = _FOLDERS[tags.kind]
    category = category_of(tags).title()
    return f"{top}/{category}" if tags.kind in _WITH_CATEGORIES and category else top


def conform(sound: Sound, *, sample_rate: int) -> Sound:
    """`sound` at `sample_rate`, with the exact length its tags ask for there.

    A loop is resampled as a ring, so that it stays seamless. A peak that
    resampling lifted over the ceiling is scaled down to it.
    """
    audio = sound.audio
    if audio.sample_rate == sample_rate:
        return sound
    length = sound.tags.length_at(sample_rate)
    if sound.tags.kind == "loop" and length is not None:
        made = Audio(resample_ring(audio.samples, length=length), sample_rate)
    else:
        made = resample(audio, sample_rate=sample_rate)
    ceiling = units.db_to_gain(PEAK_CEILING_DB)
    peak = float(np.abs(made.samples).max(initial=0.0))
    if peak > ceiling:
        made = made.with_samples(made.samples * np.float32(ceiling / peak * (1 - 1e-6)))
    return replace(sound, audio=made)


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
        word = self._word_for(job)
        file_name = sound_name(sound.tags, word=word, template=self.template, prefix=self.prefix)
        sound = conform(sound, sample_rate=self.sample_rate)
        if not sound.tags.title:
            sound = replace(sound, tags=replace(sound.tags, title=Path(file_name).stem))
        data = encode_tagged_wav(sound, bit_depth=self.bit_depth, label=self.name, date=self.date)
        relative = f"{folder_of(sound.tags)}/{file_name}"
        self._write(relative, data)
        measures: Mapping[str, float | None] = {} if verdict is None else verdict.measures
        gates = () if verdict is None else tuple(result.name for result in verdict.results if result.passed)
        entry = entry_of(
            sound, path=relative, data=data, bit_depth=self.bit_depth, measures=measures, gates=gates,
            redraws=redraws, job=job, word=word,
        )  # fmt: skip
        self._journal.append(entry)
        if job:
            self._by_job[job] = entry
        return entry

    def finish(self) -> Path:
        """Write ``manifest.json`` and ``LICENSE.txt`` and drop the journal; returns the manifest's path.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        write_licence(self.folder, name=self.name, licence=self.licence, attributions=self.attributions)
        manifest = new_manifest(
            name=self.name,
            licence=self.licence,
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

    def _write(self, relative: str, data: bytes) -> None:
        path = files.resolve_inside(self.folder, relative)
        if path.exists() and not self.force and self._journal.entry_at(relative) is None:
            # A run that was stopped between file and journal left the same bytes.
            if path.is_file() and path.stat().st_size == len(data) and files.hash_file(path) == files.hash_bytes(data):
                return
            raise OutputError(f"{path} is there already and not of this pack. Use --force or another --out folder.")
        files.write_bytes(path, data)
