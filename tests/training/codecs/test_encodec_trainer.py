import dataclasses

import pytest
import torch

from samplegen.checkpoints import load_model
from samplegen.codec.encodec_family import EncodecCodec
from samplegen.codec.encodec_network import EncodecConfig
from samplegen.networks.discriminators import DiscriminatorConfig
from samplegen.training.codecs.encodec_trainer import EncodecTask, EncodecTrainingConfig, save_encodec
from samplegen.training.loop import Schedule, load_state, run_training, save_state

CONFIG = EncodecConfig(8000, 1, (4, 4), n_filters=4, dimension=8, lstm_layers=1, n_q=2, bins=16)
RECIPE = EncodecTrainingConfig(batch=1, seconds=0.125, rate=3e-2, seed=3)
JUDGE = DiscriminatorConfig(filters=4, n_ffts=(256, 128))


class Tones:
    """Sines of random pitch."""

    def draw_batch(self, batch, length, generator):
        pitches = 200.0 + 800.0 * torch.rand(batch, 1, 1, generator=generator)
        return 0.5 * torch.sin(2 * torch.pi * pitches * torch.arange(length) / 8000.0)


def make_task(config=CONFIG, **changes) -> EncodecTask:
    validation = Tones().draw_batch(1, 1000, torch.Generator().manual_seed(9)).expand(-1, config.channels, -1)
    judge = dataclasses.replace(JUDGE, channels=config.channels)
    recipe = dataclasses.replace(RECIPE, **changes)
    return EncodecTask(config, recipe, source=Tones(), validation=validation, discriminator=judge)


def test_reconstruction_comes_nearer():
    task = make_task(rate=1e-2, quantised_share=0.0, adversarial_share=0.0, feature_share=0.0)
    before = task.validate()
    for step in range(16):
        task.step(step, progress=0.0)
    after = task.validate()
    assert after["score"] < 0.95 * before["score"]
    assert after["snr_db"] > before["snr_db"]


@pytest.mark.parametrize("share", ["feature_share", "mel_share"])
def test_each_share_lowers_its_own_loss(share):
    silent = dict.fromkeys(["time_share", "mel_share", "adversarial_share", "feature_share"], 0.0)
    task = make_task(**(silent | {share: 1.0}), rate=1e-2, quantised_share=0.0, discriminator_share=0.0)
    name = {"feature_share": "features", "mel_share": "mel"}[share]
    losses = [task.step(step, progress=0.0)[name] for step in range(14)]
    assert sum(losses[-4:]) < sum(losses[:4])


def test_step_reports_its_parts_and_judges_two_times_of_three():
    task = make_task()
    losses = [task.step(step, progress=0.0) for step in range(9)]
    assert {"time", "mel", "adversarial", "features", "commitment"} <= losses[0].keys()
    assert 3 <= sum("discriminator" in item for item in losses) <= 8


def test_resumed_training_is_identical(tmp_path):
    unbroken, broken, resumed = make_task(), make_task(), make_task(seed=3)
    for step in range(3):
        unbroken.step(step, progress=0.0)
    broken.step(0, progress=0.0)
    save_state(broken, tmp_path, step=1, seconds=0.0, best=1.0)
    resumed.load_state(load_state(tmp_path / "last.pt")["task"])
    for step in (1, 2):
        torch.rand(5)  # whatever else draws from torch's own generator
        resumed.step(step, progress=0.0)
    for part in ("model", "discriminator"):
        expected, got = unbroken.state()[part], resumed.state()[part]
        assert all(torch.equal(expected[name], got[name]) for name in expected)
    assert unbroken.validate() == resumed.validate()


def test_training_leaves_torchs_generator_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    make_task().step(0, progress=0.0)
    assert torch.equal(before, torch.get_rng_state())


def test_adversary_waits_for_its_start():
    task = make_task(adversary_start=0.5)
    judge = {name: value.clone() for name, value in task.discriminator.state_dict().items()}
    assert "adversarial" not in task.step(0, progress=0.4)
    assert all(torch.equal(judge[name], value) for name, value in task.discriminator.state_dict().items())
    assert "adversarial" in task.step(1, progress=0.6)


def test_continuous_steps_leave_the_codebooks_alone():
    task = make_task(quantised_share=0.0)
    before = task.model.quantizer.vq.layers[0].codebook.clone()
    assert task.step(0, progress=0.0)["commitment"] == 0.0
    assert torch.equal(before, task.model.quantizer.vq.layers[0].codebook)


def test_segments_are_whole_frames():
    assert make_task().segment_length == 992
    assert make_task(seconds=0.0).segment_length == 16


@pytest.mark.parametrize("config", [CONFIG, dataclasses.replace(CONFIG, channels=2)])
def test_trained_weights_become_a_model_folder(tmp_path, config):
    task = make_task(config)
    figures = run_training(task, folder=tmp_path / "run", schedule=Schedule(max_steps=2))
    assert figures["score"] == figures["log_mel_db"] > 0
    save_encodec(task, tmp_path / "codec-tiny", card="# tiny", metadata={"steps": 2})
    codec = EncodecCodec.from_model(load_model(tmp_path / "codec-tiny"))
    assert codec.config == config and codec.channels == config.channels
    assert abs(codec.latency_s) < 0.1
    decoded = codec.decode(codec.encode(torch.zeros(1, config.channels, 100)))
    assert decoded.shape == (1, config.channels, 112)
