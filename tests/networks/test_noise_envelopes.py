"""Noise starts when its sound did, closer than the window would allow; steady noise is left alone."""

import pytest
import torch
from torch import Tensor

from samplegen.networks.noise_envelopes import NoiseEnvelopes
from samplegen.networks.stft import Stft

FRAMES, HOP, ONSET = 120, 256, 60 * 256 + 37


def white(count: int, *, seed: int = 0) -> Tensor:
    return torch.randn(count, FRAMES * HOP, generator=torch.Generator().manual_seed(seed))


def sounds_from(onset: int, *, stft: Stft, loop: bool) -> tuple[Tensor, Tensor]:
    """Power of noise that sets in at `onset`, ``[1, K, F]``, and other noise with that power in every cell."""
    sounding = (torch.arange(FRAMES * HOP) >= onset).float()
    power = stft.analyse(white(200) * sounding, loop=loop).abs().square().mean(0, keepdim=True)
    unit = stft.analyse(white(1, seed=1), loop=loop) / stft.window.square().sum().sqrt()
    return unit * power.sqrt(), power


def level_db(samples: Tensor, start: int, stop: int) -> float:
    return float(10 * samples[0, start:stop].square().mean().log10())


@pytest.mark.parametrize("loop", [False, True])
def test_what_comes_before_an_attack_is_taken_back(loop: bool) -> None:
    stft = Stft(1024, HOP)
    noise, power = sounds_from(ONSET, stft=stft, loop=loop)
    plain = stft.synthesise(noise, loop=loop)
    shaped = NoiseEnvelopes(stft, sample_rate=44_100).synthesise(
        noise, power, beside=torch.zeros_like(noise), loop=loop
    )
    assert shaped.shape == plain.shape
    gains = [
        level_db(shaped, ONSET + start, ONSET + stop) - level_db(plain, ONSET + start, ONSET + stop)
        for start, stop in ((-512, -256), (-256, -128), (0, 256), (2000, 12000))
    ]
    assert gains[0] < -9.0 and gains[1] < -5.0
    assert 0.0 < gains[2] < 3.0 and abs(gains[3]) < 0.1


def test_even_noise_on_a_ring_stays_what_it_is() -> None:
    stft = Stft(1024, HOP)
    noise = stft.analyse(white(1), loop=True)
    made = NoiseEnvelopes(stft, sample_rate=44_100).synthesise(
        noise, torch.full(noise.shape, 7.0), beside=torch.zeros_like(noise), loop=True
    )
    torch.testing.assert_close(made, white(1), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("n_fft", "hop"), [(1024, 256), (512, 128), (384, 96), (256, 128)])
def test_a_ring_may_begin_anywhere(n_fft: int, hop: int) -> None:
    stft = Stft(n_fft, hop)
    envelopes = NoiseEnvelopes(stft, sample_rate=44_100)
    noise = stft.analyse(torch.randn(2, 11 * hop, generator=torch.Generator().manual_seed(0)), loop=True)
    power = noise.abs().square() * torch.linspace(0.01, 4.0, 11)[:, None]
    first, later = (
        envelopes.synthesise(*(torch.roll(part, turn, dims=1) for part in (noise, power)),
                             beside=torch.zeros_like(noise), loop=True)
        for turn in (0, 4)
    )  # fmt: skip
    torch.testing.assert_close(torch.roll(first, 4 * hop, dims=1), later, atol=1e-5, rtol=1e-4)


def test_silence_stays_silent_and_what_lies_beside_is_added_as_it_is() -> None:
    stft = Stft(1024, HOP)
    beside = stft.analyse(white(1), loop=True)
    nothing = torch.zeros_like(beside)
    made = NoiseEnvelopes(stft, sample_rate=44_100).synthesise(nothing, nothing.abs(), beside=beside, loop=True)
    torch.testing.assert_close(made, stft.synthesise(beside, loop=True))
