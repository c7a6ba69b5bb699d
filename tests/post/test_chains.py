import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import InputError, UsageError
from samplegen.post.chains import Chain, Effect, apply_chain
from samplegen.post.effects import EFFECTS
from samplegen.post.presets import PRESETS

RATE = 44100
LIMIT = 10 ** (-0.3 / 20)


def chain(kind: str, **values: float | str) -> Chain:
    return Chain(kind, (Effect(kind, values),))


def click(length: int, place: int) -> Audio:
    samples = np.zeros(length, np.float32)
    samples[place] = 0.5
    return Audio(samples, RATE)


def seam_and_interior_steps(audio: Audio) -> tuple[float, float]:
    doubled = np.concatenate([audio.samples, audio.samples], axis=1)
    steps = np.abs(np.diff(doubled, axis=1))
    return float(steps[:, audio.length - 1].max()), float(steps[:, : audio.length - 1].max())


@pytest.mark.parametrize("name", PRESETS)
def test_presets_keep_length_peak_and_bytes(drum_loop: Audio, name: str) -> None:
    first = apply_chain(drum_loop, PRESETS[name], loop=True)
    assert first.length == drum_loop.length
    assert first.channels == (2 if name == "wide" else 1)
    assert 0.1 < np.abs(first.samples).max() <= LIMIT
    assert first.samples.tobytes() == apply_chain(drum_loop, PRESETS[name], loop=True).samples.tobytes()


@pytest.mark.parametrize("kind", EFFECTS)
def test_no_effect_makes_a_step_at_the_seam(kind: str) -> None:
    """A sine with whole periods has its steepest step somewhere else than where the seam lies."""
    length = 30_011
    n = np.arange(length)
    sine = Audio((0.4 * np.cos(2 * np.pi * 150 * n / length)).astype(np.float32), RATE)
    steps = seam_and_interior_steps(apply_chain(sine, chain(kind), loop=True))
    assert steps[0] <= steps[1] * 1.001 + 1e-6


@pytest.mark.parametrize("kind", ["Delay", "Reverb", "Chorus", "Phaser", "HighpassFilter", "Widen"])
def test_a_loop_is_in_the_settled_state(kind: str) -> None:
    """Rotating the input rotates the output where the effect does not depend on time."""
    loop = click(20_000, 17_000)
    plain = apply_chain(loop, chain(kind), loop=True).samples
    assert plain.shape[1] == 20_000
    if kind in ("Chorus", "Phaser"):
        return
    rolled = apply_chain(loop.with_samples(np.roll(loop.samples, 9000, axis=1)), chain(kind), loop=True).samples
    assert np.abs(np.roll(plain, 9000, axis=1) - rolled).max() < 2e-3


def test_a_tail_wraps_round_to_the_start() -> None:
    wet = apply_chain(click(RATE, RATE - 1000), chain("Delay", delay_seconds=0.1, feedback=0, mix=0.5), loop=True)
    assert np.argsort(np.abs(wet.samples[0]))[-2:].tolist() in ([3410, RATE - 1000], [RATE - 1000, 3410])
    assert np.abs(wet.samples[0, :3000]).max() < 1e-6


def test_a_loop_shorter_than_the_tail_takes_all_its_repeats() -> None:
    """A click every 0.05 s into a 0.3 s echo with feedback 1/2: 1 + 1/2 + 1/4 + … of it lie on each other."""
    length = RATE // 20
    settings = {"delay_seconds": 0.3, "feedback": 0.5, "mix": 1.0}
    quiet = click(length, 7).samples[0] / 2
    wet = apply_chain(Audio(quiet, RATE), chain("Delay", **settings), loop=True).samples[0]
    peak = int(np.argmax(np.abs(wet)))
    assert peak == 7 and wet[7] == pytest.approx(0.25 / (1 - 0.5), rel=0.01)


@pytest.mark.parametrize("kind", ["Resample", "Limiter", "Bitcrush", "Compressor", "Reverb"])
def test_latency_is_compensated(kind: str) -> None:
    for loop in (True, False):
        wet = apply_chain(click(20_000, 5000), chain(kind), loop=loop).samples[0]
        assert abs(int(np.argmax(np.abs(wet))) - 5000) <= 1


def test_effects_that_look_ahead_see_the_start_behind_the_end() -> None:
    """A click at sample 0 through a symmetric resampler leaves its pre-ringing at the end."""
    wet = apply_chain(click(10_000, 0), chain("Resample", target_sample_rate=8000), loop=True).samples[0]
    assert np.abs(wet[-20:]).max() > 0.1 * np.abs(wet).max()


def test_a_one_shot_grows_by_its_tail_up_to_the_limit() -> None:
    echo = chain("Delay", delay_seconds=0.5, feedback=0.9, mix=0.5)
    hit = click(10_000, 100)
    last_echo = 100 + RATE  # the next one would come after the limit
    assert last_echo < apply_chain(hit, echo, loop=False, max_tail_s=1.2).length < last_echo + 0.02 * RATE
    assert apply_chain(hit, echo, loop=False, max_tail_s=0.0).length == 10_000
    room = apply_chain(hit, chain("Reverb"), loop=False)
    assert 10_000 < room.length <= 10_000 + 2 * RATE
    assert (room.samples[:, -1] == 0).all()


def test_a_one_shot_without_tail_keeps_its_length_and_ends_in_zero() -> None:
    ringing = Audio(np.cos(np.arange(5000) / 9).astype(np.float32) * 0.5, RATE)
    for preset in PRESETS.values():
        processed = apply_chain(ringing, preset, loop=False)
        assert processed.length == 5000 and (processed.samples[:, -1] == 0).all()


@pytest.mark.parametrize("loop", [True, False])
def test_the_peak_is_brought_down_but_never_up(loop: bool, drum_loop: Audio) -> None:
    loud = apply_chain(drum_loop, chain("Gain", gain_db=40), loop=loop)
    assert np.abs(loud.samples).max() == pytest.approx(LIMIT, rel=1e-5) and np.abs(loud.samples).max() <= LIMIT
    quiet = apply_chain(drum_loop, chain("Gain", gain_db=-40), loop=loop)
    assert np.abs(quiet.samples).max() == pytest.approx(0.01 * np.abs(drum_loop.samples).max(), rel=1e-3)


def test_presets_do_not_depend_on_the_level(drum_loop: Audio) -> None:
    quiet = drum_loop.with_samples(drum_loop.samples * np.float32(0.125))
    for preset in PRESETS.values():
        same = apply_chain(quiet, preset, loop=True).samples
        assert np.abs(same - apply_chain(drum_loop, preset, loop=True).samples).max() < 1e-4


def test_wide_folds_down_to_what_went_in(drum_loop: Audio) -> None:
    wide = apply_chain(drum_loop, PRESETS["wide"], loop=True)
    no_width = Chain("m", PRESETS["wide"].effects[:1], input_peak_db=-1.0)
    mono = apply_chain(drum_loop, no_width, loop=True).samples[0].astype(float)
    fold = wide.samples.mean(axis=0).astype(float)
    gain = np.dot(fold, mono) / np.dot(mono, mono)
    assert np.abs(fold - gain * mono).max() < 1e-4
    assert np.std(wide.samples[0] - wide.samples[1]) > 0.05 * np.std(fold)


def test_silence_and_odd_lengths() -> None:
    for preset in PRESETS.values():
        for length in (0, 1, 2, 700):
            for loop in (True, False):
                silent = apply_chain(Audio(np.zeros((1, length), np.float32), RATE), preset, loop=loop)
                assert not silent.samples.any() and silent.length == length
    assert apply_chain(click(1, 0), PRESETS["crush"], loop=True).length == 1


def test_the_input_is_left_alone(drum_loop: Audio) -> None:
    before = drum_loop.samples.copy()
    apply_chain(drum_loop, PRESETS["dusty"], loop=True)
    assert np.array_equal(drum_loop.samples, before)


def test_more_than_two_channels_are_refused() -> None:
    with pytest.raises(InputError, match="not 6 channels"):
        apply_chain(Audio(np.zeros((6, 100), np.float32), RATE), PRESETS["clean"], loop=True)


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("VST3Plugin", {}, "'VST3Plugin'.*Allowed: Gain"),
        ("Convolution", {"impulse_response_filename": "x.wav"}, "no effect 'Convolution'"),
        ("load_plugin", {}, "no effect"),
        ("Compressor", {"treshold_db": -18}, "'treshold_db'.*threshold_db, ratio"),
        ("Compressor", {"threshold_db": "-18"}, "threshold_db is '-18'; allowed: -80 to 0 dBFS"),
        ("Compressor", {"threshold_db": 3}, "threshold_db is 3"),
        ("Compressor", {"ratio": True}, "ratio is True"),
        ("Compressor", {"ratio": float("nan")}, "ratio is nan"),
        ("Compressor", {"ratio": [4]}, r"ratio is \[4\]"),
        ("Compressor", {"ratio": 10**400}, "ratio is 1000"),
        ("Resample", {"quality": "Best"}, "'Best'; allowed: ZeroOrderHold"),
        ("Resample", {"quality": 3}, "quality is 3"),
        ("Reverb", {"freeze_mode": 1}, "'freeze_mode'"),
    ],
)
def test_effects_outside_the_catalogue_are_refused(kind: str, values: dict[str, float], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Effect(kind, values)
