import io

import numpy as np
import pytest
import soundfile

from samplegen.audio.types import Audio
from samplegen.pack.audition.clips import QUALITIES, embed_sounds, encode_flac, overview_of
from tests.pack.audition.packs import make_pack


def noise(length: int, *, channels: int = 2) -> Audio:
    return Audio(np.random.default_rng(1).uniform(-1, 1, (channels, length)).astype(np.float32), 44_100)


@pytest.mark.parametrize("length", [1, 4095, 4096, 4097, 100_001])
def test_a_clip_has_exactly_the_sounds_samples(length):
    audio = noise(length)
    samples, rate = soundfile.read(
        io.BytesIO(encode_flac(audio, quality=QUALITIES[0])), dtype="float32", always_2d=True
    )
    assert (rate, samples.shape) == (44_100, (length, 2))
    assert np.abs(samples.T - audio.samples).max() <= 1.01 / 32768


def test_fewer_bits_leave_the_lowest_at_zero_and_make_smaller_files():
    audio = noise(20_000)
    files = [encode_flac(audio, quality=quality) for quality in QUALITIES]
    assert len(files[0]) > 1.8 * len(files[1]) > 1.8 * 1.2 * len(files[2])
    samples, _ = soundfile.read(io.BytesIO(files[2]), dtype="int16")
    assert not np.any(samples % 16)
    assert np.abs(samples / 32768 - audio.mono().samples[0]).max() <= 1.01 / 2048


def test_an_overview_holds_the_peak_of_each_part():
    samples = np.zeros((1, 1280), np.float32)
    samples[0, 15], samples[0, 1279] = -0.5, 0.25
    overview = overview_of(Audio(samples, 44_100))
    assert len(overview) == 128
    assert (overview[1], overview[127], sum(overview)) == (255, 128, 255 + 128)


def test_a_small_pack_is_embedded_whole_and_a_large_one_in_lower_quality(tmp_path):
    view = make_pack(tmp_path, loops=2, one_shots=2)
    whole = embed_sounds(view)
    assert not whole.note
    size = sum(len(clip.flac) for clip in whole.by_path.values())
    smaller = embed_sounds(view, budget_bytes=int(0.8 * size))
    assert "12 bits" in smaller.note
    assert all(clip.flac for clip in smaller.by_path.values())
    # One-shots come first where not even that fits.
    few = embed_sounds(view, budget_bytes=size // 8)
    kinds = {entry.kind for entry in view.entries if few.by_path[entry.path].flac}
    assert "one_shot" in kinds
    missing = sum(not clip.flac for clip in few.by_path.values())
    assert missing
    assert f"{missing} sounds found no room" in few.note
    assert sum(len(clip.flac) for clip in few.by_path.values()) <= size // 8
