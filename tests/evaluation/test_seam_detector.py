"""A detector of seams: certain of naive cuts, at chance where nothing was cut or nothing is known."""

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.evaluation.seam_detector import (
    Lines,
    cut_and_crossfade,
    cut_naively,
    detect_cuts,
    detect_seams,
    measure_lines,
    ranks,
    turned,
)

RATE, BARS = 8_000, 4


def tone(seed: int) -> Audio:
    """Two tones that fit into the ring: nothing marks a place."""
    rng = np.random.default_rng(seed)
    time = np.arange(BARS * 4_000) / (BARS * 4_000)
    cycles = rng.integers(150, 900, size=2)
    samples = 0.3 * sum(np.sin(2 * np.pi * (k * time + rng.uniform())) for k in cycles)
    return Audio((samples + 1e-3 * rng.standard_normal(time.size)).astype(np.float32), RATE)


@pytest.fixture(scope="module")
def tones() -> list[Audio]:
    return [tone(seed) for seed in range(30)]


def lines(loops, *, bars=BARS):
    return [measure_lines(loop, bars=bars) for loop in loops]


def test_ranks_count_ties_half():
    assert ranks([3.0, 1.0, 2.0]) == 1.0
    assert ranks([1.0, 1.0, 2.0, 0.0]) == pytest.approx(0.5)


def test_cuts_are_found_rings_are_not_and_taught_detectors_agree(tones):
    rng = np.random.default_rng(0)
    cuts = lines([cut_naively(loop, bars=BARS, rng=rng) for loop in tones], bars=BARS - 1)
    rings = lines([turned(loop, bars=BARS, rng=rng) for loop in tones])
    assert detect_seams(cuts, seed=0).mean() > 0.95
    assert abs(detect_seams(rings, seed=0).mean() - 0.5) < 0.2
    taught = detect_cuts({"cuts": cuts, "rings": rings}, cuts=cuts, rings=rings, seed=0)
    assert taught["cuts"].mean() > 0.95 and abs(taught["rings"].mean() - 0.5) < 0.2


def test_shuffled_labels_are_at_chance(tones):
    rng = np.random.default_rng(1)
    cuts = lines([cut_naively(loop, bars=BARS, rng=rng) for loop in tones], bars=BARS - 1)
    shuffled = [Lines(rng.permutation(loop.values)) for loop in cuts]
    assert abs(detect_seams(shuffled, seed=0).mean() - 0.5) < 0.2


def test_excerpts_lose_a_bar_and_crossfades_change_their_end_alone(tones):
    cut = cut_naively(tones[0], bars=BARS, rng=np.random.default_rng(3))
    faded = cut_and_crossfade(tones[0], bars=BARS, rng=np.random.default_rng(3))
    assert cut.length == faded.length == 3 * tones[0].length // 4
    np.testing.assert_array_equal(cut.samples[:, :-80], faded.samples[:, :-80])
    step = [abs(float(audio.samples[0, 0] - audio.samples[0, -1])) for audio in (cut, faded)]
    assert step[1] < step[0]


def test_a_detector_needs_bars_and_loops(tones):
    with pytest.raises(UsageError, match="two bars"):
        measure_lines(tones[0], bars=1)
    with pytest.raises(UsageError, match="10 loops"):
        detect_seams(lines(tones[:4]), seed=0)
