"""The spectral codec learns; a frozen encoder stays; the adversary trains one judge a step."""

from dataclasses import replace
from typing import Any

import torch
from torch import Generator, Tensor

from samplegen.codec.autoencoder import hash_encoder
from samplegen.training.codecs.spectral_trainer import SpectralTask, SpectralTrainingConfig
from samplegen.training.loop import load_state, save_state
from tests.models import CODEC_CONFIG

LENGTH = 4096
TRAINING = SpectralTrainingConfig(batch=2, length=LENGTH, scales_per_step=1)
ADVERSARY: dict[str, Any] = {
    "adversarial_weight": 1.0, "feature_weight": 1.0, "adversary_windows": (256, 128), "adversary_filters": 2,
    "adversary_length": 2048,
}  # fmt: skip


class Tones:
    """Decaying tones of random pitch."""

    def draw_batch(self, batch: int, length: int, generator: Generator) -> Tensor:
        hz = 100.0 * 2.0 ** (5 * torch.rand(batch, 1, 1, generator=generator))
        time = torch.arange(length) / 44_100
        return 0.5 * torch.sin(2 * torch.pi * hz * time) * torch.exp(-time * 30)


def make(**changes: Any) -> SpectralTask:
    validation = Tones().draw_batch(3, LENGTH, Generator().manual_seed(100))
    return SpectralTask(CODEC_CONFIG, replace(TRAINING, **changes), source=Tones(), validation=validation)


def train(task: SpectralTask, steps: range) -> list[dict[str, float]]:
    return [task.step(step, progress=step / 100) for step in steps]


def test_distance_falls() -> None:
    task = make(rate=0.2)  # of which the warm-up lets a tenth through
    task.average._decay = 0.0
    before = task.validate()
    losses = train(task, range(25))
    after = task.validate()
    assert set(losses[0]) == {"mel", "complex", "time", "latent", "gradient"}
    assert after["score"] < 0.85 * before["score"] and after["log_mel_db"] < 0.85 * before["log_mel_db"]
    assert after["snr_db"] > before["snr_db"] and after["latent_std"] > 0


def test_validation_changes_nothing() -> None:
    task = make()
    train(task, range(1))
    weights = {name: value.clone() for name, value in task.model.state_dict().items()}
    assert task.validate() == task.validate()
    assert task.model.training
    assert all(torch.equal(value, weights[name]) for name, value in task.model.state_dict().items())


def test_a_frozen_encoder_keeps_its_bits() -> None:
    task = make(freeze_encoder=True, **ADVERSARY)
    before, decoder = hash_encoder(task.model), task.model.decoder.write.weight.clone()
    train(task, range(2))
    assert hash_encoder(task.model) == before
    assert not torch.equal(task.model.decoder.write.weight, decoder)
    averaged = make()
    averaged.model.load_state_dict(task.average.weights)
    assert hash_encoder(averaged.model) == before


def test_one_judge_learns_and_the_codec_hears_it() -> None:
    task = make(**ADVERSARY)
    assert task.judge is not None
    for step in range(4):
        before = [[p.clone() for p in network.parameters()] for network in task.judge.networks]
        (losses,) = train(task, range(step, step + 1))
        assert {"judge", "adversarial", "features"} < set(losses)
        for network, weights in zip(task.judge.networks, before, strict=True):
            changed = any(not torch.equal(a, b) for a, b in zip(network.parameters(), weights, strict=True))
            assert changed == (network is task.judge._chosen)
            assert all(p.requires_grad for p in network.parameters())


def test_going_on_is_exact(tmp_path: Any) -> None:
    whole, first, second = (make(**ADVERSARY) for _ in range(3))
    train(whole, range(3))
    train(first, range(2))
    save_state(first, tmp_path, step=2, seconds=0.0, best=1.0)
    torch.rand(5)
    second.load_state(load_state(tmp_path / "last.pt")["task"])
    train(second, range(2, 3))
    assert second.judge is not None and whole.judge is not None
    for one, other in ((whole.model, second.model), (whole.judge.networks, second.judge.networks)):
        for name, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[name]), name


def test_starting_from_another_run() -> None:
    first = make()
    train(first, range(2))
    second = make(seed=5, freeze_encoder=True)
    second.start_from(first.average.weights)
    for name, value in second.model.state_dict().items():
        assert torch.equal(value, first.average.weights[name])
        assert torch.equal(second.average.weights[name], value)
