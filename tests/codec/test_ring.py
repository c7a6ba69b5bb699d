import torch

from samplegen.codec.ring import middle_repeat, repeat_three_times


def test_periodic_signal_comes_back_unchanged():
    period = torch.randn(2, 1, 1000, generator=torch.Generator().manual_seed(1))
    kept = middle_repeat(repeat_three_times(period), sample_rate=44100)
    torch.testing.assert_close(kept, period)


def test_end_runs_on_into_the_start():
    drifting = torch.arange(3000, dtype=torch.float32)[None, None]  # repeats differ by 1000
    kept = middle_repeat(drifting, sample_rate=44100)[0, 0]
    assert kept[0] == kept[-1] + 1  # the third repeat's first value follows
    assert torch.equal(kept[221:], drifting[0, 0, 1221:2000])  # 5 ms are 220.5 samples
    assert kept.diff().abs().max() < 10.0  # and the blend has no jump of its own


def test_blend_is_no_longer_than_the_loop():
    assert middle_repeat(torch.ones(1, 1, 30), sample_rate=44100).shape == (1, 1, 10)
