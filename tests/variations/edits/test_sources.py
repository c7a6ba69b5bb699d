"""What a file that a verb is given is: a loop of exact bars, a one-shot or a texture."""

from pathlib import Path

import numpy as np
import pytest

from samplegen.audio.io import write_wav
from samplegen.audio.types import Audio
from samplegen.errors import InputError
from samplegen.pack.recordings import Recording
from samplegen.variations.edits.sources import Asked, read_source, with_kind

RATE = 44_100


def beat(bpm: float, *, beats: int) -> np.ndarray:
    """A click on every beat, the first of a bar louder, with a short noisy decay."""
    rng = np.random.default_rng(0)
    samples = np.zeros(round(beats * 60 / bpm * RATE), np.float32)
    hit = (rng.standard_normal(2000) * np.exp(-np.arange(2000) / 300)).astype(np.float32)
    for number in range(beats):
        start = round(number * samples.size / beats)
        room = min(hit.size, samples.size - start)
        samples[start : start + room] += hit[:room] * (0.3 if number % 4 else 0.6) / 4
    return samples


def recording(folder: Path, name: str, samples: np.ndarray) -> Recording:
    write_wav(folder / name, Audio(samples[None], RATE))
    return Recording(folder / name)


def test_a_loop_is_heard_by_its_length_and_tempo(tmp_path):
    source = read_source(recording(tmp_path, "thing.wav", beat(120, beats=16)))
    assert source.is_loop and source.audio.length == source.tags.length_at(RATE)
    assert source.tags.bpm in (60.0, 120.0, 240.0) and "taken as a loop" in source.notes[0]


@pytest.mark.parametrize(("name", "bars"), [("thing_145bpm.wav", 4), ("thing_72-5.wav", 2)])
def test_the_name_says_which_octave(tmp_path, name, bars):
    source = read_source(recording(tmp_path, name, beat(145, beats=16)))
    assert source.is_loop and source.tags.bars == bars
    assert source.tags.bpm == pytest.approx(145.0 if bars == 4 else 72.5, abs=0.01)


def test_what_the_user_says_counts_and_is_made_exact(tmp_path):
    samples = beat(128, beats=8)[:-7]  # somebody cut seven samples off
    source = read_source(recording(tmp_path, "thing.wav", samples), asked=Asked(bpm=128.0, bars=2))
    assert (source.tags.bpm, source.tags.bars, source.audio.length) == (128.0, 2, round(8 * 60 / 128 * RATE))
    assert any("samples were made" in note for note in source.notes)


def test_a_loop_of_another_length_than_asked_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"lasts 2\.00 bars of 4/4 at 128 BPM, not 3"):
        read_source(recording(tmp_path, "thing.wav", beat(128, beats=8)), asked=Asked(bpm=128.0, bars=3))


def test_hits_and_textures(tmp_path):
    noise = (0.1 * np.random.default_rng(1).standard_normal(8 * RATE)).astype(np.float32)
    hit = noise[: RATE // 2] * np.exp(-np.arange(RATE // 2) / 3000).astype(np.float32)
    assert read_source(recording(tmp_path, "snare.wav", hit)).tags.kind == "one_shot"
    assert read_source(recording(tmp_path, "rain.wav", noise)).tags.kind == "texture"


def test_kinds_come_from_the_user_or_the_name(tmp_path):
    hit = (0.5 * np.exp(-np.arange(9000) / 900)).astype(np.float32)
    kinds = ("kick", "snare", "loop_drums")
    named = with_kind(read_source(recording(tmp_path, "big snare 3.wav", hit)), kinds, embedder=None)
    told = read_source(recording(tmp_path, "big snare 4.wav", hit), asked=Asked(kind="kick"))
    assert named.tags.category == "snare" and with_kind(told, kinds, embedder=None).tags.category == "kick"


def test_silent_and_endless_sounds_are_refused(tmp_path):
    with pytest.raises(InputError, match="is silent"):
        read_source(recording(tmp_path, "nothing.wav", np.zeros(RATE, np.float32)))
    with pytest.raises(InputError, match="longer than 1 s"):
        read_source(recording(tmp_path, "long.wav", np.ones(2 * RATE, np.float32) / 2), max_s=1.0)
