"""Orders of enhanced recordings: which engine, what stays unchanged, rates, levels, what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from samplegen.audio.io import read_audio, write_wav
from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import load_generator
from samplegen.errors import InputError, ModelMissingError, UsageError
from samplegen.pipeline import make_edits
from samplegen.variations.edits.bands import Crossover
from samplegen.variations.edits.sources import Asked
from samplegen.variations.enhance import trusted_snr_db
from samplegen.variations.orders.enhance import MODEL, EnhanceOrder, EnhanceRequest, below_ceiling, find_cutoff
from tests.models import GENERATOR
from tests.variations.edits.test_bands import RATE, noise
from tests.variations.hit_sounds import drum
from tests.variations.test_enhance import limited, shown


def request(out: Path, *inputs: Path, **asked: Any) -> EnhanceRequest:
    return EnhanceRequest(**{"count": 1, "out": out / "pack", "seed": 1, "inputs": inputs, "engine": "dsp", **asked})


def hit(path: Path, *, full: bool = False, channels: int = 1) -> Path:
    audio = drum(seconds=0.25, channels=channels)
    write_wav(path, audio if full else limited(audio))
    return path


def test_full_band_comes_back_as_it_is(tmp_path: Path) -> None:
    path = hit(tmp_path / "snare.wav", full=True, channels=2)
    result = make_edits(EnhanceOrder(request(tmp_path, path)))
    made, own = (read_audio(one) for one in (result.folder / result.files[0], path))
    assert made.samples.tobytes() == own.samples.tobytes()
    assert any("full band already" in note for note in result.notes)


def test_the_fallback_is_named_and_keeps_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, **_: object) -> None:
        raise ModelMissingError(f"No model {name}.")

    monkeypatch.setattr("samplegen.engines.alpha_blend.load_generator", missing)
    path = hit(tmp_path / "snare.wav", channels=2)
    order = EnhanceOrder(request(tmp_path, path, engine="auto", count=3))
    result = make_edits(order)
    assert order.engine_name == "enhance/dsp" and MODEL in order.notes[0] and "one answer" in order.notes[1]
    assert len(result.files) == 1
    made, own = (read_audio(one) for one in (result.folder / result.files[0], path))
    assert made.samples.shape == own.samples.shape and trusted_snr_db(made, own, Crossover(7500.0)) >= 60.0
    assert any("its band ends at 7" in note and "spectral band replication" in note for note in result.notes)
    again = make_edits(EnhanceOrder(request(tmp_path / "again", path, count=3)))
    assert (again.folder / again.files[0]).read_bytes() == (result.folder / result.files[0]).read_bytes()


def test_the_generator_draws_as_many_as_asked(tiny_models: Path, tmp_path: Path) -> None:
    path = hit(tmp_path / "snare.wav")
    order = EnhanceOrder(request(tmp_path, path, engine="auto", count=2), generator=shown(load_generator(GENERATOR)))
    first, second = order.make([0, 1], 0)
    again = EnhanceOrder(request(tmp_path, path, engine="auto", count=2), generator=order.generator).make([0, 1], 0)
    assert first.provenance.engine == "enhance/alpha_blend" and first.provenance.model == GENERATOR
    assert first.provenance.parameters["method"] == "alpha blending"
    assert first.audio.samples.tobytes() != second.audio.samples.tobytes()
    assert [one.audio.samples.tobytes() for one in again] == [one.audio.samples.tobytes() for one in (first, second)]
    order.replicated = frozenset({"snare"})  # type: ignore[misc]
    replicated = order.make([0], 0)[0]
    assert (replicated.provenance.engine, replicated.provenance.model) == ("enhance/dsp", "")


def test_generators_that_see_nothing(tiny_models: Path, tmp_path: Path) -> None:
    path = hit(tmp_path / "snare.wav")
    order = EnhanceOrder(request(tmp_path, path, engine="auto"), generator=load_generator(GENERATOR))
    assert order.engine_name == "enhance/dsp" and "not trained to be shown" in order.notes[0]
    with pytest.raises(UsageError, match="--engine dsp"):
        EnhanceOrder(request(tmp_path, path, engine="alpha", model=GENERATOR))


@pytest.mark.parametrize(
    ("rate", "made_rate"), [(22_050, 44_100), (32_000, 44_100), (48_000, 48_000), (96_000, 48_000)]
)
def test_rates(tmp_path: Path, rate: int, made_rate: int) -> None:
    path = tmp_path / "noise.wav"
    write_wav(path, Audio(noise(seconds=0.5).samples[:, : rate // 2], rate))
    (made,) = EnhanceOrder(request(tmp_path, path)).make([0], 0)
    assert (made.audio.sample_rate, made.audio.length) == (made_rate, min(made_rate // 2, 22_050 * made_rate // rate))
    cutoff = made.provenance.parameters["found_cutoff_hz"]
    assert cutoff is None if rate >= 44_100 else cutoff == pytest.approx(0.475 * rate, rel=0.05)


def test_plain_resampling(tmp_path: Path) -> None:
    path = hit(tmp_path / "snare.wav")
    (made,) = EnhanceOrder(request(tmp_path, path, engine="plain")).make([0], 0)
    assert made.audio.samples.tobytes() == read_audio(path).samples.tobytes()
    assert made.provenance.parameters["method"] == "plain resampling"


def test_loops_keep_their_length(tmp_path: Path) -> None:
    write_wav(tmp_path / "loop.wav", limited(noise(seconds=2.0), loop=True))
    asked = Asked(bpm=120.0, bars=1)
    order = EnhanceOrder(request(tmp_path, tmp_path / "loop.wav", cutoff_hz=7500.0, asked=asked))
    result = make_edits(order)
    assert read_audio(result.folder / result.files[0]).length == 2 * RATE


def test_levels() -> None:
    own, loud = Audio(np.full((1, 8), 0.5, np.float32), RATE), Audio(np.full((1, 8), 1.2, np.float32), RATE)
    assert below_ceiling(own, own) == (own, 1.0)
    made, gain = below_ceiling(loud, own)
    assert np.abs(made.samples).max() < 0.967 and gain == pytest.approx(0.966 / 1.2, rel=1e-3)


def test_files_of_low_rates_end_at_their_nyquist_frequency() -> None:
    assert find_cutoff(noise(slope_db=24.0), file_rate=22_050) == pytest.approx(0.475 * 22_050)
    assert find_cutoff(noise(slope_db=24.0), file_rate=44_100) is None


def test_refused(tmp_path: Path) -> None:
    write_wav(tmp_path / "silent.wav", Audio(np.zeros((1, 4000), np.float32), RATE))
    with pytest.raises(InputError, match="silent"):
        make_edits(EnhanceOrder(request(tmp_path, tmp_path / "silent.wav")))
    soundfile.write(tmp_path / "long.flac", np.zeros(1000 * 1801, np.int16), 1000)
    with pytest.raises(InputError, match="longer than 600 s"):
        make_edits(EnhanceOrder(request(tmp_path, tmp_path / "long.flac")))
    for cutoff in (500.0, 30_000.0):
        with pytest.raises(UsageError, match="outside 1000 to 20000 Hz"):
            request(tmp_path, cutoff_hz=cutoff)
    with pytest.raises(UsageError, match="Choose auto, alpha, dsp, plain"):
        EnhanceOrder(request(tmp_path, hit(tmp_path / "snare.wav"), engine="magic"))
