import math

import pytest
import torch

from samplegen.codec.measures import hann, log_mel_deviations_db, log_mel_distance_db, mel_bands, snr_db


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * 0.1


def test_equal_signals_are_at_zero():
    assert log_mel_distance_db(noise(2, 1, 8192), noise(2, 1, 8192)) == 0.0
    assert snr_db(noise(1, 1, 100), noise(1, 1, 100)) > 190.0


def test_half_the_level_is_six_db():
    reference = noise(2, 1, 16384)
    assert log_mel_distance_db(reference * 0.5, reference) == pytest.approx(20 * math.log10(2), abs=1e-4)
    assert snr_db(reference * 0.5, reference) == pytest.approx(20 * math.log10(2), abs=1e-4)


def test_silence_stands_at_the_floor_70_db_below_the_loudest_cell():
    reference = noise(1, 1, 16384)
    mel = (
        mel_bands(2048, bands=96, sample_rate=44100)
        @ torch.stft(reference[0], 2048, 512, window=hann(2048), return_complex=True).abs()
    )
    level = 20 * mel.log10()
    expected = float((level - (level.max() - 70.0)).mean())
    assert log_mel_distance_db(torch.zeros_like(reference), reference) == pytest.approx(expected, abs=1e-3)


def test_frames_50_db_down_do_not_count():
    reference = noise(1, 1, 65536)
    reference[..., 32768:] *= 1e-4
    estimate = reference.clone()
    estimate[..., 40000:] = 0.0
    assert log_mel_distance_db(estimate, reference) == 0.0
    _, cells = log_mel_deviations_db(estimate, reference)
    assert 60 * 96 < float(cells) < 70 * 96  # about half of 129 frames


def test_batch_weighs_cells_alike():
    reference, estimate = noise(2, 1, 8192), noise(2, 1, 8192, seed=1)
    deviation, cells = log_mel_deviations_db(estimate, reference)
    assert deviation.shape == cells.shape == (2,)
    expected = float(deviation.sum() / cells.sum())
    assert log_mel_distance_db(estimate, reference) == pytest.approx(expected)


def test_channels_count_as_one_item():
    deviation, cells = log_mel_deviations_db(noise(3, 2, 8192, seed=1), noise(3, 2, 8192))
    assert deviation.shape == (3,)
    assert torch.equal(cells, torch.full((3,), 2.0 * 96 * 17))


@pytest.mark.parametrize("length", [1, 100, 1024])
def test_short_and_silent_sounds_are_finite(length):
    assert math.isfinite(log_mel_distance_db(noise(1, 1, length), noise(1, 1, length, seed=1)))
    assert log_mel_distance_db(torch.zeros(1, 1, length), torch.zeros(1, 1, length)) == 0.0


def test_filters_peak_at_one_and_cover_the_band():
    filters = mel_bands(2048, bands=40, sample_rate=44100)
    assert filters.shape == (40, 1025)
    assert filters.max() <= 1.0 and (filters.sum(1) > 0).all()
    inner = filters.sum(0)[10:920]  # neighbouring triangles add up to 1 between the first and the last peak
    torch.testing.assert_close(inner, torch.ones_like(inner), rtol=0, atol=1e-4)


def test_first_use_inside_inference_mode_does_not_spoil_training():
    mel_bands.cache_clear()
    hann.cache_clear()
    with torch.inference_mode():
        log_mel_distance_db(noise(1, 1, 4096), noise(1, 1, 4096))
    samples = noise(1, 1, 4096).requires_grad_()
    spectrum = torch.stft(samples[0], 2048, 512, window=hann(2048), return_complex=True).abs()
    (mel_bands(2048, bands=96, sample_rate=44100) @ spectrum).sum().backward()
    assert samples.grad is not None
