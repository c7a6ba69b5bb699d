"""Instruments of tonal loops: whose recordings, in which range, and patches in their place."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.errors import InputError
from samplegen.training.rendering.instruments import Instrument, draw_instrument
from samplegen.training.rendering.sounds import SoundStore
from samplegen.training.sources.library import Library, Record

RATE = 44_100


def _record(path: str, **options: object) -> Record:
    values = {"kind": "bass", "source": "maker", "licence": "CC0-1.0", "split": "train", "duration_s": 1.0}
    return Record(path=path, **{**values, **options})  # type: ignore[arg-type]


def _saw(folder: Path, name: str, midi: float) -> None:
    time = np.arange(RATE) / RATE
    hz = 440.0 * 2.0 ** ((midi - 69.0) / 12.0)
    tone = sum(np.sin(2.0 * np.pi * k * hz * time) / k for k in range(1, 12))
    soundfile.write(folder / name, 0.2 * tone * np.exp(-2.0 * time), RATE, "PCM_16")


def test_notes_come_from_the_nearest_recording_within_an_octave() -> None:
    low, high = _record("low.wav"), _record("high.wav")
    instrument = Instrument(((33.1, low), (45.0, high)))
    assert instrument.note(34) == (low, pytest.approx(0.9))
    assert instrument.note(44) == (high, -1.0)
    assert instrument.note(62) == (high, 5.0)


@pytest.fixture
def tuned(tmp_path: Path) -> Library:
    records = []
    for split in ("train", "held_out"):
        for kind, midi in (("bass", 36.0), ("keys", 60.0)):
            _saw(tmp_path, f"{split}_{kind}.wav", midi)
            records.append(_record(f"{split}_{kind}.wav", kind=kind, split=split, midi_pitch=midi))
    return Library(tmp_path, tuple(records))


def test_recordings_come_from_one_split_and_by_kind_of_role(tuned: Library) -> None:
    store = SoundStore(tuned)
    for split in ("train", "held_out"):
        rng = np.random.default_rng(0)
        bass, words = draw_instrument("bass", tuned, rng=rng, store=store, split=split, patch_share=0.0)
        chord, _ = draw_instrument("chord", tuned, rng=rng, store=store, split=split, patch_share=0.0)
        assert [record.path for _, record in (*bass.notes, *chord.notes)] == [f"{split}_bass.wav", f"{split}_keys.wav"]
        assert words[0] == "bass" and bass.level_db > chord.level_db


def test_a_recording_off_its_name_plays_at_its_heard_pitch_and_one_far_off_not_at_all(tmp_path: Path) -> None:
    _saw(tmp_path, "flat.wav", 35.7)
    _saw(tmp_path, "wrong.wav", 38.0)
    flat = Library(tmp_path, (_record("flat.wav", midi_pitch=36.0),))
    instrument, _ = draw_instrument("bass", flat, rng=np.random.default_rng(0), store=SoundStore(flat), patch_share=0.0)
    assert instrument.notes[0][0] == pytest.approx(35.7, abs=0.05)
    wrong = Library(tmp_path, (_record("wrong.wav", midi_pitch=36.0),))
    other, words = draw_instrument(
        "bass", wrong, rng=np.random.default_rng(0), store=SoundStore(wrong), patch_share=0.0
    )
    assert other.patch is not None and "synth" in words


def test_small_sources_are_not_drowned(tmp_path: Path) -> None:
    records = []
    for number in range(16):
        name = f"big_{number}.wav"
        _saw(tmp_path, name, 36.0)
        records.append(_record(name, source="big", caption=f"big {'abcdefghijklmnop'[number]}", midi_pitch=36.0))
    _saw(tmp_path, "small.wav", 36.0)
    records.append(_record("small.wav", source="small", midi_pitch=36.0))
    library = Library(tmp_path, tuple(records))
    store = SoundStore(library)
    drawn = Counter(
        draw_instrument("bass", library, rng=np.random.default_rng(seed), store=store, patch_share=0.0)[0]
        .notes[0][1]
        .source
        for seed in range(80)
    )
    assert 8 <= drawn["small"] <= 28  # a fifth, not a seventeenth


def test_patches_play_in_their_share_and_where_nothing_else_can(tuned: Library) -> None:
    store = SoundStore(tuned)
    patches = [
        draw_instrument("bass", tuned, rng=np.random.default_rng(seed), store=store)[0].patch for seed in range(40)
    ]
    assert 10 <= sum(patch is not None for patch in patches) <= 30
    empty = Library(tuned.folder, ())
    rng = np.random.default_rng(0)
    assert draw_instrument("lead", empty, rng=rng, store=store, patch_share=0.1)[0].patch is not None
    with pytest.raises(InputError, match="no pitched bass"):
        draw_instrument("bass", empty, rng=rng, store=store, patch_share=0.0)
