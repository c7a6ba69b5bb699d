import pytest
import torch

from samplegen.conditioning.beat_phase import loop_phase
from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.guidance import Guidance, guided_velocity
from samplegen.diffusion.rings import RingNetwork, ring_index, ring_network, wrap_lengths
from samplegen.errors import UsageError
from samplegen.networks.unet import CONFIGS, UNet, UNetConfig

SMALL = UNetConfig(channels=4, embedding_dimension=3, width=16, multipliers=(1, 2), attention_levels=(1,), heads=2)


def living(config=SMALL, seed=0):
    """A network whose zero-initialised layers have been woken up."""
    torch.manual_seed(seed)
    network = UNet(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
    return network


def conditions(frames, batch=1):
    beat = loop_phase(frames, bars=1, beats_per_bar=4, bpm=120, frame_rate=40).expand(batch, -1, -1)
    have = torch.ones(batch, dtype=torch.bool)
    return Conditioning(beat, torch.ones(batch, 3) / 3**0.5, have, have)


def noise(frames, batch=1, seed=0):
    return torch.randn(batch, 4, frames, generator=torch.Generator().manual_seed(seed))


def turn(conditioning, shift):
    return conditioning.with_beat(conditioning.beat.roll(shift, -1))


@pytest.mark.parametrize("span", [None, 6, 100])
@torch.no_grad()
def test_turning_the_ring_turns_the_result(span):
    network = living(UNetConfig(**{**SMALL.__dict__, "attention_span": span}))
    ring = ring_network(network, generator=torch.Generator().manual_seed(0))
    x, told = noise(40), conditions(40)
    straight = ring(x, 0.5, told)
    assert straight.abs().mean() > 0.05
    for shift in (2, 14, -6):
        turned = ring(x.roll(shift, -1), 0.5, turn(told, shift))
        assert (turned - straight.roll(shift, -1)).abs().max() < 1e-4
    line = network(x, 0.5, told)
    assert (line - straight).abs().max() > 1e-3, "zero padding must differ, or the test shows nothing"


@pytest.mark.parametrize("frames, context, multiple", [(37, 64, 8), (1000, 64, 8), (5, 64, 4), (41, 64, 2)])
def test_wrapped_lengths_are_divisible_and_long_enough(frames, context, multiple):
    left, right = wrap_lengths(frames, context=context, multiple=multiple)
    assert left >= context and right >= context and right < context + multiple
    assert (left + frames + right) % multiple == 0


def test_short_loops_go_round_several_times():
    assert ring_index(3, left=4, right=2, offset=1).tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2]


def test_wrapping_gives_each_place_its_own_neighbours_back():
    def shifted(x, alpha, conditioning, *, circular=False):
        assert not circular and x.shape[-1] % 4 == 0
        return torch.roll(x, 1, -1) + conditioning.beat[:, :1]

    x = torch.arange(37.0).view(1, 1, 37)
    told = Conditioning(x.expand(1, 8, -1) * 100, torch.zeros(1, 3), torch.ones(1).bool(), torch.zeros(1).bool())
    ring = RingNetwork(shifted, generator=torch.Generator().manual_seed(3), multiple=4)
    for _ in range(3):
        assert torch.equal(ring(x, 0.5, told), x.roll(1, -1) + 100 * x)


@torch.no_grad()
def test_the_seam_of_a_wrapped_ring_is_interior():
    """Averaged over loops, the output next to the seam differs from true circularity as little as elsewhere."""
    network = living()
    x, told = noise(30, batch=16), conditions(30, batch=16)
    circular = network(x, 0.5, told, circular=True)
    ring = ring_network(network, generator=torch.Generator().manual_seed(1), always_wrap=True)
    wrapped = sum(ring(x, 0.5, told) for _ in range(4)) / 4
    line = network(x, 0.5, told)
    step = lambda v: (v[..., 0] - v[..., -1]).square().mean().sqrt().item()  # noqa: E731
    inside = (wrapped[..., 1:] - wrapped[..., :-1]).square().mean((0, 1)).sqrt()
    assert inside.min() <= step(wrapped) <= inside.max()
    at_seam = (wrapped - circular)[..., [0, 1, -2, -1]].abs().mean()
    line_at_seam = (line - circular)[..., [0, 1, -2, -1]].abs().mean()
    assert at_seam < 0.5 * line_at_seam


@torch.no_grad()
def test_odd_rings_work_with_guidance_and_repeat_from_the_seed():
    def run():
        ring = ring_network(living(), generator=torch.Generator().manual_seed(5))
        velocity = guided_velocity(ring, conditions(31, batch=2), Guidance(beat_scale=2, embedding_scale=3))
        return velocity(noise(31, batch=2), 0.5)

    first = run()
    assert first.shape == (2, 4, 31) and torch.equal(first, run())


@torch.no_grad()
def test_masks_of_an_inpainting_network_turn_with_the_ring():
    network = living(UNetConfig(**{**SMALL.__dict__, "inpainting": True}))
    x, told, known = noise(21), conditions(21), noise(21, seed=2)
    mask = torch.zeros(1, 1, 21)
    mask[..., :9] = 1
    ring = ring_network(network, generator=torch.Generator().manual_seed(0))
    with_mask = ring(x, 0.5, told, known=known, known_mask=mask)
    assert with_mask.shape == x.shape
    assert not torch.allclose(with_mask, ring(x, 0.5, told), atol=1e-3)


def test_a_ring_needs_context():
    with pytest.raises(UsageError, match="0"):
        ring_network(living(CONFIGS["tiny"]), context=0, generator=torch.Generator())


def test_a_ring_tells_its_network_where_a_step_arrives():
    told = []

    def network(x, alpha, conditioning, *, circular=False, arrival=None):
        told.append((circular, arrival))
        return x

    ring = ring_network(network, generator=torch.Generator().manual_seed(0), always_wrap=True)
    x = noise(10)
    ring(x, 0.2, conditions(10), arrival=0.5)
    ring(x, 0.2, conditions(10))
    assert told == [(False, 0.5), (False, None)]
