"""Lines: of the scale, along the contour, as dense and repeating as asked, exact in MIDI."""

import io

import mido
import numpy as np
import pytest

from samplegen.errors import UsageError
from samplegen.score.contours import CONTOURS, contour_height
from samplegen.score.lines import LineSettings, draw_line
from samplegen.score.midi_files import encode_midi
from samplegen.score.music import pattern_to_music
from samplegen.score.scales import SCALES, Scale, scale_name


def line(seed: int = 1, lowest: int = 57, **settings: object) -> list[tuple[float, int]]:
    asked = LineSettings(Scale(9, "minor"), **settings)  # type: ignore[arg-type]
    pattern = draw_line(asked, rng=np.random.default_rng(seed), lowest=lowest)
    return [(event.start, event.midi or 0) for event in pattern.events]


@pytest.mark.parametrize("name", SCALES)
def test_all_notes_are_of_the_scale_and_in_range(name: str) -> None:
    for tonic in (0, 4, 9):
        scale = Scale(tonic, name)
        pattern = draw_line(LineSettings(scale, span=14), rng=np.random.default_rng(tonic), lowest=52)
        assert all(
            event.midi is not None and scale.has(event.midi) and 52 <= event.midi <= 66 for event in pattern.events
        )
        assert (pattern.events[0].midi or 0) % 12 == tonic, "it begins on the tonic"
        assert pattern.key == scale.key


def test_scales_have_names_keys_and_triads() -> None:
    assert scale_name("Harmonic Minor") == "harmonic-minor" and scale_name("aeolian") == "minor"
    assert Scale(9, "dorian").key == "Am" and Scale(0, "mixolydian").key == "C"
    assert [Scale(0, "minor").semitones(degree) for degree in (-1, 0, 7, 9)] == [-2, 0, 12, 15]
    assert Scale(0, "minor-pentatonic").triad() == (0, 1, 3)
    with pytest.raises(UsageError, match="Choose one of major"):
        scale_name("happy")


def test_the_same_seed_is_the_same_line_and_others_differ() -> None:
    assert line(3) == line(3)
    assert len({tuple(line(seed)) for seed in range(12)}) == 12


def test_contours_are_heard() -> None:
    """Over many lines the mean height of the quarters follows the contour."""
    for name in ("rise", "fall", "arch", "valley"):
        heights: list[list[int]] = [[], [], [], []]
        for seed in range(24):
            for start, midi in line(seed, contour=name, repetition=0.3):
                heights[int(start // 4)].append(midi)
        quarters = np.array([np.mean(some) for some in heights])
        wanted = np.array([contour_height(name, (k + 0.5) / 4, bars=4) for k in range(4)])
        assert np.corrcoef(quarters, wanted)[0, 1] > 0.8, name
    spread = {name: np.std([midi for seed in range(8) for _, midi in line(seed, contour=name)]) for name in CONTOURS}
    assert spread["flat"] < spread["wave"]


def test_density_and_repetition_do_what_they_say() -> None:
    counts = [np.mean([len(line(seed, density=density)) for seed in range(20)]) for density in (0.1, 0.3, 0.5, 1.0)]
    assert counts == sorted(counts) and counts[-1] == 64 and 6 <= counts[0] <= 8
    repeated = []
    for repetition in (0.0, 0.5, 1.0):
        same = 0
        for seed in range(30):
            bars = [{start % 4 for start, _ in line(seed, repetition=repetition) if bar * 4 <= start < bar * 4 + 4}
                    for bar in range(4)]  # fmt: skip
            same += sum(bars[0] == other for other in bars[1:])
        repeated.append(same)
    assert repeated == sorted(repeated) and repeated[0] < repeated[2]


@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (7, 8), (5, 4), (11, 16), (1, 4), (2, 2)])
@pytest.mark.parametrize("bars", [1, 3])
def test_any_meter_fills_its_bars_and_its_midi_ends_exactly(meter: tuple[int, int], bars: int) -> None:
    pattern = draw_line(LineSettings(Scale(0, "major"), bars, meter, swing=0.6), rng=np.random.default_rng(2))
    assert all(0.0 <= event.start < bars * meter[0] for event in pattern.events)
    file = mido.MidiFile(file=io.BytesIO(encode_midi(pattern_to_music(pattern, bpm=120.0))))
    assert sum(message.time for message in file.tracks[0]) == bars * meter[0] * 1920 // meter[1]
    assert sum(message.type == "note_on" for message in file.tracks[0]) == len(pattern.events)


def test_swing_delays_every_second_sixteenth() -> None:
    straight, swung = line(4, density=1.0), line(4, density=1.0, swing=0.66)
    assert [late - start for (start, _), (late, _) in zip(straight, swung, strict=True)] == pytest.approx(
        [0.0, 0.08] * 32
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [("density", 0.0), ("density", 1.5), ("span", 1), ("span", 99), ("repetition", 2.0), ("swing", 0.9), ("gate", 0.0)],
)
def test_values_out_of_range_are_refused(option: str, value: float) -> None:
    with pytest.raises(UsageError, match="outside"):
        LineSettings(Scale(0, "major"), **{option: value})  # type: ignore[arg-type]


def test_unknown_contours_are_refused() -> None:
    with pytest.raises(UsageError, match="rise, fall"):
        LineSettings(Scale(0, "major"), contour="zigzag")
    with pytest.raises(UsageError):
        contour_height("zigzag", 0.5, bars=4)
