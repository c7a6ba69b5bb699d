import math

import pytest

from samplegen.engines.phase_diffusion.settings import PhaseSettings, model_named, resolve
from samplegen.errors import UsageError


def test_defaults_need_no_note_and_hop_is_a_quarter():
    settings, notes = resolve(PhaseSettings())
    assert notes == ()
    assert (settings.window_size, settings.hop_size, settings.hop) == (8192, 2048, 2048)


def test_an_explicit_window_keeps_the_ratio_of_the_hop():
    assert resolve(PhaseSettings(window_size=2048))[0].hop_size == 512
    assert resolve(PhaseSettings(window_size=2048, hop_size=300))[0].hop_size == 300


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("diffusion_amount", -0.5, 0.0),
        ("diffusion_amount", 1.5, 1.0),
        ("diffusion_steps", 0, 1),
        ("diffusion_steps", 900, 200),
        ("hop_size", 0, 1),
        ("hop_size", 8192, 4096),
        ("window_size", 262_144, 131_072),
        ("mag_smear", -1.0, 0.0),
        ("latent_size", 1, 2),
        ("latent_size", 64, 32),
        ("train_steps", 1, 10),
        ("train_steps", 5000, 500),
        ("n_clusters", 1, 2),
        ("n_clusters", 20, 8),
        ("temperature", 0.0, 0.05),
        ("attenuation_floor", 2.0, 1.0),
    ],
)
def test_values_are_clamped_with_a_note(name, value, kept):
    settings, notes = resolve(PhaseSettings(**{name: value}))
    assert getattr(settings, name) == kept
    assert type(getattr(settings, name)) is type(value)
    assert len(notes) == 1 and name in notes[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "paulstretch"},
        {"window_size": 2047},
        {"window_size": 128},
        {"window_size": 0},
        {"coherence": "both"},
        {"stereo": "wide"},
        {"noise": "pink"},
        {"annealing": "cosine"},
        {"annealing": "custom"},
        {"annealing": "custom", "temperatures": (1.0, -1.0)},
        {"temperatures": (3.0, 1.0)},
        {"covariance": "none"},
        {"patch_mode": "all"},
        {"mag_smear": math.nan},
        {"temperature": math.inf},
    ],
)
def test_wrong_values_are_refused(wrong):
    with pytest.raises(UsageError):
        resolve(PhaseSettings(**wrong))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("pca", "ae_weighted"),
        ("Phase PCA", "ae_weighted"),
        ("AE-weighted", "ae_weighted"),
        ("ar", "ar_smear"),
        ("Phase AR", "ar_smear"),
        ("Latent", "latent"),
    ],
)
def test_aliases(name, model):
    assert model_named(name) == model
    assert resolve(PhaseSettings(model=name))[0].model == model
