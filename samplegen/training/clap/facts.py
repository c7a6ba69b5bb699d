"""What is known of every training sound, as attributes that captions may say.

An attribute is one canonical word (``kick``, ``bright``, ``808``, ``birch``). It comes from
the library's words, from what the renderer played, or from a measure: the brightest 30 %
of the kicks are ``bright`` kicks.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from samplegen.audio.descriptors import Descriptors
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.vocabulary import CHARACTERS, LOOP_KINDS, ONE_SHOT_KINDS
from samplegen.training.sources.library import Record

# Measure, word for the lowest 30 %, word for the highest 30 %.
POLES: tuple[tuple[str, str, str], ...] = (
    ("brightness", "dark", "bright"),
    ("length_s", "short", "long"),
    ("wetness", "dry", "wet"),
    ("punch", "soft", "punchy"),
    ("noisiness", "tonal", "noisy"),
    ("height", "deep", "high"),
)
SHARE = 0.3
_FEWEST = 10
_SLOW_BPM, _FAST_BPM = 92.0, 150.0
_SWUNG = 0.54
_COMMON_METERS = frozenset({(4, 4), (2, 4), (6, 8), (12, 8)})
_ROLE_KINDS = {"pad": "loop_pad", "arp": "loop_arp", "lead": "loop_lead"}
_SPARSE, _BUSY = 1.6, 4.0
_NOT_FOR_LOOPS = frozenset({"short", "long"})
_EMPTY_WORDS = frozenset(
    "the of from with and for left right all full mix loop bpm beat sound hit note tone drum kit machine velocity "
    "rr2 rr3 rr1 rr4 alt med instrument close back up off you go phrase numbers person1 person2 uzu single cycle "
    "other various misc sample samples".split()
)
MEASURED = frozenset(word for _, low, high in POLES for word in (low, high))


@dataclass(frozen=True)
class Facts:
    """A sound's kind and everything that may be said of it."""

    kind: str
    attributes: frozenset[str]
    split: str
    source: str


def facts_of_record(record: Record, *, tags: TagEmbedder) -> Facts:
    """From the words of a library."""
    known = {tag for tag in tags.parse(record.caption).known if tag not in (*ONE_SHOT_KINDS, *LOOP_KINDS, *CHARACTERS)}
    words = {word for word in re.findall(r"[a-z]{3,}", record.caption.lower()) if word not in _EMPTY_WORDS | MEASURED}
    spoken = {word for word in words if not set(tags.parse(word).known) & {*ONE_SHOT_KINDS, *LOOP_KINDS, *CHARACTERS}}
    return Facts(record.kind, frozenset({record.kind, *known, *spoken}), record.split, record.source)


def facts_of_loop(entry: Mapping[str, Any], *, split: str, tags: TagEmbedder) -> Facts:
    """From the index of rendered loops: role, style, what plays, how densely, how fast, how straight, mode and meter.

    Pads, arpeggios and leads are chord loops to a model, but texts call them by their names.
    """
    kind = _ROLE_KINDS.get(entry.get("role", ""), entry["kind"])
    known = set(tags.parse(", ".join(entry["tags"])).known) - {*ONE_SHOT_KINDS, *LOOP_KINDS, *CHARACTERS}
    spoken = {word for word in entry["tags"] if re.fullmatch(r"[a-z]{3,}", word)} - _EMPTY_WORDS - MEASURED
    spoken -= {*ONE_SHOT_KINDS, *LOOP_KINDS}
    playing = {event[1] for event in entry["events"]}
    heard = {f"with_{kind}" for kind in playing if kind in ONE_SHOT_KINDS}
    if entry["kind"] in ("loop_drums", "loop_tops", "loop_percussion"):
        heard |= {f"no_{kind}" for kind in ("kick", "snare", "hat_closed", "clap") if kind not in playing}
    words = {kind, entry["style"], *known, *spoken, *heard, *_movement(entry), *_harmony(entry)}
    return Facts(kind, frozenset(words), split, str(entry["index"]))


def _harmony(entry: Mapping[str, Any]) -> set[str]:
    meter = tuple(entry.get("meter", (4, 4)))
    words = {"waltz"} if meter == (3, 4) else set() if meter in _COMMON_METERS else {"odd_meter"}
    return words | ({entry["mode"]} if entry.get("mode") else set())


def _movement(entry: Mapping[str, Any]) -> set[str]:
    density = len(entry["events"]) / max(1, entry["beats"])
    words = {"slow"} if entry["bpm"] < _SLOW_BPM else {"fast"} if entry["bpm"] > _FAST_BPM else {"midtempo"}
    words |= {"sparse"} if density < _SPARSE else {"busy"} if density > _BUSY else set()
    return words | ({"swung"} if entry["swing"] > _SWUNG else {"straight"})


@dataclass(frozen=True)
class Poles:
    """Per kind and measure, the values below and above which a word applies."""

    limits: Mapping[str, Mapping[str, tuple[float, float]]]

    @classmethod
    def measure(cls, kinds: Sequence[str], measured: Sequence[Descriptors]) -> "Poles":
        """From training sounds; kinds with fewer than ten share the limits of all."""
        groups: dict[str, list[Descriptors]] = defaultdict(list)
        for kind, values in zip(kinds, measured, strict=True):
            groups[kind].append(values)
            groups[""].append(values)
        return cls({kind: _limits(group) for kind, group in groups.items() if not kind or len(group) >= _FEWEST})

    def words(self, kind: str, measured: Descriptors) -> frozenset[str]:
        """The words that apply."""
        limits = self.limits.get(kind, self.limits[""])
        found = set()
        for name, low_word, high_word in POLES:
            low, high = limits[name]
            value = getattr(measured, name)
            found |= {low_word} if value < low else {high_word} if value > high else set()
        return frozenset(found - (_NOT_FOR_LOOPS if kind.startswith("loop_") else set()))


def _limits(group: Sequence[Descriptors]) -> dict[str, tuple[float, float]]:
    found = {}
    for name, _, _ in POLES:
        low, high = np.quantile([getattr(values, name) for values in group], (SHARE, 1.0 - SHARE))
        found[name] = (float(low), float(high))
    return found


def with_measures(facts: Facts, measured: Descriptors, poles: Poles) -> Facts:
    """Facts with the words that the measures give."""
    return replace(facts, attributes=facts.attributes | poles.words(facts.kind, measured))


def common_attributes(all_facts: Sequence[Facts], *, fewest: int = 4) -> tuple[str, ...]:
    """Attributes of at least `fewest` training sounds, in alphabetical order."""
    counts = Counter(word for facts in all_facts if facts.split == "train" for word in facts.attributes)
    return tuple(sorted(word for word, count in counts.items() if count >= fewest))
