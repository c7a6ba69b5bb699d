import struct

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import OutputError
from samplegen.plots.loop_picture import plot_loop


def loop(length: int = 44_100) -> Audio:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (2, length))
    return Audio((samples * np.tile(np.linspace(1, 0, length // 4), 4)).astype(np.float32), 22_050)


def test_picture_has_its_size_and_equal_loops_give_equal_pictures(tmp_path):
    for name in ("a.png", "b.png"):
        plot_loop(loop(), bpm=120.0, bars=1, beats_per_bar=4, path=tmp_path / name, title="noise")
    data = (tmp_path / "a.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", data[16:24]) == (1600, 900)
    assert data == (tmp_path / "b.png").read_bytes()


def test_silent_and_very_short_loops_are_drawn(tmp_path):
    plot_loop(
        Audio(np.zeros((1, 64), np.float32), 8_000),
        bpm=100.0,
        bars=1,
        beats_per_bar=1,
        path=tmp_path / "x.png",
        title="",
    )
    assert (tmp_path / "x.png").stat().st_size > 1_000


def test_unwritable_place_is_an_error(tmp_path):
    with pytest.raises(OutputError, match="missing"):
        plot_loop(loop(), bpm=120.0, bars=1, beats_per_bar=4, path=tmp_path / "missing" / "x.png", title="")
