"""Segments for codec training: drawn from a generator alone, at any speed and level, finite."""

from pathlib import Path

import numpy as np
import pytest
import torch

from samplegen.audio.io import write_wav
from samplegen.audio.types import Audio
from samplegen.errors import InputError
from samplegen.training.codecs.segments import MixedSegments, SegmentStore, fixed_segments, load_sounds

RATE = 44_100


def store(*lengths: int, hz: float = 500.0) -> SegmentStore:
    pieces = [np.sin(2 * np.pi * hz * np.arange(n) / RATE).astype(np.float16) * 0.5 for n in lengths]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    kinds = tuple("kick" if n % 2 else "snare" for n in range(len(lengths)))
    return SegmentStore(np.concatenate(pieces), starts, np.array(lengths, np.int64), kinds)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("mix_share", [0.0, 1.0])
@pytest.mark.parametrize("lengths", [(1,), (5, 3000), (100_000, 40)])
def test_any_sound_makes_a_segment(mix_share: float, lengths: tuple[int, ...]) -> None:
    segments = MixedSegments(store(*lengths), mix_share=mix_share).draw_batch(12, 2048, generator())
    assert segments.shape == (12, 1, 2048) and segments.dtype == torch.float32
    assert segments.isfinite().all() and segments.abs().max() <= 1.0


def test_peaks_are_spread() -> None:
    peaks = MixedSegments(store(8000)).draw_batch(64, 2048, generator()).abs().amax((1, 2))
    assert peaks.max() > 0.8 and peaks.min() < 0.4


def test_silence_stays_silence() -> None:
    silent = SegmentStore(np.zeros(500, np.float16), np.array([0]), np.array([500]), ("kick",))
    assert not MixedSegments(silent).draw_batch(4, 1000, generator()).any()


def test_the_generator_says_all() -> None:
    source = MixedSegments(store(3000, 9000, 500))
    first = source.draw_batch(4, 2048, generator())
    torch.manual_seed(99)
    assert torch.equal(source.draw_batch(4, 2048, generator()), first)
    assert not torch.equal(source.draw_batch(4, 2048, generator(1)), first)


def test_speeds_change_the_pitch() -> None:
    def pitches(speed_share: float) -> set[int]:
        source = MixedSegments(store(20_000), mix_share=0.0, speed_share=speed_share)
        spectra = torch.fft.rfft(source.draw_batch(16, 8192, generator())[:, 0]).abs()
        return {round(int(bin) * RATE / 8192 / 20) * 20 for bin in spectra.argmax(1)}

    assert pitches(0.0) == {500}
    varied = pitches(1.0)
    assert len(varied) > 4 and min(varied) >= 320 and max(varied) <= 760  # seven semitones either way


def test_kinds_are_balanced() -> None:
    many = store(*[4000] * 9)
    kinds = ("kick",) * 8 + ("snare",)
    balanced = MixedSegments(SegmentStore(many.samples, many.starts, many.lengths, kinds))
    shares = balanced._weights
    assert float(shares[8]) == pytest.approx(float(shares[:8].sum()) / 8**0.5, rel=1e-6)


def test_fixed_segments_are_the_beginnings() -> None:
    sounds = store(10, 3000, 20, 30)
    fixed = fixed_segments(sounds, count=2, length=100)
    assert fixed.shape == (2, 1, 100)
    np.testing.assert_array_equal(fixed[0, 0, :10], sounds.sound(0).astype(np.float32))
    assert not fixed[0, 0, 10:].any() and not fixed[1, 0, 30:].any()
    assert fixed_segments(sounds, count=99, length=8).shape == (4, 1, 8)


def test_loading(tmp_path: Path) -> None:
    ramp = np.linspace(-0.5, 0.5, 300, dtype=np.float32)
    write_wav(tmp_path / "a.wav", Audio(np.stack([ramp, ramp]), RATE))
    write_wav(tmp_path / "b.wav", Audio(ramp[None, :50], RATE))
    sounds = load_sounds([(tmp_path / "a.wav", "fx"), (tmp_path / "b.wav", "kick")], sample_rate=RATE)
    assert len(sounds) == 2 and sounds.kinds == ("fx", "kick") and sounds.lengths.tolist() == [300, 50]
    np.testing.assert_allclose(sounds.sound(0), ramp, atol=5e-4)
    np.testing.assert_allclose(sounds.sound(1), ramp[:50], atol=5e-4)


def test_nothing_to_load() -> None:
    with pytest.raises(InputError, match="no sound to train on"):
        load_sounds([], sample_rate=RATE)
