"""Partials on the roll of semitones, and back from it."""

import math

import pytest
import torch

from samplegen.networks.partials import Oscillators, PartialRoll, compress, expand, tone_frequencies
from samplegen.networks.stft import Stft

RATE, HOP, LOWEST = 44100, 1024, 32.703195662574829
ROLL = PartialRoll(84, lowest_hz=LOWEST, n_fft=4096, hop=HOP, sample_rate=RATE)
OSCILLATORS = Oscillators(84, lowest_hz=LOWEST, stft=Stft(1024, 256), sample_rate=RATE)
C1_TO_A3 = 33


def tones(*parts: tuple[float, float], frames: int = 24) -> torch.Tensor:
    """``[1, T]`` of sines (hertz, amplitude)."""
    time = torch.arange(frames * HOP) / RATE
    return torch.stack([level * torch.sin(2 * math.pi * hertz * time) for hertz, level in parts]).sum(0)[None]


def sounded(amplitude: torch.Tensor, *, loop: bool = False) -> torch.Tensor:
    """``[B, K, 84]`` amplitudes as samples ``[B, T]``."""
    spectrum = OSCILLATORS.spectrum(amplitude, loop=loop)
    return Stft(1024, 256).synthesise(spectrum * (1 - 2 * (torch.arange(513) % 2)), loop=loop)


def loudest_hertz(samples: torch.Tensor) -> float:
    middle = samples[0, 4096:20480] * torch.hann_window(16384)
    return float(torch.fft.rfft(middle, 1 << 18).abs().argmax()) * RATE / (1 << 18)


def test_amplitudes_survive_the_scale_and_silence_is_silent() -> None:
    amplitude = torch.tensor([0.005, 0.05, 0.5, 1.0])
    torch.testing.assert_close(expand(compress(amplitude)), amplitude)
    assert compress(torch.tensor(0.0)) == 0.0 and expand(torch.tensor([-1.0, 0.1])).abs().max() == 0.0


def test_what_is_hardly_there_is_not_written_and_small_errors_are_not_heard() -> None:
    assert not ROLL(tones((220.0, 0.002))).any()
    rows = ROLL(tones((220.0, 0.01)))
    assert float(rows[0, 12, C1_TO_A3]) > 0.9
    assert not expand(torch.full((1, 4, 84), 0.4)).any()


def test_two_sines_are_two_rows() -> None:
    amplitude = expand(ROLL(tones((220.0, 0.5), (554.365, 0.2))))[0, 12]
    rows = torch.nonzero(amplitude > 0.02)[:, 0].tolist()
    assert rows == [C1_TO_A3, C1_TO_A3 + 16]
    assert amplitude[rows].tolist() == pytest.approx([0.5, 0.2], rel=0.03)


def test_a_semitone_up_is_the_next_row() -> None:
    low, high = (ROLL(tones((220.0 * 2 ** (k / 12), 0.3)))[0, 12] for k in (0, 1))
    torch.testing.assert_close(high[1:], low[:-1], atol=0.05, rtol=0.05)


def test_noise_is_hardly_there() -> None:
    noise = 0.2 * torch.randn(1, 24 * HOP, generator=torch.Generator().manual_seed(0))
    heard = expand(ROLL(noise))[0, 4:-4].square().sum(-1).mean() / 2
    below_4_6_khz = 0.21 * noise.square().mean()
    assert float(heard) < 0.15 * float(below_4_6_khz)


@pytest.mark.parametrize("hertz", [55.0, 220.0, 226.0, 1234.5])
def test_a_sine_comes_back_at_its_pitch_and_level(hertz: float) -> None:
    roll = ROLL(tones((hertz, 0.4)))
    made = sounded(expand(roll).repeat_interleave(4, dim=1))
    cents = 1200 * math.log2(loudest_hertz(made) / hertz)
    assert abs(cents) < 8.0
    assert float(made[0, 8192:16384].std()) == pytest.approx(0.4 / math.sqrt(2), rel=0.07)


def test_a_glide_through_semitones_stays_one_wave() -> None:
    """Amplitude is steady while the line hands over from row to row."""
    frames = 96
    place = torch.linspace(20.0, 26.0, frames)[None, :, None]
    amplitude = 0.5 * (1.0 - (torch.arange(84) - place).abs()).clamp_min(0.0).sqrt()
    made = sounded(amplitude)[0, 2048:-2048]
    level = made.unfold(0, 1024, 256).square().mean(-1).sqrt()
    assert float(level.min()) > 0.85 * 0.5 / math.sqrt(2)


def test_a_ring_of_oscillators_closes() -> None:
    amplitude = torch.zeros(1, 64, 84)
    amplitude[..., C1_TO_A3] = 0.5
    made = sounded(amplitude, loop=True)[0]
    across = torch.cat([made[-2048:], made[:2048]])
    step = (across[1:] - across[:-1]).abs()
    assert float(step[2040:2056].max()) <= 1.02 * float(step[:1500].max())
    assert abs(loudest_hertz(made.repeat(2)[None]) - float(tone_frequencies(84, lowest_hz=LOWEST)[C1_TO_A3])) < 1.5
