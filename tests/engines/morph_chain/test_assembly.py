import numpy as np
import pytest

from samplegen.engines.morph_chain.assembly import (
    assemble,
    fade_curves,
    lay_chains,
    limit_peak,
    repair_clicks,
    sounding_rms,
)
from samplegen.engines.morph_chain.clips import Clips
from samplegen.engines.on_the_fly.events import Event
from tests.engines.morph_chain.signals import RATE, source_of

LENGTHS = (9000, 4000, 100, 2)


def clips_of(lengths: tuple[int, ...] = LENGTHS, channels: int = 2) -> Clips:
    """Clips that each hold one value: 0.1, 0.2, … (the second channel the negative)."""
    values = np.concatenate([np.full(length, 0.1 * (k + 1)) for k, length in enumerate(lengths)])
    edges = np.concatenate(([0], np.cumsum(lengths))).tolist()
    source = source_of(values * np.array([1.0, -1.0][:channels])[:, None])
    return Clips(source, [Event(a, b) for a, b in zip(edges, edges[1:], strict=False)])


def render(chains: list[list[int]], clips: Clips, *, xfade_s: float = 0.008, gap_s: float = 0.06) -> np.ndarray:
    laid, length = lay_chains(chains, clips=clips, xfade_s=xfade_s, gap_s=gap_s)
    return assemble(laid, length=length, clips=clips)


def test_length_is_clips_minus_overlaps_plus_gaps() -> None:
    xfade, gap = 176, 1323  # 8 and 60 ms
    made = render([[0, 1, 0], [1, 2, 3, 2], [0]], clips_of())
    first = 9000 + 4000 + 9000 - 2 * xfade
    second = 4000 + 100 + 2 + 100 - 33 - 0 - 0
    assert made.shape == (2, first + gap + second + gap + 9000)


def test_gaps_are_silent_and_none_follows_the_last() -> None:
    laid, length = lay_chains([[0], [1]], clips=clips_of(), xfade_s=0.008, gap_s=0.06)
    made = assemble(laid, length=length, clips=clips_of())
    assert not made[:, 9000 : 9000 + 1323].any()
    assert made[0, 9000 + 1323 + 100] == np.float32(0.2)
    assert length == laid[1][-1].end


def test_neighbours_overlap_with_equal_power_and_like_with_like_linearly() -> None:
    laid, _ = lay_chains([[0, 1, 1]], clips=clips_of(), xfade_s=0.008, gap_s=0.06)
    made = render([[0, 1, 1]], clips_of())
    start = laid[0][1].start
    t = (np.arange(176) + 0.5) / 176 * np.pi / 2
    assert made[0, start : start + 176] == pytest.approx(0.1 * np.cos(t) + 0.2 * np.sin(t), abs=1e-6)
    again = laid[0][2].start
    assert made[0, again - 100 : again + 276] == pytest.approx(0.2, abs=1e-6)
    assert np.array_equal(made[1], -made[0])


def test_curves_keep_power_or_sum() -> None:
    rising, falling = fade_curves(100)
    assert rising**2 + falling**2 == pytest.approx(1.0, abs=1e-6)
    rising, falling = fade_curves(100, linear=True)
    assert rising + falling == pytest.approx(1.0, abs=1e-6)


def test_a_chain_fades_in_within_a_millisecond_and_out_within_eight() -> None:
    made = render([[0]], clips_of())[0]
    assert 0 < made[0] < 0.01 and made[22] == np.float32(0.1)
    assert made[-177] == np.float32(0.1) and 0 < made[-1] < 0.01 and made[-90] < 0.09


def test_tiny_clips_and_no_overlap_at_all() -> None:
    assert np.isfinite(render([[3, 3, 2], [3]], clips_of())).all()
    made = render([[0, 1]], clips_of(), xfade_s=0.0, gap_s=0.0)
    assert made.shape[1] == 13_000 and made[0, 8999] == np.float32(0.1) and made[0, 9000] == np.float32(0.2)


def test_clicks_are_repaired_near_splices_only() -> None:
    samples = np.full((2, 4000), 0.01, np.float32)
    samples[0, [1000, 3000]] = 0.9
    before = samples.copy()
    count = repair_clicks(samples, [(950, 1050)], sample_rate=RATE)
    assert count > 0 and np.abs(np.diff(samples[0, :2000])).max() < 0.1
    assert np.array_equal(samples[:, 2000:], before[:, 2000:]) and np.array_equal(samples[1], before[1])


def test_a_ring_is_repaired_across_its_ends() -> None:
    samples = np.full((1, 4000), 0.01, np.float32)
    samples[0, -1] = 0.9
    repair_clicks(samples, [(-10, 5)], sample_rate=RATE, ring=True)
    assert samples[0, -1] == np.float32(0.01) or np.abs(np.diff(samples)).max() < 0.1


@pytest.mark.parametrize("length", [1, 3, 5, 40])
@pytest.mark.parametrize("ring", [False, True])
def test_short_sounds_survive_repair(length: int, ring: bool) -> None:
    samples = np.full((1, length), 0.5, np.float32)
    assert repair_clicks(samples, [(0, length)], sample_rate=RATE, ring=ring) == 0


def test_ordinary_sound_is_left_alone() -> None:
    tone = np.sin(np.arange(5000) * 2.0).astype(np.float32)[None]  # 7 kHz: steps of up to 2.4 times the RMS
    assert repair_clicks(tone, [(2000, 2100)], sample_rate=RATE) == 0


def test_rms_counts_what_sounds() -> None:
    samples = np.zeros((2, 100), np.float32)
    assert sounding_rms(samples) == 0.0
    samples[0, :10] = 0.5
    assert sounding_rms(samples) == pytest.approx(0.5)


@pytest.mark.parametrize(("peak", "made"), [(2.0, 0.95), (0.951, 0.95), (0.95, 0.95), (0.3, 0.3)])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_peak_is_limited_and_never_raised(peak: float, made: float, sign: int) -> None:
    samples = np.array([[0.1, sign * peak, 0.0]], np.float32)
    limit_peak(samples)
    assert np.abs(samples).max() == pytest.approx(made, abs=1e-6)
    assert samples[0, 0] == pytest.approx(0.1 * made / peak, rel=1e-5)
