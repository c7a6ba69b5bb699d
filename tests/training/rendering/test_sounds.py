import numpy as np
import pytest

from samplegen.training.rendering.sounds import Shape, SoundStore, fade_out, level_db, shape_sound, trim_attack
from samplegen.training.sources.library import Library

RATE = 44_100


def test_sounds_start_at_their_attack() -> None:
    samples = np.concatenate([np.full(100, 1e-4), np.ones(50)]).astype(np.float32)
    assert np.array_equal(trim_attack(samples), np.ones(50, dtype=np.float32))
    assert trim_attack(np.zeros(7, dtype=np.float32)).shape == (7,)


def test_an_octave_up_is_half_as_long_and_twice_as_high() -> None:
    tone = np.sin(2 * np.pi * 441.0 * np.arange(RATE) / RATE).astype(np.float32)
    shifted = shape_sound(tone, Shape(semitones=12.0), sample_rate=RATE)
    assert len(shifted) == pytest.approx(RATE / 2, abs=2)
    spectrum = np.abs(np.fft.rfft(shifted * np.hanning(len(shifted))))
    assert np.argmax(spectrum) * RATE / len(shifted) == pytest.approx(882.0, abs=3.0)


def test_decay_shortens_and_fades() -> None:
    shaped = shape_sound(np.ones(1000, dtype=np.float32), Shape(decay=0.5), sample_rate=RATE)
    assert len(shaped) == 500
    assert shaped[0] == pytest.approx(1.0) and shaped[-1] == pytest.approx(1e-3, rel=1e-3)


def test_tilt_raises_treble_by_its_gain_and_leaves_bass() -> None:
    time = np.arange(RATE) / RATE
    for hz, gain_db in ((20.0, 0.0), (18_000.0, 6.0)):
        tone = np.sin(2 * np.pi * hz * time).astype(np.float32)
        shaped = shape_sound(tone, Shape(tilt_db=6.0), sample_rate=RATE)
        assert 20 * np.log10(np.std(shaped[4000:-4000]) / np.std(tone[4000:-4000])) == pytest.approx(gain_db, abs=0.1)


def test_level_is_the_rms_of_the_loudest_fifty_milliseconds() -> None:
    samples = np.zeros(RATE, dtype=np.float32)
    samples[10_000:12_205] = 0.5
    assert level_db(samples, sample_rate=RATE) == pytest.approx(-6.02, abs=0.01)
    assert level_db(samples[10_000:11_102], sample_rate=RATE) == pytest.approx(-9.03, abs=0.05)


def test_fades_cut_a_copy() -> None:
    samples = np.ones(100, dtype=np.float32)
    cut = fade_out(samples, length=50, fade=10)
    assert len(cut) == 50 and cut[-1] == 0.0 and cut[39] == 1.0 and samples[45] == 1.0
    assert fade_out(samples, length=100, fade=10) is samples


def test_the_store_keeps_its_bound_and_reads_the_same_again(library: Library) -> None:
    store = SoundStore(library, max_bytes=120_000)
    first = store.read(library.records[0]).copy()
    for record in library.records:
        store.read(record)
    assert store._bytes <= 120_000 and store._bytes == sum(sound.nbytes for sound in store._sounds.values())
    assert np.array_equal(store.read(library.records[0]), first)
