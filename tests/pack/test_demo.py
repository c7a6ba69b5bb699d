import io
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.audio.quality import click_count, true_peak_db
from samplegen.audio.tempo import tempo_matches
from samplegen.audio.types import Audio
from samplegen.audio.wav import write_wav
from samplegen.errors import AudioReadError
from samplegen.pack.arrangement import arrange
from samplegen.pack.companions import Companion
from samplegen.pack.demo import make_demo, render
from tests.pack.projects.views import full_pack, make_entry, make_view, write_sounds

SHORT = (1, 1, 1, 1, 1, 1)


def read(companion: Companion) -> Audio:
    with soundfile.SoundFile(io.BytesIO(companion.data)) as file:
        assert (file.samplerate, file.channels, file.subtype) == (44_100, 2, "PCM_16")
        return Audio(file.read(dtype="float32").T, file.samplerate)


def test_a_demo_is_exact_in_time_loud_and_never_clips(tmp_path: Path) -> None:
    view = write_sounds(full_pack(tmp_path, bpm=132.0, bars=1))
    (companion,) = make_demo(view)
    assert (companion.path, companion.kind) == ("Previews/Night-Pack_demo.wav", "preview")
    demo = read(companion)
    assert demo.length == round(32 * 4 * 60 / 132 * 44_100)
    assert -1.2 < true_peak_db(demo) <= -1.0
    matches, measured = tempo_matches(demo, bpm=132.0, tolerance_bpm=0.05)
    assert matches, measured
    assert click_count(demo) == 0
    assert np.abs(demo.samples[:, -4:]).max() < 1e-4  # a fade to silence, and dither


@pytest.mark.parametrize(
    ("bpm", "meter", "bars"),
    [(200.0, (4, 4), 40), (132.0, (4, 4), 32), (60.0, (4, 4), 16), (87.5, (7, 8), 12), (20.0, (4, 4), 6)],
)
def test_no_demo_is_longer_than_72_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bpm: float, meter: tuple[int, int], bars: int
) -> None:
    from samplegen.pack import demo

    rendered = []
    monkeypatch.setattr(demo, "render", lambda view, found: rendered.append(found) or Audio(np.zeros((2, 9)), 44_100))
    make_demo(make_view(tmp_path, [make_entry("a", bpm=bpm, meter=meter)]))
    assert rendered[0].bars == bars and bars * rendered[0].grid.bar_s <= 72


def test_repeats_of_a_loop_join_without_a_seam(tmp_path: Path) -> None:
    """133 BPM has no whole samples in a bar, so every repeat begins at its own rounding."""
    for rate in (44_100, 48_000):
        entry = make_entry(f"tone{rate}", category="bass", key="A", bpm=133.0, bars=1, sample_rate=rate)
        view = write_sounds(make_view(tmp_path, [entry]))
        (arrangement,) = arrange(view, section_bars=(2,) * 6)
        demo = render(view, arrangement)
        assert demo.length == round(12 * 4 * 60 / 133 * 44_100)
        heard = demo.samples[0, 20_000:-90_000].astype(np.float64)
        bend = np.abs(np.diff(heard, n=2)).max()
        # That of the tone itself, up to thrice where the rounding of a bar leaves one sample out.
        assert bend < 3.0 * np.abs(heard).max() * (2 * np.pi * 110 / 44_100) ** 2


def test_repeats_begin_at_the_rounded_bars(tmp_path: Path) -> None:
    entry = make_entry("tick", category="tops", bpm=133.0, bars=1)
    view = make_view(tmp_path, [entry])
    (tmp_path / "Sounds").mkdir()
    tick = np.zeros((1, entry.length), np.float32)
    tick[0, 0] = 0.5
    write_wav(tmp_path / entry.path, Audio(tick, 44_100))
    demo = render(view, arrange(view, section_bars=(2,) * 6)[0])
    heard = np.flatnonzero(demo.samples[0] > 0.1)
    assert heard.tolist() == [math.floor(bar * 4 * 60 / 133 * 44_100 + 0.5) for bar in range(12)]


def test_odd_meters_have_exact_length(tmp_path: Path) -> None:
    view = write_sounds(full_pack(tmp_path, bpm=170.3, meter=(7, 8), bars=1))
    (arrangement,) = arrange(view, section_bars=SHORT)
    demo = render(view, arrangement)
    assert demo.samples.shape == (2, round(6 * 7 * 60 / 170.3 * 44_100))
    np.testing.assert_array_equal(demo.samples, render(view, arrangement).samples)


def test_the_tempo_with_most_loops_is_heard(tmp_path: Path) -> None:
    entries = [make_entry("a", bpm=90.0, bars=1), *(make_entry(f"b{n}", bpm=190.0, bars=1) for n in range(2))]
    (companion,) = make_demo(write_sounds(make_view(tmp_path, entries)))
    assert set(companion.made_from) == {"Sounds/b0.wav", "Sounds/b1.wav"}


def test_without_loops_there_is_no_demo(tmp_path: Path) -> None:
    assert make_demo(make_view(tmp_path, [make_entry("kick", "one_shot", "kick")])) == []


def test_silent_loops_make_a_silent_demo(tmp_path: Path) -> None:
    entry = make_entry("a", bars=1)
    view = make_view(tmp_path, [entry])
    (tmp_path / "Sounds").mkdir()
    soundfile.write(tmp_path / entry.path, np.zeros(entry.length), 44_100, "PCM_24")
    assert not render(view, arrange(view, section_bars=SHORT)[0]).samples.any()


def test_a_missing_sound_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioReadError, match=r"a\.wav"):
        make_demo(make_view(tmp_path, [make_entry("a")]))
