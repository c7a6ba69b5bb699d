import numpy as np
import pytest
import torch

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.codec.base import Latents
from samplegen.evaluation.codec_figures import (
    anchor_systems,
    codec_system,
    figures_by_kind,
    low_pass,
    mp3_round_trip,
    reference_of,
    round_trip,
)


class FrameCodec:
    """Latents are the frames; decodes `gain` times what it was given."""

    name, hash = "frames", "0" * 64
    hop_length, latency_s = 100, 0.0

    def __init__(self, gain=1.0, *, sample_rate=44100, channels=1):
        self.gain, self.sample_rate, self.channels, self.dimension = gain, sample_rate, channels, 100 * channels

    def encode(self, samples, *, loop=False):
        padded = torch.nn.functional.pad(samples, (0, -samples.shape[-1] % 100))
        frames = padded.unflatten(-1, (-1, 100)).transpose(2, 3).flatten(1, 2)
        return Latents(frames, self.sample_rate / 100)

    def decode(self, latents, *, loop=False):
        return self.gain * latents.values.unflatten(1, (self.channels, 100)).transpose(2, 3).flatten(2)


def hit(seed: int, *, sample_rate=44100, channels=1, seconds=0.6) -> Audio:
    """Decaying noise with a tone."""
    generator = np.random.default_rng(seed)
    time = np.arange(int(seconds * sample_rate)) / sample_rate
    tone = np.sin(2 * np.pi * generator.uniform(80, 400) * time)
    samples = (generator.standard_normal((channels, len(time))) * 0.2 + tone) * np.exp(-6 * time) * 0.5
    return Audio(samples.astype(np.float32), sample_rate)


def figures_of(codec, sounds, kinds):
    """Of the codec (``frames``) and the anchors, by kind."""
    references = [reference_of(sound) for sound in sounds]
    systems = {codec.name: codec_system(codec), **anchor_systems()}
    made = {name: [system(reference) for reference in references] for name, system in systems.items()}
    rng = np.random.default_rng(0)
    return {name: figures_by_kind(estimates, references, kinds, generator=rng) for name, estimates in made.items()}


def test_anchors_stand_in_their_order():
    figures = figures_of(FrameCodec(), [hit(1), hit(2), hit(3)], ["kick", "hat", "hat"])
    distances = [
        figures[name]["all"].distance_db for name in ("silence", "low-pass 4 kHz", "low-pass 8 kHz", "low-pass 11 kHz")
    ]
    assert distances == sorted(distances, reverse=True) and len(set(distances)) == 4
    assert figures["MP3 32 kbit/s"]["all"].distance_db < figures["silence"]["all"].distance_db
    assert figures["frames"]["all"].distance_db == 0.0
    assert figures["silence"]["all"].snr_db == pytest.approx(0.0, abs=1e-6)


def test_anchors_stand_in_their_order_on_real_sounds(shared_audio):
    paths = sorted((shared_audio / "oneshots").rglob("*.flac"))[:3] or sorted(shared_audio.rglob("*.wav"))[:3]
    sounds = [read_audio(path, max_seconds=1.0) for path in paths]
    if not sounds:
        pytest.skip("the shared audio holds no sound")
    figures = figures_of(FrameCodec(), sounds, ["real"] * len(sounds))
    names = ("silence", "low-pass 4 kHz", "low-pass 8 kHz", "low-pass 11 kHz", "frames")
    distances = [figures[name]["all"].distance_db for name in names]
    assert distances == sorted(distances, reverse=True)


def test_figures_of_half_the_level():
    figure = figures_of(FrameCodec(0.5), [hit(1), hit(2)], ["a", "b"])["frames"]["all"]
    assert figure.snr_db == pytest.approx(6.02, abs=0.01)
    assert figure.distance_db == pytest.approx(6.02, abs=0.3)  # cells at the floor fall by less
    assert figure.low_db <= figure.distance_db <= figure.high_db
    assert figure.sounds == 2


def test_kinds_are_told_apart_and_the_total_lies_between():
    class KicksOnly(FrameCodec):
        def decode(self, latents, *, loop=False):
            samples = super().decode(latents)
            return samples if samples.shape[-1] > 20000 else 0.5 * samples

    sounds, kinds = [hit(1), hit(2), hit(3, seconds=0.3)], ["kick", "kick", "hat"]
    row = figures_of(KicksOnly(), sounds, kinds)["frames"]
    assert row["kick"].distance_db == 0.0 < row["all"].distance_db < row["hat"].distance_db
    assert (row["kick"].sounds, row["hat"].sounds, row["all"].sounds) == (2, 1, 3)
    assert row["all"].low_db == 0.0 < row["all"].high_db  # some draws hold kicks only


def test_same_generator_same_figures():
    first, second = (figures_of(FrameCodec(0.9), [hit(1), hit(2)], ["a", "b"]) for _ in range(2))
    assert first == second


def test_mp3_is_aligned_with_the_original():
    time = np.arange(44100) / 44100
    chirp = (0.5 * np.sin(2 * np.pi * (200 * time + 400 * time**2))).astype(np.float32)
    decoded = mp3_round_trip(chirp)
    assert decoded.shape == chirp.shape
    error = ((decoded - chirp) ** 2).sum() / (chirp**2).sum()
    assert 10 * np.log10(1 / error) > 15.0


@pytest.mark.parametrize("length", [1, 50, 700])
def test_short_sounds_survive_mp3(length):
    assert mp3_round_trip(np.full(length, 0.3, np.float32)).shape == (length,)


def test_low_pass_keeps_below_and_removes_above():
    time = np.arange(44100) / 44100
    low, high = (np.sin(2 * np.pi * hz * time).astype(np.float32) for hz in (1000, 9000))
    np.testing.assert_allclose(low_pass(low + high, cutoff_hz=4000), low, atol=1e-5)


@pytest.mark.parametrize(("sample_rate", "channels"), [(48000, 2), (24000, 1)])
def test_codecs_of_other_rates_and_channels_are_measured_at_44_1_khz(sample_rate, channels):
    time = np.arange(30000) / 44100
    fade = np.hanning(30000)
    signal = (fade * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    back = round_trip(FrameCodec(sample_rate=sample_rate, channels=channels), signal)
    np.testing.assert_allclose(back, signal, atol=1e-3)


def test_sounds_of_any_rate_and_channel_count():
    figures = figures_of(FrameCodec(), [hit(1, sample_rate=22050), hit(2, channels=2)], ["a", "b"])
    assert figures["frames"]["all"].distance_db == 0.0
