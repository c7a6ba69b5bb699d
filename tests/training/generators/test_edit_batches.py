"""What a generator that edits is shown of a sound."""

import numpy as np
import pytest
import torch

from samplegen.codec import load_codec
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.diffusion.masks import DEGRADED, KNOWN
from samplegen.networks.unet import named_config
from samplegen.training.encoding.latents import LatentSet, save_degraded
from samplegen.training.generators.edit_batches import EditBatchDrawer, KnownShares, draw_known
from samplegen.training.generators.generator_trainer import GeneratorTask, GeneratorTrainingConfig
from tests.models import CODEC, tiny_latents


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def latents(tiny_models):
    return tiny_latents(load_codec(CODEC))


def with_copies(latents: LatentSet) -> LatentSet:
    copies = torch.stack([latents.values + 100, latents.values + 200])
    return LatentSet(latents.values, latents.items, latents.header, degraded=copies)


def test_copies_are_of_the_same_frames(latents):
    latents = with_copies(latents)
    drawer = EditBatchDrawer(latents, TagEmbedder(), latents.stats(), split="train", crop_frames=16)
    both, _ = drawer.draw_loops(8, generator())
    clean, worse = (latents.stats().denormalise(part) for part in both.chunk(2, dim=1))
    offsets = (worse - clean).mean((1, 2)).round()
    assert set(offsets.tolist()) == {100.0, 200.0}
    assert torch.allclose(worse - clean, offsets[:, None, None].expand_as(clean), atol=0.2)


def test_what_is_shown():
    both = torch.cat([torch.full((400, 3, 20), 1.0), torch.full((400, 3, 20), 2.0)], dim=1)
    known, mask = draw_known(both, shares=KnownShares(0.4, 0.2, 0.3), has_degraded=True, generator=generator())
    sorts = {"nothing": 0, "degraded": 0, "ending": 0, "gap": 0}
    for latent, trust in zip(known, mask[:, 0], strict=True):
        if bool((trust == DEGRADED).all()):
            sorts["degraded"] += 1
            assert bool((latent == 2.0).all())
        elif bool((trust == 0).all()):
            sorts["nothing"] += 1
        else:
            assert set(trust.tolist()) == {0.0, KNOWN} and bool((latent == 1.0).all())
            ends = bool((trust.diff() <= 0).all()) and trust[-1] == 0
            sorts["ending" if ends else "gap"] += 1
    shares = {name: count / 400 for name, count in sorts.items()}
    assert shares["degraded"] == pytest.approx(0.3, abs=0.08) and shares["nothing"] == pytest.approx(0.1, abs=0.05)
    assert shares["gap"] + shares["ending"] == pytest.approx(0.6, abs=0.08)


def test_without_copies_nothing_is_degraded():
    both = torch.zeros(100, 6, 20)
    _, mask = draw_known(both, shares=KnownShares(), has_degraded=False, generator=generator())
    assert not bool((mask == DEGRADED).any())


def test_a_generator_learns_to_edit_from_one_that_does_not(latents):
    latents = with_copies(latents)
    channels = latents.values.shape[1]
    shape = {"channels": channels, "embedding_dimension": TagEmbedder().dimension}
    recipe = GeneratorTrainingConfig(loop_batch=2, one_shot_batch=2, crop_frames=16)
    plain = GeneratorTask(named_config("tiny", **shape), recipe, latents=latents, embedder=TagEmbedder())
    edits = GeneratorTask(
        named_config("tiny", **shape, inpainting=True), recipe, latents=latents, embedder=TagEmbedder()
    )
    edits.start_from(plain.model.state_dict())
    assert not edits.model.get_parameter("shown.weight").any()  # shown something, it makes what it made before
    before = {name: value.clone() for name, value in edits.model.state_dict().items()}
    losses = [edits.step(step, progress=0.0) for step in range(3)]
    assert all(np.isfinite(list(loss.values())).all() for loss in losses)
    assert any(not torch.equal(before[name], value) for name, value in edits.model.state_dict().items())
    first, again = edits.validate(), edits.validate()
    assert first == again and {"loops", "one_shots", "score"} <= first.keys()


def test_copies_are_kept(latents, tmp_path):
    latents.save(tmp_path)
    assert LatentSet.load(tmp_path).degraded is None
    save_degraded(tmp_path, torch.stack([latents.values]))
    found = LatentSet.load(tmp_path).degraded
    assert found is not None and torch.equal(found[0], latents.values)
