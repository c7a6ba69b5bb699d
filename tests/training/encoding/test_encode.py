"""A library's one-shots and rendered loops become latents."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from samplegen.audio.io import read_audio, write_wav
from samplegen.audio.types import Audio
from samplegen.errors import InputError, ModelMissingError
from samplegen.training.encoding import encode
from samplegen.training.encoding.encode import caption_latents, encode_library
from samplegen.training.encoding.latents import LatentSet
from samplegen.training.encoding.material import SEMITONES
from samplegen.training.sources.library import Library, load_library, save_library
from samplegen.training.sources.recorded_loops import read_ring
from samplegen.training.sources.scan import scan_library
from tests.models import CODEC
from tests.training.embedders import TinyClap

KINDS = {"kick", "snare", "hat_closed", "hat_open", "percussion", "tom", "bass"}


@pytest.fixture
def index(library_folder: Path, tmp_path: Path, tiny_models: Path) -> Path:
    save_library(tmp_path / "library.jsonl", scan_library(library_folder))
    return tmp_path / "library.jsonl"


def rendered(folder: Path, *, split: str = "train") -> Path:
    """One loop of two bars as `render_to_folder` would leave it."""
    samples = np.random.default_rng(0).standard_normal((1, 176_400)).astype(np.float32) / 10
    write_wav(folder / "0.wav", Audio(samples, 44_100))
    head = {"format": "samplegen-loops", "version": 1, "split": split}
    entry = {
        "index": 0, "path": "0.wav", "kind": "loop_tops", "style": "techno", "bpm": 120.0, "bars": 2,
        "meter": [4, 4], "tags": ["loop_tops", "techno", "dark", "minimal", "unheard-of"], "beats": 8, "swing": 0.5,
        "events": [[beat, "hat_closed", 1.0, None] for beat in range(8)],
    }  # fmt: skip
    (folder / "index.jsonl").write_text("".join(json.dumps(line) + "\n" for line in (head, entry)))
    return folder


def test_one_shots_at_three_pitches(index: Path, library: Library, tmp_path: Path) -> None:
    told: list[tuple[float, float | None]] = []
    result = encode_library(
        index, codec=CODEC, out=tmp_path / "set", one_shot_seconds=0.3, progress=lambda *done: told.append(done)
    )
    latents = LatentSet.load(result.folder)
    records = library.select(kinds=KINDS)
    assert (result.one_shots, result.loops) == (len(SEMITONES) * len(records), 0)
    assert told[-1] == (result.one_shots, result.one_shots)
    assert {item.kind for item in latents.items} == KINDS  # keys are no one-shot
    assert {(item.source, item.split) for item in latents.items} == {(r.source, r.split) for r in records}
    assert latents.one_shot_frames == 48 and result.frames == latents.values.shape[0]  # 51.7, divisible by eight
    assert latents.header["licences"] == sorted({record.licence for record in library.records})
    same, lower, higher = latents.items[:3]
    assert same.sounding is not None and lower.sounding is not None and higher.sounding is not None
    assert higher.sounding < same.sounding < lower.sounding


def test_rendered_loops(index: Path, tmp_path: Path) -> None:
    loops = [rendered(tmp_path / "train"), rendered(tmp_path / "held", split="held_out")]
    result = encode_library(index, codec=CODEC, out=tmp_path / "set", loops=loops, one_shot_seconds=0.1)
    assert result.loops == 2
    train, held = LatentSet.load(result.folder).items[-2:]
    assert (train.kind, train.tags) == ("loop_tops", ("loop_tops", "techno", "dark", "simple"))
    assert (train.bpm, train.bars, train.beats_per_bar, train.frames) == (120.0, 2, 4, 689)
    assert (train.split, held.split, train.source, held.source) == ("train", "held_out", "train/0", "held/0")


def recorded(folder: Path) -> Path:
    """A user's folder: four hits of two kinds, two loops of two bars, and three that hold none."""
    rng = np.random.default_rng(0)
    seconds = {
        "Kicks/kick 1.wav": 0.1, "Kicks/kick 2.wav": 0.1, "Snares/snare 1.wav": 0.1, "Snares/snare 2.wav": 0.1,
        "Loops/dark techno drums 120bpm.wav": 4.02, "Loops/bass loop 90bpm.wav": 5.31,
        "Loops/odd beat 120bpm.wav": 4.5, "Loops/fast beat 210bpm.wav": 240 / 210, "Loops/half beat 100bpm.wav": 1.2,
    }  # fmt: skip
    for path, length in seconds.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        samples = 0.1 * rng.standard_normal((1, round(length * 44_100)))
        write_wav(folder / path, Audio(samples.astype(np.float32), 44_100))
    save_library(folder / "library.jsonl", scan_library(folder, measure=False))
    return folder / "library.jsonl"


def test_recorded_loops_of_whole_bars_follow(tmp_path: Path, tiny_models: Path, clap: TinyClap) -> None:
    mine, loops = recorded(tmp_path / "mine"), [rendered(tmp_path / "train")]
    result = encode_library(mine, codec=CODEC, out=tmp_path / "set", loops=loops, one_shot_seconds=0.1, clap=clap.name)
    assert (result.one_shots, result.loops) == (4 * len(SEMITONES), 3)
    assert result.left_out == ("Loops/fast beat 210bpm.wav", "Loops/half beat 100bpm.wav", "Loops/odd beat 120bpm.wav")
    latents = LatentSet.load(result.folder)
    rendered_one, bass, drums = latents.items[-3:]
    assert rendered_one.source == "train/0" and (bass.kind, bass.bpm, bass.bars) == ("loop_bass", 90.0, 2)
    assert drums.tags == ("loop_drums", "techno", "dark") and (drums.bpm, drums.bars, drums.frames) == (120.0, 2, 689)
    assert latents.vectors is not None and len(latents.vectors) == len(latents.items)
    assert all("bass" not in text for text in clap.texts[-12:]) and any("drum" in text for text in clap.texts[-12:])


def test_a_recorded_loop_is_exactly_its_bars(tmp_path: Path) -> None:
    library = load_library(recorded(tmp_path / "mine")).library
    drums = next(record for record in library.records if "techno" in record.path)  # 20 ms longer than its bars
    bass = next(record for record in library.records if "bass" in record.path)  # 23 ms shorter
    whole, cut = read_audio(library.path_of(drums)), read_ring(library, drums, sample_rate=44_100)
    assert cut.length == 176_400 and np.abs(cut.samples).max() == pytest.approx(10 ** (-1 / 20), abs=1e-3)
    ratio = cut.samples / whole.samples[:, :176_400]
    assert np.ptp(ratio[np.abs(whole.samples[:, :176_400]) > 0.01]) < 1e-3
    filled = read_ring(library, bass, sample_rate=44_100)
    assert filled.length == 235_200 and not filled.samples[:, 234_200:].any() and filled.samples[:, :234_000].any()
    with pytest.raises(ValueError, match="no whole bars"):
        read_ring(library, replace(drums, bpm=100.0), sample_rate=44_100)


def test_the_same_library_gives_the_same_bytes(index: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        encode_library(index, codec=CODEC, out=tmp_path / name, one_shot_seconds=0.1)
    for file in ("latents.npy", "index.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize("key", ["path", "kind", "bpm", "meter", "tags"])
def test_a_damaged_index_of_loops(index: Path, tmp_path: Path, key: str) -> None:
    folder = rendered(tmp_path / "loops")
    head, entry = map(json.loads, (folder / "index.jsonl").read_text().splitlines())
    del entry[key]
    (folder / "index.jsonl").write_text(json.dumps(head) + "\n" + json.dumps(entry) + "\n")
    with pytest.raises(InputError, match="index in .*loops is damaged"):
        encode_library(index, codec=CODEC, out=tmp_path / "set", loops=[folder], one_shot_seconds=0.1)
    assert not (tmp_path / "set").exists()


def test_what_is_not_there(index: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="codec-nowhere"):
        encode_library(index, codec="codec-nowhere", out=tmp_path / "set")
    with pytest.raises(InputError, match="nowhere"):
        encode_library(tmp_path / "nowhere.jsonl", codec=CODEC, out=tmp_path / "set")
    with pytest.raises(InputError, match="No rendered loops in"):
        encode_library(index, codec=CODEC, out=tmp_path / "set", loops=[tmp_path])


@pytest.fixture
def clap(monkeypatch: pytest.MonkeyPatch) -> TinyClap:
    made = TinyClap()
    monkeypatch.setattr(encode, "load_clap", {made.name: made}.__getitem__)
    return made


def test_vectors_with_the_latents_or_after_them(index: Path, tmp_path: Path, clap: TinyClap) -> None:
    loops = [rendered(tmp_path / "loops")]
    told: list[tuple[float, float | None]] = []
    encode_library(
        index, codec=CODEC, out=tmp_path / "one", loops=loops, one_shot_seconds=0.1, clap=clap.name,
        progress=lambda *done: told.append(done),
    )  # fmt: skip
    made = LatentSet.load(tmp_path / "one")
    assert made.vectors is not None and made.vectors.shape == (len(made.items), 13, 8)
    assert told[-1] == (2 * len(made.items), 2 * len(made.items)) and told == sorted(told)
    text = " / ".join(clap.texts[-12:])
    assert "top" in text and "kick" in text and "snare" not in text  # tops: "without kick" is one of their names
    encode_library(index, codec=CODEC, out=tmp_path / "two", loops=loops, one_shot_seconds=0.1)
    assert LatentSet.load(tmp_path / "two").vectors is None
    result = caption_latents(tmp_path / "two", library=index, loops=loops, clap=clap.name)
    assert (result.sounds, result.clap) == (len(made.items), clap.name)
    for file in ("latents.npy", "index.json", "vectors.npy"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_vectors_of_other_sounds(index: Path, tmp_path: Path, clap: TinyClap) -> None:
    first, second = rendered(tmp_path / "first"), rendered(tmp_path / "second")
    encode_library(index, codec=CODEC, out=tmp_path / "set", loops=[first, second], one_shot_seconds=0.1)
    for loops in ([first], [second, first]):
        with pytest.raises(InputError, match="was not made from this library and these loops"):
            caption_latents(tmp_path / "set", library=index, loops=loops, clap=clap.name)
    assert not (tmp_path / "set" / "vectors.npy").exists()


def test_facts_that_an_index_lacks(index: Path, tmp_path: Path, clap: TinyClap) -> None:
    folder = rendered(tmp_path / "loops")
    (folder / "index.jsonl").write_text((folder / "index.jsonl").read_text().replace('"swing"', '"swang"'))
    with pytest.raises(InputError, match="index in .*loops is damaged"):
        encode_library(index, codec=CODEC, out=tmp_path / "set", loops=[folder], clap=clap.name)
