"""Contrast by hand, and a tiny joint embedder that learns and resumes."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from samplegen.audio.descriptors import Descriptors
from samplegen.conditioning.clap.features import BANDS, Heard
from samplegen.errors import InputError
from samplegen.networks.joint import JointConfig
from samplegen.training import log
from samplegen.training.clap.clap_data import ClapData, HeardSound
from samplegen.training.clap.clap_trainer import ClapTask, ClapTrainingConfig, Lessons, fitting, soft_contrast
from samplegen.training.clap.facts import Facts
from samplegen.training.loop import Schedule, load_state, run_training

TINY = JointConfig(dimension=16, text_width=16, audio_width=16, text_blocks=1, audio_blocks=1)
TRAINING = ClapTrainingConfig(batch=12, rate=0.2, average=0.8, teacher_batch=4)  # warming up all the time
KINDS = ("kick", "snare", "hat_closed")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_tensorboard", lambda folder: None)


def heard_sounds() -> list[HeardSound]:
    """Bands of noise: each kind has its own, every fourth sound is held out."""
    rng = np.random.default_rng(0)
    sounds = []
    for number in range(48):
        mels = 0.3 * rng.random((BANDS, 16), dtype=np.float32)
        place = number % 3
        mels[20 * place : 20 * place + 15] = 1.0
        facts = Facts(KINDS[place], frozenset({KINDS[place]}), "held_out" if number % 4 == 0 else "train", "s")
        measured = Descriptors(*rng.random(6))
        sounds.append(HeardSound((Heard(mels.astype(np.float16), np.zeros(4, np.float32)),), measured, facts))
    return sounds


def task(**changes: object) -> ClapTask:
    return ClapTask(TINY, TRAINING, data=ClapData.of(heard_sounds()), **changes)


def test_fitting_is_having_all_that_is_asked_for():
    told = torch.tensor([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    asked = torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    assert fitting(asked, told).tolist() == [[1, 1], [1, 0], [0, 0], [1, 1]]


def test_soft_contrast_by_hand():
    # Without a preference every row and column costs log B, whatever fits.
    for fits in (torch.eye(4), torch.ones(4, 4)):
        assert float(soft_contrast(torch.zeros(4, 4), fits)) == pytest.approx(2 * math.log(4))
    assert float(soft_contrast(50.0 * torch.eye(4), torch.eye(4))) == pytest.approx(0.0, abs=1e-6)
    # Two that both fit share the target: even logits among them cost log 2.
    both = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    expected = 2 * (2 * math.log(2) / 3)
    assert float(soft_contrast(50.0 * both, both)) == pytest.approx(expected, abs=1e-5)


def test_it_learns_to_tell_kinds():
    made = task()
    before = made.validate()["precision_seen"]
    losses = [made.step(step, progress=step / 24)["contrast"] for step in range(24)]
    assert np.mean(losses[-6:]) < np.mean(losses[:6]) - 0.2
    figures = made.validate()
    assert figures["precision_seen"] > before + 0.1
    assert 0.0 <= figures["score"] <= 1.0 and {"recall_seen", "recall_unseen"} <= set(figures)
    assert bool(made.model.seen.any()) and not bool(made.model.seen.all())


def test_a_teacher_is_followed():
    vectors = torch.nn.functional.normalize(torch.randn(4, 5, generator=torch.Generator().manual_seed(0)), dim=-1)
    made = task(lessons=Lessons(("crunchy", "soft", "loud kick", "flute"), vectors))
    losses = [made.step(step, progress=0.0)["teacher"] for step in range(15)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.1


def test_resuming_goes_on_exactly(tmp_path: Path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run_training(task(), folder=whole, schedule=Schedule(max_steps=4))
    first = task()
    for step in range(2):
        first.step(step, progress=step / 4)
    second = task()
    run_training(first, folder=parts, schedule=Schedule(max_steps=1))
    state = load_state(parts / "last.pt")["task"]
    second.load_state(state)
    one, other = (some.step(2, progress=0.5) for some in (first, second))
    assert one == other
    for name, value in first.average.weights.items():
        assert torch.equal(value, second.average.weights[name])
    rows = (whole / "losses.csv").read_text()
    assert "recall_unseen" in rows


def test_another_set_of_attributes_is_refused(tmp_path: Path):
    run_training(task(), folder=tmp_path, schedule=Schedule(max_steps=1))
    sounds = [replace(sound, facts=replace(sound.facts, attributes=frozenset({"tom"}))) for sound in heard_sounds()]
    other = ClapTask(TINY, TRAINING, data=ClapData.of(sounds))
    with pytest.raises(InputError, match="has another form"):
        run_training(other, folder=tmp_path, schedule=Schedule(max_steps=2), resume=True)
