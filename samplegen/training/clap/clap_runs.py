"""A whole training of the joint embedder: from a library and rendered loops to a model folder."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from samplegen.checkpoints import save_model
from samplegen.conditioning.clap.bundled import FAMILY
from samplegen.conditioning.clap.text_gap import TextGap
from samplegen.conditioning.clap.words import words_of
from samplegen.networks.joint import JointConfig
from samplegen.training.clap.captions import NOUNS, PHRASES, spoken_words
from samplegen.training.clap.clap_data import ClapData, listen_to
from samplegen.training.clap.clap_trainer import ClapTask, ClapTrainingConfig, Lessons
from samplegen.training.clap.teacher import SentenceTeacher, teaching_texts
from samplegen.training.log import read_figures
from samplegen.training.loop import BEST, LAST, Schedule, load_state, run_training
from samplegen.training.parallel import launch, need_fabric
from samplegen.training.publish import TrainingFacts
from samplegen.training.runs import TrainingResult
from samplegen.training.settings import override, read_settings, threads_each
from samplegen.training.sources.library import Library, load_library

BANK_SIZE = 2000
LESSONS = 12_000

Report = Callable[[float, float | None], None]


def train_clap(
    library: Path,
    *,
    out: Path,
    run: Path,
    loops: Sequence[Path] = (),
    teacher: Path | None = None,
    config: Path | None = None,
    max_minutes: float | None = None,
    max_steps: int | None = None,
    resume: bool = False,
    processes: int = 1,
    seed: int = 0,
    listening: Report | None = None,
    progress: Report | None = None,
) -> TrainingResult:
    """Train a joint text-audio embedder on a scanned library and rendered loops, and write it to `out`.

    Parameters
    ----------
    loops
        Folders that `data render` wrote; each keeps its split.
    teacher
        Folder of a sentence encoder, see `SentenceTeacher`.
    processes
        That share the reading of the sounds and each batch, on the CPU.

    Raises
    ------
    UsageError, InputError
        On a setting or a file that cannot be used.
    DependencyError
        If there is a teacher and no package ``tokenizers``, or several processes and no Lightning Fabric.
    """
    settings = read_settings(config)
    architecture = override(JointConfig(), settings.get("architecture", {}))
    recipe = replace(override(ClapTrainingConfig(), settings.get("training", {})), seed=seed)
    schedule = Schedule(max_minutes=max_minutes, max_steps=max_steps)
    need_fabric(processes)
    lessons = None if teacher is None else _lessons(SentenceTeacher(teacher), seed)
    scanned = load_library(library).library
    data = listen_to(scanned, loops=loops, processes=processes, progress=listening)
    make = partial(ClapTask, architecture, recipe, data=data, lessons=lessons)
    shown = progress if processes == 1 else None
    launch(_train, make, run, schedule, resume, shown, processes=processes, threads=threads_each(processes))
    task = make()
    facts = _facts(run, scanned)
    task.load_state(load_state(run / BEST)["task"])
    save_clap(task, out, facts=facts, lessons=lessons)
    return TrainingResult(out, facts.figures)


def _train(make: Callable[[], ClapTask], run: Path, schedule: Schedule, resume: bool, progress: Report | None) -> None:
    report = None if progress is None else lambda step, share, losses: progress(100.0 * share, 100.0)
    run_training(make(), folder=run, schedule=schedule, resume=resume, report=report)


def save_clap(task: ClapTask, folder: Path, *, facts: TrainingFacts, lessons: Lessons | None = None) -> None:
    """Write the averaged weights with the text gap, the known words and the limits of the measured ones."""
    taught = () if lessons is None else lessons.texts
    words = {word for text in taught for word in words_of(text)}
    config = {
        "family": FAMILY,
        "architecture": asdict(task.config),
        "training": asdict(task.training),
        "words": sorted(words | spoken_words([*NOUNS, *PHRASES, *task.data.attributes])),
        "attributes": list(task.data.attributes),
        "limits": {
            kind: {name: list(pair) for name, pair in of_kind.items()}
            for kind, of_kind in task.data.poles.limits.items()
        },
        **facts.config(),
    }
    tensors = {**task.average.weights, **measure_gap(task).tensors()}
    card = None if (folder / "README.md").exists() else facts.card(folder.name)
    save_model(folder, tensors=tensors, config=config, card=card)


def measure_gap(task: ClapTask) -> TextGap:
    """From up to `BANK_SIZE` training sounds and a caption of each, with the averaged weights."""
    rng = np.random.default_rng(task.training.seed)
    data: ClapData = task.data
    trained = data.places("train")
    drawn = rng.choice(len(trained), min(BANK_SIZE, len(trained)), replace=False, p=data.weights(trained))
    places = [trained[place] for place in drawn]
    with task.average.applied(task.model), torch.inference_mode():
        task.model.eval()
        gap = TextGap.measure(task.embed_captions(places, rng), task.embed_sounds(places))
        task.model.train()
    return gap


def _lessons(teacher: SentenceTeacher, seed: int) -> Lessons:
    texts = teaching_texts(LESSONS, rng=np.random.default_rng(seed + 1))
    return Lessons(tuple(texts), teacher.embed(texts))


def _facts(run: Path, library: Library) -> TrainingFacts:
    records = library.select(split="train")
    best = load_state(run / BEST)
    return TrainingFacts(
        figures=read_figures(run, step=best["step"]),
        licences=tuple(sorted({record.licence for record in records})),
        attributions=tuple(sorted({record.attribution for record in records if record.licence.startswith("CC-BY")})),
        steps=int(best["step"]),
        minutes=float(load_state(run / LAST)["seconds"]) / 60,
    )
