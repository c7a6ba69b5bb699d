"""Gates: what a sound must measure before it may enter a pack.

Limits are those of the design (§6) and of ``formats.md``. A gate answers None
where it does not apply; `judge` asks all of them and gathers the measures that
the manifest keeps.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import numpy as np

from samplegen import units
from samplegen.audio import quality
from samplegen.audio.key import NOTES, estimate_key
from samplegen.audio.quarters import QUARTERS, measure_quarters
from samplegen.audio.tempo import tempo_matches
from samplegen.audio.tonality import second_key, second_pitch
from samplegen.pack.duplicates import DuplicateIndex, min_distance_db
from samplegen.pack.keys import Key
from samplegen.pack.sound import PEAK_CEILING_DB, Described, Sound, Tags, key_to_pitch_class
from samplegen.pack.verdict import GateResult, Verdict

PEAK_FLOOR_DB: Final = -24.0
LEVEL_FLOOR_DB: Final = -50.0
TEMPO_TOLERANCE_BPM: Final = 0.5
MAX_DC: Final = 5e-3
MAX_ONSET_MS: Final = 1.0
MIN_KEY_CONFIDENCE: Final = 0.5
MIN_VERIFIED_KEY: Final = 0.45
MIN_VERIFIED_PITCH: Final = 0.4
MAX_PITCH_CENTS: Final = 20.0
TAIL_DB: Final = -60.0
MAX_TAIL_S: Final = 0.25
MAX_END_DB: Final = -40.0
# Their sounds are made of a recording that the user gave.
RECORDING_ENGINES: Final = frozenset({"morph_chain", "phase_diffusion"})
_ROUNDING_DB: Final = 1e-3

# Longest silence inside a loop, in bars. Full drums and tops keep a pulse; single
# voices rest (a snare waits for the backbeat, dub chords for a whole bar).
_REST_BARS: Final[Mapping[str, float]] = {"drums": 0.5, "tops": 0.5}
_DEFAULT_REST_BARS: Final = 1.0
# Sustained voices have no onset grid from which a tempo could be measured.
_WITHOUT_PULSE: Final = frozenset({"chord", "pad", "drone", "ambient", "texture"})

# Categories that promise to rise (False) or fall (True).
_FALLS: Final[Mapping[str, bool]] = {"riser": False, "downlifter": True, "impact": True}

Measures = dict[str, float | None]
Gate = Callable[[Sound, Measures], GateResult | None]


def _result(name: str, *, passed: bool, measured: float | None, limit: float | None, reason: str) -> GateResult:
    return GateResult(name, passed, measured, limit, "" if passed else reason)


def voice_of(tags: Tags) -> str:
    """The category without the ``loop_`` that some kinds begin with."""
    return tags.category.lower().removeprefix("loop_")


def gate_length(sound: Described, measures: Measures) -> GateResult | None:
    """The exact number of samples that tempo and bars ask for."""
    tags, length = sound.tags, sound.extent.length
    expected = tags.length_at(sound.extent.sample_rate)
    if expected is None or tags.kind == "one_shot":
        return None
    reason = f"It has {length} samples; {tags.bars} bars at {tags.bpm:g} BPM have {expected}."
    return _result("length", passed=length == expected, measured=length, limit=expected, reason=reason)


def gate_peak(sound: Sound, measures: Measures) -> GateResult:
    """A peak between `PEAK_FLOOR_DB` and `PEAK_CEILING_DB`."""
    peak_db = measures["peak_db"] = quality.peak_db(sound.audio)
    return peak_result(peak_db)


def peak_result(peak_db: float) -> GateResult:
    """`gate_peak` of a peak that was measured."""
    too_high = peak_db > PEAK_CEILING_DB + _ROUNDING_DB
    limit = PEAK_CEILING_DB if too_high else PEAK_FLOOR_DB
    reason = f"Its peak is {peak_db:.2f} dBFS; {PEAK_FLOOR_DB:g} to {PEAK_CEILING_DB:g} are allowed."
    passed = not too_high and peak_db >= PEAK_FLOOR_DB
    return _result("peak", passed=passed, measured=peak_db, limit=limit, reason=reason)


def gate_dc(sound: Sound, measures: Measures) -> GateResult:
    """No constant offset in loops and textures; the mean of a short hit means nothing below its peak's scale."""
    offset = measures["dc_offset"] = quality.dc_offset(sound.audio)
    return dc_result(offset, kind=sound.tags.kind)


def dc_result(offset: float, *, kind: str) -> GateResult:
    """`gate_dc` of an offset that was measured."""
    limit = MAX_DC if kind != "one_shot" else 2 * MAX_DC
    reason = f"It has a constant offset of {offset:.4f} of full scale; {limit:g} is allowed."
    return _result("dc", passed=abs(offset) <= limit, measured=offset, limit=limit, reason=reason)


def gate_silence(sound: Sound, measures: Measures) -> GateResult:
    """A loop is not silent for longer than its kind may rest (round its end too); nothing is silent as a whole."""
    level_db = measures["level_db"] = quality.active_level_db(sound.audio)
    tags, audible = sound.tags, level_result(level_db)
    if not audible.passed or tags.kind != "loop" or tags.bpm is None:
        return audible
    twice = sound.audio.with_samples(np.tile(sound.audio.samples, 2))
    longest_s = measures["longest_silence_s"] = min(quality.longest_silence_s(twice), sound.audio.duration_s)
    bars = _REST_BARS.get(voice_of(tags), _DEFAULT_REST_BARS)
    limit_s = units.bars_to_seconds(1, bpm=tags.bpm, beats_per_bar=tags.meter[0]) * bars
    reason = f"It is silent for {longest_s:.2f} s in one go; {limit_s:.2f} s ({bars:g} bars) are allowed."
    return _result("silence", passed=longest_s < limit_s, measured=longest_s, limit=limit_s, reason=reason)


def level_result(level_db: float) -> GateResult:
    """Whether a sound of this active level is heard at all."""
    reason = f"It is nearly silent: {level_db:.1f} dB where it sounds, {LEVEL_FLOOR_DB:g} are needed."
    passed = level_db >= LEVEL_FLOOR_DB
    return _result("silence", passed=passed, measured=level_db, limit=LEVEL_FLOOR_DB, reason=reason)


def gate_clicks(sound: Sound, measures: Measures) -> GateResult:
    """No isolated jumps of the waveform; what a user's own recording crackles is counted, not judged."""
    clicks = measures["clicks"] = quality.click_count(sound.audio, ring=sound.tags.kind == "loop")
    return clicks_result(clicks, engine=sound.provenance.engine)


def clicks_result(clicks: int, *, engine: str) -> GateResult:
    """`gate_clicks` of a count that was measured."""
    passed = clicks == 0 or engine in RECORDING_ENGINES
    return _result("clicks", passed=passed, measured=clicks, limit=0, reason=f"It has {clicks} clicks.")


def gate_onset(sound: Sound, measures: Measures) -> GateResult | None:
    """A one-shot begins within `MAX_ONSET_MS` of its first sample."""
    if sound.tags.kind != "one_shot":
        return None
    onset_ms = measures["onset_ms"] = 1e3 * quality.leading_silence_s(sound.audio)
    reason = f"It begins {onset_ms:.1f} ms late; {MAX_ONSET_MS:g} ms are allowed."
    return _result("onset", passed=onset_ms <= MAX_ONSET_MS, measured=onset_ms, limit=MAX_ONSET_MS, reason=reason)


def gate_seam(sound: Sound, measures: Measures) -> GateResult | None:
    """A loop's end joins its beginning like any of its other beats (specs/alpha_blending.md §7)."""
    tags, audio = sound.tags, sound.audio
    if tags.kind != "loop" or tags.bars is None or audio.length != tags.length_at(audio.sample_rate):
        return None  # without the right length there are no bar lines to compare with
    if audio.length < 2 * tags.bars * tags.meter[0]:
        return _result("seam", passed=False, measured=None, limit=None, reason="It is too short for a loop.")
    seam = quality.measure_seam(sound.audio, bars=tags.bars, beats_per_bar=tags.meter[0])
    measures["seam_step_ratio"], measures["seam_flux_ratio"] = seam.step_ratio, seam.flux_ratio
    reason = f"Its seam is audible (step {seam.step_ratio:.1f}, spectral change {seam.flux_ratio:.1f} times the usual)."
    return _result("seam", passed=seam.passed, measured=seam.step_ratio, limit=None, reason=reason)


def gate_tempo(sound: Sound, measures: Measures) -> GateResult | None:
    """The measured tempo of a loop is the tagged one; sustained voices have none to measure."""
    tags = sound.tags
    if tags.kind != "loop" or tags.bpm is None or voice_of(tags) in _WITHOUT_PULSE:
        return None
    passed, measured = tempo_matches(sound.audio, bpm=tags.bpm, tolerance_bpm=TEMPO_TOLERANCE_BPM, ring=True)
    measures["tempo_bpm"] = measured
    found = "nothing that repeats" if measured is None else f"{measured:.2f} BPM"
    reason = f"Its tempo measures {found}, not {tags.bpm:g} BPM."
    if measured is not None and abs(measured - tags.bpm) <= TEMPO_TOLERANCE_BPM:
        reason = f"Its tempo seems to be {tags.bpm:g} BPM, but too little repeats to be sure."
    return _result("tempo", passed=passed, measured=measured, limit=TEMPO_TOLERANCE_BPM, reason=reason)


def _are_related(first: str, second: str) -> bool:
    """Same tonic, or scales that differ by at most one note (relative, dominant, subdominant)."""
    if key_to_pitch_class(first) == key_to_pitch_class(second):
        return True
    relative_majors = [key_to_pitch_class(key) + (3 if key.endswith("m") else 0) for key in (first, second)]
    return (relative_majors[0] - relative_majors[1]) % 12 in (0, 5, 7)


def gate_key(sound: Sound, measures: Measures) -> GateResult | None:
    """A key that was asked for is verified; one that was measured only must not be contradicted.

    Where a key was asked for, a second estimator that shares nothing with the one that chose the
    transposition decides: see `_verify_loop` and `_verify_one_shot`. Of a measured key, estimates
    confuse relative, parallel, dominant and subdominant, so that only a clear and distant one fails.
    """
    tags = sound.tags
    if tags.key is None:
        return None
    asked = sound.provenance.parameters.get("key")
    if asked is not None:
        heard = sound.provenance.parameters.get("transposition", {}).get("heard")
        if heard is None:
            return _result("key", passed=False, measured=None, limit=None, reason="It has no clear key or pitch.")
        verify = _verify_one_shot if tags.kind == "one_shot" else _verify_loop
        return verify(sound, Key(asked), measures)
    if tags.kind not in ("loop", "texture"):
        return None
    estimate = estimate_key(sound.audio)
    confidence = measures["key_confidence"] = estimate.confidence
    passed = confidence < MIN_KEY_CONFIDENCE or _are_related(estimate.name, tags.key)
    reason = f"Its key sounds like {estimate.name}, not {tags.key}."
    return _result("key", passed=passed, measured=confidence, limit=MIN_KEY_CONFIDENCE, reason=reason)


def _verify_loop(sound: Sound, key: Key, measures: Measures) -> GateResult:
    """The asked tonic in the asked mode or without any heard mode, or the relative key (the same seven notes)."""
    heard = second_key(sound.audio)
    confidence = measures["key_confidence"] = heard.confidence
    if confidence < MIN_VERIFIED_KEY:
        reason = f"Its key is not clear ({confidence:.2f}; {MIN_VERIFIED_KEY:g} are needed)."
        return _result("key", passed=False, measured=confidence, limit=MIN_VERIFIED_KEY, reason=reason)
    passed = key.relation(tonic=heard.tonic, mode=heard.mode) is not None
    reason = (
        f"Its key sounds like {NOTES[heard.tonic]} {heard.mode or ''}".rstrip()
        + f" ({confidence:.2f}), not {key.name}."
    )
    return _result("key", passed=passed, measured=confidence, limit=MIN_VERIFIED_KEY, reason=reason)


def _verify_one_shot(sound: Sound, key: Key, measures: Measures) -> GateResult:
    """A clear pitch within `MAX_PITCH_CENTS` of the asked tonic, in any octave."""
    heard = second_pitch(sound.audio)
    measures["key_confidence"] = heard.confidence
    if heard.midi is None or heard.confidence < MIN_VERIFIED_PITCH:
        return _result("key", passed=False, measured=None, limit=None, reason="It has no clear pitch.")
    cents = measures["pitch_cents"] = 100.0 * ((heard.midi - key.tonic + 6.0) % 12.0 - 6.0)
    reason = f"Its pitch is {cents:+.0f} cents from the tonic of {key.name}; {MAX_PITCH_CENTS:g} are allowed."
    return _result("key", passed=abs(cents) <= MAX_PITCH_CENTS, measured=cents, limit=MAX_PITCH_CENTS, reason=reason)


def gate_tail(sound: Sound, measures: Measures) -> GateResult | None:
    """A one-shot ends in silence, not in the middle of its sound, and not with silence of length."""
    if sound.tags.kind != "one_shot" or sound.provenance.engine in RECORDING_ENGINES or not sound.audio.length:
        return None
    level = np.abs(sound.audio.samples).max(axis=0)
    loudest = max(float(level.max()), 1e-9)
    end_db = measures["end_db"] = max(-120.0, units.gain_to_db(float(level[-1]) / loudest))
    heard = np.flatnonzero(level > loudest * units.db_to_gain(TAIL_DB))
    tail_s = measures["tail_s"] = (
        sound.audio.length - 1 - int(heard[-1] if heard.size else 0)
    ) / sound.audio.sample_rate
    if end_db > MAX_END_DB:
        reason = f"It is cut off {end_db:.0f} dB below its peak; {MAX_END_DB:g} are needed."
        return _result("tail", passed=False, measured=end_db, limit=MAX_END_DB, reason=reason)
    reason = f"It ends with {tail_s:.2f} s of silence; {MAX_TAIL_S:g} are allowed."
    return _result("tail", passed=tail_s <= MAX_TAIL_S, measured=tail_s, limit=MAX_TAIL_S, reason=reason)


def gate_rise(sound: Sound, measures: Measures) -> GateResult | None:
    """A riser gets louder and brighter from quarter to quarter, a downlifter and an impact the other way.

    Quarters of every sound of that kind are measured; one of another category (a ``sweep``,
    whose curves its maker chose otherwise) promises nothing and is not judged.
    """
    if sound.tags.kind != "riser" or sound.audio.length < QUARTERS:
        return None
    quarters = measure_quarters(sound.audio)
    for number, (level_db, centroid_hz) in enumerate(zip(quarters.levels_db, quarters.centroids_hz, strict=True), 1):
        measures[f"quarter_{number}_level_db"], measures[f"quarter_{number}_centroid_hz"] = level_db, centroid_hz
    if sound.tags.category not in _FALLS:
        return None
    falling = _FALLS[sound.tags.category]
    louder, brighter = quarters.gets_louder(falling=falling), quarters.gets_brighter(falling=falling)
    what = " and ".join(name for name, rising in (("level", louder), ("brightness", brighter)) if not rising)
    figures = ", ".join(
        f"{level:.1f} dB {hz:.0f} Hz" for level, hz in zip(quarters.levels_db, quarters.centroids_hz, strict=True)
    )
    reason = f"Its {what} should {'fall' if falling else 'rise'} from quarter to quarter, but measures {figures}."
    change = quarters.levels_db[-1] - quarters.levels_db[0]
    return _result("rise", passed=louder and brighter, measured=change, limit=None, reason=reason)


GATES: Final[Mapping[str, Gate]] = {
    "length": gate_length,
    "peak": gate_peak,
    "dc": gate_dc,
    "silence": gate_silence,
    "clicks": gate_clicks,
    "onset": gate_onset,
    "tail": gate_tail,
    "seam": gate_seam,
    "tempo": gate_tempo,
    "key": gate_key,
    "rise": gate_rise,
}


def gate_duplicate(sound: Sound, measures: Measures, *, index: DuplicateIndex) -> GateResult | None:
    """The nearest sound that is kept already, or was learned from, differs audibly."""
    neighbour = index.nearest(sound)
    if neighbour is None:
        return None
    limit = min_distance_db(sound.tags.kind)
    measures["nearest_db"] = neighbour.distance_db
    reason = f"It is nearly the same as {neighbour.name}: {neighbour.distance_db:.2f} dB apart, {limit:g} are needed."
    passed = neighbour.distance_db >= limit
    return _result("duplicate", passed=passed, measured=neighbour.distance_db, limit=limit, reason=reason)


class Guard(Protocol):
    """How near a sound is to what a model learned from; a smaller distance is nearer."""

    @property
    def limit(self) -> float:
        """Below this distance a sound counts as remembered."""

    def distance(self, sound: Sound) -> float:
        """To the nearest sound of the training set."""


def gate_memorisation(sound: Sound, measures: Measures, *, guard: Guard) -> GateResult:
    """A sound is not one that the model learned from."""
    distance = measures["memory_distance"] = guard.distance(sound)
    reason = f"It is nearly a sound of the training set: distance {distance:.3f}, {guard.limit:.3f} are needed."
    passed = distance >= guard.limit
    return _result("memorisation", passed=passed, measured=distance, limit=guard.limit, reason=reason)


def judge(
    sound: Sound, *, index: DuplicateIndex | None = None, guard: Guard | None = None, loudness: bool = True
) -> Verdict:
    """Ask every gate of `GATES`, whether `index` knows the sound already, and whether `guard` finds it remembered.

    The index is not changed; add the sound to it when it is kept. `loudness` adds the measure
    ``lufs``, which no gate needs; loading what measures it takes longer than all gates together.
    """
    measures: Measures = {"lufs": quality.loudness_lufs(sound.audio)} if loudness else {}
    results = [gate(sound, measures) for gate in GATES.values()]
    if index is not None:
        results.append(gate_duplicate(sound, measures, index=index))
    if guard is not None:
        results.append(gate_memorisation(sound, measures, guard=guard))
    return Verdict(tuple(result for result in results if result is not None), measures)
