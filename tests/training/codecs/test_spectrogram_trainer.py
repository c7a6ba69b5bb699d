"""The spectrogram codec learns, begins as the best linear one, goes on where it stopped; a frozen encoder stays."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from samplegen.codec.spectrogram import hash_encoder
from samplegen.training.codecs.spectrogram_trainer import SpectrogramTask, SpectrogramTrainingConfig
from samplegen.training.codecs.tones import WithTones, draw_tone
from samplegen.training.loop import load_state, save_state
from tests.models import CODEC_CONFIG

LENGTH = 4096
TRAINING = SpectrogramTrainingConfig(batch=2, length=LENGTH)


class Bursts:
    """Decaying noise of random colour."""

    def draw_batch(self, batch: int, length: int, generator: Generator) -> Tensor:
        noise = torch.randn(batch, 1, length, generator=generator)
        slow = torch.cumsum(noise, -1) * 0.03
        share = torch.rand(batch, 1, 1, generator=generator)
        fall = torch.exp(-torch.arange(length) / 44_100 * 30)
        return 0.2 * (share * noise + (1 - share) * slow) * fall


def make(**changes: Any) -> SpectrogramTask:
    validation = Bursts().draw_batch(3, LENGTH, Generator().manual_seed(100))
    return SpectrogramTask(CODEC_CONFIG, replace(TRAINING, **changes), source=Bursts(), validation=validation)


def train(task: SpectrogramTask, steps: range) -> list[dict[str, float]]:
    return [task.step(step, progress=step / 100) for step in steps]


def test_losses_fall() -> None:
    task = make(rate=0.02)  # of which the warm-up lets a third through
    heard = Bursts().draw_batch(24, LENGTH, Generator().manual_seed(50))[:, 0]

    def loss() -> float:
        with torch.no_grad():
            parts = task.losses(heard)
        assert set(parts) == {"level", "roughness", "mel", "loud", "tonal", "latent"}
        return float(parts["level"] + parts["mel"] + parts["loud"])

    before = loss()
    train(task, range(60))
    assert loss() < 0.97 * before


def test_the_linear_beginning_is_better_than_none() -> None:
    task = make()
    begun = task.validate()["score"]
    with torch.no_grad():
        for part in (task.model.encoder.direct, task.model.decoder.direct):
            part.weight.zero_()
    task.average.load_state({"steps": 0, "weights": task.model.state_dict()})
    assert begun < 0.8 * task.validate()["score"]


def test_validation_changes_nothing() -> None:
    task = make()
    train(task, range(1))
    weights = {name: value.clone() for name, value in task.model.state_dict().items()}
    assert task.validate() == task.validate()
    assert task.model.training
    assert all(torch.equal(value, weights[name]) for name, value in task.model.state_dict().items())


def test_a_frozen_encoder_keeps_its_bits() -> None:
    task = make(freeze_encoder=True)
    before, decoder = hash_encoder(task.model), task.model.decoder.write.weight.clone()
    train(task, range(2))
    assert hash_encoder(task.model) == before
    assert not torch.equal(task.model.decoder.write.weight, decoder)
    averaged = make()
    averaged.model.load_state_dict(task.average.weights)
    assert hash_encoder(averaged.model) == before


def test_going_on_is_exact(tmp_path: Path) -> None:
    whole, second = make(), make(seed=5)
    train(whole, range(2))
    save_state(whole, tmp_path, step=2, seconds=0.0, best=1.0)
    torch.rand(5)  # whatever else draws from torch's own generator
    second.load_state(load_state(tmp_path / "last.pt")["task"])
    assert train(whole, range(2, 4)) == train(second, range(2, 4))
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name


def test_starting_from_another_run() -> None:
    first = make()
    train(first, range(2))
    second = make(seed=5, freeze_encoder=True)
    second.start_from(first.average.weights)
    for name, value in second.model.state_dict().items():
        assert torch.equal(value, first.average.weights[name])
        assert torch.equal(second.average.weights[name], value)


def test_a_share_of_segments_holds_tones() -> None:
    class Silence:
        def draw_batch(self, batch: int, length: int, generator: Generator) -> Tensor:
            return torch.zeros(batch, 1, length)

    batch = WithTones(Silence(), share=0.5).draw_batch(60, 2048, Generator().manual_seed(0))
    sounding = int((batch.abs().amax((1, 2)) > 0).sum())
    assert 18 <= sounding <= 42 and float(batch.abs().max()) <= 1.0
    assert not WithTones(Silence(), share=0.0).draw_batch(4, 2048, Generator().manual_seed(0)).any()


def test_tones_are_tonal() -> None:
    """Most of them have most of their energy in a few bins."""
    flat = []
    for seed in range(40):
        tone = draw_tone(32768, np.random.default_rng(seed))
        power = np.square(np.abs(np.fft.rfft(tone[8192:24576] * np.hanning(16384)))) + 1e-12
        flat.append(float(np.exp(np.log(power).mean()) / power.mean()))
        assert np.isfinite(tone).all() and np.abs(tone).max() <= 1.0
    assert np.median(flat) < 0.01
