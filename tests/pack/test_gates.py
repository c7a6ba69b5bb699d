"""Every gate lets a good sound through and stops the defect it is for."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from samplegen import units
from samplegen.audio.features import log_mel_db
from samplegen.audio.types import Audio, Samples
from samplegen.errors import UsageError
from samplegen.pack import duplicates
from samplegen.pack.duplicates import DIMENSION, DuplicateIndex, embed
from samplegen.pack.gates import GATES, judge
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.verdict import GateResult, Kept, Rejected, Verdict, draw_until
from tests.pack.signals import SAMPLE_RATE, make_loop, make_one_shot, spoil


def failed(sound: Sound, *, index: DuplicateIndex | None = None) -> set[str]:
    """Names of the gates that a sound fails."""
    return {result.name for result in judge(sound, index=index).results if not result.passed}


def test_a_good_loop_passes_every_gate() -> None:
    verdict = judge(make_loop(), index=DuplicateIndex())
    assert verdict.reasons == ()
    assert {result.name for result in verdict.results} == set(GATES) - {"onset", "tail", "key", "rise"}
    assert verdict.measures["peak_db"] == pytest.approx(-1.0, abs=0.01)
    tempo = verdict.measures["tempo_bpm"]
    assert tempo is not None and abs(tempo - 120) < 0.5


@pytest.mark.parametrize("seed", range(3))
def test_a_good_one_shot_passes_every_gate(seed: int) -> None:
    verdict = judge(make_one_shot(seed=seed), index=DuplicateIndex())
    assert verdict.reasons == ()
    assert "onset" in {result.name for result in verdict.results}


def test_every_defect_is_stopped_by_its_gate() -> None:
    loop = make_loop()
    samples = loop.audio.samples[0]
    silent_half = samples.copy()
    silent_half[: samples.size // 3] = 0.0
    jump = samples + np.linspace(0.0, 0.6, samples.size, dtype=np.float32)
    spoiled: dict[str, Samples] = {
        "length": samples[:-1],
        "peak": samples * 1.2,
        "dc": samples * 0.9 + np.float32(0.02),
        "silence": silent_half,
        "seam": jump - jump.mean(),
    }
    for gate, changed in spoiled.items():
        assert gate in failed(spoil(loop, changed)), gate


def test_a_loop_played_at_another_tempo_is_stopped() -> None:
    verdict = judge(make_loop(bpm=128, played_bpm=124, bars=4))
    (reason,) = [result.reason for result in verdict.results if result.name == "tempo"]
    assert "not 128 BPM" in reason


def test_a_click_is_stopped() -> None:
    sound = make_loop()
    samples = sound.audio.samples[0].copy()
    samples[40_000] += 0.8
    assert "clicks" in failed(spoil(sound, np.clip(samples, -0.9, 0.9)))


def test_a_late_one_shot_is_stopped() -> None:
    sound = make_one_shot()
    late = np.concatenate([np.zeros(88, np.float32), sound.audio.samples[0]])
    assert failed(spoil(sound, late)) == {"onset"}


@pytest.mark.parametrize("level", [0.0, 1e-4])
def test_silence_is_stopped(level: float) -> None:
    sound = make_one_shot()
    assert {"silence", "peak"} <= failed(spoil(sound, sound.audio.samples * np.float32(level)))


def test_silence_round_the_end_is_counted_as_one() -> None:
    sound = make_loop(bars=2)
    samples = sound.audio.samples[0].copy()
    third_of_a_bar = samples.size // 6
    samples[:third_of_a_bar] = 0.0
    samples[-third_of_a_bar:] = 0.0
    measured = judge(spoil(sound, samples)).measures["longest_silence_s"]
    assert measured == pytest.approx(2 * third_of_a_bar / SAMPLE_RATE, abs=0.02)


def test_a_single_voice_may_rest_longer_than_full_drums() -> None:
    silent_s = 1.5  # three quarters of a bar at 120 BPM
    sound = make_loop(bars=2)
    samples = sound.audio.samples[0].copy()
    samples[: round(silent_s * SAMPLE_RATE)] = 0.0
    clap = Tags(kind="loop", category="clap", bpm=120, bars=2)
    assert "silence" in failed(spoil(sound, samples))
    assert "silence" not in failed(Sound(Audio(samples, SAMPLE_RATE), clap, Provenance("test")))


def test_a_chord_in_a_distant_key_is_stopped() -> None:
    time_s = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    chord = np.sum([np.sin(2 * np.pi * units.midi_to_hz(note) * time_s) for note in (57, 60, 64, 69)], axis=0)
    audio = Audio(0.2 * chord.astype(np.float32), SAMPLE_RATE)
    for key, passes in (("Am", True), ("C", True), ("F#m", False), ("Eb", False)):
        tags = Tags(kind="loop", category="chord", bpm=120, bars=1, key=key)
        results = {result.name: result for result in judge(Sound(audio, tags, Provenance("test"))).results}
        assert results["key"].passed is passes, key
        assert "tempo" not in results


def test_the_same_sound_at_another_level_is_a_duplicate() -> None:
    index = DuplicateIndex()
    for seed in range(3):
        assert "duplicate" not in failed(make_one_shot(seed=seed), index=index)
        index.add(make_one_shot(seed=seed))
    again = make_one_shot(seed=1)
    quiet = spoil(again, again.audio.samples * np.float32(0.5))
    (result,) = [result for result in judge(quiet, index=index).results if result.name == "duplicate"]
    assert not result.passed and "snare 1" in result.reason


def test_what_was_learned_from_is_a_duplicate_too() -> None:
    loop, other = make_loop(seed=0), make_loop(seed=1)
    index = DuplicateIndex(training_loops=np.stack([embed(other.audio, loop=True), embed(loop.audio, loop=True)]))
    assert "duplicate" in failed(loop, index=index)
    neighbour = index.nearest(loop)
    assert neighbour is not None and (neighbour.name, neighbour.distance_db) == ("training sound 2", 0.0)
    assert index.nearest(make_one_shot()) is None


def test_embeddings_are_measured_in_one_blas_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[int] = set()

    def watched(*given: Any, **more: Any) -> Any:
        used.update(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return log_mel_db(*given, **more)

    monkeypatch.setattr(duplicates, "log_mel_db", watched)
    with threadpool_limits(2, user_api="blas"):
        embed(make_one_shot().audio, loop=False)
    assert used == {1}


def test_embeddings_have_their_shape_and_range() -> None:
    embedding = embed(make_one_shot().audio, loop=False)
    assert embedding.shape == (DIMENSION,)
    assert embedding.max() == 0.0 and embedding.min() >= -60.0
    with pytest.raises(UsageError, match="shape"):
        DuplicateIndex(training_loops=np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("length", [1, 2, 50])
def test_sounds_of_a_few_samples_are_judged(length: int) -> None:
    audio = Audio(np.full((1, length), 0.5, np.float32), SAMPLE_RATE)
    tags = Tags(kind="one_shot", category="fx")
    verdict = judge(Sound(audio, tags, Provenance("test")), index=DuplicateIndex())
    assert {"peak", "dc", "silence", "clicks", "onset"} <= {result.name for result in verdict.results}
    assert verdict.measures["peak_db"] == pytest.approx(-6.02, abs=0.01)


def test_drawing_stops_at_the_first_that_passes() -> None:
    made: list[int] = []

    def make(attempt: int) -> Sound:
        made.append(attempt)
        sound = make_one_shot(seed=attempt)
        return sound if attempt == 2 else spoil(sound, sound.audio.samples * np.float32(3.0))

    kept = draw_until(make, partial(judge, index=None))
    assert isinstance(kept, Kept)
    assert (kept.redraws, made, kept.verdict.passed) == (2, [0, 1, 2], True)


def test_drawing_gives_up_with_reasons() -> None:
    verdict = Verdict((GateResult("peak", False, 0.0, -0.3, "Too loud."),), {})
    rejected = draw_until(lambda attempt: make_one_shot(), lambda sound: verdict, attempts=3)
    assert isinstance(rejected, Rejected)
    assert len(rejected.verdicts) == 3 and rejected.reasons == ("Too loud.",)


def test_what_a_users_recording_crackles_is_counted_not_judged() -> None:
    sound = make_one_shot()
    samples = sound.audio.samples.copy()
    samples[0, 9_000] += 0.5
    crackling = spoil(sound, np.clip(samples, -0.9, 0.9))
    assert failed(crackling) == {"clicks"}
    own = Sound(crackling.audio, crackling.tags, Provenance("morph_chain"))
    verdict = judge(own)
    assert verdict.passed and verdict.measures["clicks"] == 1


def test_loudness_is_measured_unless_told_not_to() -> None:
    assert judge(make_loop()).measures["lufs"] is not None
    assert "lufs" not in judge(make_loop(), loudness=False).measures


def test_only_sounds_of_one_kind_are_near_each_other() -> None:
    loop = make_loop()
    texture = Sound(loop.audio, Tags("texture", "fog"), loop.provenance)
    index = DuplicateIndex()
    index.add(loop)
    assert index.nearest(texture) is None
    index.add(texture, name="fog 1")
    assert failed(texture, index=index) == {"duplicate"}
    noise = np.random.default_rng(5).standard_normal(loop.audio.samples.shape)
    variation = spoil(texture, (loop.audio.samples * 0.95 + 0.01 * noise).astype(np.float32))
    assert failed(variation, index=index) == set()


def test_a_texture_is_compared_by_its_first_minute() -> None:
    rate, noise = 8_000, np.random.default_rng(6).standard_normal(70 * 8_000)
    other_end, other_start = noise.copy(), noise.copy()
    other_end[62 * rate :] *= 0.1
    other_start[: 2 * rate] *= 0.1
    sounds = [
        Sound(Audio((0.1 * samples).astype(np.float32), rate), Tags("texture", "fog"), Provenance("test"))
        for samples in (noise, other_end, other_start)
    ]
    index = DuplicateIndex()
    index.add(sounds[0])
    nearest = [index.nearest(sound) for sound in sounds[1:]]
    assert nearest[0] is not None and nearest[0].distance_db < 1e-3
    assert nearest[1] is not None and nearest[1].distance_db > 0.5


@pytest.mark.parametrize("length", [1, 100, 4_410, 8_191])
def test_short_textures_have_a_picture(length: int) -> None:
    noise = 0.1 * np.random.default_rng(7).standard_normal(length)
    texture = Sound(Audio(noise.astype(np.float32), SAMPLE_RATE), Tags("texture", "fog"), Provenance("test"))
    index = DuplicateIndex()
    index.add(texture)
    nearest = index.nearest(texture)
    assert nearest is not None and nearest.distance_db == 0.0
