"""The data card: what a library and rendered loops hold, from whom, and what they lack, as Markdown."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samplegen.training.rendering.instruments import CHORD_KINDS, PATCH_SHARE
from samplegen.training.rendering.kits import REAL_KIT_SHARE
from samplegen.training.rendering.patches import FAMILIES
from samplegen.training.rendering.render_folder import read_index
from samplegen.training.rendering.roles import ROLES
from samplegen.training.sources.library import GROOVE_KIND, ONE_SHOT_KINDS, RECORDED_LOOP_KINDS, Library, Record

TEMPO_STEP = 20
_FEW_SOURCES = 4
_PATCH = "synth/"


@dataclass(frozen=True)
class LoopFolder:
    """A rendered folder: its name, what a command calls it, the head of its index, and its loops."""

    name: str
    path: str
    head: Mapping[str, Any]
    entries: Sequence[Mapping[str, Any]]

    @property
    def minutes(self) -> float:
        """Minutes of all loops."""
        return float(sum(entry["length"] for entry in self.entries)) / float(self.head["sample_rate"]) / 60.0


def read_folders(folders: Iterable[Path]) -> tuple[LoopFolder, ...]:
    """Indices of rendered folders; an `InputError` where there is none."""
    return tuple(LoopFolder(folder.name, relative(folder), *read_index(folder)) for folder in folders)


def relative(path: Path) -> str:
    """A path as a reader can repeat it: no machine's folders."""
    return path.name if path.is_absolute() else path.as_posix()


def data_card(library: Library, folders: Sequence[LoopFolder], *, name: str = "library.jsonl") -> str:
    """The card as Markdown, the same for the same input; `name` is what a command calls the library."""
    shots = [record for record in library.records if record.kind not in (*RECORDED_LOOP_KINDS, GROOVE_KIND)]
    parts = [
        _head(library, shots, folders, name=name),
        _kinds(shots), _sources(library, folders), _held_out(library, folders),
        *(_loops(folder) for folder in folders), _augmentation(), _gaps(library, shots, folders),
    ]  # fmt: skip
    return "\n".join(part.rstrip() + "\n" for part in parts)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; all but the first column to the right."""
    lines = [f"| {' | '.join(columns)} |", f"| --- |{' ---: |' * (len(columns) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)]) + "\n"


def _minutes(records: Iterable[Record]) -> float:
    return sum(record.duration_s for record in records) / 60.0


def _head(library: Library, shots: Sequence[Record], folders: Sequence[LoopFolder], *, name: str) -> str:
    licences = Counter(record.licence for record in library.records)
    loops = sum(len(folder.entries) for folder in folders)
    options = "".join(f" --loops {folder.path}" for folder in folders)
    return (
        "# Data\n\n"
        "What models learn from. Made by the command below; do not edit by hand.\n\n"
        f"```sh\nsamplegen data card {name}{options} --out docs/data.md\n```\n\n"
        f"{len(shots):,} one-shots and notes ({_minutes(shots):.0f} minutes) from "
        f"{len({record.source for record in shots})} published libraries, and {loops:,} loops "
        f"({sum(folder.minutes for folder in folders) / 60.0:.1f} hours) that samplegen renders from them, with "
        "patterns that it draws itself. No audio or MIDI of others beyond the sources below; recorded loops among them "
        "are listed; `data encode` takes those of whole bars (the bundled generators were made before it did).\n\n"
        f"Licences: {', '.join(f'{name} ({count:,} files)' for name, count in licences.most_common())}.\n"
    )


def _kinds(shots: Sequence[Record]) -> str:
    by_kind: dict[str, list[Record]] = defaultdict(list)
    for record in shots:
        by_kind[record.kind].append(record)
    rows = []
    for kind in sorted(by_kind, key=lambda kind: (kind not in ONE_SHOT_KINDS, -len(by_kind[kind]), kind)):
        records = by_kind[kind]
        held = [record for record in records if record.split == "held_out"]
        sources = {record.source for record in records if record.split == "train"}
        pitched = sum(record.midi_pitch is not None for record in records)
        use = "" if kind in ONE_SHOT_KINDS else " (in loops only)" if kind in CHORD_KINDS else " (not used)"
        name = kind + use
        rows.append((name, len(records) - len(held), len(held), len(sources), pitched, f"{_minutes(records):.1f}"))
    return "## One-shots and notes by kind\n\n" + table(
        ("kind", "train", "held out", "training sources", "with a pitch", "minutes"), rows
    )


def _sources(library: Library, folders: Sequence[LoopFolder]) -> str:
    by_source: dict[str, list[Record]] = defaultdict(list)
    source_of = {}
    for record in library.records:
        by_source[record.source].append(record)
        source_of[record.path] = record.source
    heard: Counter[str] = Counter()
    for folder in folders:
        for entry in folder.entries:
            heard.update({"samplegen" if p.startswith(_PATCH) else source_of.get(p, "?") for p in entry["sources"]})
    rows: list[tuple[str | int, ...]] = [
        (source, ", ".join(sorted({record.licence for record in records})), records[0].split.replace("_", " "),
         len(records), f"{_minutes(records):.1f}", heard[source])
        for source, records in sorted(by_source.items(), key=lambda item: (-len(item[1]), item[0]))
    ]  # fmt: skip
    if heard["samplegen"]:
        rows.append(("samplegen's own patches", "–", "both, no patch in both", "–", "–", heard["samplegen"]))
    return "## Sources\n\n" + table(("source", "licence", "split", "files", "minutes", "loops it sounds in"), rows)


def _held_out(library: Library, folders: Sequence[LoopFolder]) -> str:
    held = sorted({record.source for record in library.records if record.split == "held_out"})
    loops = sum(len(folder.entries) for folder in folders if folder.head["split"] == "held_out")
    return (
        "## Held out\n\n"
        "Split by source (`samplegen/training/held_out_sources.txt`), never by file: "
        f"{', '.join(held) or 'none'}; and {loops} loops rendered from them alone. Synthesised instruments are split "
        "by the patch's number.\n"
    )


def _loops(folder: LoopFolder) -> str:
    entries = folder.entries
    roles = [role for role in ROLES if any(entry.get("role") == role for entry in entries)]
    styles = sorted({entry["style"] for entry in entries})
    bins = range(60, 200, TEMPO_STEP)
    rows: list[tuple[str | int, ...]] = []
    for role in roles:
        mine = [entry for entry in entries if entry["role"] == role]
        tempi = [sum(_bin(entry["bpm"]) == low for entry in mine) for low in bins]
        minutes = sum(entry["length"] for entry in mine) / float(folder.head["sample_rate"]) / 60.0
        by_style = [sum(entry["style"] == style for entry in mine) for style in styles]
        rows.append((role, len(mine), f"{minutes:.0f}", *by_style, *tempi))
    counts = range(3, 3 + len(styles) + len(bins))
    whole = ("all", len(entries), f"{folder.minutes:.0f}", *(sum(int(row[k]) for row in rows) for k in counts))
    heads = ("role", "loops", "minutes")
    cut = 3 + len(styles)
    both = [*rows, whole]
    return "\n".join(
        (
            f"## Loops: {folder.name}\n",
            f"Split {folder.head['split'].replace('_', ' ')}, seed {folder.head['seed']}, "
            f"{folder.head['sample_rate']} Hz mono. Pads, arpeggios and leads are `loop_chord` to a model, told apart "
            "by their tags.\n",
            table((*heads, *styles), [row[:cut] for row in both]),
            table(("role", *(f"{low}–{low + TEMPO_STEP}" for low in bins)), [(row[0], *row[cut:]) for row in both]),
            _more(entries),
        )
    )


def _bin(bpm: float) -> int:
    return min(int(bpm // TEMPO_STEP) * TEMPO_STEP, 200 - TEMPO_STEP)


def _more(entries: Sequence[Mapping[str, Any]]) -> str:
    keyed = [entry for entry in entries if entry["key"]]
    synth = sum(any(path.startswith(_PATCH) for path in entry["sources"]) for entry in keyed)
    counts: dict[str, Counter[str]] = {
        "Meters": Counter("/".join(map(str, entry["meter"])) for entry in entries),
        "Bars": Counter(str(entry["bars"]) for entry in entries),
        "Modes": Counter(str(entry.get("mode")) for entry in keyed),
        "Effects that are heard": Counter(word for entry in entries for word in entry.get("effects", ())),
    }
    lines = [f"- {name}: {', '.join(f'{k} {n}' for k, n in count.most_common())}." for name, count in counts.items()]
    tonics = Counter(entry["key"].removesuffix("m") for entry in keyed)
    if keyed:
        lines.append(f"- Tonics: {', '.join(f'{tonic} {tonics[tonic]}' for tonic in sorted(tonics))}.")
        lines.append(f"- Of {len(keyed)} tonal loops {synth} play synthesised instruments, the others recordings.")
    swung = sum(entry["swing"] > 0.5 for entry in entries)
    return "\n".join([*lines, f"- Swung: {swung} of {len(entries)}."]) + "\n"


def _augmentation() -> str:
    return (
        "## What is varied\n\n"
        "- One-shots are encoded as they are and two semitones lower and higher.\n"
        f"- Drums: {100 * REAL_KIT_SHARE:.0f} % of the kits keep to one recorded kit or pack, the others mix sources, "
        "each counting by the root of its number of files. Each sound: up to 4 semitones, shorter, brighter or "
        "darker, 2 dB louder or softer; velocity layers and round robins where the kit has them.\n"
        "- Patterns: eight styles, ghost notes, fills, rolls, swing, later bars that differ in a few steps, and timing "
        "and velocities as loose as drummers' (or machine-tight).\n"
        f"- Tonal loops: a recorded instrument, or in {100 * PATCH_SHARE:.0f} % one of {len(FAMILIES)} families of "
        "synthesised ones, in any key. A recording plays only where YIN and a comb of harmonics agree on its pitch to "
        "a third of a semitone and it holds that pitch, and is tuned by what was measured. A draw whose notes, or "
        "whose recordings, say another key is drawn again.\n"
        "- The whole: drive, cuts, compressor, room, echoes in time, sidechain; then a limiter to about -12 to -10 "
        "LUFS at -1 dBFS (a sixth stay more dynamic). All of them go round the loop's end.\n"
    )


def _gaps(library: Library, shots: Sequence[Record], folders: Sequence[LoopFolder]) -> str:
    train = [record for record in shots if record.split == "train"]
    sources: dict[str, set[str]] = defaultdict(set)
    for record in train:
        sources[record.kind].add(record.source)
    few = [f"{kind} ({len(names)})" for kind, names in sorted(sources.items()) if len(names) < _FEW_SOURCES]
    held = {record.kind for record in shots if record.split == "held_out"}
    biggest, count = Counter(record.source for record in train).most_common(1)[0] if train else ("none", 0)
    pads = sum(record.kind == "pad" and record.midi_pitch is not None for record in train)
    layered = sum(record.velocity is not None for record in train)
    odd = [entry for folder in folders for entry in folder.entries if tuple(entry["meter"]) != (4, 4)]
    total = max(1, sum(len(folder.entries) for folder in folders))
    lines = [
        f"Kinds from fewer than {_FEW_SOURCES} training sources: {', '.join(few) or 'none'}.",
        f"Kinds that are not held out: {', '.join(sorted(set(sources) - held)) or 'none'}.",
        f"The largest source, {biggest}, has {100 * count / max(1, len(train)):.0f} % of the training files.",
        f"Of the recorded notes {pads} are pads and {sum(r.kind in CHORD_KINDS for r in train)} are for chords at all: "
        "most sustained chords are synthesised or sampled from orchestral and reed instruments.",
        f"Velocity layers exist for {100 * layered / max(1, len(train)):.0f} % of the training files.",
        f"{100 * len(odd) / total:.0f} % of the loops are not in 4/4. All keys are major, minor or dorian in equal "
        "temperament; progressions begin on the tonic. Nothing of other tunings, of maqams, ragas or polymeters.",
        "Patterns are written by rule from eight electronic styles, not taken from records: no human phrasing beyond "
        "drawn timing, no song form, no singing, no recorded ambience, mono.",
        "Words come from file names and from what the renderer did: sources name machines and woods more often than "
        "moods.",
    ]
    return "## Known gaps and bias\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"
