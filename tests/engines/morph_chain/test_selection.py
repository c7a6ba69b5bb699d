import numpy as np
import pytest

from samplegen.engines.morph_chain.selection import (
    Mechanisms,
    Selector,
    event_distances,
    mechanisms,
    neighbour_distance,
    probabilities,
)
from samplegen.engines.morph_chain.settings import MorphSettings


@pytest.mark.parametrize(
    ("events", "top_k", "tabu", "t_min"),
    [
        (4, 3, 3, 0.296),
        (9, 3, 4, 0.2285),
        (12, 4, 4, 0.188),
        (19, 5, 5, 0.0935),
        (20, 5, 5, 0.08),
        (52, 13, 13, 0.08),
        (273, 68, 68, 0.08),
    ],
)
def test_mechanisms_adapt_to_the_pool(events: int, top_k: int, tabu: int, t_min: float) -> None:
    made = mechanisms(events, own=events)
    assert (made.top_k, made.tabu, made.penalty) == (top_k, tabu, 5.0)
    assert made.t_min == pytest.approx(t_min)


def test_the_own_cluster_caps_them() -> None:
    assert mechanisms(273, own=10) == Mechanisms(10, 10, 5.0, 0.08)
    assert mechanisms(273, own=1) == Mechanisms(3, 4, 5.0, 0.08)
    small = mechanisms(2, own=2)
    assert (small.top_k, small.tabu) == (2, 1)


def test_numbers_replace_the_formulas() -> None:
    settings = MorphSettings(top_k=7, tabu_size=99, tabu_penalty=2.0, t_sel_min=0.5)
    assert mechanisms(30, own=5, settings=settings) == Mechanisms(7, 29, 2.0, 0.5)


def test_probabilities_closed_form() -> None:
    assert probabilities(np.array([0.0, 1.0, 2.0]), temperature=1.0) == pytest.approx(
        [0.665241, 0.244728, 0.090031], abs=5e-7
    )


def test_distances_are_one_matrix() -> None:
    rng = np.random.default_rng(1)
    z, latents = rng.standard_normal((5, 3)), rng.standard_normal((7, 3))
    assert event_distances(z, latents) == pytest.approx(((z[:, None] - latents[None]) ** 2).sum(axis=2))
    assert event_distances(latents, latents).min() >= 0.0


def test_epsilon_is_the_median_nearest_neighbour() -> None:
    line = np.array([[0.0], [1.0], [3.0], [6.0], [10.0]])  # nearest: 1, 1, 4, 9, 16
    assert neighbour_distance(line) == pytest.approx(4.0)
    assert neighbour_distance(np.zeros((6, 2))) == 1.0
    assert neighbour_distance(np.array([[0.0], [0.0], [0.0], [2.0]])) == pytest.approx(1.0)
    many = np.random.default_rng(0).standard_normal((1100, 4))  # more than one block
    squared = ((many[:, None] - many[None]) ** 2).sum(axis=2) + np.diag(np.full(1100, np.inf))
    assert neighbour_distance(many) == pytest.approx(np.median(squared.min(axis=1)))


def choices(limits: Mechanisms, distances: np.ndarray, *, temperature: float, count: int, seed: int = 0) -> list[int]:
    selector = Selector(limits, rng=np.random.default_rng(seed))
    return [selector.choose(distances, temperature=temperature) for _ in range(count)]


def test_choices_follow_the_probabilities() -> None:
    distances = np.array([0.0, 9.0, 1.0, 2.0])
    drawn = np.bincount(choices(Mechanisms(3, 0, 5.0, 0.1), distances, temperature=1.0, count=20_000), minlength=4)
    assert drawn / 20_000 == pytest.approx([0.665241, 0.0, 0.244728, 0.090031], abs=0.012)


def test_a_cold_chain_is_held_at_the_lowest_temperature() -> None:
    distances = np.array([0.0, 1.0, 2.0])
    limits = Mechanisms(3, 0, 5.0, 1.0)
    assert choices(limits, distances, temperature=0.001, count=50) == choices(
        limits, distances, temperature=1.0, count=50
    )


def test_tabu_lets_a_cold_chain_rotate_instead_of_staying() -> None:
    distances = 1.0 + 0.1 * np.arange(8)
    drawn = choices(Mechanisms(3, 4, 5.0, 0.001), distances, temperature=0.001, count=20)
    assert drawn == [0, 1, 2, 3, 4] * 4


def test_the_penalty_counts_once_however_often_an_event_was_chosen() -> None:
    distances = np.array([0.1, 0.6])  # 0.1·5 < 0.6, but 0.1·25 is not
    assert choices(Mechanisms(2, 3, 5.0, 0.001), distances, temperature=0.001, count=6) == [0] * 6


def test_equal_distances_are_taken_in_the_order_of_time() -> None:
    drawn = choices(Mechanisms(2, 0, 5.0, 1.0), np.ones(50), temperature=1.0, count=200)
    assert set(drawn) <= set(range(50)) and len(set(drawn)) == 2
