"""A spool gives back what was appended, from memory and from its file."""

import numpy as np
import pytest

from samplegen.audio.spool import Spool
from samplegen.errors import OutputError

RATE = 44_100


def blocks(*lengths: int, channels: int = 2) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.uniform(-0.5, 0.5, (channels, length)).astype(np.float32) for length in lengths]


@pytest.mark.parametrize("limit", [0, 4_000, 1 << 20], ids=["file", "moves to a file", "memory"])
def test_reads_what_was_appended(limit, tmp_path):
    parts = blocks(300, 0, 177, 900, 1)
    joined = np.concatenate(parts, axis=1)
    with Spool(channels=2, sample_rate=RATE, memory_limit=limit, folder=tmp_path) as spool:
        for part in parts:
            spool.append(part)
        assert (spool.length, spool.channels, spool.sample_rate) == (1_378, 2, RATE)
        for start, stop in [(0, 1_378), (0, 0), (1_378, 1_378), (250, 500), (1_377, 1_378), (5, 6), (400, 1_300)]:
            assert np.array_equal(spool.read(start, stop), joined[:, start:stop])
        assert spool.peak == pytest.approx(np.abs(joined).max(), abs=0)
        assert spool.mean_square == pytest.approx(np.square(joined.astype(np.float64)).mean(), rel=1e-12)
        assert list(tmp_path.iterdir()) == []  # its file has no name, or none that outlives it
    assert list(tmp_path.iterdir()) == []


def test_appends_after_reading():
    first, second = blocks(100, 50)
    with Spool(channels=2, sample_rate=RATE, memory_limit=500) as spool:
        spool.append(first)
        assert np.array_equal(spool.read(10, 20), first[:, 10:20])
        spool.append(second)
        assert np.array_equal(spool.read(90, 110), np.concatenate([first[:, 90:], second[:, :10]], axis=1))


def test_a_negative_peak_counts():
    with Spool(channels=1, sample_rate=RATE) as spool:
        spool.append(np.array([[0.25, -0.75]], np.float32))
        assert spool.peak == 0.75
        assert spool.mean_square == (0.25**2 + 0.75**2) / 2


def test_an_empty_spool_has_no_level():
    with Spool(channels=1, sample_rate=RATE) as spool:
        assert (spool.length, spool.peak, spool.mean_square) == (0, 0.0, 0.0)


@pytest.mark.parametrize("limit", [0, 1 << 20])
def test_scaled(limit):
    (part,) = blocks(64)
    with Spool(channels=2, sample_rate=RATE, memory_limit=limit) as spool:
        spool.append(part)
        half = spool.scaled(0.5)
        assert np.array_equal(half.read(3, 40), 0.5 * part[:, 3:40])
        assert (half.length, half.channels, half.sample_rate) == (64, 2, RATE)
        assert half.peak == 0.5 * spool.peak
        assert half.mean_square == 0.25 * spool.mean_square
        assert np.array_equal(spool.read(0, 64), part)


def test_what_is_read_cannot_change_the_spool():
    (part,) = blocks(8)
    with Spool(channels=2, sample_rate=RATE) as spool:
        spool.append(part)
        with pytest.raises(ValueError, match="read-only"):
            spool.read(0, 4)[:] = 1.0


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (3, 2), (0, 9)])
def test_refuses_what_is_not_there(start, stop):
    with Spool(channels=2, sample_rate=RATE) as spool:
        spool.append(blocks(8)[0])
        with pytest.raises(ValueError, match="not among the 8"):
            spool.read(start, stop)


def test_refuses_another_number_of_channels():
    with Spool(channels=2, sample_rate=RATE) as spool, pytest.raises(ValueError, match="2 channels"):
        spool.append(blocks(8, channels=1)[0])


def test_a_folder_that_cannot_hold_it_is_named(tmp_path):
    with Spool(channels=2, sample_rate=RATE, memory_limit=0, folder=tmp_path / "missing") as spool:
        with pytest.raises(OutputError, match="missing.*TMPDIR"):
            spool.append(blocks(8)[0])
