"""A whole few-step training: from a teacher's folder to a student's, with a process that solves the teacher beside."""

import multiprocessing
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from samplegen.checkpoints import save_model
from samplegen.checkpoints.companions import record_companion
from samplegen.checkpoints.locations import CONFIG_FILE
from samplegen.checkpoints.schema import read_json_object
from samplegen.conditioning.kind_ear import EAR_FILE, save_ear
from samplegen.diffusion.samplers import euler, evaluations, named_sampler
from samplegen.engines.alpha_blend import Generator as SoundGenerator
from samplegen.engines.alpha_blend import Sampling, load_generator
from samplegen.errors import SamplegenError, UsageError
from samplegen.networks.unet import config_to_dict
from samplegen.pack.memorisation.memory import MEMORY_FILE, load_memory, save_memory
from samplegen.training.encoding.latents import LatentSet
from samplegen.training.generators.few_step_trainer import STEPS, FewStepConfig, FewStepTask, end_distance
from samplegen.training.generators.trajectories import (
    Shards,
    Trajectory,
    TrajectoryConfig,
    Tutor,
    TutorJob,
    fill_shards,
    wait_for,
)
from samplegen.training.generators.wishes import WishConfig
from samplegen.training.log import read_figures
from samplegen.training.loop import BEST, LAST, Schedule, load_state, run_training
from samplegen.training.publish import TrainingFacts, plain
from samplegen.training.runs import Report, TrainingResult
from samplegen.training.settings import override, pick_device, read_settings

FIRST_SHARDS = 6
HELD_OUT_BATCHES = 6
MOST_BYTES = 3_000_000_000
_VALIDATIONS = 10
_HELD_OUT_SEED = 20_260_700


@dataclass(frozen=True)
class _Settings:
    few_step: FewStepConfig
    wishes: WishConfig
    trajectories: TrajectoryConfig


def train_few_step(
    teacher: str,
    latents: Path,
    *,
    out: Path,
    run: Path,
    config: Path | None = None,
    max_minutes: float | None = None,
    max_steps: int | None = None,
    resume: bool = False,
    device: str = "auto",
    seed: int = 0,
    progress: Report | None = None,
) -> TrainingResult:
    """Train a student that needs 4 evaluations and no guidance, and write it to `out`.

    Another process solves the teacher all the while and fills ``run/trajectories``.

    Parameters
    ----------
    teacher
        Name or folder of a generator.
    latents
        Encoded sounds that it was trained on; their words and CLAP vectors are what it is asked for.
    config
        A TOML file with tables ``[training]`` (`FewStepConfig`), ``[wishes]`` (`WishConfig`) and
        ``[trajectories]`` (`TrajectoryConfig`).
    max_minutes
        For everything, the first trajectories too.

    Raises
    ------
    UsageError, InputError, ModelError
        On an unfit teacher, unusable latents or settings.
    """
    ends = None if max_minutes is None else time.monotonic() + 60 * max_minutes
    settings = _settings(config, seed=seed, device=pick_device(device))
    model = load_generator(teacher)
    _check_teacher(model)
    settings = replace(settings, trajectories=replace(settings.trajectories, shape=model.sampling.shape))
    data = LatentSet.load(latents)
    held_out = _held_out(model, data, settings)
    shards = Shards(run / "trajectories", most_bytes=MOST_BYTES)
    job = TutorJob(
        teacher, latents, run / "trajectories", settings.wishes, settings.trajectories, seed, MOST_BYTES,
        settings.few_step.device,
    )  # fmt: skip
    task = FewStepTask(model, settings.few_step, shards=shards, held_out=held_out)
    baselines = _baselines(model, held_out, task)
    with _tutoring(job) as tutor, _spare_thread():
        wait_for(shards, count=FIRST_SHARDS, alive=tutor.is_alive)
        if not shards.numbers():
            raise SamplegenError("The teacher could not be solved; see what its process said above.")
        left = None if ends is None else max(0.01, (ends - time.monotonic()) / 60)
        every = 4.0 if max_minutes is None else min(4.0, max_minutes / _VALIDATIONS)
        schedule = Schedule(left, max_steps, validate_every_minutes=every)
        report = None if progress is None else lambda step, share, losses: progress(100.0 * share, 100.0)
        run_training(task, folder=run, schedule=schedule, resume=resume, report=report)
    return publish_few_step(task, model, out=out, run=run, baselines=baselines)


def publish_few_step(
    task: FewStepTask, teacher: SoundGenerator, *, out: Path, run: Path, baselines: Mapping[str, float]
) -> TrainingResult:
    """Write the best student of a run as a generator's folder that knows its teacher."""
    best = load_state(run / BEST)
    task.load_state(best["task"])
    assert teacher.folder is not None
    told = read_json_object(teacher.folder / CONFIG_FILE)
    figures = {f"steps_{steps}": task.end_distance(steps=steps) for steps in (1, 2, STEPS, 2 * STEPS)}
    figures = {**read_figures(run, step=best["step"]), **figures, **baselines}
    facts = TrainingFacts(
        figures, tuple(told.get("training_licences", ())), tuple(told.get("attributions", ())), int(best["step"]),
        float(load_state(run / LAST)["seconds"]) / 60,
    )  # fmt: skip
    kept = {name: told[name] for name in ("family", "codec", "embedder", "latent_stats", "description")}
    kept |= {name: told[name] for name in ("loop_range",) if name in told}
    sampling = Sampling(
        "jump", STEPS, teacher.sampling.shape, beat_scale=1.0, embedding_scale=1.0, interval=(0.0, 1.0), rescale=0.0
    )
    config = {
        **kept,
        "architecture": config_to_dict(task.config),
        "sampling": plain(asdict(sampling)),
        "teacher": {
            "name": teacher.name, "hash": teacher.hash, "sampling": plain(asdict(teacher.sampling)),
        },
        "training": plain(asdict(task.training)),
        **facts.config(),
    }  # fmt: skip
    card = None if (out / "README.md").exists() else facts.card(out.name, notes=_notes(teacher))
    digest = save_model(out, tensors=task.average.weights, config=config, card=card)
    _pass_on(teacher, out, digest)
    return TrainingResult(out, figures)


def _notes(teacher: SoundGenerator) -> list[str]:
    scales = f"{teacher.sampling.beat_scale:g} and {teacher.sampling.embedding_scale:g}"
    return [
        f"A student of `{teacher.name}` ({teacher.hash[:12]}): {STEPS} evaluations without guidance make "
        f"what the teacher makes with guidance {scales}, which is built in. "
        "Guidance, negative prompts and edits are the teacher's."
    ]


def _pass_on(teacher: SoundGenerator, out: Path, digest: str) -> None:
    """Its sounds are guarded by the teacher's memory and heard by its ear, for they come from the same ones."""
    for name in (MEMORY_FILE, EAR_FILE):
        (out / name).unlink(missing_ok=True)
    if teacher.ear is not None:
        save_ear(out, teacher.ear)
        record_companion(out, EAR_FILE)
    if teacher.folder is not None and (teacher.folder / MEMORY_FILE).is_file():
        save_memory(out, load_memory(teacher.folder / MEMORY_FILE, model_hash=teacher.hash), model_hash=digest)
        record_companion(out, MEMORY_FILE)


def _settings(config: Path | None, *, seed: int, device: str) -> _Settings:
    tables = read_settings(config)
    if unknown := sorted(tables.keys() - {"training", "wishes", "trajectories"}):
        raise UsageError(f"--config has a table [{unknown[0]}]; [training], [wishes] and [trajectories] are known.")
    few_step = override(FewStepConfig(), tables.get("training", {}))
    trajectories = override(TrajectoryConfig(), tables.get("trajectories", {}))
    if trajectories.steps % STEPS:
        raise UsageError(f"The teacher's steps are {trajectories.steps}; a multiple of {STEPS} is needed.")
    return _Settings(
        replace(few_step, seed=seed, device=device), override(WishConfig(), tables.get("wishes", {})), trajectories
    )


def _check_teacher(teacher: SoundGenerator) -> None:
    if teacher.teacher is not None:
        raise UsageError(f"{teacher.name} is a student itself. Give --teacher {teacher.teacher}.")
    if teacher.network.config.inpainting:
        raise UsageError(f"{teacher.name} edits what it is shown; students make sounds from nothing. Give a generator.")


def _held_out(teacher: SoundGenerator, data: LatentSet, settings: _Settings) -> list[Trajectory]:
    """Batches on the student's grid under conditions of held-out sounds, two in three of loops."""
    regular = replace(settings.trajectories, regular_share=1.0)
    made = []
    for number in range(HELD_OUT_BATCHES):
        wishes = replace(settings.wishes, loop_share=float(number % 3 != 2), frames=settings.wishes.frames)
        tutor = Tutor(teacher, data, wishes, regular, split="held_out", device=settings.few_step.device)
        made.append(tutor.draw(2 * (_HELD_OUT_SEED + number)))  # even: no shard's seed
    return made


def _baselines(teacher: SoundGenerator, held_out: list[Trajectory], task: FewStepTask) -> dict[str, float]:
    """The teacher's own ends with as many evaluations without guidance, and with its own sampling."""
    device, own = next(task.model.parameters()).device, teacher.sampling
    plain = end_distance(teacher.network, held_out, steps=STEPS, device=device, sampler=euler)
    guided = end_distance(
        teacher.network, held_out, steps=own.steps, device=device, sampler=named_sampler(own.sampler),
        guidance=own.guidance(),
    )  # fmt: skip
    count = evaluations(own.sampler, own.steps)
    return {f"teacher_{STEPS}_without_guidance": plain, f"teacher_{count}_with_guidance": guided}


@contextmanager
def _tutoring(job: TutorJob) -> Iterator[Any]:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=fill_shards, args=(job,), daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.terminate()
        process.join(10.0)


@contextmanager
def _spare_thread() -> Iterator[None]:
    """One thread fewer, for the process beside."""
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads - 1))
    try:
        yield
    finally:
        torch.set_num_threads(threads)
