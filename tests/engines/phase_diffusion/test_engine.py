import json
from dataclasses import replace

import numpy as np
import pytest

from samplegen.audio.source import as_source
from samplegen.audio.spool import Spool
from samplegen.audio.types import Audio
from samplegen.engines.phase_diffusion.engine import diffuse, diffuse_audio
from samplegen.engines.phase_diffusion.frames import Framing
from samplegen.engines.phase_diffusion.presets import PRESETS, settings_for
from samplegen.engines.phase_diffusion.settings import MODELS, PhaseSettings
from samplegen.errors import InputError, UsageError
from tests.engines.phase_diffusion.signals import RATE, plucks, tone, white_noise

SMALL = PhaseSettings(window_size=1024, train_steps=20, diffusion_steps=5)
STEP_24 = 2.0**-23


def settings(**changes) -> PhaseSettings:
    return replace(SMALL, **changes)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_finite_and_of_the_same_length(preset):
    audio = plucks(2.5)
    out, report = diffuse_audio(audio, settings_for(preset, train_steps=10))
    assert out.samples.shape == audio.samples.shape
    assert np.isfinite(out.samples).all()
    assert np.abs(out.samples).max() <= 0.99 + 1e-6
    assert report["parameters"]["hop_size"] * 4 == report["parameters"]["window_size"]
    assert report["warnings"] == []
    json.dumps(report, allow_nan=False)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("peak", [0.4, 1.0])
def test_amount_0_changes_nothing(model, peak):
    audio = plucks(1.0)
    audio = audio.with_samples(audio.samples * np.float32(peak / np.abs(audio.samples).max()))
    out, report = diffuse_audio(audio, settings(model=model, diffusion_amount=0.0))
    np.testing.assert_allclose(out.samples, audio.samples, rtol=0.0, atol=STEP_24)
    assert report["difference_ratio"] == pytest.approx(0.0, abs=1e-6)
    assert report["mean_alpha"] == 0.0


@pytest.mark.parametrize("model", MODELS)
def test_more_amount_makes_more_difference(model):
    ratios = [
        diffuse_audio(plucks(), settings(model=model, diffusion_amount=amount))[1]["difference_ratio"]
        for amount in (0.1, 0.4, 0.7, 1.0)
    ]
    assert ratios == sorted(ratios)
    assert ratios[0] < 0.5 * ratios[-1]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stereo", ["linked", "independent", "per_channel"])
def test_same_seed_same_bytes(model, stereo):
    first, again, other = (
        diffuse_audio(plucks(), settings(model=model, stereo=stereo, seed=seed))[0].samples for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("model", MODELS)
def test_the_number_of_threads_changes_no_bit(model):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    made = []
    for threads in (1, 2):
        with threadpoolctl.threadpool_limits(limits=threads, user_api="blas"):
            made.append(diffuse_audio(plucks(8.0), settings(model=model))[0].samples)
    np.testing.assert_array_equal(*made)


def test_the_size_of_a_block_changes_nothing_but_rounding(monkeypatch):
    whole = diffuse_audio(plucks(), settings(model="ar_smear"))[0].samples
    monkeypatch.setattr(Framing, "block", 5)
    np.testing.assert_allclose(diffuse_audio(plucks(), settings(model="ar_smear"))[0].samples, whole, atol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_equal_channels_stay_equal_when_linked(model):
    mono = plucks(channels=1).samples
    out, _ = diffuse_audio(Audio(np.repeat(mono, 2, axis=0), RATE), settings(model=model, diffusion_amount=1.0))
    np.testing.assert_array_equal(out.samples[0], out.samples[1])


@pytest.mark.parametrize("stereo", ["independent", "per_channel"])
def test_equal_channels_part_when_not_linked(stereo):
    mono = plucks(channels=1).samples
    audio = Audio(np.repeat(mono, 2, axis=0), RATE)
    _, report = diffuse_audio(audio, settings(diffusion_amount=1.0, preserve_transients=False, stereo=stereo))
    assert report["channel_correlation_in"] == pytest.approx(1.0)
    assert abs(report["channel_correlation_out"]) < 0.3
    assert ("channels" in report) == (stereo == "per_channel")


@pytest.mark.parametrize("model", MODELS)
def test_level_is_kept_unless_a_guard_acts(model):
    audio = plucks()
    audio = audio.with_samples(audio.samples * np.float32(0.1))
    out, report = diffuse_audio(audio, settings(model=model))
    assert 0.1 < report["gain"] < 3.0 and report["peak"] < 0.99
    rms = [float(np.sqrt(np.mean(one.samples.astype(np.float64) ** 2))) for one in (audio, out)]
    assert rms[1] == pytest.approx(rms[0], rel=0.01)
    assert [report["rms_in"], report["rms_out"]] == pytest.approx(rms, rel=1e-5)
    assert report["peak"] == pytest.approx(np.abs(out.samples).max(), rel=1e-5)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stereo", ["linked", "per_channel"])
def test_a_silent_channel_stays_silent(model, stereo):
    samples = plucks().samples.copy()
    samples[0] = 0.0
    out, report = diffuse_audio(Audio(samples, RATE), settings(model=model, diffusion_amount=1.0, stereo=stereo))
    np.testing.assert_array_equal(out.samples[0], 0.0)
    assert out.samples[1].any()
    assert "Channel 1 is silent and stays so." in report["warnings"]
    assert report["channel_correlation_in"] is None


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "samples",
    [
        tone(1.0),
        np.full((1, RATE), 0.25, dtype=np.float32),
        np.eye(1, RATE, 5000, dtype=np.float32),
        white_noise(0.26),
        tone(0.26) * np.float32(1e-4),
        50.0 * white_noise(1.0, channels=3),
    ],
    ids=["tone", "constant", "click", "one event", "quiet", "loud"],
)
def test_odd_recordings_succeed(model, samples):
    out, report = diffuse_audio(Audio(samples, RATE), settings(model=model, diffusion_amount=1.0))
    assert out.samples.shape == samples.shape
    assert np.isfinite(out.samples).all() and np.abs(out.samples).max() <= 0.99 + 1e-6
    assert report["warnings"] or samples.shape[0] == 3


def test_one_event_has_weights_of_a_half_and_does_not_walk():
    with Spool(channels=1, sample_rate=RATE) as spool:
        source = as_source(Audio(white_noise(0.26), RATE))
        result = diffuse(source, settings(model="latent"), spool=spool)
    assert len(result.events) == 1
    np.testing.assert_array_equal(result.weights, 0.5)
    np.testing.assert_array_equal(result.distances, 0.0)
    assert (result.report["n_clusters"], result.report["initial_loss"]) == (1, None)


@pytest.mark.parametrize(
    "samples",
    [np.zeros((1, 0)), white_noise(0.2), np.zeros((2, RATE)), 1e-6 * tone(1.0)],
    ids=["empty", "short", "silent", "nearly silent"],
)
def test_bad_recordings_are_refused(samples):
    with pytest.raises(InputError):
        diffuse_audio(Audio(samples.astype(np.float32), RATE), SMALL)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(value):
    class Damaged:
        sample_rate, channels, length = RATE, 1, RATE

        def read(self, start, stop):
            samples = tone(1.0)
            samples[0, 5000] = value
            return samples[:, start:stop]

    with Spool(channels=1, sample_rate=RATE) as spool, pytest.raises(InputError, match="NaN or infinite"):
        diffuse(Damaged(), SMALL, spool=spool)


@pytest.mark.parametrize("wrong", [{"window_size": 1025}, {"window_size": 100}, {"model": "fft"}])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(UsageError):
        diffuse_audio(plucks(0.5), settings(**wrong))


def test_clamped_values_are_reported():
    _, report = diffuse_audio(plucks(0.5), settings(diffusion_amount=7.0, hop_size=900))
    assert report["parameters"]["diffusion_amount"] == 1.0
    assert report["parameters"]["hop_size"] == 512
    assert {text.split()[0] for text in report["warnings"]} >= {"diffusion_amount", "hop_size"}


@pytest.mark.parametrize(("window", "hop"), [(131_072, None), (256, None), (1000, 333), (1024, 512)])
def test_windows_and_hops_of_all_kinds(window, hop):
    audio = plucks(0.5)
    out, report = diffuse_audio(audio, settings(window_size=window, hop_size=hop, preserve_transients=False))
    assert out.length == audio.length
    assert report["rms_out"] == pytest.approx(report["rms_in"], rel=0.01)


def test_a_curve_leaves_the_start_alone():
    audio = plucks()
    shape = settings(diffusion_amount=1.0, preserve_transients=False)
    with Spool(channels=2, sample_rate=RATE) as spool:
        result = diffuse(as_source(audio), shape, spool=spool, curve=lambda position: float(position > 0.5))
        out = result.source.read(0, audio.length) / np.float32(result.report["gain"])
    third = audio.length // 3
    np.testing.assert_allclose(out[:, :third], audio.samples[:, :third], atol=1e-6)
    assert np.abs(out[:, -third:] - audio.samples[:, -third:]).max() > 0.05
    assert result.report["mean_alpha"] == pytest.approx(0.5, abs=0.02)


def test_raw_coherence_weighs_differently_and_custom_walks_run():
    weights = []
    for coherence in ("compensated", "raw"):
        with Spool(channels=2, sample_rate=RATE) as spool:
            source = as_source(plucks())
            weights.append(diffuse(source, settings(coherence=coherence), spool=spool).weights)
    assert not np.allclose(*weights)
    out, _ = diffuse_audio(
        plucks(),
        settings(
            model="latent", annealing="custom", temperatures=(2.0, 0.1), covariance="full", noise="documented",
            patch_mode="pool", guidance=0.0,
        ),
    )  # fmt: skip
    assert np.isfinite(out.samples).all()


def test_progress_rises_to_the_end():
    heard = []
    diffuse_audio(plucks(), SMALL, progress=lambda done, whole: heard.append(done / whole))
    assert heard == sorted(heard) and heard[-1] == 1.0 and len(heard) > 20


def test_result_holds_what_a_picture_needs():
    with Spool(channels=2, sample_rate=RATE) as spool:
        result = diffuse(as_source(plucks()), settings(model="ar_smear", stereo="per_channel"), spool=spool)
    assert result.frequencies_hz.shape == (513,) and result.frequencies_hz[-1] == RATE / 2
    assert result.weights.shape == result.persistence.shape == (2, 513)
    assert 0.0 <= result.persistence.min() <= result.persistence.max() <= 1.0
    assert result.distances is None
    assert result.settings.hop_size == 256
    assert len(result.report["channels"]) == 2
