import pytest

from samplegen.engines.phase_diffusion.presets import PRESETS, settings_for
from samplegen.engines.phase_diffusion.settings import PhaseSettings, resolve
from samplegen.errors import UsageError


def test_eleven_presets_and_custom_within_their_ranges():
    assert len(PRESETS) == 12
    for name in PRESETS:
        settings, notes = resolve(settings_for(name))
        assert notes == ()
        assert settings.hop_size == settings.window_size // 4


def test_custom_is_the_defaults():
    assert settings_for() == settings_for("Custom") == PhaseSettings()


def test_explicit_settings_override_a_preset():
    settings = settings_for("Latent-Deep", temperature=0.5, window_size=1024)
    assert (settings.model, settings.temperature, settings.diffusion_steps) == ("latent", 0.5, 60)
    assert settings.hop == 256


@pytest.mark.parametrize(("preset", "overrides"), [("fog", {}), ("veil", {"tabu_size": 3})])
def test_unknown_names_are_refused(preset, overrides):
    with pytest.raises(UsageError):
        settings_for(preset, **overrides)
