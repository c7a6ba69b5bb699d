"""The network: its size, its gradient, its training."""

import threading

import numpy as np
import pytest

from samplegen.engines.on_the_fly import autoencoder
from samplegen.engines.on_the_fly.autoencoder import Autoencoder, Training, hidden_size, train
from samplegen.engines.on_the_fly.streams import one_thread


def made_patches(count: int, *, inputs: int = 64, seed: int = 0) -> np.ndarray:
    """Patches [n, D] from four hidden causes, z-scored."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((count, 4)) @ rng.standard_normal((4, inputs))
    return ((values - values.mean(axis=0)) / values.std(axis=0)).astype(np.float32)


@pytest.mark.parametrize(
    ("inputs", "latent", "hidden"),
    [(1280, 8, 101), (1280, 10, 113), (1280, 12, 123), (640, 6, 61), (640, 8, 71), (640, 12, 87), (8, 16, 32)],
)
def test_hidden_layers_have_the_documented_width(inputs: int, latent: int, hidden: int) -> None:
    assert hidden_size(inputs, latent) == hidden


@pytest.mark.parametrize(("inputs", "count"), [(1280, 261_666), (640, 92_806)])
def test_parameters_are_counted(inputs: int, count: int) -> None:
    model = Autoencoder(inputs, 8, rng=np.random.default_rng(0))
    assert model.parameter_count == count
    assert model.parameters.dtype == np.float32
    for weight, bias in zip(model.weights, model.biases, strict=True):
        assert not bias.any()
        assert weight.var() == pytest.approx(2.0 / sum(weight.shape), rel=0.15)


def test_gradient_agrees_with_central_differences() -> None:
    rng = np.random.default_rng(3)
    model = Autoencoder(12, 2, rng=rng, dtype=np.float64)
    model.parameters[model.weight_count :] = 0.1 * rng.standard_normal(model.parameter_count - model.weight_count)
    target = rng.standard_normal((9, 12))
    noisy = target + 0.3 * rng.standard_normal((9, 12))
    named = model.loss_and_gradients(noisy, target)[1]
    assert list(named) == [f"{kind}_{i}" for kind in ("weight", "bias") for i in range(4)]
    gradient = np.concatenate([values.ravel() for values in named.values()])
    differences = np.empty_like(gradient)
    for index in range(len(gradient)):
        sides = []
        for offset in (1e-5, -1e-5):
            kept = model.parameters[index]
            model.parameters[index] = kept + offset
            sides.append(model.loss_and_gradients(noisy, target)[0])
            model.parameters[index] = kept
        differences[index] = (sides[0] - sides[1]) / 2e-5
    start = 0
    for values in named.values():
        part = slice(start, start + values.size)
        error = np.linalg.norm(gradient[part] - differences[part]) / np.linalg.norm(differences[part])
        assert error < 1e-6
        start += values.size


def test_the_objective_is_mean_square_plus_the_weight_penalty() -> None:
    model = Autoencoder(12, 2, rng=np.random.default_rng(0), dtype=np.float64)
    x = np.random.default_rng(1).standard_normal((5, 12))
    objective = model.loss_and_gradients(x, x)[0]
    expected = np.mean((model.decode(model.encode(x)) - x) ** 2)
    assert model.loss(x) == pytest.approx(expected)
    penalty = 0.5e-4 * sum(np.sum(weight**2) for weight in model.weights)
    assert objective == pytest.approx(expected + penalty)


def test_a_first_step_moves_each_weight_by_the_rate() -> None:
    model = Autoencoder(64, 8, rng=np.random.default_rng(0))
    before = model.parameters.copy()
    train(model, made_patches(40), steps=1, rng=np.random.default_rng(1))
    moved = np.abs(model.parameters - before)
    assert np.median(moved) == pytest.approx(0.003, rel=0.01)
    assert moved.max() < 0.003 * 1.001


@pytest.mark.parametrize("inputs", [640, 1280])
def test_an_untrained_network_is_as_wrong_as_the_mean(inputs: int) -> None:
    patches = made_patches(20, inputs=inputs)
    training = train(
        Autoencoder(inputs, 8, rng=np.random.default_rng(0)), patches, steps=1, rng=np.random.default_rng(1)
    )
    assert 0.9 < training.initial_loss < 1.2


@pytest.mark.parametrize("count", [10, 50, 90])
def test_training_learns_hidden_causes(count: int) -> None:
    patches = made_patches(count)
    model = Autoencoder(64, 8, rng=np.random.default_rng(0))
    training = train(model, patches, steps=100, rng=np.random.default_rng(1), batch=64)
    assert training.ratio < 0.2
    assert training.final_loss == pytest.approx(np.mean((model.decode(model.encode(patches)) - patches) ** 2), rel=1e-4)


def test_two_halves_give_the_gradient_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without noise, one step over a split batch is one step over the batch."""
    monkeypatch.setattr(autoencoder.NormalNoise, "draw", lambda self, std: np.zeros_like(self._values))
    results = []
    for rows in (32, 1000):
        monkeypatch.setattr(autoencoder, "_SPLIT_ROWS", rows)
        model = Autoencoder(64, 8, rng=np.random.default_rng(0), dtype=np.float64)
        train(model, made_patches(41), steps=3, rng=np.random.default_rng(1))
        results.append(model.parameters)
    np.testing.assert_allclose(results[0], results[1], atol=1e-9)


def test_noise_and_rate_follow_their_schedules(monkeypatch: pytest.MonkeyPatch) -> None:
    levels, rates = [], []
    draw, update = autoencoder.NormalNoise.draw, autoencoder.Adam.update

    def drawn(self: autoencoder.NormalNoise, std: float) -> np.ndarray:
        levels.append(std)
        return draw(self, std)

    def updated(self: autoencoder.Adam, gradients: list, *, step: int, rate: float, part: slice) -> None:
        rates.append(rate)
        update(self, gradients, step=step, rate=rate, part=part)

    monkeypatch.setattr(autoencoder.NormalNoise, "draw", drawn)
    monkeypatch.setattr(autoencoder.Adam, "update", updated)
    train(Autoencoder(64, 4, rng=np.random.default_rng(0)), made_patches(8), steps=5, rng=np.random.default_rng(1))
    np.testing.assert_allclose(levels, [0.3, 0.2625, 0.225, 0.1875, 0.15])
    np.testing.assert_allclose(rates, [0.003, 0.002775, 0.00255, 0.002325, 0.0021])


def test_same_seed_same_bytes_other_seed_others() -> None:
    def trained(seed: int) -> bytes:
        model = Autoencoder(64, 8, rng=np.random.default_rng(0))
        with one_thread():
            train(model, made_patches(70), steps=5, rng=np.random.default_rng(seed), batch=48)
        return model.parameters.tobytes()

    assert trained(1) == trained(1) != trained(2)


def test_progress_counts_the_steps_in_the_calling_thread() -> None:
    seen = []
    model = Autoencoder(64, 4, rng=np.random.default_rng(0))

    def note(done: int, total: int) -> None:
        seen.append((done, total, threading.current_thread() is threading.main_thread()))

    train(model, made_patches(40), steps=3, rng=np.random.default_rng(1), progress=note)
    assert seen == [(1, 3, True), (2, 3, True), (3, 3, True)]


@pytest.mark.parametrize("thread", ["this", "other"])
def test_a_failure_in_either_thread_ends_both(thread: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class StopIt(Exception):
        pass

    draw = autoencoder.NormalNoise.draw

    def failing(self: autoencoder.NormalNoise, std: float) -> np.ndarray:
        here = "this" if threading.current_thread() is threading.main_thread() else "other"
        if here == thread:
            raise StopIt
        return draw(self, std)

    monkeypatch.setattr(autoencoder.NormalNoise, "draw", failing)
    with pytest.raises(StopIt):
        train(Autoencoder(64, 4, rng=np.random.default_rng(0)), made_patches(40), steps=3, rng=np.random.default_rng(1))


def test_nothing_to_learn_has_ratio_one() -> None:
    assert Training(initial_loss=0.0, final_loss=0.0).ratio == 1.0
