"""A generator learns four clips by heart, tells its loss by alpha, and goes on to the bit."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from samplegen.codec import load_codec
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.types import Conditioning
from samplegen.errors import UsageError
from samplegen.networks.unet import UNet, UNetConfig
from samplegen.training.encoding.latents import EncodedItem, LatentSet
from samplegen.training.generators.generator_trainer import GeneratorTask, decay_groups
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


def with_vectors(latents: LatentSet, *, dimension: int = 5) -> LatentSet:
    generator = torch.Generator().manual_seed(0)
    vectors = torch.nn.functional.normalize(torch.randn(len(latents.items), 4, dimension, generator=generator), dim=-1)
    return latents.with_vectors(vectors, name="clap-tiny", hash="abc")


def telling_task(latents: LatentSet, **changes: int) -> GeneratorTask:
    """A training on tags and vectors."""
    told = with_vectors(latents)
    wide = {"embedding_dimension": NETWORK_CONFIG.embedding_dimension + 5, "channels": told.values.shape[1]}
    config: UNetConfig = replace(NETWORK_CONFIG, **{**wide, **changes})
    return GeneratorTask(config, TRAINING, latents=told, embedder=TagEmbedder())


def test_going_on_with_vectors_is_exact(latents: LatentSet) -> None:
    whole, second = telling_task(latents), telling_task(latents)
    whole.step(0, progress=0.0)
    second.load_state(deepcopy(whole.state()))
    assert whole.step(1, progress=0.5) == second.step(1, progress=0.5)
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name


def test_a_wider_condition_changes_nothing_at_first(latents: LatentSet) -> None:
    narrow, wide = tiny_task(latents), telling_task(latents)
    for step in range(4):
        narrow.step(step, progress=0.0)
    before = wide.average.steps
    wide.start_from(narrow.average.weights)
    generator = torch.Generator().manual_seed(1)
    x, beat, words, clap = (
        torch.randn(*shape, generator=generator)
        for shape in ((3, latents.values.shape[1], 32), (3, 8, 32), (3, TagEmbedder().dimension), (3, 5))
    )
    has = torch.tensor([True, True, False])
    with narrow.average.applied(narrow.model), torch.inference_mode():
        wanted = narrow.model.eval()(x, 0.4, Conditioning(beat, words, has, has))
        for extra in (clap, torch.zeros_like(clap)):
            told = Conditioning(beat, torch.cat([words, extra], dim=1), has, has)
            torch.testing.assert_close(wide.model.eval()(x, 0.4, told), wanted, atol=1e-5, rtol=1e-5)
    assert wanted.abs().max() > 0.01 and wide.average.steps == before == 0
    assert torch.equal(wide.average.weights["embedding.weight"], wide.model.state_dict()["embedding.weight"])
    wide.model.train()
    wide.step(0, progress=0.0)
    assert wide.model.state_dict()["embedding.weight"][:, -5:].any()  # but soon they count


@pytest.mark.parametrize("change", ["narrower", "other width", "lacking", "more"])
def test_a_start_that_does_not_fit(latents: LatentSet, change: str) -> None:
    weights = dict(telling_task(latents).average.weights)
    task = telling_task(latents, width=32) if change == "other width" else telling_task(latents)
    if change == "narrower":
        task = tiny_task(latents)
    elif change == "lacking":
        del weights["embedding.weight"]
    elif change == "more":
        weights["extra"] = torch.zeros(2)
    own = {name: value.clone() for name, value in task.model.state_dict().items()}
    with pytest.raises(UsageError, match=r"another network: its \S+ is"):
        task.start_from(weights)
    assert all(torch.equal(value, own[name]) for name, value in task.model.state_dict().items())


def test_a_network_for_other_conditions(latents: LatentSet) -> None:
    tags = NETWORK_CONFIG.embedding_dimension
    with pytest.raises(UsageError, match=f"have {tags + 5} numbers, not {tags}"):
        telling_task(latents, embedding_dimension=tags)


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
