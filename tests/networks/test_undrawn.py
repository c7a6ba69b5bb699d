import torch

from samplegen.networks.undrawn import undrawn


def test_building_draws_nothing_and_ends_with_the_block():
    state = torch.random.get_rng_state()
    with undrawn():
        layer = torch.nn.Conv1d(64, 64, 3)
    assert torch.equal(torch.random.get_rng_state(), state), "no draw"
    assert layer.weight.requires_grad
    with torch.random.fork_rng():
        assert float(torch.nn.Linear(8, 8).weight.detach().abs().max()) > 0


def test_buffers_are_computed_as_ever():
    with undrawn():
        assert torch.equal(torch.hann_window(8), torch.hann_window(8))
        assert float(torch.ones(3).sum()) == 3.0
