"""Takes: nothing at amount 0, differences that stay within the hit's attack, level and end, baselines as driven."""

from collections.abc import Sequence

import numpy as np
import pytest

from samplegen.audio.quality import peak_db
from samplegen.audio.types import Audio
from samplegen.errors import InputError, UsageError
from samplegen.units import gain_to_db
from samplegen.variations.edits.distances import pairwise, picture
from samplegen.variations.edits.gates import acceptance, judge_diversity, judge_edit
from samplegen.variations.humanize import (
    HumanizeSettings,
    TakePlan,
    lay_takes,
    make_takes,
    plan_take,
    set_target_db,
    trim_gain,
)
from samplegen.variations.takes.calibration import Drive
from samplegen.variations.takes.engines import Difference, DspTakes, TakeEngine
from samplegen.variations.takes.hits import Hit, kind_in_name, make_hit
from tests.variations.hit_sounds import RATE, drum, hit


class NoiseTakes:
    """Adds decaying noise to a hit."""

    name = "toy"
    holds = True

    def drive(self, hit: Hit, *, amount: float) -> Drive:
        """Gain alone."""
        return Drive(0.1, amount)

    def differences(
        self, hits: Sequence[Hit], *, seeds: Sequence[Sequence[int]], drives: Sequence[Drive]
    ) -> list[list[Difference]]:
        """Noise of each seed."""
        return [
            [Difference(self._noise(one, seed)) for seed in several] for one, several in zip(hits, seeds, strict=True)
        ]

    def _noise(self, one: Hit, seed: int) -> np.ndarray:
        noise = np.random.default_rng(seed).standard_normal(one.audio.samples.shape)
        return (0.1 * noise).astype(np.float32)


def plans(count: int, *, gain_db: float = 0.0) -> list[TakePlan]:
    return [TakePlan(seed, 1.0, gain_db) for seed in range(count)]


def takes_of(engine: TakeEngine, one: Hit, planned: list[TakePlan], *, drive: Drive) -> list[Audio]:
    return make_takes(engine, [one], [planned], [drive])[0]


def test_amount_zero_is_the_hit_bit_for_bit() -> None:
    one = hit()
    takes = takes_of(NoiseTakes(), one, plans(2), drive=Drive(0.0, 0.0))
    assert all(take.samples.tobytes() == one.audio.samples.tobytes() for take in takes)


def test_takes_pass_the_gates_and_differ() -> None:
    one = hit(seconds=1)
    takes = takes_of(NoiseTakes(), one, plans(4), drive=Drive(0.1, 0.4))
    for take in takes:
        results = judge_edit(take, one, measures := {})
        assert all(result.passed for result in results), [result.reason for result in results if result.reason]
        assert abs(measures["onset_shift_ms"] or 0.0) <= 1.0
        assert take.samples[0, -1] == one.audio.samples[0, -1]
        assert np.square(take.samples).sum() == pytest.approx(np.square(one.audio.samples).sum(), rel=0.01)
    distances = pairwise([picture(take) for take in takes])
    assert min(distances) > 0.5


def test_stereo_keeps_its_image() -> None:
    one = hit(channels=2)
    left = np.concatenate([one.audio.samples[:1], 0.5 * one.audio.samples[:1]])
    panned = Hit("panned", "snare", one.audio.with_samples(left))
    assert len(panned.lanes) == 2 and len(hit(channels=1).lanes) == 1
    np.testing.assert_allclose(panned.from_lanes(panned.lanes), panned.audio.samples, atol=1e-6)
    centred = Hit("centred", "snare", one.audio.with_samples(np.repeat(one.audio.samples[:1], 2, axis=0)))
    assert len(centred.lanes) == 1
    moved = centred.from_lanes(0.1 * centred.lanes)
    np.testing.assert_array_equal(moved[0], moved[1])


def test_harder_takes_are_louder() -> None:
    one = hit()
    takes = takes_of(NoiseTakes(), one, plans(1, gain_db=-6.0), drive=Drive(0.1, 0.5))
    energies = [float(np.square(audio.samples).sum()) for audio in (takes[0], one.audio)]
    assert gain_to_db(np.sqrt(energies[0] / energies[1])) == pytest.approx(-6.0, abs=0.1)


@pytest.mark.parametrize("start", [0.1, 0.4, 1.0])
def test_gains_are_trimmed_to_the_very_hit(start: float) -> None:
    one = hit(seconds=1)
    found = NoiseTakes().differences([one], seeds=[[1, 2, 3, 4]], drives=[Drive(0.1, 1.0)])[0]
    gain = trim_gain(one, found, gain=start, target_db=2.0)
    takes = lay_takes([one], [plans(4)], [found], gains=[gain], holds=True)[0]
    assert float(np.median(pairwise([picture(take) for take in takes]))) == pytest.approx(2.0, rel=0.25)
    assert trim_gain(one, found[:1], gain=start, target_db=2.0) == start
    targets = [set_target_db(one, amount=0.5, seed=seed) for seed in range(200)]
    assert float(np.median(targets)) == pytest.approx(0.5 * one.reality.median_db, rel=0.1)


def test_plans_follow_their_seeds() -> None:
    settings = HumanizeSettings(layers=2)
    drawn = [plan_take(hit(), settings, seed=seed, layer=2) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    soft = plan_take(hit(), settings, seed=1, layer=1)
    assert soft.gain_db == pytest.approx(drawn[0].gain_db - hit().reality.range_db / 2)
    assert plan_take(hit(), HumanizeSettings(velocity=0.0), seed=9, layer=1).gain_db == 0.0


@pytest.mark.parametrize("method", ["velvet", "eq"])
def test_baselines_are_driven_to_the_real_median(method: str) -> None:
    one, engine = hit(seed=3), DspTakes(method)
    drive = engine.drive(one, amount=1.0)
    takes = takes_of(engine, one, plans(6), drive=drive)
    median = float(np.median(pairwise([picture(take) for take in takes])))
    assert one.reality.median_db / 2 < median < one.reality.median_db * 2
    still = takes_of(engine, one, plans(2), drive=engine.drive(one, amount=0.0))
    np.testing.assert_allclose(still[0].samples, one.audio.samples, atol=1e-5)


def test_gates_say_what_is_wrong() -> None:
    one = hit()
    late = one.audio.with_samples(np.roll(one.audio.samples, 100, axis=1))
    loud = one.audio.with_samples(np.clip(20 * one.audio.samples, -1, 1))
    short = one.audio.with_samples(one.audio.samples[:, :-5])
    refused = [
        {result.name for result in judge_edit(audio, one, {}) if not result.passed} for audio in (late, loud, short)
    ]
    assert "onset" in refused[0] and "peak" in refused[1] and "length" in refused[2]
    same = judge_diversity(one.picture, [one.picture], {}, median_db=2.0)
    assert same is not None and not same.passed and "0.40 are needed" in same.reason
    assert judge_diversity(one.picture, [], {}, median_db=2.0) is None
    assert acceptance({"onset": 1}, kept=3) == 0.75 and acceptance({}, kept=0) == 1.0


def test_pitch_is_judged_where_there_is_one() -> None:
    tone = np.sin(2 * np.pi * 220 * np.arange(RATE // 2) / RATE) * np.exp(-np.arange(RATE // 2) / 9000)
    one = make_hit(Audio(0.5 * tone[None].astype(np.float32), RATE), name="t", kind="tom", headroom_db=3.0)
    assert one.pitch is not None
    sharp = np.interp(np.arange(RATE // 2) * 2 ** (30 / 1200), np.arange(RATE // 2), one.audio.samples[0])
    results = judge_edit(one.audio.with_samples(sharp[None].astype(np.float32)), one, measures := {})
    assert measures["pitch_cents"] == pytest.approx(30.0, abs=3.0)
    assert not next(result for result in results if result.name == "pitch").passed


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.zeros((1, 4000)), "silent"),
        (np.ones((1, 20)), "no hit is that short"),
        (np.ones((1, 21 * RATE)), "single hits"),
    ],
)
def test_hits_of_no_use(samples: np.ndarray, said: str) -> None:
    with pytest.raises(InputError, match=said):
        make_hit(Audio(samples.astype(np.float32), RATE), name="x.wav", kind="snare", headroom_db=3.0)


def test_levels_leave_room() -> None:
    loud, quiet = drum(), drum()
    loud = loud.with_samples(loud.samples / np.abs(loud.samples).max())
    quiet = quiet.with_samples(0.001 * quiet.samples)
    assert peak_db(make_hit(loud, name="l", kind="kick", headroom_db=4.0).audio) == pytest.approx(-4.5, abs=0.01)
    assert peak_db(make_hit(quiet, name="q", kind="kick", headroom_db=4.0).audio) == pytest.approx(-20.0, abs=0.01)


@pytest.mark.parametrize(
    ("path", "kind"),
    [("kit/BD 01.wav", "kick"), ("Snares/x1.wav", "snare"), ("closed_hat_3.wav", "hat_closed"), ("zz/q.wav", None)],
)
def test_kinds_in_names(path: str, kind: str | None) -> None:
    assert kind_in_name(path, ("kick", "snare", "hat_closed")) == kind


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"takes": 0}, "-n 0"),
        ({"amount": 9.0}, "--amount 9"),
        ({"velocity": -1.0}, "--velocity"),
        ({"layers": 17}, "17"),
    ],
)
def test_settings_without_sense(asked: dict[str, int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        HumanizeSettings(**asked)  # type: ignore[arg-type]
