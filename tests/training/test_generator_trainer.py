"""A generator learns four clips by heart, tells its loss by alpha, and goes on to the bit."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from samplegen.codec import load_codec
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.networks.unet import UNet
from samplegen.training.generator_trainer import GeneratorTask, decay_groups
from samplegen.training.latents import EncodedItem, LatentSet
from samplegen.training.loop import load_state, save_state
from tests.models import CODEC, NETWORK_CONFIG, TRAINING, tiny_latents, tiny_task


@pytest.fixture
def latents(tiny_models: Path) -> LatentSet:
    return tiny_latents(load_codec(CODEC))


def four_clips(frames: int = 16) -> LatentSet:
    """One sinusoid a kind."""
    time, channel = torch.arange(frames)[:, None] / frames, torch.arange(8) / 8
    kinds = ("kick", "snare", "bass", "tom")
    clips = [torch.sin(2 * torch.pi * ((k + 1) * time + channel + k / 3)).half() for k in range(4)]
    items = [EncodedItem(k * frames, frames, kind, (kind,), False, "train", kind) for k, kind in enumerate(kinds)]
    return LatentSet(torch.cat(clips), items, {"frame_rate": 50.0, "latency_s": 0.0, "one_shot_frames": frames})


def test_four_clips_are_learned() -> None:
    training = replace(TRAINING, rate=5e-2, one_shot_batch=16, average=0.9)
    task = GeneratorTask(replace(NETWORK_CONFIG, dropout=0.0), training, latents=four_clips(), embedder=TagEmbedder())
    assert task.validate()["score"] == pytest.approx(2.0, abs=0.1)  # mean square of data less noise
    for step in range(60):
        task.step(step, progress=step / 60)
    # Who knows no clip, only their variance, is at 2 / (4 a^2 - 4 a + 2) for alpha a: pi / 2 on average.
    assert task.validate()["score"] < 1.4


def test_validation_has_ten_strata_and_changes_nothing(latents: LatentSet) -> None:
    task = tiny_task(latents)
    task.step(0, progress=0.0)
    weights = {name: value.clone() for name, value in task.model.state_dict().items()}
    draws = task.generator.get_state()
    figures = task.validate()
    assert figures == task.validate()
    for name in ("loops", "one_shots"):
        strata = [figures[f"{name}_{stratum}"] for stratum in range(10)]
        assert figures[name] == pytest.approx(sum(strata) / 10)
    assert len(figures) == 23 and figures["score"] == pytest.approx((figures["loops"] + figures["one_shots"]) / 2)
    assert task.model.training and torch.equal(task.generator.get_state(), draws)
    assert all(torch.equal(value, weights[name]) for name, value in task.model.state_dict().items())


def test_going_on_is_exact(latents: LatentSet, tmp_path: Path) -> None:
    """Dropout included, whatever others drew from torch's own generator in the meantime."""
    whole, first, second = (tiny_task(latents) for _ in range(3))
    for step in range(4):
        whole.step(step, progress=step / 4)
    for step in range(2):
        first.step(step, progress=step / 4)
    save_state(first, tmp_path, step=2, seconds=0.0, best=1.0)
    torch.rand(17)
    second.load_state(load_state(tmp_path / "last.pt")["task"])
    for step in range(2, 4):
        second.step(step, progress=step / 4)
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name
        assert torch.equal(whole.average.weights[name], second.average.weights[name]), name
    assert torch.equal(whole.generator.get_state(), second.generator.get_state())


def test_a_small_set_without_held_out_sounds_is_validated_on_itself(latents: LatentSet) -> None:
    train = LatentSet(latents.values, [item for item in latents.items if item.split == "train"], latents.header)
    assert tiny_task(train).validate()["score"] > 0


@pytest.mark.parametrize("loop", [True, False])
def test_one_sort_of_sounds_is_enough(latents: LatentSet, loop: bool) -> None:
    task = tiny_task(LatentSet(latents.values, [item for item in latents.items if item.loop == loop], latents.header))
    for step in range(3):
        assert set(task.step(step, progress=0.0)) == {"loops" if loop else "one_shots", "gradient"}


def test_the_seed_is_all(latents: LatentSet) -> None:
    tasks = []
    for noise in (1, 2):
        torch.manual_seed(noise)
        tasks.append(tiny_task(latents))
        tasks[-1].step(0, progress=0.0)
    first, second = (task.model.state_dict() for task in tasks)
    assert all(torch.equal(value, second[name]) for name, value in first.items())


def test_only_matrices_decay() -> None:
    model = UNet(NETWORK_CONFIG)
    decayed, rest = decay_groups(model, 0.01)
    assert (decayed["weight_decay"], rest["weight_decay"]) == (0.01, 0.0)
    assert all(p.dim() > 1 for p in decayed["params"]) and all(p.dim() <= 1 for p in rest["params"])
    assert len(decayed["params"]) + len(rest["params"]) == len(list(model.parameters()))
