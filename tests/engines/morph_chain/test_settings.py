import math

import pytest

from samplegen.engines.morph_chain.presets import PRESETS, settings_for
from samplegen.engines.morph_chain.settings import LIMITS, MorphSettings, coerce, resolve
from samplegen.errors import UsageError


@pytest.mark.parametrize(
    ("preset", "row"),
    [
        ("gentle_crystallisation", (8, 100, 3, 25, 1.2, 1.0, 0.06, 0.5)),
        ("stochastic-melt", (8, 100, 3, 40, 0.6, 3.0, 0.30, 0.3)),
        ("Deep Freeze", (10, 150, 3, 50, 0.5, 2.5, 0.05, 0.8)),
        ("plasma-burst", (8, 80, 4, 15, 2.0, 4.0, 0.50, 0.9)),
        ("slow_diffusion", (12, 150, 3, 80, 0.8, 1.5, 0.08, 0.5)),
        ("MULTI_IDENTITY", (12, 150, 6, 35, 1.0, 2.0, 0.10, 0.6)),
        ("custom", (8, 100, 3, 30, 1.0, 2.0, 0.1, 0.6)),
        (None, (8, 100, 3, 30, 1.0, 2.0, 0.1, 0.6)),
    ],
)
def test_presets_are_the_published_ones(preset: str | None, row: tuple[float, ...]) -> None:
    made = settings_for(preset)
    assert made == MorphSettings(*row)
    assert resolve(made) == (made, ())


def test_there_are_seven() -> None:
    assert len(PRESETS) == 7


def test_options_override_a_preset_and_may_be_text() -> None:
    made = settings_for("deep_freeze", latent_size="5", noise="Documented", top_k="auto", tabu_penalty="3.5", seed=-7)
    assert (made.latent_size, made.noise, made.top_k, made.tabu_penalty, made.seed) == (
        5,
        "documented",
        "auto",
        3.5,
        -7,
    )
    assert made.diffusion_steps == 50


@pytest.mark.parametrize(
    ("name", "value", "used"),
    [
        ("latent_size", 1, 2),
        ("latent_size", 33, 32),
        ("learning_steps", 9, 10),
        ("learning_steps", 501, 500),
        ("number_of_clusters", 1, 2),
        ("number_of_clusters", 9, 8),
        ("diffusion_steps", 4, 5),
        ("diffusion_steps", 101, 100),
        ("entropy_threshold", -0.1, 0.0),
        ("temperature_start", 11.0, 10.0),
        ("temperature_end", 0.001, 0.05),
        ("temperature_end", 0.02, 0.05),
        ("temperature_end", 2.5, 2.0),
        ("denoising_strength", 1.5, 1.0),
        ("denoising_strength", -1.0, 0.0),
        ("guidance", 2.0, 1.0),
        ("min_steps_fraction", 1.1, 1.0),
        ("top_k", 0, 1),
        ("tabu_size", -1, 0),
    ],
)
def test_values_out_of_range_are_clamped_and_named(name: str, value: float, used: float) -> None:
    made, notes = resolve(MorphSettings(**{name: value}))
    assert getattr(made, name) == used
    assert type(getattr(made, name)) is type(value)
    assert len(notes) == 1 and notes[0].startswith(f"{name} {value:g} ") and f"{used:g} is used" in notes[0]


def test_the_start_is_clamped_before_the_end() -> None:
    made, notes = resolve(MorphSettings(temperature_start=0.05, temperature_end=0.2))
    assert (made.temperature_start, made.temperature_end) == (0.1, 0.1)
    assert len(notes) == 2


def test_the_longest_event_is_at_least_the_shortest() -> None:
    made, notes = resolve(MorphSettings(min_event_s=0.5, max_event_s=0.3))
    assert made.max_event_s == 0.5 and len(notes) == 1


def test_custom_annealing_takes_both_ends_from_its_list() -> None:
    made, notes = resolve(settings_for(annealing="custom", temperatures="5, 2 0.5"))
    assert made.temperatures == (5.0, 2.0, 0.5)
    assert (made.temperature_start, made.temperature_end, notes) == (5.0, 0.5, ())


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("latent_sise", 8, "latent_size"),
        ("latent_size", 8.5, "whole number"),
        ("latent_size", "many", "'many'"),
        ("latent_size", True, "whole number"),
        ("seed", None, "None"),
        ("temperature_start", math.nan, "nan"),
        ("temperature_start", "inf", "a number"),
        ("top_k", "some", '"auto"'),
        ("noise", "pink", "equilibrium or documented"),
        ("temperatures", "3,0,1", "above 0"),
        ("temperatures", "3,x", "'x'"),
    ],
)
def test_nonsense_is_refused(name: str, value: object, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        coerce(name, value)


@pytest.mark.parametrize("settings", [{"annealing": "custom"}, {"temperatures": (1.0,)}, {"annealing": "cubic"}])
def test_annealing_and_its_list_belong_together(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"temperatures|annealing"):
        resolve(MorphSettings(**settings))  # type: ignore[arg-type]


def test_an_unknown_preset_lists_the_known() -> None:
    with pytest.raises(UsageError, match="plasma_burst"):
        settings_for("plasma")


def test_every_limit_belongs_to_a_setting() -> None:
    assert all(hasattr(MorphSettings(), name) for name in LIMITS)
