"""A library and rendered loops become a model's memory."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from samplegen import units
from samplegen.audio.io import read_audio, write_wav
from samplegen.audio.types import Audio
from samplegen.checkpoints import load_model, verify_model
from samplegen.codec import load_codec
from samplegen.engines.alpha_blend import load_generator
from samplegen.errors import InputError, ModelInvalidError, UsageError
from samplegen.pack.memorisation import load_guard
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.post.trim import trim_one_shot
from samplegen.training.publish import save_generator
from samplegen.training.sources.library import ScanResult, load_library, save_library
from samplegen.training.sources.memory import remember
from samplegen.training.sources.scan import scan_library
from tests.models import CODEC, FACTS, GENERATOR, tiny_latents, tiny_task
from tests.training.conftest import HELD_OUT

RATE, LENGTH = 44_100, 88_200


def _loop(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    gate = np.repeat(rng.random(16) < 0.5, LENGTH // 16 + 1)[:LENGTH]
    return (0.3 * gate * np.sin(np.cumsum(np.repeat(rng.uniform(0.01, 0.5, 8), LENGTH // 8)))).astype(np.float32)


def _rendered(folder: Path, *, split: str, seeds: range) -> Path:
    lines: list[dict[str, object]] = [{"format": "samplegen-loops", "version": 1, "split": split}]
    for number, seed in enumerate(seeds):
        write_wav(folder / f"{number}.wav", Audio(_loop(seed), RATE))
        lines.append({"index": number, "path": f"{number}.wav", "kind": "loop_drums", "bars": 1, "meter": [4, 4]})
    (folder / "index.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture
def index(library_folder: Path, tmp_path: Path) -> Path:
    save_library(tmp_path / "library.jsonl", scan_library(library_folder))
    return tmp_path / "library.jsonl"


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    for split in ("train", "held_out"):
        (tmp_path / split).mkdir()
    return [
        _rendered(tmp_path / "train", split="train", seeds=range(6)),
        _rendered(tmp_path / "held_out", split="held_out", seeds=range(50, 53)),
    ]


def _sound(audio: Audio, **tags: object) -> Sound:
    return Sound(audio, Tags(**tags), Provenance("alpha_blend", "", "", "", 0, {}))  # type: ignore[arg-type]


def test_what_was_learned_from_is_remembered(
    index: Path, folders: list[Path], own_models: Path, library_folder: Path
) -> None:
    before, told = load_model(GENERATOR).hash, []
    result = remember(index, model=GENERATOR, loops=folders, progress=lambda *step: told.append(step))
    assert told[-1] == (30, 30)
    assert (result.forms["loop"].trained, result.forms["loop"].held_out) == (6, 3)
    assert (result.forms["one_shot"].trained, result.forms["one_shot"].held_out) == (14, 7)
    assert result.file == own_models / GENERATOR / "memory.safetensors" and result.size_bytes < 2_000_000
    assert verify_model(GENERATOR).name == GENERATOR and load_model(GENERATOR).hash == before
    guard = load_guard(load_generator(GENERATOR))
    assert guard is not None
    near = guard.nearest(
        _sound(Audio(np.roll(_loop(4), LENGTH // 4), RATE), kind="loop", category="x", bpm=120, bars=1)
    )
    assert near.name == "4" and near.is_remembered
    kick = read_audio(library_folder / "oneshots/kick/maker_two.wav")
    near = guard.nearest(_sound(kick, kind="one_shot", category="kick"))
    assert near.name == "oneshots/kick/maker_two.wav" and near.distance < 0.1
    assert HELD_OUT.replace("/", "_") not in near.name


def test_recorded_loops_are_remembered_too(index: Path, folders: list[Path], own_models: Path) -> None:
    scanned = load_library(index).library
    write_wav(scanned.folder / "mine.wav", Audio(_loop(99)[None], RATE))
    one = scanned.records[0]
    mine = replace(one, path="mine.wav", kind="loop_drums", split="train", bpm=120.0, bars=1.0, duration_s=2.0)
    save_library(index, ScanResult(scanned.folder, (*scanned.records, mine), ()))
    result = remember(index, model=GENERATOR, loops=folders)
    assert (result.forms["loop"].trained, result.forms["loop"].held_out) == (7, 3)
    guard = load_guard(load_generator(GENERATOR))
    assert guard is not None
    near = guard.nearest(
        _sound(Audio(np.roll(_loop(99), LENGTH // 2), RATE), kind="loop", category="x", bpm=120, bars=1)
    )
    assert near.name == "mine.wav" and near.is_remembered


def test_what_the_codec_makes_of_training_sounds_is_remembered_too(
    index: Path, folders: list[Path], own_models: Path, library_folder: Path
) -> None:
    result = remember(index, model=GENERATOR, loops=folders)
    assert (result.forms["one_shot_rendered"].trained, result.forms["one_shot_rendered"].held_out) == (14, 7)
    generator = load_generator(GENERATOR)
    guard = load_guard(generator)
    assert guard is not None
    kick = read_audio(library_folder / "oneshots/kick/maker_one.wav")
    whole = 8 * generator.codec.hop_length
    samples = np.zeros((1, 1, whole * (kick.length // whole + 1)), np.float32)
    samples[0, 0, : kick.length] = kick.samples[0] * units.db_to_gain(-1.0) / np.abs(kick.samples).max()
    rendered = generator.codec.decode(generator.codec.encode(torch.from_numpy(samples), loop=False))
    made = trim_one_shot(Audio(rendered[0].detach().numpy() / 2, RATE))
    near = guard.nearest(_sound(made, kind="one_shot", category="kick"))
    assert near.name == "oneshots/kick/maker_one.wav" and near.distance < 0.1


def test_a_model_without_codec_is_refused(index: Path, folders: list[Path], own_models: Path) -> None:
    with pytest.raises(ModelInvalidError, match="no generator with a codec"):
        remember(index, model=CODEC, loops=folders)


def test_the_limit_is_the_percentile_of_held_out_sounds(index: Path, folders: list[Path], own_models: Path) -> None:
    facts = remember(index, model=GENERATOR, loops=folders).forms["loop"]
    distances = sorted(distance for _, _, distance in facts.nearest)
    assert len(distances) == 3 and facts.median == pytest.approx(distances[1])
    assert facts.limit == pytest.approx(distances[0] + 0.02 * (distances[1] - distances[0]))


def test_a_changed_memory_is_found(index: Path, folders: list[Path], own_models: Path) -> None:
    file = remember(index, model=GENERATOR, loops=folders).file
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ModelInvalidError, match=r"memory\.safetensors is damaged or was changed"):
        verify_model(GENERATOR)
    with pytest.raises(ModelInvalidError, match="other|no memory of this model"):
        load_guard(SimpleNamespace(folder=file.parent, hash="0" * 64))


def test_a_model_that_is_trained_again_forgets(index: Path, folders: list[Path], own_models: Path) -> None:
    file, codec = remember(index, model=GENERATOR, loops=folders).file, load_codec(CODEC)
    latents = tiny_latents(codec)
    save_generator(tiny_task(latents), latents, codec, file.parent, facts=FACTS)
    assert not file.exists() and verify_model(GENERATOR).name == GENERATOR


def test_held_out_sounds_are_needed(index: Path, folders: list[Path], own_models: Path) -> None:
    with pytest.raises(UsageError, match="held-out sounds of the form loop"):
        remember(index, model=GENERATOR, loops=folders[:1])


def test_a_damaged_index_is_named(index: Path, folders: list[Path], own_models: Path) -> None:
    lines = (folders[0] / "index.jsonl").read_text().splitlines()
    (folders[0] / "index.jsonl").write_text("\n".join([lines[0], lines[1].replace('"bars": 1', '"bars": null')]))
    with pytest.raises(InputError, match="index in .*train is damaged"):
        remember(index, model=GENERATOR, loops=folders)
