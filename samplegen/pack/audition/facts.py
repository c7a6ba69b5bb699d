"""What the page knows of each sound, as JSON values."""

import base64
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from samplegen.pack.audition.clips import Clip, Clips
from samplegen.pack.companions import PackView
from samplegen.pack.manifest import FileEntry
from samplegen.pack.summary import counts_text, draws_text, facts_text

_MEASURES: Final = {
    "lufs": ("Loudness", "LUFS"),
    "peak_db": ("Peak", "dBFS"),
    "tempo_bpm": ("Measured tempo", "BPM"),
}


def pack_facts(view: PackView, clips: Clips) -> dict[str, Any]:
    """The pack and its sounds."""
    return {
        "name": view.name,
        "artist": view.artist,
        "description": view.description,
        "licence": view.licence,
        "facts": facts_text(view),
        "counts": counts_text(view.entries),
        "draws": draws_text(view.entries),
        "refused": [[gate, number] for gate, number in _refused(view)],
        "note": clips.note,
        "sampleRate": page_rate(view),
        "sounds": [sound_facts(entry, clips.by_path[entry.path]) for entry in view.entries],
    }


def page_rate(view: PackView) -> int:
    """The sample rate in Hz of most of the pack's sounds, the lowest of several such."""
    rates = Counter(entry.sample_rate for entry in view.entries)
    return min(rates, key=lambda rate: (-rates[rate], rate)) if rates else 44_100


def sound_facts(entry: FileEntry, clip: Clip) -> dict[str, Any]:
    """One sound: what it is, where it came from and how it looks."""
    return {
        "path": entry.path,
        "sha256": entry.sha256,
        "job": entry.job,
        "name": PurePosixPath(entry.path).stem,
        "word": entry.word,
        "kind": entry.kind,
        "category": category_text(entry),
        "tags": tags_of(entry),
        "bpm": entry.bpm,
        "bars": entry.bars,
        "meter": list(entry.meter),
        "key": entry.key,
        "length": entry.length,
        "sampleRate": entry.sample_rate,
        "excerpt": clip.excerpt,
        "embedded": bool(clip.flac),
        "overview": base64.b64encode(clip.overview).decode("ascii"),
        "facts": _shown_facts(entry),
    }


def category_text(entry: FileEntry) -> str:
    """Such as ``hat closed``."""
    return entry.category.removeprefix("loop_").replace("_", " ").replace("-", " ")


def tags_of(entry: FileEntry) -> list[str]:
    """Words that the sound was asked for with: its style and those of the prompt that were understood."""
    found = [entry.parameters.get("style"), *_texts(entry.parameters.get("words"))]
    return list(dict.fromkeys(str(word) for word in found if word))


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


def _shown_facts(entry: FileEntry) -> list[list[str]]:
    """Rows of name and value for the inspector: measures, then provenance."""
    root = None if entry.root_note is None else f"MIDI {entry.root_note}"
    length = f"{entry.length / entry.sample_rate:.3f} s, {entry.length} samples"
    channels = {1: "mono", 2: "stereo"}.get(entry.channels, f"{entry.channels} channels")
    rows = [
        ("Length", length),
        ("Format", f"{entry.sample_rate / 1000:g} kHz, {entry.bit_depth} bits, {channels}"),
        ("Root note", root),
        *((label, _number(entry.measures, name, unit)) for name, (label, unit) in _MEASURES.items()),
        ("Prompt", _prompt(entry)),
        ("Seed", str(entry.seed)),
        ("Model", entry.model or entry.engine),
        ("Redraws", str(entry.redraws) if entry.redraws else None),
        ("Licence", entry.licence),
    ]
    return [[label, value] for label, value in rows if value]


def _number(measures: Mapping[str, float | None], name: str, unit: str) -> str | None:
    value = measures.get(name)
    return None if value is None else f"{value:.1f} {unit}"


def _prompt(entry: FileEntry) -> str | None:
    prompt = entry.parameters.get("prompt")
    if isinstance(prompt, str) and prompt:
        return prompt
    return " ".join(_texts(entry.parameters.get("words"))) or None


def _refused(view: PackView) -> list[tuple[str, int]]:
    """Gates and the draws that each refused, most first."""
    total: Counter[str] = Counter()
    for entry in view.entries:
        total.update(entry.refused)
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))
