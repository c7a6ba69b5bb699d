"""Words and sounds from a request to the files, with the tiny CLAP; a lenient judge stands in for the gates."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from samplegen.conditioning.clap import load_clap
from samplegen.conditioning.kind_ear import KindEar
from samplegen.engines.alpha_blend import Generator, loading
from samplegen.errors import AudioReadError, InputError, UsageError
from samplegen.files import hash_file
from samplegen.pack import orders
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.loop_order import LoopOrder
from samplegen.pack.one_shot_order import OneShotOrder
from samplegen.pack.orders import derive_seed
from samplegen.pack.sound import Sound
from samplegen.pack.verdict import GateResult, Verdict
from samplegen.pipeline import Like, LoopRequest, OneShotRequest, PackResult, make_loops, make_one_shots
from tests.models import GENERATOR
from tests.pack.signals import hit
from tests.text_models import CLAP, TEXT_GENERATOR


@pytest.fixture(autouse=True)
def _lenient(text_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "judge", lambda sound, index: Verdict((), {}))
    for order in (LoopOrder, OneShotOrder):
        monkeypatch.setattr(order, "block", 1)  # bytes hold in the same company only


@pytest.fixture
def kick(tmp_path: Path) -> Path:
    path = tmp_path / "my kick.wav"
    soundfile.write(path, hit(9000, seed=3, hz=60.0), 44_100)
    return path


def shots(out: Path, **asked: Any) -> PackResult:
    return make_one_shots(OneShotRequest(**{"count": 1, "out": out, "model": TEXT_GENERATOR, "seed": 7, **asked}))


def loops(out: Path, **asked: Any) -> PackResult:
    values = {"count": 1, "out": out, "model": TEXT_GENERATOR, "seed": 7, "bars": 1, **asked}
    return make_loops(LoopRequest(**values))


def entries(result: PackResult) -> list[dict[str, Any]]:
    files = json.loads((result.folder / "manifest.json").read_text("utf-8"))["files"]
    return sorted(files, key=lambda entry: entry["parameters"]["index"])


def samples(result: PackResult) -> list[bytes]:
    return [soundfile.read(result.folder / path, dtype="float32")[0].tobytes() for path in result.files]


def test_everything_that_is_asked_changes_the_sound(tmp_path: Path, kick: Path) -> None:
    asked: list[dict[str, Any]] = [
        {"kinds": ("kick",)},
        {"prompt": "shiny kick"},
        {"prompt": "muddy kick"},
        {"prompt": "shiny kick", "negative": "reverb"},
        {"prompt": "shiny kick", "guidance_text": 6.0},
        {"prompt": "shiny kick", "guidance_bpm": 4.0},
        {"prompt": "shiny kick", "likes": (Like(kick),)},
        {"prompt": "shiny kick", "likes": (Like(kick),), "like_weight": 0.9},
    ]
    made = [shots(tmp_path / str(number), **one) for number, one in enumerate(asked)]
    assert len({samples(result)[0] for result in made}) == len(asked)
    assert len({entries(result)[0]["job"] for result in made}) == len(asked)


def test_the_manifest_can_make_it_again(tmp_path: Path, kick: Path) -> None:
    result = shots(
        tmp_path / "pack", prompt="shiny kick, blorp", negative="reverb", guidance_text=6.0, likes=(Like(kick, 2.0),)
    )
    (entry,) = entries(result)
    asked = entry["parameters"]
    assert (asked["prompt"], asked["negative"], asked["kind"]) == ("shiny kick, blorp", "reverb", "kick")
    assert (asked["guidance_bpm"], asked["guidance_text"]) == (3.0, 6.0)
    assert asked["like"] == [{"file": "my kick.wav", "sha256": hash_file(kick), "weight": 2.0}]
    assert asked["like_weight"] == 0.5 and asked["clap"]["name"] == CLAP and len(asked["clap"]["hash"]) == 64
    assert result.unknown_words == ("blorp",)
    assert result.applied == {"kind": ["kick"], "words": ["bright"]}


def test_models_of_tags_say_nothing_new(tmp_path: Path) -> None:
    (entry,) = entries(shots(tmp_path / "pack", model=GENERATOR, kinds=("kick",)))
    assert set(entry["parameters"]) == {"index", "kind", "words", "fx"}


def test_without_words_the_kind_is_what_clap_is_told(tmp_path: Path) -> None:
    silent = shots(tmp_path / "silent", kinds=("kick",))
    named = shots(tmp_path / "named", kinds=("kick",), prompt="kick")
    assert samples(silent) == samples(named)


@pytest.mark.parametrize("heard", ["kick", "snare"])
def test_what_sounds_like_another_kind_is_drawn_again(
    tmp_path: Path, kick: Path, monkeypatch: pytest.MonkeyPatch, heard: str
) -> None:
    """Here to no avail: whatever is drawn sounds like one and the same kind."""
    clap = load_clap(CLAP)
    bias = torch.tensor([9.0 * (name == heard) for name in ("kick", "snare")])
    ear = KindEar(("kick", "snare"), torch.zeros(2, clap.dimension), bias, clap.hash)
    monkeypatch.setattr(loading, "load_ear", lambda folder, clap: ear)
    drawn: list[int] = []
    make = Generator.make_one_shots
    monkeypatch.setattr(
        Generator, "make_one_shots", lambda self, **asked: (drawn.extend(asked["seeds"]), make(self, **asked))[1]
    )
    (entry,) = entries(shots(tmp_path / "pack", kinds=("kick",)))
    assert len(drawn) == len(set(drawn)) == (1 if heard == "kick" else 4) and entry["seed"] == drawn[0]
    again = shots(tmp_path / "again", kinds=("kick",))
    assert samples(again) == samples(shots(tmp_path / "more", kinds=("kick",)))
    drawn.clear()
    shots(tmp_path / "like", kinds=("kick",), likes=(Like(kick),))
    shots(tmp_path / "row", prompt="shiny kick", morph_to="muddy kick", count=2)
    assert len(drawn) == 3


def test_a_second_run_makes_nothing(tmp_path: Path, kick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {"prompt": "shiny kick", "morph_to": "muddy snare", "count": 3, "likes": (Like(kick),)}
    first = shots(tmp_path / "pack", **asked)
    monkeypatch.setattr(OneShotOrder, "make", lambda *_: pytest.fail("drew again"))
    again = shots(tmp_path / "pack", **asked)
    assert again.files == first.files and again.applied == first.applied


def test_a_row_lies_between_two_prompts(tmp_path: Path) -> None:
    row = shots(tmp_path / "row", prompt="muddy kick", morph_to="shiny metallic snare", count=5)
    made = samples(row)
    assert made[0] == samples(shots(tmp_path / "a", prompt="muddy kick"))[0]
    assert made[-1] == samples(shots(tmp_path / "b", prompt="shiny metallic snare"))[0]
    assert len(set(made)) == 5
    told = entries(row)
    assert {entry["seed"] for entry in told} == {derive_seed(7, 0, 0)}
    assert [entry["parameters"]["morph"]["position"] for entry in told] == [0, 0.25, 0.5, 0.75, 1]
    assert [entry["category"] for entry in told] == ["kick"] * 3 + ["snare"] * 2
    assert [next(part for part in entry["path"].split("_") if part[:1] == "m" and part[1:].isdigit())
            for entry in told] == ["m000", "m025", "m050", "m075", "m100"]  # fmt: skip


def test_a_row_of_loops_keeps_tempo_and_style(tmp_path: Path) -> None:
    row = loops(tmp_path / "row", prompt="dark drums 150 bpm", morph_to="shiny drums", count=2)
    told = entries(row)
    assert {(entry["bpm"], entry["parameters"]["style"]) for entry in told} == {(150.0, told[0]["parameters"]["style"])}
    with pytest.raises(UsageError, match='--morph-to says "120 bpm", but all loops of a row'):
        loops(tmp_path / "other", prompt="dark drums 150 bpm", morph_to="shiny drums 120 bpm", count=2)


def test_neighbours_in_a_row_may_be_alike_and_redraws_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(sound: Sound, *, index: DuplicateIndex) -> Verdict:
        assert index.nearest(sound) is None
        fine = sound.provenance.seed != derive_seed(7, 0, 0) or sound.provenance.parameters["index"] != 1
        return Verdict((GateResult("mood", fine, None, None, "" if fine else "No."),), {})

    monkeypatch.setattr(orders, "judge", judge)
    row = shots(tmp_path / "row", prompt="muddy kick", morph_to="shiny kick", count=3)
    assert row.redraws == 1 and any("other noise" in note for note in row.notes)


def test_facts_are_applied_and_told_first(tmp_path: Path) -> None:
    told: list[str] = []
    result = loops(tmp_path / "pack", prompt="Dark techno drums at 150 bpm, 2 bars in 3/4, Am", bars=None,
                   announce=told.append)  # fmt: skip
    (entry,) = entries(result)
    assert (entry["bpm"], entry["bars"], entry["meter"]) == (150.0, 2, [3, 4])
    assert told == [
        "From the prompt: 150 BPM, 2 bars, 3/4, kind drums, style techno.",
        'No key is given to these kinds: drum loop. Left out of the prompt: "Am".',
        "The model generator-tiny-text brings no memory of its training sounds: copies cannot be refused.",
    ]
    assert result.applied == {
        "bpm": 150.0, "bars": 2, "meter": "3/4", "kind": ["drums"], "style": ["techno"], "words": ["dark"],
    }  # fmt: skip
    assert list(result.notes) == told


def test_one_shots_have_no_tempo(tmp_path: Path) -> None:
    result = shots(tmp_path / "pack", prompt="dark kick, 120 bpm")
    assert 'One-shots have no tempo, bars or meter. Left out of the prompt: "120 bpm".' in result.notes
    assert entries(result)[0]["bpm"] is None


def test_a_lone_voice_is_a_loop_of_it(tmp_path: Path) -> None:
    assert entries(loops(tmp_path / "a", prompt="deep bass"))[0]["category"] == "loop_bass"
    assert entries(loops(tmp_path / "b", prompt="kick, snare and bass"))[0]["category"] == "loop_drums"


def test_sounds_alone_are_of_the_nearest_kind(tmp_path: Path, kick: Path) -> None:
    result = shots(tmp_path / "pack", likes=(Like(kick),), count=2)
    named = {entry["category"] for entry in entries(result)}
    assert len(named) == 1 and any(f"should be like: {named.pop()}." in note for note in result.notes)


def test_weights_of_sounds_count(tmp_path: Path, kick: Path) -> None:
    other = tmp_path / "noise.wav"
    soundfile.write(other, np.random.default_rng(0).uniform(-0.5, 0.5, 22_050), 44_100)
    made = [
        samples(shots(tmp_path / str(weight), kinds=("kick",), likes=(Like(kick), Like(other, weight))))[0]
        for weight in (0.1, 1.0, 10.0)
    ]
    assert len(set(made)) == 3


def test_words_only_clap_knows_are_no_reason_to_refuse(tmp_path: Path) -> None:
    result = shots(tmp_path / "pack", prompt="rolling", kinds=("kick",))
    assert (result.unknown_words, result.applied) == ((), {})


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"prompt": ""}, "--prompt is empty"),
        ({"prompt": "🥁"}, "understands no word of --prompt"),
        ({"prompt": "キック"}, "understands no word of --prompt"),
        ({"prompt": "drum loop"}, '--prompt says "loop", but this command makes one-shots. Use samplegen loops'),
        ({"prompt": "kick", "kinds": ("snare",)}, 'The prompt says "kick", but --kind is snare'),
        ({"prompt": "techno kick", "style": "house"}, 'says "techno", but --style is house'),
        ({"prompt": "clap"}, "asks for clap, which generator-tiny-text does not make. It makes kick, snare, bass"),
        ({"prompt": "kick", "negative": " "}, "--negative is empty"),
        ({"prompt": "kick", "negative": "blorp"}, 'no word of --negative "blorp"'),
        ({"prompt": "kick", "morph_to": ""}, "--morph-to is empty"),
        ({"prompt": "kick", "morph_to": "blorp", "count": 2}, "no word of --morph-to"),
        ({"prompt": "kick", "morph_to": "snare"}, "-n is 1. Ask for 2 or more"),
        ({"morph_to": "snare", "count": 2}, "needs something to start from"),
        ({"prompt": "kick", "like_weight": 0.3}, "--like-weight shares between --like and --prompt"),
        ({"prompt": "kick", "text_gap": "shift"}, "clap-tiny has nothing measured for --text-gap shift"),
        (
            {"prompt": "snare", "key": "Am"},
            "--key Am means nothing to these kinds: snare. Kinds with a key: bass, synth",
        ),
        ({"prompt": "bass in Dm", "key": "Am"}, '--key is Am, but the prompt says "Dm". Keep one key'),
        ({"prompt": "bass in Dm, F#m"}, "Keep one key"),
        ({"kinds": ("bass",), "key": "H"}, "'H' is not a key"),
    ],
)
def test_one_shots_that_are_refused(tmp_path: Path, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        shots(tmp_path / "pack", **asked)
    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"prompt": "kick one shot"}, 'says "one shot", but this command makes loops. Use samplegen oneshots'),
        ({"prompt": "drums 120 bpm", "bpm": 128.0}, 'The prompt says "120 bpm", but --bpm is 128. Leave one'),
        ({"prompt": "drums, 4 bars", "bars": 2}, 'says "4 bars", but --bars is 2'),
        ({"prompt": "drums in 7/8", "meter": (4, 4)}, 'says "in 7/8", but --meter is 4/4'),
        ({"prompt": "drums 120 bpm, 140 bpm"}, "names two tempi"),
        ({"prompt": "drums 300 bpm"}, 'prompt\'s "300 bpm" is outside what generator-tiny-text was trained on'),
        ({"prompt": "bass loop", "kind": "drums"}, 'says "bass", but --kind is drums'),
    ],
)
def test_loops_that_are_refused(tmp_path: Path, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        loops(tmp_path / "pack", **asked)


@pytest.mark.parametrize(
    ("asked", "option"),
    [
        ({"negative": "muddy"}, "--negative"),
        ({"morph_to": "snare", "count": 2}, "--morph-to"),
        ({"likes": (Like(Path("x.wav")),)}, "--like"),
        ({"text_gap": "shift"}, "--text-gap"),
    ],
)
def test_models_without_clap_say_so(tmp_path: Path, asked: dict[str, Any], option: str) -> None:
    with pytest.raises(UsageError, match=f"{option} needs a model that was trained with CLAP, and generator-tiny was"):
        shots(tmp_path / "pack", model=GENERATOR, prompt="kick", **asked)


def write(path: Path, length: int, level: float = 0.0) -> Path:
    soundfile.write(path, np.full(length, level, np.float32), 44_100)
    return path


def test_sounds_of_no_use_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no audio")
    files = {
        "is silent": write(tmp_path / "silent.wav", 44_100),
        "lasts 2.3 ms; 20 ms are needed": write(tmp_path / "short.wav", 100, 0.5),
        "cannot be read as audio": text,
        "does not exist": tmp_path / "nowhere.wav",
        "is a folder": tmp_path,
    }
    for message, path in files.items():
        with pytest.raises(InputError, match=message) as caught:
            shots(tmp_path / "pack", prompt="kick", likes=(Like(path),))
        assert path.name in str(caught.value)
    assert issubclass(AudioReadError, InputError) and not (tmp_path / "pack").exists()
