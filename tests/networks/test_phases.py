"""Phases made of magnitudes, against signals whose phases are known."""

import math

import pytest
import torch

from samplegen.codec.measures import log_mel_distance_db
from samplegen.networks.phases import integrate_phases
from samplegen.networks.stft import Stft

RATE, SIZE, HOP = 44100, 1024, 256


def resynthesise(samples: torch.Tensor, *, loop: bool = False) -> torch.Tensor:
    """``[T]`` from its magnitudes alone."""
    stft = Stft(SIZE, HOP)
    magnitude = stft.analyse(samples[None], loop=loop).abs()
    phases = integrate_phases(torch.log(magnitude + 1e-6), n_fft=SIZE, hop=HOP, loop=loop)
    sign = 1 - 2 * (torch.arange(SIZE // 2 + 1) % 2)
    return stft.synthesise(torch.polar(magnitude, phases) * sign, loop=loop)[0]


def sine(hertz: float, *, frames: int = 64) -> torch.Tensor:
    return 0.5 * torch.sin(2 * math.pi * hertz * torch.arange(frames * HOP) / RATE)


def frequency(samples: torch.Tensor) -> float:
    """Of a sine, from the phase that passes between two halves of its middle."""
    middle = samples[4096:12288] * torch.hann_window(8192)
    spectrum = torch.fft.rfft(middle, 65536).abs()
    return float(spectrum.argmax()) * RATE / 65536


@pytest.mark.parametrize("hertz", [110.0, 443.2, 5000.0])
def test_a_sine_keeps_its_pitch_and_level(hertz: float) -> None:
    made = resynthesise(sine(hertz))
    assert abs(frequency(made) - hertz) < 1.0
    assert float(made[4096:12288].std()) == pytest.approx(0.5 / math.sqrt(2), rel=0.03)


@pytest.mark.parametrize("place", [3700, 4000, 4100])
def test_a_click_stays_a_click(place: int) -> None:
    click = torch.zeros(32 * HOP)
    click[place] = 1.0
    made = resynthesise(click)
    assert abs(int(made.abs().argmax()) - place) <= 16  # 0.4 ms
    assert made[place - 40 : place + 40].square().sum() > 0.7 * made.square().sum()


def test_random_phases_are_worse_than_those_of_the_magnitudes() -> None:
    time = torch.arange(64 * HOP) / RATE
    sound = sum(torch.sin(2 * math.pi * 220 * k * time) / k for k in range(1, 12)) * torch.exp(-4 * time) * 0.2
    assert isinstance(sound, torch.Tensor)
    stft = Stft(SIZE, HOP)
    magnitude = stft.analyse(sound[None], loop=False).abs()
    turn = 2 * math.pi * torch.rand(magnitude.shape, generator=torch.Generator().manual_seed(0))
    random = stft.synthesise(torch.polar(magnitude, turn))
    ours = float(log_mel_distance_db(resynthesise(sound)[None, None], sound[None, None]))
    theirs = float(log_mel_distance_db(random[None], sound[None, None]))
    assert ours < 1.5 < 3 * ours < theirs


@pytest.mark.parametrize("hertz", [110.0, 441.7, 2000.3])
def test_a_ring_closes(hertz: float) -> None:
    """The same frame all round, of a sine that makes no whole number of turns: nothing jumps where the ends meet."""
    stft = Stft(SIZE, HOP)
    frame = stft.analyse(sine(hertz)[None], loop=False)[:, 30:31].abs().expand(-1, 64, -1)
    phases = integrate_phases(torch.log(frame + 1e-6), n_fft=SIZE, hop=HOP, loop=True)
    made = stft.synthesise(torch.polar(frame, phases) * (1 - 2 * (torch.arange(SIZE // 2 + 1) % 2)), loop=True)[0]
    across = torch.cat([made[-4096:], made[:4096]])
    step = (across[1:] - across[:-1]).abs()
    assert float(step[4080:4110].max()) <= 1.1 * float(step[:3000].max())
    assert float(made.std()) == pytest.approx(0.5 / math.sqrt(2), rel=0.05)


def test_a_turned_ring_of_one_sound_is_turned() -> None:
    noise = torch.randn(2, 24, SIZE // 2 + 1, generator=torch.Generator().manual_seed(2))
    alone = integrate_phases(noise[1:], n_fft=SIZE, hop=HOP, loop=True)
    both = integrate_phases(noise, n_fft=SIZE, hop=HOP, loop=True)
    torch.testing.assert_close(both[1:], alone)
