"""From patches to standardised latents and clusters."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from samplegen.engines.on_the_fly import learning
from samplegen.engines.on_the_fly.autoencoder import Training
from samplegen.engines.on_the_fly.learning import Learned, learn
from samplegen.engines.on_the_fly.patches import Normalised, normalise
from samplegen.engines.on_the_fly.streams import Streams


def made(count: int, *, inputs: int = 64, causes: int = 4, seed: int = 0) -> Normalised:
    rng = np.random.default_rng(seed)
    return normalise((rng.standard_normal((count, causes)) @ rng.standard_normal((causes, inputs))).astype(np.float32))


def learned(patches: Normalised, *, seed: int = 42, clusters: int = 3, steps: int = 30) -> Learned:
    return learn(patches, latent_size=4, steps=steps, clusters=clusters, streams=Streams(seed))


def test_latents_are_standardised_and_restore_exactly() -> None:
    patches = made(40)
    result = learned(patches)
    assert result.model is not None and result.training is not None
    assert result.latents.dtype == np.float64 and result.latents.shape == (40, 4)
    np.testing.assert_allclose(result.latents.mean(axis=0), 0.0, atol=1e-12)
    assert result.latents.std(axis=0).mean() == pytest.approx(1.0, rel=1e-12)
    raw = result.model.encode(patches.values).astype(np.float64)
    assert result.spread == pytest.approx(raw.std(axis=0).mean(), rel=1e-4)
    np.testing.assert_allclose(result.unstandardise(result.latents), raw, atol=1e-4 * result.spread)
    assert result.clusters.count == 3 and result.warnings == ()


def test_one_event_is_not_trained_on() -> None:
    result = learned(made(1))
    assert result.model is None and result.training is None
    assert result.spread == 0.0 and result.clusters.count == 1
    np.testing.assert_array_equal(result.latents, np.zeros((1, 4)))
    np.testing.assert_array_equal(result.unstandardise(result.latents), np.zeros((1, 4)))


def test_two_events_are_one_cluster() -> None:
    result = learned(made(2))
    assert result.clusters.count == 1 and np.all(np.isfinite(result.latents))
    assert any("3 clusters became 1" in warning for warning in result.warnings)


@pytest.mark.parametrize(("count", "clusters"), [(4, 2), (5, 2), (6, 3), (40, 3)])
def test_clusters_are_at_most_half_the_events(count: int, clusters: int) -> None:
    assert learned(made(count)).clusters.count == clusters


def test_events_all_alike_are_one_cluster_with_a_warning() -> None:
    patches = normalise(np.ones((12, 64), dtype=np.float32))
    result = learned(patches)
    assert result.model is None and result.clusters.count == 1 and result.spread == 0.0
    assert any("alike" in warning for warning in result.warnings)
    assert np.all(np.isfinite(result.latents))


def test_a_code_dimension_that_never_changes_stays_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    encode = learning.Autoencoder.encode

    def dulled(self: learning.Autoencoder, x: np.ndarray) -> np.ndarray:
        codes = encode(self, x)
        codes[:, 1] = 3.0
        return codes

    monkeypatch.setattr(learning.Autoencoder, "encode", dulled)
    result = learned(made(20))
    np.testing.assert_array_equal(result.latents[:, 1], 0.0)
    assert result.latent_std[1] == 1.0
    np.testing.assert_allclose(result.unstandardise(result.latents)[:, 1], 3.0)


def test_noise_that_cannot_be_learned_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "train", lambda *_, **__: Training(initial_loss=1.0, final_loss=0.96))
    assert any("barely learned" in warning for warning in learned(made(20)).warnings)


def test_same_seed_same_bytes_with_one_and_two_blas_threads() -> None:
    patches = made(120, inputs=640)

    def result(threads: int, seed: int = 42) -> bytes:
        with threadpool_limits(limits=threads, user_api="blas"):
            found = learned(patches, seed=seed, steps=10)
        return found.latents.tobytes() + found.clusters.labels.tobytes() + found.clusters.centres.tobytes()

    assert result(1) == result(2)
    assert result(1) != result(1, seed=43)
