import numpy as np
import pytest

from samplegen.engines.on_the_fly.annealing import denoise
from samplegen.engines.on_the_fly.clusters import Clusters, find_clusters
from samplegen.engines.on_the_fly.learning import Learned, learn
from samplegen.engines.on_the_fly.patches import mel_filters, normalise, patch_fft
from samplegen.engines.on_the_fly.streams import Streams
from samplegen.engines.phase_diffusion.settings import PhaseSettings
from samplegen.engines.phase_diffusion.walk import (
    STRENGTH,
    Envelopes,
    LatentBlend,
    band_envelopes,
    event_at,
    walk,
    walk_temperatures,
)

RATE = 44_100


@pytest.mark.parametrize(("start", "end"), [(3.0, 0.3), (0.3, 0.05), (1.0, 0.1)])
def test_temperatures_end_at_a_tenth_but_not_below_a_twentieth(start, end):
    found = walk_temperatures(PhaseSettings(temperature=start, diffusion_steps=30))
    assert (found[0], found[-1]) == (pytest.approx(start), pytest.approx(end))
    np.testing.assert_allclose(found[1:] / found[:-1], (end / start) ** (1 / 29))


def test_events_come_closer_to_their_centres():
    rng = np.random.default_rng(2)
    latents = np.concatenate([rng.normal(centre, 1.0, (40, 4)) for centre in (-3.0, 3.0)])
    clusters = find_clusters(latents, count=2, rng=rng)
    done = walk(latents, clusters, PhaseSettings(diffusion_steps=30), rng=rng)
    assert np.median(done.after) < 0.5 * np.median(done.before)
    np.testing.assert_allclose(done.before, np.linalg.norm(latents - clusters.centres[clusters.labels], axis=1))


def test_the_event_of_a_position():
    """Events of samples 0..9, 10..19 and, behind a gap, 30..39."""
    ends = np.array([10, 20, 40])
    positions = np.array([-5, 0, 9, 10, 19, 20, 29, 30, 39, 40, 99])
    np.testing.assert_array_equal(event_at(ends, positions), [0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2])


def learned_of(patches) -> Learned:
    return learn(normalise(patches), latent_size=2, steps=10, clusters=2, streams=Streams(1))


def test_energies_like_those_of_white_noise_give_a_flat_envelope():
    """E_m = sigma^2 A_m, for one event: nothing is learned, its own spectrum is decoded."""
    areas = mel_filters(patch_fft(RATE), RATE).sum(axis=1)
    patches = np.repeat(np.log(0.25 * areas), 16)[None].astype(np.float32)
    found = learned_of(patches)
    bands = band_envelopes(found, normalise(patches), found.latents, amount=1.0, sample_rate=RATE)
    filters = mel_filters(8192, RATE)
    envelope = Envelopes(bands, filters=filters).of(np.array([0]))[0]
    first, last = np.argmax(filters[0]), np.argmax(filters[-1])
    np.testing.assert_allclose(envelope[first : last + 1], envelope[first], rtol=1e-4)
    assert envelope[first] > 0.0


def test_amount_0_decodes_the_event_itself():
    rng = np.random.default_rng(8)
    patches = rng.standard_normal((6, 640)).astype(np.float32)
    found = learned_of(patches)
    assert found.model is not None
    away = found.latents + 5.0
    bands = band_envelopes(found, normalise(patches), away, amount=0.0, sample_rate=RATE)
    np.testing.assert_array_equal(
        bands, band_envelopes(found, normalise(patches), found.latents, amount=1.0, sample_rate=RATE)
    )
    assert not np.allclose(bands, band_envelopes(found, normalise(patches), away, amount=1.0, sample_rate=RATE))


def test_latents_are_restored_exactly():
    rng = np.random.default_rng(8)
    patches = rng.standard_normal((6, 640)).astype(np.float32)
    found = learned_of(patches)
    assert found.model is not None
    codes = found.model.encode(normalise(patches).values)
    np.testing.assert_allclose(found.unstandardise(found.latents), codes, atol=1e-6)


@pytest.mark.parametrize("effect", [0.0, 0.4, 1.0])
def test_frames_keep_their_mean_magnitude_and_silence_stays(effect):
    rng = np.random.default_rng(1)
    spectra = (rng.standard_normal((2, 3, 9)) + 1j * rng.standard_normal((2, 3, 9))).astype(np.complex64)
    spectra[1] = 0.0
    before = np.abs(spectra)
    bands = rng.uniform(0.1, 1.0, (2, 4)).astype(np.float32)
    filters = rng.uniform(0.0, 1.0, (4, 9)).astype(np.float32)
    blend = LatentBlend(Envelopes(bands, filters=filters), event_of=lambda first, count: np.array([0, 1, 1])[:count])
    phasors = np.full((1, 3, 9), 1.0j, dtype=np.complex64)
    blend.apply(spectra, first=0, effect=np.full(3, effect), phasors=phasors)
    envelope = np.sqrt(bands[[0, 1, 1]] @ filters)
    wanted = (1 - effect) * before[0] + effect * envelope * (
        before[0].mean(axis=1, keepdims=True) / envelope.mean(axis=1, keepdims=True)
    )
    np.testing.assert_allclose(np.abs(spectra[0]), wanted, rtol=1e-5)
    np.testing.assert_array_equal(spectra[1], 0.0)


@pytest.mark.parametrize(("fraction", "step"), [(0.0, 0.30), (1.0, 0.18)])
def test_size_of_a_step_at_temperature_1(fraction, step):
    clusters = Clusters(np.zeros((1, 1)), np.ones((1, 1)), None, np.zeros(1, dtype=np.intp), np.ones(1, dtype=np.intp))
    place = denoise(
        np.ones((1, 1)), clusters, own=clusters.labels, temperature=1.0, fraction=fraction, strength=STRENGTH,
        normals=None,
    )  # fmt: skip
    assert 1.0 - place[0, 0] == pytest.approx(step)
