"""Whether variations grow with strength, keep class and onsets, and stay loops (specs/applications.md §2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from samplegen.audio.types import Audio
from samplegen.evaluation.edit_figures import mean_figure, shown
from samplegen.evaluation.one_shot_classifier import OneShotClassifier, one_shot_features
from samplegen.evaluation.tables import markdown_table
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.post.trim import trim_one_shot
from samplegen.variations.edits.distances import d_env, d_spec, picture
from samplegen.variations.edits.sources import EditSource
from samplegen.variations.orders.vary import VaryOrder

if TYPE_CHECKING:
    from samplegen.conditioning.embedder import Embedder

SHARES = frozenset({"accepted", "class kept", "length exact", "seam passed", "tempo kept"})
DISTANCES = ("d_spec, dB", "d_env, dB", "d_emb")


@dataclass
class Column:
    """What was measured of one way to make variations: one value a source, means over its outputs."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, measured: Sequence[Mapping[str, float]]) -> None:
        """Outputs of one source."""
        for name in dict.fromkeys(name for one in measured for name in one):
            found = [one[name] for one in measured if name in one]
            self.values.setdefault(name, []).append(float(np.mean(found)))


def measure_order(order: VaryOrder, *, classifier: OneShotClassifier | None) -> list[list[dict[str, float]]]:
    """First draws of an order, judged by its gates: of each source one mapping for each output."""
    found = []
    for first in range(0, order.count, order.block):
        sounds = order.make(range(first, first + order.block), 0)
        source = next(iter(order._sources.values()))
        own = _kind(source.audio, classifier) if not source.is_loop else None
        rows = []
        for sound in sounds:
            verdict = order.judge(sound, index=DuplicateIndex())
            passed = {result.name: float(result.passed) for result in verdict.results}
            row = {"accepted": float(verdict.passed)}
            for name, key in zip(DISTANCES, ("d_spec", "d_env", "d_emb"), strict=True):
                if verdict.measures.get(key) is not None:
                    row[name] = float(verdict.measures[key] or 0.0)
            if verdict.measures.get("onset_shift_ms") is not None:
                row["onset shift, ms"] = float(verdict.measures["onset_shift_ms"] or 0.0)
            if source.is_loop:
                row["length exact"] = float(sound.audio.length == source.audio.length)
                row["seam passed"] = passed.get("seam", 1.0)
                row["tempo kept"] = passed.get("tempo", 1.0)
            elif own is not None:
                row["class kept"] = float(_kind(sound.audio, classifier) == own)
            rows.append(row)
        found.append(rows)
    return found


def measure_other(
    audio: Audio, source: EditSource, *, embedder: "Embedder | None", classifier: OneShotClassifier | None
) -> dict[str, float]:
    """Distances of any sound to a source, for the anchors."""
    row = {"d_spec, dB": d_spec(picture(audio), picture(source.audio)), "d_env, dB": d_env(audio, source.audio)}
    if embedder is not None:
        vectors = embedder.embed_audio([audio.mono(), source.mono()])
        row["d_emb"] = 1.0 - float(vectors[0] @ vectors[1])
    if not source.is_loop and classifier is not None:
        row["class kept"] = float(_kind(audio, classifier) == _kind(source.audio, classifier))
    return row


def growing(columns: Sequence[Column], name: str) -> list[float]:
    """Of each source, whether a distance grows from every strength to the next."""
    values = np.array([column.values[name] for column in columns])
    return [float(bool((np.diff(column) > 0.0).all())) for column in values.T]


def report_table(columns: Mapping[str, Column], *, seed: int) -> str:
    """Ways to make variations in rows, measures in columns, with 95 % intervals over sources."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column.values))
    rng = np.random.default_rng(seed)
    rows = []
    for title, column in columns.items():
        cells = [
            shown(mean_figure(column.values[name], rng=rng), share=name in SHARES) if name in column.values else "–"
            for name in names
        ]
        rows.append([title, *cells])
    return markdown_table(["", *names], rows)


def _kind(audio: Audio, classifier: OneShotClassifier | None) -> str | None:
    if classifier is None:
        return None
    return str(classifier.predict(one_shot_features(trim_one_shot(audio.mono()))[None])[0])
