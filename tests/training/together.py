"""Small trainings of every kind, and what two processes make of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from samplegen.conditioning.embedder import TagEmbedder
from samplegen.networks import precision
from samplegen.networks.unet import UNetConfig
from samplegen.training import parallel
from samplegen.training.clap.clap_data import ClapData
from samplegen.training.clap.clap_trainer import ClapTask
from samplegen.training.codecs.encodec_trainer import EncodecTask
from samplegen.training.codecs.spectrogram_trainer import SpectrogramTask
from samplegen.training.encoding.latents import EncodedItem, LatentSet
from samplegen.training.generators.generator_trainer import GeneratorTask
from samplegen.training.loop import load_state, save_state
from tests.models import NETWORK_CONFIG, TRAINING
from tests.training.clap import test_clap_trainer
from tests.training.codecs import test_encodec_trainer, test_spectrogram_trainer
from tests.training.toys import half_of_a_batch

STEPS, SEED = 4, 6


def latents() -> LatentSet:
    """Noise: two loops and three one-shots, with a worse copy of each."""
    items = [
        EncodedItem(0, 24, "loop_drums", ("loop_drums", "house"), True, "train", "a", 120.0, 1, 4),
        EncodedItem(24, 16, "loop_bass", ("loop_bass", "techno"), True, "train", "b", 180.0, 1, 4),
        *(EncodedItem(40 + 16 * k, 16, kind, (kind,), False, "train", "c") for k, kind in enumerate(("kick", "tom"))),
    ]
    values, worse = torch.randn(2, 72, 8, generator=Generator().manual_seed(5)).half()
    header = {"frame_rate": 50.0, "latency_s": 0.0, "one_shot_frames": 16}
    return LatentSet(values, items, header, degraded=worse[None])


def generator_task(batch: int, *, edits: bool) -> GeneratorTask:
    """Of two kinds of steps; no dropout, whose masks are each process's own."""
    config: UNetConfig = replace(NETWORK_CONFIG, dropout=0.0, inpainting=edits)
    training = replace(TRAINING, loop_batch=batch, one_shot_batch=batch, crop_frames=16, rate=0.1, seed=SEED)
    return GeneratorTask(config, training, latents=latents(), embedder=TagEmbedder())


def clap_task() -> ClapTask:
    """Without lessons, dropped pieces and dropout, which are each process's own."""
    training = replace(test_clap_trainer.TRAINING, pieces_dropped=0.0)
    task = ClapTask(test_clap_trainer.TINY, training, data=ClapData.of(test_clap_trainer.heard_sounds()))
    for module in task.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return task


def spectrogram_task() -> SpectrogramTask:
    """Each process draws its own segments."""
    return test_spectrogram_trainer.make()


def encodec_task() -> EncodecTask:
    """With its adversary."""
    return test_encodec_trainer.make_task()


TASKS: dict[str, Callable[[], Any]] = {
    "generator": lambda: generator_task(2, edits=False),
    "edits": lambda: generator_task(2, edits=True),
    "clap": clap_task,
    "spectrogram": spectrogram_task,
    "encodec": encodec_task,
}
ALONE = TASKS | {
    "generator": lambda: generator_task(4, edits=False),
    "edits": lambda: generator_task(4, edits=True),
}


def learned(task: Any, steps: range) -> dict[str, Any]:
    """Mean losses of some steps, and the weights after them."""
    losses = [parallel.mean_of_all(task.step(step, progress=step / 10)) for step in steps]
    weights: dict[str, Tensor] = {name: value.clone() for name, value in task.model.state_dict().items()}
    return {"losses": losses, "weights": weights}


def learn_all(folder: Path) -> None:
    """Each training, some steps of it; then the generator's again, resumed in the middle."""
    torch.set_num_threads(1)
    precision.has_fast_bfloat16 = lambda: False  # halves of a batch round otherwise than the whole
    half_of_a_batch(folder)
    found = {name: learned(make(), range(STEPS)) for name, make in TASKS.items()}
    first, second = TASKS["edits"](), TASKS["edits"]()
    learned(first, range(2))
    if parallel.rank() == 0:
        save_state(first, folder, step=2, seconds=0.0, best=0.0)
    parallel.from_first(0.0)
    second.load_state(load_state(folder / "last.pt")["task"])
    found["resumed"] = learned(second, range(2, STEPS))
    torch.save(found, folder / f"learned-{parallel.rank()}.pt")
