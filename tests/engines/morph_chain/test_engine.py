import json
import math
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from samplegen.audio.source import Source, as_source, channel_of
from samplegen.audio.types import Audio
from samplegen.engines.morph_chain.engine import morph
from samplegen.engines.morph_chain.grid import Grid
from samplegen.engines.morph_chain.presets import PRESETS, settings_for
from samplegen.engines.morph_chain.result import MorphResult
from samplegen.engines.morph_chain.settings import MorphSettings
from samplegen.engines.on_the_fly.events import Event
from samplegen.errors import InputError
from samplegen.units import bars_to_samples
from tests.engines.morph_chain.signals import RATE, plucks, source_of

QUICK = MorphSettings(learning_steps=10, diffusion_steps=10)


@pytest.fixture(scope="module")
def result() -> MorphResult:
    return morph(plucks(), QUICK)


def test_the_report_is_complete_json(result: MorphResult) -> None:
    report = json.loads(json.dumps(result.report, allow_nan=False))
    assert report["n_events"] == len(result.events) >= 24
    assert report["n_clusters"] == report["n_chains"] == 3
    assert report["parameters"] == asdict(QUICK) | {"temperatures": []}
    assert 0 < report["final_loss"] < report["initial_loss"]
    assert report["output_duration"] == pytest.approx(result.audio.length / RATE)
    assert report["early_stops"] == sum(chain["stopped_early"] for chain in report["chains"])
    assert report["latent_spread"] > 0
    assert report["min_event_dur"] <= report["mean_event_dur"] <= report["max_event_dur"]
    assert report["warnings"] == [] and report["grid"] is None
    assert sum(cluster["events"] for cluster in report["clusters"]) == report["n_events"]
    assert sum(cluster["pct"] for cluster in report["clusters"]) == pytest.approx(100)
    for chain in report["chains"]:
        assert chain["seq_length"] == chain["steps_taken"] + 1 == len(chain["ce_vals"])
        assert chain["final_ce"] == chain["ce_vals"][-1]
        assert chain["diversity_pct"] == pytest.approx(100 * chain["distinct_events"] / chain["seq_length"])
        assert set(chain["own_cluster_share"]) == {"first_quarter", "last_quarter"}


def test_the_length_is_known_to_the_sample(result: MorphResult) -> None:
    length = 0
    for chain in result.chains:
        clips = [result.events[event].length for event in chain.sequence]
        overlaps = [min(round(0.008 * RATE), min(pair) // 3) for pair in zip(clips, clips[1:], strict=False)]
        length += sum(clips) - sum(overlaps) + round(0.060 * RATE)
    assert result.audio.length == length - round(0.060 * RATE)
    assert result.chains[0].start == 0 and result.chains[-1].end == result.audio.length
    assert [a.end + round(0.060 * RATE) for a in result.chains[:-1]] == [b.start for b in result.chains[1:]]


def test_only_the_recording_sounds(result: MorphResult) -> None:
    voice = result.voices[0]
    assert [place.event for place in voice.placements] == [e for chain in result.chains for e in chain.sequence]
    for place in voice.placements[1:-1]:
        event = result.events[place.event]
        inside = slice(place.start + 600, place.end - 600)
        played = result.audio.samples[:, inside]
        assert np.array_equal(played, plucks().read(event.start + 600, event.end - 600))


def test_seeds(result: MorphResult) -> None:
    again = morph(plucks(), QUICK)
    assert again.audio.samples.tobytes() == result.audio.samples.tobytes() and again.report == result.report
    other = morph(plucks(), settings_for(learning_steps=10, diffusion_steps=10, seed=-1))
    assert [chain.sequence for chain in other.chains] != [chain.sequence for chain in result.chains]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_changes_nothing(result: MorphResult, threads: int) -> None:
    with threadpool_limits(threads):
        made = morph(plucks(), QUICK)
    assert made.audio.samples.tobytes() == result.audio.samples.tobytes()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_sounds(preset: str) -> None:
    made = morph(plucks(), settings_for(preset, learning_steps=10))
    assert made.audio.samples.any() and made.audio.channels == 2
    assert np.abs(made.audio.samples).max() <= 0.95 + 1e-6
    steps = PRESETS[preset]["diffusion_steps"]
    assert all(math.ceil(steps / 2) <= chain.steps <= steps for chain in made.chains)


def test_clamped_values_are_reported() -> None:
    made = morph(plucks(), settings_for(learning_steps=3, diffusion_steps=5))
    assert made.settings.learning_steps == made.report["parameters"]["learning_steps"] == 10
    assert any(note.startswith("learning_steps 3") for note in made.report["warnings"])


@pytest.mark.parametrize(
    "options", [{"covariance": "full"}, {"patch_mode": "pool"}, {"noise": "documented", "guidance": 0}]
)
def test_options_change_the_chains(result: MorphResult, options: dict[str, object]) -> None:
    made = morph(plucks(), settings_for(learning_steps=10, diffusion_steps=10, **options))
    assert [chain.sequence for chain in made.chains] != [chain.sequence for chain in result.chains]


def test_channels_may_be_learnt_apart() -> None:
    left, right = plucks(seed=1), plucks(seed=2)
    both = source_of(np.concatenate([left.read(0, left.length)[:1], right.read(0, right.length)[:1]]))
    made = morph(both, settings_for(learning_steps=10, diffusion_steps=10, stereo="per_channel"))
    assert [voice.channel for voice in made.voices] == [0, 1]
    ends = [voice.chains[-1].end for voice in made.voices]
    assert made.audio.length == max(ends) and made.audio.channels == 2
    for row, end in zip(made.audio.samples, ends, strict=True):
        assert row[: end - 20].any() and not row[end:].any()
    assert made.report["n_chains"] == 6 and {chain["channel"] for chain in made.report["chains"]} == {0, 1}
    assert made.voices[0].chains[0].sequence != made.voices[1].chains[0].sequence


def test_a_silent_channel_is_named_and_stays_silent() -> None:
    mono = channel_of(plucks(), 0)
    source = source_of(np.concatenate([np.zeros((1, mono.length)), mono.read(0, mono.length)]))
    for stereo in ("joint", "per_channel"):
        made = morph(source, settings_for(learning_steps=10, diffusion_steps=5, stereo=stereo))
        assert any("Channel 1" in note and "silent" in note for note in made.report["warnings"])
        assert not made.audio.samples[0].any() and made.audio.samples[1].any()


def test_one_event_sounds_once() -> None:
    source = plucks(4)
    made = morph(source, QUICK, events=[Event(0, source.length)])
    assert made.audio.length == source.length
    assert np.array_equal(made.audio.samples[:, 100:-300], source.read(100, source.length - 300))
    report = made.report
    assert (report["n_clusters"], report["latent_spread"], report["initial_loss"]) == (1, 0.0, None)
    assert report["chains"][0]["seq_length"] == 1 and report["warnings"]


def test_events_of_the_user_are_taken_as_they_are() -> None:
    events = [Event(1000, 4000), Event(3000, 9000), Event(20_000, 21_000), Event(500, 700), Event(30_000, 44_100)]
    made = morph(plucks(), QUICK, events=events)
    assert list(made.events) == events and made.report["n_events"] == 5
    assert {place.event for place in made.voices[0].placements} <= set(range(5))
    assert any("2" in note for note in made.report["warnings"])  # K = floor(5 / 2)


def test_identical_patches_make_one_cluster() -> None:
    pulse = np.tile(np.concatenate([np.full(1000, 0.5), np.zeros(4000)]), 20)
    events = [Event(k * 5000, (k + 1) * 5000) for k in range(20)]
    made = morph(source_of(pulse[None]), QUICK, events=events)
    assert made.report["n_clusters"] == 1 and made.report["warnings"]
    assert len(set(made.chains[0].sequence)) > 3


def sine(seconds: float = 3.0, hz: float = 440.0) -> Source:
    return source_of(0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)[None])


def noise(seconds: float = 3.0) -> Source:
    return source_of(np.random.default_rng(0).normal(0, 0.2, (1, round(seconds * RATE))))


@pytest.mark.parametrize(
    "make",
    [
        sine,
        noise,
        lambda: source_of(np.full((2, RATE), 0.5)),
        lambda: sine(0.251),
        lambda: source_of(9.0 * np.eye(3, RATE)),
    ],
)
def test_uniform_and_odd_material_gives_finite_sound(make: Callable[[], Source]) -> None:
    made = morph(make(), QUICK)
    assert np.isfinite(made.audio.samples).all() and made.audio.length > 0
    assert np.abs(made.audio.samples).max() <= 0.95 + 1e-6


class Raw:
    """A source of values that `Audio` would refuse."""

    sample_rate, channels = RATE, 1

    def __init__(self, samples: np.ndarray) -> None:
        self._samples = samples.astype(np.float32)
        self.length = samples.shape[1]

    def read(self, start: int, stop: int) -> np.ndarray:
        return self._samples[:, start:stop]


def with_value(value: float) -> np.ndarray:
    samples = np.full((1, RATE), 0.1)
    samples[0, RATE // 2] = value
    return samples


@pytest.mark.parametrize(
    ("samples", "word"),
    [
        (np.zeros((1, 0)), "no samples"),
        (np.ones((1, RATE // 5)), "0.25"),
        (with_value(np.nan), "0.500 s"),
        (with_value(-np.inf), "0.500 s"),
        (np.full((1, RATE), 5e-6), "silent"),
    ],
)
def test_bad_recordings_are_refused(samples: np.ndarray, word: str) -> None:
    with pytest.raises(InputError, match=word):
        morph(Raw(samples), QUICK)


@pytest.mark.parametrize("events", [[], [Event(0, 10**9)]])
def test_bad_event_lists_are_refused(events: list[Event]) -> None:
    with pytest.raises(InputError):
        morph(plucks(4), QUICK, events=events)


@pytest.mark.parametrize(
    "grid",
    [
        Grid(128, bars=4),
        Grid(87.5, bars=3, step=Fraction(1, 16)),
        Grid(174.3),
        Grid(110, beats_per_bar=3, bars=2),
        Grid(133.3, beats_per_bar=7, beat_unit=8, bars=5),
        Grid(120, bars=40),
        Grid(60, bars=1, step=Fraction(1)),
    ],
)
def test_loops_have_exact_bars(grid: Grid) -> None:
    made = morph(plucks(), QUICK, grid=grid)
    bars = made.report["grid"]["bars"]
    assert grid.bars in (None, bars)
    assert made.audio.length == bars_to_samples(bars, bpm=grid.bpm, beats_per_bar=grid.beats_per_bar, sample_rate=RATE)
    places = made.voices[0].placements
    assert places[0].start == 0 and places[-1].end == made.audio.length
    assert all(a.end == b.start for a, b in zip(places, places[1:], strict=False))
    steps = bars * grid.steps_per_bar
    on_grid = {math.floor(Fraction(k * made.audio.length, steps) + Fraction(1, 2)) for k in range(steps)}
    assert {place.start for place in places} <= on_grid


def test_a_loop_without_bars_holds_all_chains() -> None:
    made = morph(plucks(), QUICK, grid=Grid(120))
    assert [p.event for p in made.voices[0].placements if p.chain == 0][: len(made.chains[0].sequence)] == list(
        made.chains[0].sequence
    )
    assert all(chain.start < chain.end for chain in made.chains) and not made.report["warnings"]


def test_a_loop_too_short_for_all_chains_says_so() -> None:
    made = morph(plucks(), QUICK, grid=Grid(120, bars=1, step=Fraction(1, 2)))
    assert any("too short for 1 of 3" in note for note in made.report["warnings"])


def test_channels_apart_on_a_grid_are_equally_long() -> None:
    made = morph(plucks(), settings_for(learning_steps=10, diffusion_steps=10, stereo="per_channel"), grid=Grid(120))
    assert made.audio.channels == 2
    assert all(voice.placements[-1].end == made.audio.length for voice in made.voices)


def test_a_lone_event_fills_its_bars() -> None:
    source = plucks(4)
    made = morph(source, QUICK, events=[Event(0, 5000)], grid=Grid(120, bars=1))
    assert [place.event for place in made.voices[0].placements] == [0] * 8


def test_progress_rises_to_one() -> None:
    told: list[float] = []
    morph(plucks(8), QUICK, progress=lambda done, total: told.append(done / (total or 1)))
    assert told == sorted(told) and told[-1] == 1.0 and len(told) > 5


def test_the_rate_may_be_any() -> None:
    samples = plucks(12).read(0, 60_000)
    for rate in (8000, 96_000):
        made = morph(as_source(Audio(samples, rate)), QUICK)
        assert made.audio.sample_rate == rate and made.audio.samples.any()
