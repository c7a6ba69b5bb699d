from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.score.events import Event, Pattern
from samplegen.training.rendering.instruments import Instrument
from samplegen.training.rendering.kits import Element, Kit
from samplegen.training.rendering.mix import add_to_ring, event_sample, mix_pattern
from samplegen.training.rendering.sounds import SoundStore
from samplegen.training.sources.library import Library, Record
from samplegen.units import bars_to_samples

RATE = 44_100


def _store(folder: Path, **sounds: np.ndarray) -> tuple[SoundStore, dict[str, Record]]:
    records = {}
    for name, samples in sounds.items():
        soundfile.write(folder / f"{name}.wav", samples.astype(np.float32), RATE, "FLOAT")
        records[name] = Record(f"{name}.wav", name, "maker", "CC0-1.0", "train", len(samples) / RATE)
    return SoundStore(Library(folder, tuple(records.values()))), records


def _kit(records: dict[str, Record]) -> Kit:
    return Kit({kind: (Element(kind, ((record,),)),) for kind, record in records.items()})


@pytest.mark.parametrize("bpm", [60.0, 87.5, 128.0, 174.3, 200.0])
@pytest.mark.parametrize(("bars", "meter"), [(1, (4, 4)), (3, (3, 4)), (2, (5, 4)), (2, (7, 8))])
def test_an_impulse_kit_sounds_exactly_on_the_grid(
    tmp_path: Path, bpm: float, bars: int, meter: tuple[int, int]
) -> None:
    store, records = _store(tmp_path, kick=np.array([1.0, 0.0, 0.0]))
    beats = bars * meter[0]
    pattern = Pattern(tuple(Event(k / 4, "kick", 1.0) for k in range(beats * 4)), "techno", bars, meter)
    length = bars_to_samples(bars, bpm=bpm, beats_per_bar=meter[0], sample_rate=RATE)
    ring, sources = mix_pattern(pattern, _kit(records), store=store, length=length)
    expected = [int(Fraction(k * length, beats * 4) + Fraction(1, 2)) for k in range(beats * 4)]
    assert np.flatnonzero(ring).tolist() == expected
    assert sources == ("kick.wav",)


def test_sounds_longer_than_the_loop_wrap_as_often_as_they_need() -> None:
    ring = np.zeros(10, dtype=np.float32)
    add_to_ring(ring, np.arange(1, 36, dtype=np.float32), start=7)
    expected = np.zeros(10)
    for k in range(35):
        expected[(7 + k) % 10] += k + 1
    assert ring.tolist() == expected.tolist()


def test_rotating_a_pattern_by_a_beat_rotates_the_audio(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    decay = np.exp(-np.arange(60_000) / 20_000)
    store, records = _store(
        tmp_path, **{kind: rng.standard_normal(60_000) * decay for kind in ("kick", "hat_open", "hat_closed")}
    )
    hits = ((0.0, "kick", 0.9), (1.5, "hat_open", 0.6), (2.0, "hat_closed", 0.4), (3.5, "kick", 0.7))
    events = tuple(Event(*hit) for hit in hits)
    later = tuple(Event((event.start + 1.0) % 4.0, event.kind, event.velocity) for event in events)
    length = 4 * 20_000
    rings = [
        mix_pattern(Pattern(played, "house", 1, (4, 4)), _kit(records), store=store, length=length)[0]
        for played in (events, later)
    ]
    assert np.max(np.abs(np.roll(rings[0], 20_000) - rings[1])) < 1e-6
    assert np.max(np.abs(rings[0])) > 0.1


def test_a_closed_hat_chokes_the_open_one_even_across_the_seam(tmp_path: Path) -> None:
    store, records = _store(tmp_path, hat_open=np.ones(30_000), hat_closed=np.array([1.0, 0.0]))
    events = (Event(0.5, "hat_closed", 1.0), Event(3.5, "hat_open", 1.0))
    ring, _ = mix_pattern(Pattern(events, "house", 1, (4, 4)), _kit(records), store=store, length=40_000)
    assert np.all(ring[35_000:] > 0.0) and np.all(ring[:4_000] > 0.0)
    assert np.all(ring[5_001:35_000] == 0.0)


def test_notes_end_with_their_gate_and_loud_hits_are_louder(tmp_path: Path) -> None:
    store, records = _store(tmp_path, bass=np.ones(40_000), kick=np.array([1.0, 0.0]))
    kit = Kit(_kit({"kick": records["kick"]}).elements, Instrument(((36.0, records["bass"]),)))
    note = Pattern((Event(0.0, "bass", 1.0, 0.25, 36),), "house", 1, (4, 4))
    ring, _ = mix_pattern(note, kit, store=store, length=80_000)
    release = int(0.025 * RATE)
    assert np.flatnonzero(ring)[-1] in range(5_000 + release - 3, 5_000 + release)
    hits = Pattern((Event(0.0, "kick", 1.0), Event(1.0, "kick", 0.5)), "house", 1, (4, 4))
    ring, _ = mix_pattern(hits, kit, store=store, length=80_000)
    assert ring[20_000] / ring[0] == pytest.approx(0.5**1.5, rel=1e-5)


def test_events_without_a_sound_are_left_out_and_late_starts_wrap(tmp_path: Path) -> None:
    store, records = _store(tmp_path, kick=np.array([1.0]))
    pattern = Pattern((Event(0.0, "gong", 1.0), Event(0.0, "chord", 1.0, midi=60)), "house", 1, (4, 4))
    ring, sources = mix_pattern(pattern, _kit(records), store=store, length=1000)
    assert not ring.any() and sources == ()
    assert event_sample(Event(3.9999, "kick", 1.0), beats=4, length=1000) == 0
