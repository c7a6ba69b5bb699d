"""A student's training, on a tiny teacher: trajectories, what is learned from them, and the folder it ends in."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from samplegen.codec import load_codec
from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.guidance import Guidance
from samplegen.engines.alpha_blend import Generator, load_generator
from samplegen.errors import InputError, UsageError
from samplegen.training import log
from samplegen.training.encoding.latents import LatentSet
from samplegen.training.generators import few_step_runs
from samplegen.training.generators.few_step_runs import train_few_step
from samplegen.training.generators.few_step_trainer import FewStepConfig, FewStepTask, end_distance, student_of
from samplegen.training.generators.trajectories import Shards, Trajectory, TrajectoryConfig, Tutor, draw_grid, solve
from samplegen.training.generators.wishes import WishConfig, WishDrawer
from tests.models import CODEC, GENERATOR, build_models, tiny_latents

WISHES = WishConfig(frames=48)
REGULAR = TrajectoryConfig(regular_share=1.0)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few-step")
    build_models(folder)
    tiny_latents(load_codec(str(folder / CODEC))).save(folder / "latents")
    return folder


@pytest.fixture(scope="module")
def teacher(models: Path) -> Generator:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMPLEGEN_MODELS", str(models))
        return load_generator(GENERATOR)


@pytest.fixture(scope="module")
def latents(models: Path) -> LatentSet:
    return LatentSet.load(models / "latents")


@pytest.fixture(scope="module")
def tutor(teacher: Generator, latents: LatentSet) -> Tutor:
    return Tutor(teacher, latents, WISHES, REGULAR)


def shards_of(tutor: Tutor, folder: Path, *, count: int = 3) -> Shards:
    shards = Shards(folder, most_bytes=1 << 30)
    for number in range(count):
        shards.add(number, tutor.draw(number))
    return shards


def test_midpoint_steps_are_kept_with_the_velocities_at_their_starts():
    states, velocities = solve(lambda x, alpha: x * alpha, torch.ones(1, 1, 4), [0.0, 0.5, 1.0])
    assert states.shape == (3, 1, 1, 4) and velocities.shape == (2, 1, 1, 4)
    assert torch.allclose(states[1], torch.full((1, 1, 4), 1 + 0.5 * 0.25 * 1.0))
    assert torch.allclose(velocities[1], 0.5 * states[1])


def test_wishes_are_rings_of_the_generator_and_whole_one_shots(teacher: Generator, latents: LatentSet):
    drawer = WishDrawer(teacher, latents, WISHES, split="train")
    generator = torch.Generator().manual_seed(0)
    sorts = set()
    for _ in range(20):
        conditioning, ring, frames = drawer.draw(generator)
        sorts.add(ring)
        assert conditioning.beat.shape == (len(conditioning.embedding), 8, frames)
        assert conditioning.has_embedding.all()
        if not ring:
            assert frames == teacher.description.one_shot_frames
    assert sorts == {True, False}


def test_latents_of_another_codec_are_refused(teacher: Generator, latents: LatentSet):
    other = LatentSet(latents.values, latents.items, {**latents.header, "frame_rate": 10.0})
    with pytest.raises(InputError, match="another codec"):
        WishDrawer(teacher, other, WISHES, split="train")


def test_grids_rise_and_only_regular_ones_are_the_students():
    generator = torch.Generator().manual_seed(0)
    config = TrajectoryConfig(regular_share=0.5)
    grids = [draw_grid(config, generator) for _ in range(20)]
    assert {regular for _, regular in grids} == {True, False}
    for alphas, _ in grids:
        assert (alphas[0], alphas[-1], len(alphas)) == (0.0, 1.0, 9)
        assert all(low < high for low, high in zip(alphas, alphas[1:], strict=False))


def test_a_shard_comes_back_and_the_oldest_makes_room(tutor: Tutor, tmp_path: Path):
    told = tutor.draw(5)
    shards = Shards(tmp_path, most_bytes=2 * len(told.to_bytes()))
    for number in range(4):
        shards.add(number, told)
    assert shards.numbers() == [2, 3]
    back = shards.read(3)
    assert back is not None and shards.read(0) is None
    assert torch.equal(back.states, told.states) and torch.equal(back.alphas, told.alphas)
    assert (back.circular, back.regular) == (told.circular, told.regular)
    assert torch.equal(back.conditioning.beat, told.conditioning.beat)


def test_the_same_seed_gives_the_same_trajectory(tutor: Tutor):
    first, second = tutor.draw(3), tutor.draw(3)
    assert torch.equal(first.states, second.states)
    assert not torch.equal(first.states, tutor.draw(3, guidance=Guidance()).states), "guided as the model is by default"


def test_a_student_of_every_step_size_arrives_where_the_teacher_does(tutor: Tutor):
    """A mean velocity that is right makes the distance of the ends nothing; the teacher's own is not right."""
    told = replace(tutor.draw(1), circular=False)

    class Knowing:
        multiple = 1

        def __call__(self, x: Any, alpha: float, _: Conditioning, *, circular: bool, arrival: float) -> Any:
            ends = [int((told.alphas - place).abs().argmin()) for place in (alpha, arrival)]
            return (told.states[ends[1]].float() - told.states[ends[0]].float()) / (arrival - alpha)

    cpu = torch.device("cpu")
    for steps in (1, 2, 4, 8):
        assert end_distance(Knowing(), [told], steps=steps, device=cpu) < 4e-3  # type: ignore[arg-type]
    assert end_distance(student_of(tutor.teacher.network), [told], steps=4, device=cpu) > 8e-3


@pytest.mark.parametrize("method", ["trajectory", "shortcut"])
def test_training_brings_the_ends_nearer(method: str, tutor: Tutor, tmp_path: Path):
    config = FewStepConfig(method=method, rate=2e-3, average=0.5, own_after=0.5)
    task = FewStepTask(tutor.teacher, config, shards=shards_of(tutor, tmp_path), held_out=[tutor.draw(1)])
    before = task.validate()["score"]
    count = 40 if method == "trajectory" else 5
    losses = [task.step(step, progress=step / count) for step in range(count)]
    assert {name for loss in losses for name in loss} >= {"taught", "gradient"}
    assert any("own" in loss for loss in losses) == (method == "trajectory")
    if method == "trajectory":
        assert task.validate()["score"] < 0.9 * before


def test_a_stopped_training_goes_on_exactly(tutor: Tutor, tmp_path: Path):
    shards = shards_of(tutor, tmp_path, count=2)

    def fresh() -> FewStepTask:
        return FewStepTask(tutor.teacher, FewStepConfig(), shards=shards, held_out=[])

    whole, first = fresh(), fresh()
    for step in range(4):
        whole.step(step, progress=step / 4)
        if step < 2:
            first.step(step, progress=step / 4)
    second = fresh()
    second.load_state(first.state())
    for step in range(2, 4):
        second.step(step, progress=step / 4)
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name


@pytest.mark.parametrize("settings", [{"method": "magic"}, {"instant_share": 0.6, "step_share": 0.6}])
def test_unfit_settings_are_refused(settings: dict[str, Any]):
    with pytest.raises(UsageError):
        FewStepConfig(**settings)


def test_a_whole_training_publishes_a_generator(models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(models))
    monkeypatch.setattr(log, "_tensorboard", lambda folder: None)
    monkeypatch.setattr(few_step_runs, "HELD_OUT_BATCHES", 2)
    monkeypatch.setattr(few_step_runs, "FIRST_SHARDS", 1)
    settings = tmp_path / "few.toml"
    settings.write_text("[wishes]\nframes = 48\n")
    asked: dict[str, Any] = {"out": models / "student", "run": tmp_path / "run", "config": settings, "device": "cpu"}
    result = train_few_step(GENERATOR, models / "latents", max_steps=2, **asked)
    assert {"score", "steps_1", "steps_8", "teacher_4_without_guidance"} <= result.figures.keys()
    student = load_generator("student")
    assert (student.sampling.sampler, student.sampling.steps) == ("jump", 4)
    assert student.teacher == GENERATOR
    plan = student.plan_loop(bpm=120, bars=1, beats_per_bar=4)
    (loop,) = student.make_loops(plan, tags=[("loop_drums",)], seeds=[1])
    assert loop.length == plan.ring.length
    assert len(student.make_one_shots(tags=[("kick",), ("snare",)], seeds=[1, 2])) == 2
    _refuses_what_is_the_teachers(student, loop, plan)
    assert load_generator("student", steerable=True).name == GENERATOR
    again = train_few_step(GENERATOR, models / "latents", max_steps=3, resume=True, **asked)
    assert json.loads((again.folder / "config.json").read_text())["steps"] in (2, 3)
    with pytest.raises(UsageError, match="student itself"):
        train_few_step("student", models / "latents", max_steps=3, **asked)


def _refuses_what_is_the_teachers(student: Generator, loop: Any, plan: Any) -> None:
    with pytest.raises(UsageError, match=f"--model {GENERATOR}"):
        student.make_one_shots(tags=[("kick",)], seeds=[1], guidance=Guidance(2.0, 2.0))
    with pytest.raises(UsageError, match="guidance built in"):
        student.edit([loop], strength=0.5, seeds=[[1]], tags=[("loop_drums",)], loop=plan)


def test_trajectories_of_one_step_are_the_velocity_itself(tutor: Tutor):
    told: Trajectory = tutor.draw(7)
    assert told.velocities.shape == (8, *told.states.shape[1:])
    assert float(told.states[0].float().std()) == pytest.approx(1.0, abs=0.1), "it begins with noise"
