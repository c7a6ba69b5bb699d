import io
from dataclasses import replace
from pathlib import Path

import mido
import pytest

from samplegen.audio.io import write_wav
from samplegen.pack.companions import PackView
from samplegen.pack.manifest import FileEntry, entry_of
from samplegen.pack.midi import make_midi
from samplegen.pack.recipes.types import MidiSection
from samplegen.pack.sound import Provenance, Sound, Tags
from tests.pack.midi.loops import loop


@pytest.fixture
def view(tmp_path: Path) -> PackView:
    entries = []
    for name, category in (("SG_120_drums_loop_anvil", "loop_drums"), ("SG_120_bass_loop_ash_Am", "loop_bass")):
        path = tmp_path / "Loops" / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        audio = loop(bars=2)
        write_wav(path, audio)
        entries.append(_entry(audio, f"Loops/{name}.wav", category))
    return PackView(
        tmp_path, "Test", tuple(entries), {"loops-1": tuple(entries[:1])}, prefix="SG", seed=4, bpm=120.0, meter=(4, 4)
    )


def _entry(audio: object, path: str, category: str) -> FileEntry:
    tags = Tags(kind="loop", category=category, bpm=120.0, bars=2)
    sound = Sound(audio, tags, Provenance("test"))  # type: ignore[arg-type]
    return entry_of(
        sound, path=path, sha256="0", size=1, bit_depth=24, measures={}, gates=(), redraws=0, job="j", word="anvil"
    )


def read(data: bytes) -> tuple[mido.MidiFile, int]:
    file = mido.MidiFile(file=io.BytesIO(data))
    return file, sum(message.time for message in file.tracks[0])


def test_drum_loops_are_transcribed_and_tuned_ones_left_out(view: PackView) -> None:
    (made,) = make_midi(view, MidiSection(name="midi-1", of=("loops-1",)))
    assert (made.path, made.kind) == ("MIDI/SG_120_drums_loop_anvil.mid", "midi")
    assert made.made_from == ("Loops/SG_120_drums_loop_anvil.wav",)
    file, ticks = read(made.data)
    assert ticks == 2 * 4 * 480 and file.length == pytest.approx(4.0)
    notes = [message.note for message in file.tracks[0] if message.type == "note_on"]
    assert notes.count(36) == 4 and notes.count(38) == 4 and notes.count(42) == 8
    assert make_midi(view, MidiSection(name="midi-1")) == [made]


def test_humanised_transcriptions_move_but_end_where_they_did(view: PackView) -> None:
    (plain,) = make_midi(view, MidiSection(name="midi-1"))
    (moved,) = make_midi(view, MidiSection(name="midi-1", humanize=1.0))
    assert plain.data != moved.data and read(moved.data)[1] == 2 * 4 * 480


def test_grooves_hold_every_played_sixteenth(view: PackView) -> None:
    (made,) = make_midi(view, MidiSection(name="midi-2", kind="groove"))
    assert made.path == "MIDI/SG_120_drums_loop_anvil_groove.mid"
    file, ticks = read(made.data)
    assert ticks == 2 * 4 * 480
    assert sum(message.type == "note_on" for message in file.tracks[0]) == 16


def test_patterns_are_the_renderers_own(view: PackView) -> None:
    section = MidiSection(name="midi-3", kind="pattern", style="techno", count=3, bars=4)
    made = make_midi(view, section)
    assert [one.path for one in made] == [f"MIDI/Patterns/SG_120_techno_midi-3_{k:02d}.mid" for k in (1, 2, 3)]
    assert {read(one.data)[1] for one in made} == {4 * 4 * 480} and len({one.data for one in made}) == 3
    assert all(one.made_from == () for one in made)
    assert make_midi(view, section) == made
    assert make_midi(replace(view, seed=5), section) != made


@pytest.mark.parametrize("style", ["techno", "hiphop"])
def test_patterns_are_humanised_on_request(view: PackView, style: str) -> None:
    section = MidiSection(name="midi-3", kind="pattern", style=style, bars=2)
    (straight,), (human,) = (make_midi(view, replace(section, humanize=amount)) for amount in (0.0, 1.0))
    assert straight.data != human.data and read(human.data)[1] == 2 * 4 * 480


def test_odd_meters_and_packs_without_a_tempo(view: PackView) -> None:
    section = MidiSection(name="midi-1", kind="pattern", count=9, bars=2)
    made = make_midi(replace(view, bpm=None, meter=(7, 8)), section)
    assert {read(one.data)[1] for one in made} == {2 * 7 * 240}
    assert len({one.path for one in made}) == 9
