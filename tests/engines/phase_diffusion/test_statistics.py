"""The statistics of specs/phase_diffusion.md §10; figures in brackets there are a prototype's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.engines.phase_diffusion.engine import diffuse_audio
from samplegen.engines.phase_diffusion.presets import CUSTOM, PRESETS, settings_for
from samplegen.engines.phase_diffusion.settings import MODELS, PhaseSettings
from samplegen.evaluation.phase_statistics import (
    measure_render,
    noise_ratios,
    protection_gain_db,
    tone_and_noise_weights,
    tones_and_noise,
    white_noise,
)
from samplegen.evaluation.recordings import make_recordings

NAMES = ("drums", "melodic", "mixed")


@pytest.fixture(scope="module")
def recordings(shared_audio: Path) -> dict[str, Audio]:
    return make_recordings(shared_audio)


def test_noise_looks_equally_unlearnable_in_all_bands():
    audio = white_noise(15.0, sample_rate=44_100, rng=np.random.default_rng(7))
    compensated, raw = noise_ratios(audio, PhaseSettings())
    assert compensated <= 3.0
    assert raw >= 15.0


def test_tones_are_structured_and_noise_is_not():
    audio = tones_and_noise(15.0, sample_rate=44_100, rng=np.random.default_rng(7))
    tones, noise = tone_and_noise_weights(audio, PhaseSettings())
    assert tones <= 0.1
    assert noise >= 0.3
    _, raw = tone_and_noise_weights(audio, PhaseSettings(coherence="raw"))
    assert raw < 0.5 * noise


@pytest.mark.parametrize("window", [2048, 8192])
def test_protection_brings_attacks_back(recordings, window):
    drums = recordings["drums"]
    ten_seconds = drums.with_samples(drums.samples[:, : 10 * drums.sample_rate])
    assert protection_gain_db(ten_seconds, window_size=window) >= 6.0


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("preset", [name for name in PRESETS if name != CUSTOM])
def test_presets_on_real_recordings(recordings, preset, name):
    audio, settings = recordings[name], settings_for(preset)
    out, report = diffuse_audio(audio, settings)
    assert out.samples.shape == audio.samples.shape
    assert np.isfinite(out.samples).all()
    figures = measure_render(audio, out, report)
    assert abs(figures.correlation_change) <= 0.1
    if settings.model == "latent" and settings.temperature <= 1.5:
        assert figures.distance_ratio <= 0.5
    if 0.1 < report["gain"] < 3.0 and report["peak"] < 0.98999:
        assert report["rms_out"] == pytest.approx(report["rms_in"], rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("model", MODELS)
def test_more_amount_makes_more_difference(recordings, model, name):
    base = PhaseSettings(model=model)
    ratios = [
        diffuse_audio(recordings[name], replace(base, diffusion_amount=amount))[1]["difference_ratio"]
        for amount in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert ratios[0] == pytest.approx(0.0, abs=1e-6)
    assert ratios == sorted(ratios)
