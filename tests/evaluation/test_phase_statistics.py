import math

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.engines.phase_diffusion.engine import diffuse_audio
from samplegen.engines.phase_diffusion.presets import settings_for
from samplegen.evaluation.phase_statistics import (
    clear_onsets,
    measure,
    measure_render,
    onset_rise_db,
    render_table,
    summary_table,
)

RATE = 22_050


def bursts(seconds: float = 3.0, *, rise_db: float = 20.0) -> tuple[Audio, list[int]]:
    """Soft noise that becomes louder by `rise_db` for 0.1 s, every 0.5 s."""
    rng = np.random.default_rng(3)
    samples = 0.01 * rng.standard_normal((2, round(seconds * RATE)))
    starts = list(range(RATE // 2, samples.shape[1], RATE // 2))
    for start in starts:
        samples[:, start : start + RATE // 10] *= 10.0 ** (rise_db / 20.0)
    return Audio(samples.astype(np.float32), RATE), starts


@pytest.mark.parametrize("rise_db", [12.0, 20.0, 30.0])
def test_the_rise_of_bursts_is_found(rise_db):
    audio, starts = bursts(rise_db=rise_db)
    assert onset_rise_db(audio, onsets=starts) == pytest.approx(rise_db, abs=1.5)
    found = clear_onsets(audio)
    # The segmenter puts an onset up to 20 ms before the attack.
    assert all(min(abs(start - place) for place in found) < 0.03 * RATE for start in starts[:-1])


def test_soft_steps_are_no_attacks():
    assert clear_onsets(bursts(rise_db=5.0)[0]) == []
    assert math.isnan(onset_rise_db(bursts()[0], onsets=[]))


def test_an_untouched_recording_does_not_differ():
    audio, _ = bursts()
    out, report = diffuse_audio(audio, settings_for("veil", diffusion_amount=0.0, train_steps=10))
    figures = measure_render(audio, out, report)
    assert figures.level_db == figures.low_db == figures.high_db == pytest.approx(0.0, abs=1e-4)
    assert figures.brightness == pytest.approx(1.0, abs=1e-5)
    assert figures.rise_out_db == pytest.approx(figures.rise_in_db)


def test_a_darker_render_shows_in_the_figures():
    audio, _ = bursts()
    softened = audio.with_samples(0.5 * (audio.samples + np.roll(audio.samples, 1, axis=1)))
    _, report = diffuse_audio(audio, settings_for("veil", train_steps=10))
    figures = measure_render(audio, softened, report)
    assert figures.brightness < 0.9 and figures.high_db < 0.0 and figures.level_db < -2.0


def test_tables_have_a_line_for_every_render():
    measured = list(measure({"bursts": bursts()[0]}, presets=["veil", "latent_drift"], coherences=["raw"]))
    assert [one[:3] for one in measured] == [("veil", "bursts", "raw"), ("latent_drift", "bursts", "raw")]
    assert len(render_table(measured).splitlines()) == 4
    assert "0.5" in summary_table(measured)
