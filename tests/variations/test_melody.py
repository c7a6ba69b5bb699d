"""Melodies as orders: given, generated and plain instruments; MIDI in and out; bad input."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samplegen.audio.io import read_audio, write_wav
from samplegen.audio.types import Audio
from samplegen.errors import InputError, ModelMissingError, UsageError
from samplegen.pack.keys import Key
from samplegen.pack.manifest import read_manifest
from samplegen.pack.recordings import Recording
from samplegen.pipeline import make_melodies
from samplegen.score.midi_files import read_midi, write_midi
from samplegen.score.music import Note, new_music
from samplegen.score.scales import Scale
from samplegen.variations.melodies.instruments import instrument_of, read_voice, tone_instrument
from samplegen.variations.melodies.request import MelodyRequest
from samplegen.variations.melody import lowest_note, place_notes, read_melody, scale_of
from samplegen.variations.orders.melody import MelodyOrder
from tests.variations.melodies.test_sampler import pluck


@pytest.fixture
def bell(tmp_path: Path) -> Path:
    write_wav(tmp_path / "bell.wav", pluck(69.2))
    return tmp_path / "bell.wav"


def request(out: Path, **asked: Any) -> MelodyRequest:
    return MelodyRequest(**({"count": 2, "out": out, "seed": 5, "bpm": 122.0, "bars": 2, "engine": "dsp"} | asked))


def test_a_given_sound_plays_loops_of_exact_length_with_their_midi(bell: Path, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    result = make_melodies(request(out, likes=(bell,), key="F#m"))
    manifest = read_manifest(out)
    assert manifest is not None and len(result.files) == 2
    for entry in manifest.files:
        audio = read_audio(out / entry.path)
        assert audio.length == 173_508  # 2 * 4 * 60 * 44100 / 122
        assert (entry.key, entry.bpm, entry.category, entry.engine) == ("F#m", 122.0, "melody", "melody/sampler")
        assert entry.parameters["source"] == "given" and entry.parameters["sources"] == {"bell.wav": pytest.approx(
            len(entry.parameters["notes"]))}  # fmt: skip
        music = read_midi(out / "MIDI" / f"{Path(entry.path).stem}.mid")
        assert music.length == 2 * 4 * 480 and [note.note for note in music.notes] == [
            note[2] for note in entry.parameters["notes"]
        ]
        scale = Scale(6, "minor")
        assert all(scale.has(note.note) for note in music.notes)
    assert any("without the model" in note.lower() for note in result.notes)


def test_same_seed_same_bytes_and_other_seeds_differ(bell: Path, tmp_path: Path) -> None:
    made = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        result = make_melodies(request(tmp_path / name / "pack", likes=(bell,), count=1, seed=seed))
        made.append([(tmp_path / name / "pack" / path).read_bytes() for path in result.files])
    assert made[0] == made[1] != made[2]


def test_a_missing_midi_file_is_written_again(bell: Path, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    result = make_melodies(request(out, likes=(bell,), count=1))
    midi = out / "MIDI" / f"{result.files[0].stem}.mid"
    before = midi.read_bytes()
    midi.unlink()
    assert make_melodies(request(out, likes=(bell,), count=1)).files == result.files
    assert midi.read_bytes() == before


def test_without_model_or_sound_a_plain_tone_plays_and_says_so(tmp_path: Path) -> None:
    result = make_melodies(request(tmp_path / "pack", count=1, meter=(7, 8), bpm=180.0))
    manifest = read_manifest(tmp_path / "pack")
    assert manifest is not None and manifest.files[0].parameters["source"] == "tone"
    assert manifest.files[0].parameters["farthest_shift_semitones"] <= 3.0
    assert any("plain synthesised tone" in note for note in result.notes)


def test_auto_falls_back_where_the_model_is_missing(
    bell: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str, **_: object) -> None:
        raise ModelMissingError(f"There is no model {name}.")

    monkeypatch.setattr("samplegen.engines.alpha_blend.load_generator", missing)
    order = MelodyOrder(request(tmp_path, engine="auto"))
    assert order.source == "tone" and any("no model" in note for note in order.notes)
    assert MelodyOrder(request(tmp_path, engine="auto", likes=(bell,))).source == "given"
    for asked in ({"engine": "alpha"}, {"engine": "auto", "prompt": "glass pluck"}):
        with pytest.raises(ModelMissingError):
            MelodyOrder(request(tmp_path, **asked))


def test_a_tiny_generator_makes_the_instrument(tiny_models: Path, tmp_path: Path) -> None:
    order = MelodyOrder(request(tmp_path, engine="alpha", model="generator-tiny", count=1, bars=1))
    assert order.source == "generated"
    sound = order.make([0], 0)[0]
    assert sound.provenance.model == "generator-tiny" and sound.audio.length == 86_754
    assert np.abs(sound.audio.samples).max() > 0.1
    again = MelodyOrder(request(tmp_path, engine="alpha", model="generator-tiny", count=1, bars=1)).make([0], 0)[0]
    assert np.array_equal(sound.audio.samples, again.audio.samples)


def test_a_tiny_generator_makes_takes_of_a_given_sound(tiny_models: Path, bell: Path, tmp_path: Path) -> None:
    asked = request(tmp_path, engine="alpha", model="generator-tiny", likes=(bell,), count=1, bars=1, amount=0.05)
    sound = MelodyOrder(asked).make([0], 0)[0]
    assert sound.provenance.parameters["takes"] >= 1 and sound.provenance.parameters["source"] == "given"


def test_midi_is_played_as_written(bell: Path, tmp_path: Path) -> None:
    notes = [Note(480 * k, 400, 64 + k, 100, 0) for k in range(8)]
    write_midi(tmp_path / "line.mid", new_music(notes, bpm=100.0, meter=(4, 4), bars=2))
    out = tmp_path / "pack"
    make_melodies(request(out, likes=(bell,), midi=tmp_path / "line.mid", bpm=None, bars=None, count=1))
    manifest = read_manifest(out)
    assert manifest is not None
    entry = manifest.files[0]
    assert entry.bpm == 100.0 and [note[2] for note in entry.parameters["notes"]] == list(range(64, 72))
    assert read_audio(out / entry.path).length == 211_680
    given = read_melody(tmp_path / "line.mid", bpm=90.0, bars=1, meter=None)
    assert (given.bpm, given.pattern.bars, len(given.pattern.events)) == (90.0, 1, 4) and "left out" in given.notes[-1]


def test_far_lines_are_moved_by_octaves(bell: Path, tmp_path: Path) -> None:
    notes = [Note(480 * k, 400, 24 + k % 3, 100, 0) for k in range(8)]
    write_midi(tmp_path / "low.mid", new_music(notes, bpm=120.0, meter=(4, 4), bars=2))
    order = MelodyOrder(request(tmp_path, likes=(bell,), midi=tmp_path / "low.mid", bpm=None, bars=None, count=1))
    sound = order.make([0], 0)[0]
    assert {note[2] % 12 for note in sound.provenance.parameters["notes"]} == {0, 1, 2}
    assert sound.provenance.parameters["farthest_shift_semitones"] <= 7.0
    assert any("octaves" in note for note in order.notes)


def test_a_folder_is_one_instrument_of_near_sources(tmp_path: Path) -> None:
    for midi in (57, 62, 67, 72):
        write_wav(tmp_path / "notes" / f"n{midi}.wav", pluck(midi))
    noise = np.random.default_rng(0).standard_normal((2, 20_000)).astype(np.float32) * 0.2
    write_wav(tmp_path / "notes" / "noise.wav", Audio(noise, 48_000))
    order = MelodyOrder(request(tmp_path, likes=(tmp_path / "notes",), count=1))
    sound = order.make([0], 0)[0]
    assert sound.provenance.parameters["farthest_shift_semitones"] <= 3.1
    assert any("noise.wav" in note for note in order.notes)


def test_notes_are_placed_by_themselves_and_lines_where_sounds_lie() -> None:
    assert lowest_note(Scale(9, "minor"), span=12, centre=69.0, octave=None) == 63
    assert lowest_note(Scale(9, "minor"), span=12, centre=69.0, octave=3) == 57
    pattern = MelodyOrder(request(Path("."), bars=64, bpm=174.3, count=1))._line(tone_instrument(), 1)[0]
    placed, length = place_notes(pattern, bpm=174.3, sample_rate=44_100)
    exact = [event.start * 60 * 44_100 / 174.3 for event in pattern.events]
    assert max(abs(note.start - start) for note, start in zip(placed, exact, strict=True)) <= 1.0
    assert length == round(64 * 4 * 60 * 44_100 / 174.3)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"engine": "magic"}, "--engine"), ({"scale": "happy"}, "--scale"),
        ({"key": "Am", "scale": "major"}, "--key A"),
        ({"amount": 9.0}, "--amount"), ({"octave": 12}, "--octave"), ({"root": 200.0}, "--root"),
        ({"prompt": "glass pluck"}, "dsp"), ({"release_s": 0.0}, "--release"), ({"density": 3.0}, "--density"),
    ],
)  # fmt: skip
def test_values_that_make_no_sense_are_refused(asked: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=says):
        MelodyOrder(request(tmp_path, **asked))


def test_sounds_and_files_of_no_use_are_refused(tmp_path: Path) -> None:
    write_wav(tmp_path / "silent.wav", Audio(np.zeros((1, 9000), np.float32), 44_100))
    write_wav(tmp_path / "long.wav", Audio(np.full((1, 8000 * 60), 0.1, np.float32), 8000))
    for name, says in (("silent.wav", "silent"), ("long.wav", "longer than 20 s"), ("none.wav", "none.wav")):
        with pytest.raises(InputError, match=says):
            make_melodies(request(tmp_path / "pack", likes=(tmp_path / name,)))
    write_midi(tmp_path / "drums.mid", new_music([Note(0, 10, 36, 100, 9)], bpm=120.0, meter=(4, 4), bars=1))
    with pytest.raises(InputError, match="no notes but drums"):
        MelodyOrder(request(tmp_path, midi=tmp_path / "drums.mid"))
    (tmp_path / "text.mid").write_text("no MIDI")
    with pytest.raises(InputError):
        MelodyOrder(request(tmp_path, midi=tmp_path / "text.mid"))


def test_stereo_and_other_rates_are_taken_and_noise_is_sung(tmp_path: Path) -> None:
    stereo = np.concatenate([pluck(60).samples, 0.5 * pluck(60).samples])
    write_wav(tmp_path / "stereo.wav", Audio(stereo, 48_000))
    voice, pitched = read_voice(Recording(tmp_path / "stereo.wav"))
    assert pitched and abs(voice.root - 61.47) < 0.05 and voice.takes[0].channels == 2  # 48 kHz is higher
    assert MelodyOrder(request(tmp_path, likes=(tmp_path / "stereo.wav",))).make([0], 0)[0].audio.channels == 2
    noise = np.random.default_rng(1).standard_normal(22_050) * np.exp(-np.arange(22_050) / 4000)
    write_wav(tmp_path / "clap.wav", Audio(0.3 * noise.astype(np.float32), 44_100))
    clap, pitched = read_voice(Recording(tmp_path / "clap.wav"))
    assert not pitched and instrument_of([clap]).voices[0].pitching == "envelope"


def test_a_minor_key_has_no_major_scale() -> None:
    assert scale_of(Key("Am"), None) == Scale(9, "minor") and scale_of(Key("A"), "blues") == Scale(9, "blues")
    assert scale_of(Key("Am"), "chromatic") == Scale(9, "chromatic")
    with pytest.raises(UsageError):
        scale_of(Key("Am"), "lydian")
