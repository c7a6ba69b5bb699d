from dataclasses import replace

import pytest
import torch

from samplegen.conditioning.beat_phase import one_shot_phase, tempo_phase
from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.blending import blending_loss
from samplegen.diffusion.guidance import guided_velocity
from samplegen.diffusion.samplers import midpoint
from samplegen.diffusion.schedules import alpha_grid
from samplegen.errors import ModelInvalidError, UsageError
from samplegen.networks.unet import CONFIGS, UNet, UNetConfig, config_from_dict, config_to_dict, named_config

SMALL = UNetConfig(channels=4, embedding_dimension=3, width=16, multipliers=(1, 2), attention_levels=(1,), heads=2)


def living(config=SMALL):
    """A network whose zero-initialised layers have been woken up."""
    torch.manual_seed(0)
    network = UNet(config).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
    return network


def conditions(batch, frames, *, dimension=3, device="cpu"):
    have = torch.ones(batch, dtype=torch.bool, device=device)
    beat = tempo_phase(frames, bpm=120, frame_rate=40).to(device).expand(batch, -1, -1)
    return Conditioning(beat, torch.ones(batch, dimension, device=device) / dimension**0.5, have, have)


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    "name, millions", [("tiny", None), ("cpu", (12, 0.15)), ("small", (45, 0.1)), ("medium", (96, 0.1))]
)
def test_registered_shapes(name, millions):
    channels = 64
    config = named_config(name, channels=channels, embedding_dimension=10)
    with torch.device("meta"):
        network = UNet(config)
        out = network(torch.zeros(2, channels, 96), torch.zeros(2), conditions(2, 96, dimension=10, device="meta"))
    assert out.shape == (2, channels, 96)
    assert network.multiple == 2 ** (len(config.multipliers) - 1)
    if millions:
        count, tolerance = millions
        assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(count, rel=tolerance)


@torch.no_grad()
def test_output_starts_at_zero():
    assert UNet(SMALL).eval()(noise(2, 4, 16), 0.5, conditions(2, 16)).abs().max() == 0


@torch.no_grad()
def test_the_linear_path_guesses_before_anything_is_learned():
    """Of unit-variance data and noise: E[v | x] is -x where all is noise, nothing half-way, x where all is data."""
    network, x = UNet(replace(SMALL, linear_path=True)).eval(), noise(2, 4, 16)
    for alpha, share in ((0.0, -1.0), (0.5, 0.0), (1.0, 1.0)):
        torch.testing.assert_close(network(x, alpha, conditions(2, 16)), share * x)
    data, start = noise(1, 4, 20000, seed=1), noise(1, 4, 20000, seed=2)
    blended = 0.25 * data + 0.75 * start
    best = ((data - start) * blended).sum() / blended.square().sum()
    guess = network(blended, 0.25, conditions(1, 20000))
    torch.testing.assert_close(guess, best * blended, atol=0.03, rtol=0.03)


@torch.no_grad()
def test_a_gain_cleans_a_silent_channel():
    """One number for a channel takes its noise away, where the rest stays the linear guess."""
    network, x = UNet(replace(SMALL, linear_path=True)).eval(), noise(2, 4, 16)
    network.gain.bias[0] = 3.0
    plain = UNet(replace(SMALL, linear_path=True)).eval()(x, 0.6, conditions(2, 16))
    made = network(x, 0.6, conditions(2, 16))
    torch.testing.assert_close(made[:, 0], plain[:, 0] + 3.0 / 0.5 * x[:, 0])
    torch.testing.assert_close(made[:, 1:], plain[:, 1:])


@torch.no_grad()
def test_what_is_shown_goes_past_the_network_as_far_as_it_is_trusted():
    network, x, known = UNet(replace(SMALL, linear_path=True, inpainting=True)).eval(), noise(2, 4, 16), noise(2, 4, 16)
    network.shown.bias[1] = 2.0
    trust = torch.zeros(2, 1, 16)
    trust[..., :8], trust[..., 8:12] = 1.0, 0.5
    plain = network(x, 0.6, conditions(2, 16))
    made = network(x, 0.6, conditions(2, 16), known=known, known_mask=trust)
    torch.testing.assert_close(made[:, 1] - plain[:, 1], 2.0 / 0.5 * (known * trust)[:, 1])
    torch.testing.assert_close(made[:, [0, 2, 3]], plain[:, [0, 2, 3]])


@pytest.mark.parametrize("frames", [0, 15, 17])
def test_lengths_that_do_not_divide_are_refused(frames):
    with pytest.raises(UsageError, match=f"multiples of 2 frames, not {frames}"):
        UNet(SMALL)(torch.zeros(1, 4, frames), 0.5, conditions(1, frames))


@torch.no_grad()
def test_a_batch_of_32_equals_32_batches():
    network, x, told = living(), noise(32, 4, 32), conditions(32, 32)
    alpha = torch.linspace(0, 1, 32)
    together = network(x, alpha, told)
    one = Conditioning(told.beat[:1], told.embedding[:1], told.has_beat[:1], told.has_embedding[:1])
    for item in (0, 7, 31):
        assert torch.allclose(together[item], network(x[item : item + 1], alpha[item].item(), one)[0], atol=1e-5)
    assert not torch.allclose(network(x[:1], 0.1, one), network(x[:1], 0.9, one), atol=1e-3)


@torch.no_grad()
def test_dropped_equals_null_whatever_was_there():
    network, x, told = living(), noise(2, 4, 16), conditions(2, 16)
    none = torch.zeros(2, dtype=torch.bool)
    null = Conditioning(torch.zeros(2, 8, 16), torch.zeros(2, 3), none, none)
    masked = replace(told, has_beat=none, has_embedding=none)
    expected = network(x, 0.5, null)
    assert torch.equal(network(x, 0.5, told.without_all()), expected)
    assert torch.equal(network(x, 0.5, masked), expected)
    assert not torch.allclose(network(x, 0.5, told), expected, atol=1e-3)
    silence = replace(null, has_beat=~none)
    assert not torch.equal(network(x, 0.5, silence), expected), "the learned null is more than zeros"


@torch.no_grad()
def test_each_condition_matters():
    network, x, told = living(), noise(2, 4, 16), conditions(2, 16)
    outputs = [
        network(x, 0.5, c)
        for c in (told, told.without_embedding(), told.without_all(), told.with_beat(told.beat.roll(3, -1)))
    ]
    for i, first in enumerate(outputs):
        for second in outputs[i + 1 :]:
            assert (first - second).abs().max() > 1e-3


@torch.no_grad()
def test_attention_sees_no_further_than_its_span():
    """Without norm statistics over time nothing but attention reaches far; compare what a far change does."""
    x, told = noise(1, 4, 128), conditions(1, 128)
    changed = x.clone()
    changed[..., 100:] = noise(1, 4, 28, seed=1)
    effects = []
    for span in (4, None):
        network = living(replace(SMALL, attention_span=span))
        network.apply(_freeze_statistics)
        effects.append((network(x, 0.5, told) - network(changed, 0.5, told))[..., :30].abs().max())
    assert effects[0] < 1e-6 < effects[1]


def _freeze_statistics(module):
    if isinstance(module, torch.nn.GroupNorm):
        module.forward = lambda h: h * module.weight[None, :, None] + module.bias[None, :, None]


@torch.no_grad()
def test_padding_is_not_attended_to():
    network = living()
    network.apply(_freeze_statistics)
    x, told = noise(1, 4, 128), conditions(1, 128)
    changed = x.clone()
    changed[..., 120:] = 9.0  # further from the last valid frame than convolutions reach
    valid = (torch.arange(128) < 64)[None]
    same, other = (network(v, 0.5, told, valid=valid)[..., :30] for v in (x, changed))
    assert torch.allclose(same, other, atol=1e-6)
    assert not torch.allclose(network(x, 0.5, told)[..., :30], network(changed, 0.5, told)[..., :30], atol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("span", [6, None])
def test_padding_matters_not_on_a_long_line_either(span):
    network, valid = living(replace(SMALL, attention_span=span)), torch.ones(2, 128, dtype=torch.bool)
    x, told = noise(2, 4, 128), conditions(2, 128)
    assert torch.allclose(network(x, 0.5, told, valid=valid), network(x, 0.5, told), atol=1e-6)
    assert torch.isfinite(network(x, 0.5, told, valid=~valid)).all()


@torch.no_grad()
@pytest.mark.parametrize("circular", [False, True])
def test_bfloat16_stays_near(circular):
    network, x, told = living(), noise(2, 4, 64), conditions(2, 64)
    exact = network(x, 0.5, told, circular=circular)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = network(x, 0.5, told, circular=circular)
    converted = living().bfloat16()(x, 0.5, told, circular=circular)
    for rough in (mixed, converted):
        assert rough.dtype == torch.float32
        assert (rough - exact).norm() / exact.norm() < 0.03


@torch.no_grad()
def test_inpainting_inputs():
    network, x, told = living(replace(SMALL, inpainting=True)), noise(2, 4, 16), conditions(2, 16)
    mask = torch.zeros(2, 1, 16)
    assert torch.equal(network(x, 0.5, told, known=x, known_mask=mask), network(x, 0.5, told))
    mask[..., :8] = 1
    assert not torch.allclose(network(x, 0.5, told, known=x, known_mask=mask), network(x, 0.5, told), atol=1e-3)
    with pytest.raises(UsageError, match="not trained with masks"):
        living()(x, 0.5, told, known=x, known_mask=mask)


def test_dropout_and_gradients_reach_every_parameter():
    network = living().train()
    x, told = noise(4, 4, 16), conditions(4, 16)
    dropped = told.drop(beat=torch.tensor([1, 0, 1, 0]).bool(), embedding=torch.tensor([1, 1, 0, 0]).bool())
    network(x, torch.rand(4), dropped).square().mean().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or p.grad.abs().sum() == 0] == []
    torch.manual_seed(0)
    assert not torch.equal(network(x, 0.5, told), network(x, 0.5, told))


def run_training(steps):
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    network = UNet(replace(SMALL, width=32, blocks_down=1, blocks_up=2, attention_levels=(), dropout=0.0))
    clips = noise(4, 4, 16, seed=5)
    phase = one_shot_phase(16, frame_rate=40, window_frames=16).expand(4, -1, -1)
    have = torch.ones(4, dtype=torch.bool)
    told = Conditioning(phase, torch.eye(4)[:, :3], have, have)
    data = clips.repeat(4, 1, 1)
    repeated = Conditioning(*(t.repeat(4, *[1] * (t.dim() - 1)) for t in vars(told).values()))
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(steps):
        loss, _ = blending_loss(network, data, repeated, generator=generator)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.eval(), clips, told, loss.item()


def test_a_tiny_network_learns_four_clips_by_heart():
    network, clips, told, _ = run_training(80)
    made = midpoint(guided_velocity(network, told), noise(4, 4, 16, seed=9), alpha_grid(8, shape=0.5))
    distance = (made[:, None] - clips[None]).square().mean((2, 3))
    assert distance.argmin(1).tolist() == [0, 1, 2, 3]
    assert distance.diagonal().max() < 0.25 * distance[~torch.eye(4, dtype=torch.bool)].min()


def test_training_and_sampling_repeat_bit_for_bit():
    results = []
    for _ in range(2):
        network, _, told, loss = run_training(3)
        results.append((loss, midpoint(guided_velocity(network, told), noise(4, 4, 16, seed=9), alpha_grid(2))))
    assert results[0][0] == results[1][0] and torch.equal(results[0][1], results[1][1])


@pytest.mark.parametrize("name", list(CONFIGS))
def test_configurations_survive_the_file(name):
    assert config_from_dict(config_to_dict(CONFIGS[name])) == CONFIGS[name]


@pytest.mark.parametrize(
    "key, value",
    [("width", "128"), ("width", -1), ("width", True), ("multipliers", [1, "2"]), ("multipliers", [])]
    + [("attention_levels", 3), ("dropout", 1.5), ("inpainting", "no"), ("heads", None), ("__class__", "os.system")],
)
def test_configurations_of_the_wrong_kind_are_refused(key, value):
    with pytest.raises(ModelInvalidError, match=key):
        config_from_dict({**config_to_dict(SMALL), key: value})


def test_unknown_names_are_refused_with_the_choice():
    with pytest.raises(UsageError, match="'huge'.*tiny"):
        named_config("huge", channels=4, embedding_dimension=3)


def test_a_student_begins_as_its_teacher_and_then_hears_where_it_goes():
    teacher = living()
    student = UNet(replace(SMALL, average_velocity=True)).eval()
    loaded = student.load_state_dict(teacher.state_dict(), strict=False)
    assert {name.split(".")[0] for name in loaded.missing_keys} == {"reach"}
    x, told = noise(2, 4, 16), conditions(2, 16)
    arrival = torch.tensor([0.5, 0.9])
    assert torch.equal(student(x, 0.3, told, arrival=arrival), teacher(x, 0.3, told))
    torch.nn.init.normal_(student.reach[2].weight)
    near, far = student(x, 0.3, told, arrival=0.4), student(x, 0.3, told, arrival=1.0)
    assert not torch.allclose(near, far)
    assert torch.equal(student(x, 0.3, told), student(x, 0.3, told, arrival=0.3)), "no arrival is the velocity itself"


def test_only_students_take_an_arrival():
    with pytest.raises(UsageError, match="jump"):
        living()(noise(1, 4, 16), 0.3, conditions(1, 16), arrival=0.5)


def test_the_flag_of_students_survives_the_configuration_file():
    config = replace(SMALL, average_velocity=True)
    assert config_from_dict(config_to_dict(config)) == config
    with pytest.raises(ModelInvalidError, match="average_velocity"):
        config_from_dict({"average_velocity": 1})
