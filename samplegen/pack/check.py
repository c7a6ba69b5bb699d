"""Verifying a pack made by anyone: readable, named, tagged, exact, seamless, clean, distinct, unchanged.

What lies beside the sounds must be there and unchanged too, as far as a manifest tells of it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

from samplegen import files
from samplegen.audio.io import read_audio, read_info
from samplegen.audio.source import open_source
from samplegen.errors import InputError, SamplegenError
from samplegen.pack.duplicates import EMBEDDED_S, DuplicateIndex, is_embedded_whole
from samplegen.pack.gates import PEAK_FLOOR_DB, gate_duplicate, judge
from samplegen.pack.inference import Inferred, bpm_in_name, infer
from samplegen.pack.journal import JOURNAL_NAME
from samplegen.pack.long import judge_long
from samplegen.pack.manifest import MANIFEST_NAME, FileEntry, Manifest, read_manifest
from samplegen.pack.naming import is_splice_name
from samplegen.pack.pass_rates import GateRate, pass_rates_of
from samplegen.pack.readtags import ReadTags, read_tags
from samplegen.pack.sound import LongSound, Provenance, Sound, Tags
from samplegen.pack.verdict import GateResult, Verdict

Severity = Literal["error", "warning"]
_OTHER_AUDIO: Final = frozenset({".aif", ".aiff", ".flac", ".mp3", ".ogg", ".m4a", ".w64", ".rex", ".rx2"})
_TEMPO_TOLERANCE_BPM: Final = 0.01
LONG_S: Final = 300.0
# Many programs round the tempo in ID3 and in names.
_ROUNDED_TEMPO_BPM: Final = 0.5


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one file.

    Parameters
    ----------
    path
        Relative to the pack, with ``/``.
    code
        One word for programs, such as ``length`` or ``duplicate``.
    message
        One or two plain sentences.
    """

    path: str
    severity: Severity
    code: str
    message: str


@dataclass(frozen=True)
class Report:
    """What `check_pack` found.

    Parameters
    ----------
    checked
        Number of WAV files.
    measures
        Path of each readable file to its numbers.
    companions
        Number of files beside the sounds that were found as the manifest says.
    pass_rates
        By gate, as the manifest's sounds tell; empty without a manifest.
    """

    folder: Path
    checked: int
    problems: tuple[Problem, ...]
    measures: Mapping[str, Mapping[str, float | None]]
    companions: int = 0
    pass_rates: Mapping[str, GateRate] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that make a pack unfit."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that somebody should look at."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    @property
    def passed(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "folder": str(self.folder),
            "passed": self.passed,
            "checked": self.checked,
            "companions": self.companions,
            "pass_rates": {name: rate.to_json() for name, rate in self.pass_rates.items()},
            "problems": [vars(problem) for problem in self.problems],
            "measures": {path: dict(numbers) for path, numbers in self.measures.items()},
        }


def check_pack(folder: Path, *, progress: Callable[[int, int], None] | None = None) -> Report:
    """Check every WAV file below `folder`, and its manifest where there is one.

    Parameters
    ----------
    progress
        Called with (files checked, files in all) after each file.

    Raises
    ------
    InputError
        If `folder` is not a folder, cannot be read or holds no WAV file.
    """
    problems: list[Problem] = []
    paths = _wav_files(folder)
    manifest = _manifest(folder, problems)
    companions = {made.path for made in manifest.companions} if manifest is not None else set()
    paths = [path for path in paths if path not in companions]
    entries = {entry.path: entry for entry in manifest.files} if manifest is not None else {}
    index, measures = DuplicateIndex(), {}
    for number, relative in enumerate(paths, start=1):
        found, numbers = _check_file(folder, relative, entry=entries.get(relative), index=index)
        problems += found
        if numbers is not None:
            measures[relative] = numbers
        if manifest is not None and relative not in entries:
            problems.append(Problem(relative, "warning", "unlisted", f"It is not in {MANIFEST_NAME}."))
        if progress is not None:
            progress(number, len(paths))
    problems += [
        Problem(path, "error", "missing", f"{MANIFEST_NAME} lists it, but it is not there.")
        for path in sorted(set(entries) - set(paths))
    ]
    problems += _folder_problems(folder, paths, known=companions)
    if manifest is None:
        return Report(folder, len(paths), tuple(problems), measures)
    wrong = list(_companion_problems(folder, manifest))
    problems += [*wrong, *_rate_problems(manifest)]
    rates = pass_rates_of(manifest.files, manifest.missing)
    return Report(folder, len(paths), tuple(problems), measures, len(companions) - len(wrong), rates)


def _companion_problems(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    for made in manifest.companions:
        try:
            if files.hash_file(folder / made.path) != made.sha256:
                message = f"It changed since {MANIFEST_NAME} was written: the SHA-256 is another."
                yield Problem(made.path, "error", "companion", message)
        except OSError as error:
            message = f"{MANIFEST_NAME} lists it, but it cannot be read: {error.strerror or error}."
            yield Problem(made.path, "error", "missing", message)


def _rate_problems(manifest: Manifest) -> Iterator[Problem]:
    told = manifest.pass_rates
    if told is not None and told != pass_rates_of(manifest.files, manifest.missing):
        message = "Its pass rates are not those that its sounds tell."
        yield Problem(MANIFEST_NAME, "error", "manifest", message)


def _all_files(folder: Path) -> list[str]:
    try:
        if not folder.is_dir():
            raise InputError(f"{folder} is not a folder. Name the folder of a pack.")
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    except OSError as error:
        raise InputError(f"Cannot read {folder}: {error.strerror or error}.") from error


def _wav_files(folder: Path) -> list[str]:
    # Files that begin with a dot are none of a pack's (macOS leaves ._ files).
    found = [
        path
        for path in _all_files(folder)
        if PurePosixPath(path).suffix.lower() in (".wav", ".wave") and not PurePosixPath(path).name.startswith(".")
    ]
    if not found:
        raise InputError(f"{folder} holds no WAV file. Name the folder of a pack.")
    return found


def _manifest(folder: Path, problems: list[Problem]) -> Manifest | None:
    try:
        return read_manifest(folder)
    except InputError as error:
        problems.append(Problem(MANIFEST_NAME, "error", "manifest", str(error)))
        return None


def _folder_problems(folder: Path, paths: list[str], *, known: Collection[str]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for path in paths:
        other = seen.setdefault(PurePosixPath(path).stem.lower(), path)
        if other != path:
            yield Problem(path, "warning", "name", f"Its name is also that of {other}.")
    for path in _all_files(folder):
        name = PurePosixPath(path).name
        if PurePosixPath(path).suffix.lower() in _OTHER_AUDIO and path not in known:
            yield Problem(path, "warning", "format", "It is not a WAV file and was not checked.")
        elif name == JOURNAL_NAME:
            yield Problem(path, "warning", "unfinished", "The pack was not finished. Run its command again.")
        elif name.startswith(".") and name.endswith(".part"):
            yield Problem(path, "warning", "unfinished", "It is half of a file that was being written. Delete it.")


def _check_file(
    folder: Path, relative: str, *, entry: FileEntry | None, index: DuplicateIndex
) -> tuple[list[Problem], Mapping[str, float | None] | None]:
    path, stem = folder / relative, PurePosixPath(relative).stem
    found: list[Problem] = []
    if not is_splice_name(stem):
        message = f"The name {stem!r} has characters other than A-Z a-z 0-9 _ - #."
        found.append(Problem(relative, "warning", "name", message))
    try:
        read = read_tags(path)
        found += [Problem(relative, "error", "chunk", message) for message in read.problems]
        plain = entry is not None and not entry.tagged
        inferred = _told(entry) if entry is not None and plain else infer(read, relative=relative, entry=entry)
        origin = Provenance(engine="" if entry is None else entry.engine)
        verdict, sound = _judge_file(path, inferred.tags, origin, index=index)
        if entry is None or not entry.gates or "duplicate" in entry.gates:  # takes are like their source
            index.add(sound, name=relative)
    except SamplegenError as error:
        found.append(Problem(relative, "error", "unreadable", str(error)))
        return found, None
    found += [Problem(relative, "error", "manifest", message) for message in _differences(path, read, entry)]
    found += [] if plain and read.acid is None else _tag_problems(read, relative=relative, inferred=inferred)
    found += [
        Problem(relative, _severity(result), result.name, result.reason)
        for result in verdict.results
        if not result.passed and _is_promised(result, entry)
    ]
    return found, verdict.measures


def _is_promised(result: GateResult, entry: FileEntry | None) -> bool:
    """Whether a gate judged the sound when it was made: takes of one hit may be alike, recordings may click."""
    return entry is None or not entry.gates or result.name in entry.gates


def _told(entry: FileEntry) -> Inferred:
    """What the manifest says of a file that says nothing itself."""
    bars = None if entry.kind == "one_shot" else entry.bars
    return Inferred(
        Tags(entry.kind, entry.category, bpm=entry.bpm, bars=bars, meter=entry.meter, key=entry.key), MANIFEST_NAME
    )


def _judge_file(path: Path, tags: Tags, origin: Provenance, *, index: DuplicateIndex) -> tuple[Verdict, Sound]:
    """The gates' verdict, and what others are compared with.

    Of what is longer than `LONG_S`, only the beginning is taken into memory.
    """
    if is_embedded_whole(tags.kind) or read_info(path).duration_s <= LONG_S:
        sound = Sound(read_audio(path), tags, origin)
        verdict = judge(sound, index=index)
    else:
        with open_source(path) as source:
            verdict = judge_long(LongSound(source, tags, origin))
        sound = Sound(read_audio(path, max_seconds=EMBEDDED_S), tags, origin)
        neighbour = gate_duplicate(sound, measures := dict(verdict.measures), index=index)
        verdict = Verdict((*verdict.results, *([neighbour] if neighbour is not None else [])), measures)
    return verdict, sound


def _severity(result: GateResult) -> Severity:
    quiet = result.name == "peak" and result.limit == PEAK_FLOOR_DB
    return "warning" if quiet or result.name == "key" else "error"


def _differences(path: Path, read: ReadTags, entry: FileEntry | None) -> Iterator[str]:
    """Sentences about what the manifest says otherwise than the file."""
    if entry is None:
        return
    if files.hash_file(path) != entry.sha256:
        yield f"It changed since {MANIFEST_NAME} was written: the SHA-256 is another."
    beats = read.acid.beats if read.acid is not None else None
    expected_beats = 0 if entry.kind == "one_shot" else entry.beats
    pairs: tuple[tuple[str, object, object], ...] = (
        ("length", read.length, entry.length),
        ("sample rate", read.sample_rate, entry.sample_rate),
        ("bit depth", read.bit_depth, entry.bit_depth),
        ("number of channels", read.channels, entry.channels),
    )
    if entry.tagged:
        pairs += (
            ("key", read.key, entry.key),
            ("number of beats", beats, beats if expected_beats is None else expected_beats),
        )
    yield from (
        f"Its {name} is {found}, but {MANIFEST_NAME} says {said}." for name, found, said in pairs if found != said
    )
    if entry.tagged and entry.bpm is not None and abs((read.bpm or 0.0) - entry.bpm) > _TEMPO_TOLERANCE_BPM:
        yield f"Its tempo tag is {read.bpm}, but {MANIFEST_NAME} says {entry.bpm:g} BPM."


def _tag_problems(read: ReadTags, *, relative: str, inferred: Inferred) -> Iterator[Problem]:
    tags = inferred.tags
    if read.acid is None:
        yield Problem(relative, "warning", "untagged", "It has no acid chunk: most DAWs will not know its tempo.")
    elif tags.kind == "loop" and (read.acid.one_shot or not read.acid.beats):
        yield Problem(relative, "error", "tags", "It is a loop, but its acid chunk says one-shot or no beats.")
    tempi = {
        "acid": read.acid.bpm if read.acid is not None and read.acid.bpm else None,
        "ID3": _number(read.id3.get("TBPM", "")),
        "its name": bpm_in_name(PurePosixPath(relative).stem) if tags.kind == "loop" else None,
    }
    said = {place: bpm for place, bpm in tempi.items() if bpm is not None}
    if said and max(said.values()) - min(said.values()) > _ROUNDED_TEMPO_BPM:
        listed = ", ".join(f"{place} {bpm:g}" for place, bpm in said.items())
        yield Problem(relative, "error", "tags", f"Its tempo tags disagree: {listed} BPM.")
    yield from _loop_problems(read, relative=relative, kind=tags.kind)
    for position, label in read.cues:
        if position >= max(1, read.length):
            message = f"The marker {label!r} stands at sample {position}, after the end at {read.length}."
            yield Problem(relative, "error", "markers", message)


def _loop_problems(read: ReadTags, *, relative: str, kind: str) -> Iterator[Problem]:
    loops = read.sampler.loops if read.sampler is not None else ()
    for start, end in loops:
        if not start < end < read.length:
            message = f"Its loop runs from sample {start} to {end}, but it has {read.length} samples."
            yield Problem(relative, "error", "loop", message)
        elif kind == "one_shot":
            yield Problem(relative, "error", "loop", "It is a one-shot with loop points: a sampler would repeat it.")
        elif kind == "loop" and (start, end) != (0, read.length - 1):
            message = f"Its loop points {start} to {end} leave a part of its {read.length} samples out."
            yield Problem(relative, "warning", "loop", message)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < 1000 else None
