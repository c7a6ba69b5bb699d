import struct

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import OutputError
from samplegen.plots.sound_sheet import plot_sound_sheet


def sound(length: int, *, seed: int = 0) -> Audio:
    return Audio(np.random.default_rng(seed).uniform(-0.5, 0.5, (1, length)).astype(np.float32), 22_050)


def test_a_column_a_kind_and_a_row_a_maker(tmp_path):
    real = {"kick": sound(9_000), "snare": sound(30_000), "hat_closed": sound(10)}
    rows = [("real", real), ("made", {"snare": sound(400), "kick": Audio(np.zeros((2, 800), np.float32), 44_100)})]
    for name in ("a.png", "b.png"):
        plot_sound_sheet(rows, seconds=0.5, path=tmp_path / name)
    data = (tmp_path / "a.png").read_bytes()
    assert struct.unpack(">II", data[16:24]) == (405, 260) and data == (tmp_path / "b.png").read_bytes()
    rows[1][1]["snare"] = sound(400, seed=1)
    plot_sound_sheet(rows, seconds=0.5, path=tmp_path / "c.png")
    assert (tmp_path / "c.png").read_bytes() != data


def test_unwritable_place_is_an_error(tmp_path):
    with pytest.raises(OutputError, match="missing"):
        plot_sound_sheet([("x", {"kick": sound(500)})], seconds=0.1, path=tmp_path / "missing" / "x.png")
