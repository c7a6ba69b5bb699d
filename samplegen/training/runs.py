"""Whole trainings: from a library or encoded sounds to a model folder with its card."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from samplegen.codec import load_codec
from samplegen.codec.encodec_network import EncodecConfig
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.errors import ModelInvalidError, UsageError
from samplegen.networks.spectrogram import SpectrogramConfig
from samplegen.networks.unet import named_config
from samplegen.training.codecs.encodec_trainer import EncodecTask, EncodecTrainingConfig, save_encodec
from samplegen.training.codecs.segments import MixedSegments, SegmentStore, fixed_segments, load_sounds
from samplegen.training.codecs.spectrogram_trainer import SpectrogramTask, SpectrogramTrainingConfig
from samplegen.training.codecs.tones import WithTones
from samplegen.training.encoding.latents import LatentSet
from samplegen.training.generators.beginnings import averaged_weights, read_beginning
from samplegen.training.generators.generator_trainer import GeneratorTask, GeneratorTrainingConfig, condition_dimension
from samplegen.training.log import read_figures
from samplegen.training.loop import BEST, LAST, Schedule, load_state, run_training
from samplegen.training.parallel import launch
from samplegen.training.publish import TrainingFacts, save_codec, save_generator
from samplegen.training.settings import override, pick_device, read_settings, threads_each
from samplegen.training.sources.library import GROOVE_KIND, load_library

VALIDATION_SEGMENTS = 96
VALIDATION_LENGTH = 32768

Report = Callable[[float, float | None], None]


@dataclass(frozen=True)
class TrainingResult:
    """A written model folder and its validation figures."""

    folder: Path
    figures: Mapping[str, float]


@dataclass(frozen=True)
class _Job:
    """Everything a training process needs; crosses to spawned processes."""

    run: Path
    schedule: Schedule
    resume: bool
    device: str
    seed: int
    settings: Mapping[str, Any]
    data: Path
    start_from: Path | None = None


_Train = Callable[[_Job, Report | None], None]
_Publish = Callable[[_Job, Path, TrainingFacts], None]


def train_codec(
    library: Path,
    *,
    out: Path,
    run: Path,
    family: str = "spectrogram",
    config: Path | None = None,
    max_minutes: float | None = None,
    max_steps: int | None = None,
    resume: bool = False,
    device: str = "auto",
    processes: int = 1,
    seed: int = 0,
    start_from: Path | None = None,
    progress: Report | None = None,
) -> TrainingResult:
    """Train a codec on the training split of a scanned library and write it to `out`.

    Parameters
    ----------
    config
        A TOML file with tables ``[architecture]`` and ``[training]``.
    start_from
        Run whose best weights to begin with (fine-tuning; not for family ``encodec``).

    Raises
    ------
    UsageError, InputError
        On an unknown family, device or setting, or an unusable library.
    """
    if family not in _CODECS:
        raise UsageError(f"--family {family!r} is not known. Choose one of {', '.join(_CODECS)}.")
    train, publish = _CODECS[family]
    schedule = Schedule(max_minutes=max_minutes, max_steps=max_steps)
    job = _Job(run, schedule, resume, pick_device(device), seed, read_settings(config), library, start_from)
    launch(
        train,
        job,
        progress if processes == 1 else None,
        processes=processes,
        threads=threads_each(processes),
        device=job.device,
    )
    facts = _codec_facts(job)
    publish(job, out, facts)
    return TrainingResult(out, facts.figures)


def train_generator(
    latents: Path,
    *,
    out: Path,
    run: Path,
    size: str = "cpu",
    codec: str | None = None,
    config: Path | None = None,
    max_minutes: float | None = None,
    max_steps: int | None = None,
    resume: bool = False,
    device: str = "auto",
    processes: int = 1,
    seed: int = 0,
    start_from: Path | None = None,
    progress: Report | None = None,
) -> TrainingResult:
    """Train an alpha-blending generator on encoded sounds and write it to `out`.

    Parameters
    ----------
    codec
        Codec that the generator will decode with; the one that made the latents by default. Another
        one must have the same encoder.
    start_from
        Run whose best weights to begin with, or a generator, by name or folder, to fine-tune. It may have known
        tags alone where these latents have CLAP vectors too; its statistics of the latents are kept.

    Raises
    ------
    UsageError, InputError, ModelError
        On an unknown size, device or setting, unusable latents, an unfit codec or run to start from.
    """
    schedule = Schedule(max_minutes=max_minutes, max_steps=max_steps)
    settings = {**read_settings(config), "size": size}
    job = _Job(run, schedule, resume, pick_device(device), seed, settings, latents, start_from)
    launch(
        _train_generator,
        job,
        progress if processes == 1 else None,
        processes=processes,
        threads=threads_each(processes),
        device=job.device,
    )
    return publish_generator(job.data, out=out, run=run, size=size, codec=codec, settings=settings)


def publish_generator(
    latents: Path, *, out: Path, run: Path, size: str, codec: str | None, settings: Mapping[str, Any]
) -> TrainingResult:
    """Write the best weights of a generator's run as a model folder."""
    data = LatentSet.load(latents)
    chosen = load_codec(codec or str(data.header["codec"]))
    if chosen.latent_hash != data.header["latent_hash"]:
        raise ModelInvalidError(f"The codec {chosen.name} makes other latents than those in {latents}. Encode again.")
    task = _generator_task(_Job(run, Schedule(max_steps=1), False, "cpu", 0, {**settings, "size": size}, latents), data)
    task.load_state(load_state(run / BEST)["task"])
    facts = TrainingFacts(
        figures=_figures(run),
        licences=tuple(data.header["licences"]),
        attributions=tuple(data.header["attributions"]),
        steps=int(load_state(run / BEST)["step"]),
        minutes=float(load_state(run / LAST)["seconds"]) / 60,
    )
    save_generator(task, data, chosen, out, facts=facts)
    return TrainingResult(out, facts.figures)


def _train_spectrogram(job: _Job, progress: Report | None) -> None:
    training, held_out = _segments(job.data)
    architecture, recipe = _spectrogram_configs(job)
    source = WithTones(MixedSegments(training), share=recipe.tones)
    validation = fixed_segments(held_out, count=VALIDATION_SEGMENTS, length=VALIDATION_LENGTH)
    task = SpectrogramTask(architecture, recipe, source=source, validation=validation)
    if job.start_from is not None and not (job.run / LAST).exists():
        task.start_from(dict(averaged_weights(job.start_from)))
    _run(task, job, progress)


def _publish_spectrogram(job: _Job, out: Path, facts: TrainingFacts) -> None:
    save_codec(*_spectrogram_configs(job), averaged_weights(job.run), out, facts=facts)


def _train_encodec(job: _Job, progress: Report | None) -> None:
    _run(_encodec_task(job), job, progress)


def _publish_encodec(job: _Job, out: Path, facts: TrainingFacts) -> None:
    task = _encodec_task(job)
    task.load_state(load_state(job.run / BEST)["task"])
    save_encodec(task, out, card=facts.card(out.name), metadata=facts.config())


# What trains a family's run, and what writes its best weights as a model.
_CODECS: dict[str, tuple[_Train, _Publish]] = {
    "spectrogram": (_train_spectrogram, _publish_spectrogram),
    "encodec": (_train_encodec, _publish_encodec),
}


def _train_generator(job: _Job, progress: Report | None) -> None:
    latents = LatentSet.load(job.data)
    task = _generator_task(job, latents)
    if job.start_from is not None and not (job.run / LAST).exists():
        begin = read_beginning(job.start_from, latents=latents)
        task.start_from(begin.weights, stats=begin.stats)
    _run(task, job, progress)


def _run(task: Any, job: _Job, progress: Report | None) -> None:
    report = None if progress is None else lambda step, share, losses: progress(100.0 * share, 100.0)
    run_training(task, folder=job.run, schedule=job.schedule, resume=job.resume, report=report)


def _spectrogram_configs(job: _Job) -> tuple[SpectrogramConfig, SpectrogramTrainingConfig]:
    """Architecture and training, with the changes of the settings."""
    architecture = override(SpectrogramConfig(), job.settings.get("architecture", {}))
    recipe = override(SpectrogramTrainingConfig(), job.settings.get("training", {}))
    return architecture, replace(recipe, device=job.device, seed=job.seed)


def _encodec_task(job: _Job) -> EncodecTask:
    training, held_out = _segments(job.data)
    architecture = override(EncodecConfig(), job.settings.get("architecture", {}))
    recipe = override(EncodecTrainingConfig(), job.settings.get("training", {}))
    validation = fixed_segments(held_out, count=VALIDATION_SEGMENTS, length=VALIDATION_LENGTH)
    return EncodecTask(
        architecture,
        replace(recipe, device=job.device, seed=job.seed),
        source=MixedSegments(training),
        validation=validation,
    )


def _generator_task(job: _Job, latents: LatentSet) -> GeneratorTask:
    embedder = TagEmbedder()
    recipe = override(GeneratorTrainingConfig(), job.settings.get("training", {}))
    network = named_config(
        str(job.settings["size"]),
        channels=latents.values.shape[1],
        embedding_dimension=condition_dimension(latents, embedder),
    )
    network = override(network, job.settings.get("architecture", {}))
    return GeneratorTask(network, replace(recipe, device=job.device, seed=job.seed), latents=latents, embedder=embedder)


def _segments(library: Path) -> tuple[SegmentStore, SegmentStore]:
    """Sounds to train on and to validate with; the same where a small library holds no source out."""
    scanned = load_library(library).library
    stores: list[SegmentStore] = []
    for split in ("train", "held_out"):
        records = [record for record in scanned.select(split=split) if record.kind != GROOVE_KIND]
        if not records and stores:
            return stores[0], stores[0]
        stores.append(load_sounds([(scanned.path_of(record), record.kind) for record in records], sample_rate=44100))
    return stores[0], stores[1]


def _codec_facts(job: _Job) -> TrainingFacts:
    records = load_library(job.data).library.select(split="train")
    return TrainingFacts(
        figures=_figures(job.run),
        licences=tuple(sorted({record.licence for record in records})),
        attributions=tuple(sorted({record.attribution for record in records if record.licence.startswith("CC-BY")})),
        steps=int(load_state(job.run / BEST)["step"]),
        minutes=float(load_state(job.run / LAST)["seconds"]) / 60,
    )


def _figures(run: Path) -> dict[str, float]:
    """Validation figures of the best checkpoint, from the run's log."""
    return read_figures(run, step=load_state(run / BEST)["step"])
