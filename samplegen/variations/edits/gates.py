"""What an edit must keep of its source (specs/applications.md §2); a candidate that does not is drawn again."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.audio.key import estimate_pitch
from samplegen.audio.quality import active_level_db, click_count, peak_db
from samplegen.audio.types import Audio, Samples
from samplegen.pack.sound import PEAK_CEILING_DB
from samplegen.pack.verdict import GateResult
from samplegen.units import gain_to_db
from samplegen.variations.edits.alignment import find_shift, match_level, onset_sample
from samplegen.variations.edits.deltas import MAX_ATTACK_DB
from samplegen.variations.edits.distances import Picture, d_spec
from samplegen.variations.takes.hits import Hit
from samplegen.variations.takes.velocity import hit_at

if TYPE_CHECKING:
    from torch import Tensor

MAX_ONSET_MS: Final = 1.0
MAX_PITCH_CENTS: Final = 10.0
LEVEL_FLOOR_DB: Final = -60.0
# Smallest distance inside a set, as a share of the real median.
LEAST_DISTANCE: Final = 0.2
# Embeddings this near are one class, whatever the nearest word is.
SAME_CLASS_COSINE: Final = 0.9

Measures = dict[str, float | None]


def judge_edit(audio: Audio, hit: Hit, measures: Measures, *, gain_db: float = 0.0) -> list[GateResult]:
    """Length, peak, level, clicks, onset, attack and pitch of an edit of `hit`; what is measured is noted.

    Parameters
    ----------
    gain_db
        How much harder than the hit it was struck on purpose (see `velocity.hit_at`).
    """
    level = audio.with_samples(match_level(audio.samples, hit.audio.samples))
    struck = hit_at(hit.audio.samples, gain_db=gain_db, tilt=hit.reality.tilt, sample_rate=audio.sample_rate)
    results = [
        _within("length", audio.length, hit.audio.length, 0.0, "samples longer or shorter than its source"),
        _peak(audio, measures),
        _level(audio, measures),
        _clicks(audio, hit, measures),
        _onset(level, hit, measures),
        _attack(level, match_level(struck, hit.audio.samples), hit, measures),
    ]
    pitch = _pitch(audio, hit, measures)
    return results if pitch is None else [*results, pitch]


def judge_class(vector: "Tensor", source: "Tensor", names: "Tensor", measures: Measures) -> GateResult:
    """Whether the embedding ``[D]`` of an edit is near its source's, or at least nearest to the same of `names`."""
    cosine = measures["class_cosine"] = float(vector @ source)
    kept = cosine >= SAME_CLASS_COSINE or int((names @ vector).argmax()) == int((names @ source).argmax())
    reason = f"It no longer sounds like its class (similarity {cosine:.2f} to its source)."
    return GateResult("class", kept, cosine, SAME_CLASS_COSINE, "" if kept else reason)


def judge_diversity(
    own: Picture, others: Sequence[Picture], measures: Measures, *, median_db: float
) -> GateResult | None:
    """Whether an edit differs from every other of its set; `median_db` is that of a real one."""
    if not others:
        return None
    nearest = measures["nearest_take_db"] = min(d_spec(own, other) for other in others)
    limit = LEAST_DISTANCE * median_db
    reason = f"It is {nearest:.2f} dB from another take; {limit:.2f} are needed."
    return GateResult("diversity", nearest > limit, nearest, limit, "" if nearest > limit else reason)


def acceptance(refused: Mapping[str, int], *, kept: int) -> float:
    """Share of draws that were kept."""
    drawn = kept + sum(refused.values())
    return kept / drawn if drawn else 1.0


def _peak(audio: Audio, measures: Measures) -> GateResult:
    peak = measures["peak_db"] = peak_db(audio)
    passed = peak <= PEAK_CEILING_DB
    return GateResult("peak", passed, peak, PEAK_CEILING_DB, "" if passed else f"Its peak is {peak:.2f} dBFS.")


def _level(audio: Audio, measures: Measures) -> GateResult:
    level = measures["level_db"] = active_level_db(audio)
    passed = level >= LEVEL_FLOOR_DB
    return GateResult(
        "silence", passed, level, LEVEL_FLOOR_DB, "" if passed else f"It is nearly silent: {level:.1f} dB."
    )


def _clicks(audio: Audio, hit: Hit, measures: Measures) -> GateResult:
    clicks = measures["clicks"] = click_count(audio)
    reason = f"It has {clicks} clicks, its source {hit.clicks}."
    return GateResult("clicks", clicks <= hit.clicks, clicks, hit.clicks, "" if clicks <= hit.clicks else reason)


def _onset(level: Audio, hit: Hit, measures: Measures) -> GateResult:
    # Where an attack is slow, a little colour moves the threshold's crossing, but not the attack.
    late = min(onset_sample(level) - hit.onset, find_shift(level, hit.audio), key=abs)
    late_ms = 1e3 * late / level.sample_rate
    measures["onset_shift_ms"] = late_ms
    return _within("onset", late_ms, 0.0, MAX_ONSET_MS, "ms from its source's onset")


def _attack(level: Audio, struck: Samples, hit: Hit, measures: Measures) -> GateResult:
    peaks = [float(np.abs(samples[:, hit.attack]).max(initial=0.0)) for samples in (level.samples, struck)]
    change = measures["attack_db"] = gain_to_db(peaks[0] / peaks[1]) if min(peaks) > 0.0 else 0.0
    return _within("attack", change, 0.0, MAX_ATTACK_DB, "dB off its source's attack")


def _pitch(audio: Audio, hit: Hit, measures: Measures) -> GateResult | None:
    """Of hits that have a clear pitch."""
    if hit.pitch is None or hit.pitch.midi is None:
        return None
    note = estimate_pitch(audio).midi
    cents = measures["pitch_cents"] = 1200.0 if note is None else 100.0 * (note - hit.pitch.midi)
    return _within("pitch", cents, 0.0, MAX_PITCH_CENTS, "cents off its source's pitch")


def _within(name: str, found: float, wanted: float, tolerance: float, what: str) -> GateResult:
    passed = abs(found - wanted) <= tolerance
    return GateResult(name, passed, found, tolerance, "" if passed else f"It is {abs(found - wanted):.3g} {what}.")
