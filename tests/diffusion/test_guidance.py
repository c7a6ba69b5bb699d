import pytest
import torch

from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.guidance import (
    CONDITIONAL,
    UNCONDITIONAL,
    Branch,
    Guidance,
    guided_velocity,
    needed_branches,
    rescale_data,
)
from samplegen.errors import UsageError

BEAT, EMBEDDING = Branch(True, False), Branch(False, True)


def conditions(batch=2, frames=8, *, beat=True, embedding=True):
    return Conditioning(
        torch.full((batch, 8, frames), 1.0 if beat else 0.0),
        torch.full((batch, 4), 1.0 if embedding else 0.0),
        torch.full((batch,), beat),
        torch.full((batch,), embedding),
    )


class Counting:
    """v = 1 + 10 where a beat is seen + 100 where an embedding is, and a record of what was asked."""

    def __init__(self):
        self.batches = []

    def __call__(self, x, alpha, conditioning, *, circular=False):
        self.batches.append(x.shape[0])
        self.circular = circular
        level = 1 + 10 * conditioning.has_beat.float() + 100 * conditioning.has_embedding.float()
        return level[:, None, None] * torch.ones_like(x)


def plain(**settings):
    return Guidance(**{"rescale": 0.0, "interval": (0.0, 1.0), **settings})


@pytest.mark.parametrize(
    "scales, form, branches",
    [
        ((1, 1), "nested", {CONDITIONAL: 1}),
        ((2, 2), "nested", {UNCONDITIONAL: -1, CONDITIONAL: 2}),
        ((1, 4), "nested", {BEAT: -3, CONDITIONAL: 4}),
        ((2, 0), "nested", {UNCONDITIONAL: -1, BEAT: 2}),
        ((2, 1), "nested", {UNCONDITIONAL: -1, BEAT: 1, CONDITIONAL: 1}),
        ((2, 4), "nested", {UNCONDITIONAL: -1, BEAT: -2, CONDITIONAL: 4}),
        ((0, 0), "nested", {UNCONDITIONAL: 1}),
        ((0.5, 0.5), "independent", {BEAT: 0.5, EMBEDDING: 0.5}),
        ((2, 3), "independent", {UNCONDITIONAL: -4, BEAT: 2, EMBEDDING: 3}),
    ],
)
def test_only_the_needed_branches_run_and_the_sum_is_right(scales, form, branches):
    guidance = plain(beat_scale=scales[0], embedding_scale=scales[1], form=form)
    assert needed_branches(guidance, conditions()) == pytest.approx(branches)
    network = Counting()
    x = torch.zeros(2, 3, 8)
    v = guided_velocity(network, conditions(), guidance)(x, 0.5)
    v0, vb, vt, vbt = 1, 11, 101, 111
    w_b, w_t = scales
    nested = v0 + w_b * (vb - v0) + w_t * (vbt - vb)
    independent = v0 + w_b * (vb - v0) + w_t * (vt - v0)
    assert torch.allclose(v, torch.full_like(v, nested if form == "nested" else independent))
    assert network.batches == [2 * len(branches)]


def test_branches_merge_where_a_condition_is_absent():
    guidance = plain(beat_scale=2, embedding_scale=5)
    assert needed_branches(guidance, conditions(embedding=False)) == pytest.approx({UNCONDITIONAL: -1, BEAT: 2})
    assert needed_branches(guidance, conditions(beat=False)) == pytest.approx({UNCONDITIONAL: -4, EMBEDDING: 5})
    assert needed_branches(guidance, conditions(beat=False, embedding=False)) == pytest.approx({UNCONDITIONAL: 1})


def test_outside_the_interval_one_conditional_evaluation_does():
    network = Counting()
    velocity = guided_velocity(network, conditions(), Guidance(beat_scale=2, embedding_scale=4, rescale=0))
    x = torch.zeros(2, 3, 8)
    assert torch.equal(velocity(x, 0.1), torch.full_like(x, 111))
    assert torch.equal(velocity(x, 0.95), torch.full_like(x, 111))
    assert network.batches == [2, 2]
    velocity(x, 0.15)
    assert network.batches[-1] == 6


def test_circular_is_passed_on():
    network = Counting()
    guided_velocity(network, conditions(), circular=True)(torch.zeros(2, 3, 8), 0.5)
    assert network.circular


def test_rescale_restores_the_spread_of_the_predicted_data():
    generator = torch.Generator().manual_seed(0)
    x, conditional = torch.randn(2, 3, 50, generator=generator), torch.randn(2, 3, 50, generator=generator)
    guided = 4 * conditional
    full = rescale_data(x, guided, conditional, 0.4, mix=1.0)
    spread = (x + 0.6 * full).std((1, 2))
    assert torch.allclose(spread, (x + 0.6 * conditional).std((1, 2)), atol=1e-5)
    part = rescale_data(x, guided, conditional, 0.4, mix=0.7)
    assert torch.allclose(part, 0.7 * full + 0.3 * guided, atol=1e-5)
    assert torch.equal(rescale_data(x, guided, conditional, 0.4, mix=0.0), guided)
    assert torch.isfinite(rescale_data(x, guided, conditional, 1.0, mix=0.7)).all()


def test_optimised_scale_projects_and_first_evaluation_is_zeroed():
    # v0 = 1 and v_bt = 111 are parallel: the projection makes v0 equal to v_bt, so any scale gives v_bt.
    settings = {"beat_scale": 3, "embedding_scale": 3, "optimised_scale": True, "zero_first": True}
    velocity = guided_velocity(Counting(), conditions(), plain(**settings))
    x = torch.zeros(2, 3, 8)
    assert torch.allclose(velocity(x, 0.5), torch.full_like(x, 111))
    assert torch.equal(velocity(x, 0.0), torch.zeros_like(x))


def test_transform_is_applied_last():
    velocity = guided_velocity(Counting(), conditions(), transform=lambda x, v, alpha: v + alpha)
    assert torch.equal(velocity(torch.zeros(2, 3, 8), 0.5), torch.full((2, 3, 8), 111.5))


def test_no_graph_is_kept():
    weight = torch.ones(1, requires_grad=True)
    velocity = guided_velocity(lambda x, alpha, conditioning, circular=False: x * weight, conditions())
    assert not velocity(torch.ones(2, 3, 8), 0.5).requires_grad


@pytest.mark.parametrize("bad", [{"form": "sum"}, {"rescale": 1.5}, {"interval": (0.9, 0.1)}, {"interval": (-1, 1)}])
def test_senseless_guidance_is_refused(bad):
    with pytest.raises(UsageError):
        Guidance(**bad)


class Seeing:
    """v is the first number of the embedding that a branch sees, plus 1000 where it sees a beat."""

    def __call__(self, x, alpha, conditioning, *, circular=False):
        seen = conditioning.embedding[:, 0] * conditioning.has_embedding + 1000 * conditioning.has_beat
        return seen[:, None, None] * torch.ones_like(x)


@pytest.mark.parametrize("beat, text", [(1, 2), (1.5, 2), (2, 2), (3, 1), (1, 1), (0, 4)])
def test_a_negative_prompt_stands_where_no_embedding_is(beat, text):
    guidance = plain(beat_scale=beat, embedding_scale=text)
    negative = torch.full((2, 4), 7.0)
    v = guided_velocity(Seeing(), conditions(), guidance, negative=negative)(torch.zeros(2, 3, 8), 0.5)
    v_n, v_bn, v_bt = 7, 1007, 1001
    assert torch.allclose(v, torch.full_like(v, v_n + beat * (v_bn - v_n) + text * (v_bt - v_bn)))


def test_a_negative_prompt_of_zeros_is_none():
    guidance, x = plain(beat_scale=2, embedding_scale=4), torch.zeros(2, 3, 8)
    negative = torch.tensor([[0.0] * 4, [7.0] * 4])
    without = guided_velocity(Seeing(), conditions(), guidance)(x, 0.5)
    some = guided_velocity(Seeing(), conditions(), guidance, negative=negative)(x, 0.5)
    assert torch.equal(some[0], without[0]) and not torch.equal(some[1], without[1])


def test_a_negative_prompt_pushes_where_nothing_is_asked_for():
    guidance = plain(beat_scale=1, embedding_scale=3)
    negative = torch.full((2, 4), 7.0)
    v = guided_velocity(Seeing(), conditions(embedding=False), guidance, negative=negative)(torch.zeros(2, 3, 8), 0.5)
    assert torch.allclose(v, torch.full_like(v, 1007 + 3 * (1000 - 1007)))
