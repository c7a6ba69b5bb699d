from dataclasses import replace

import numpy as np
import pytest

from samplegen.engines.morph_chain.chains import EventChoice, corrupt, seed_events, stop_step, walk
from samplegen.engines.morph_chain.settings import MorphSettings
from samplegen.engines.on_the_fly.clusters import Clusters, find_clusters
from samplegen.engines.on_the_fly.streams import Streams

SETTINGS = MorphSettings(diffusion_steps=20, entropy_threshold=0.0)


def pool(events: int = 60, size: int = 4, seed: int = 3) -> tuple[np.ndarray, Clusters]:
    rng = np.random.default_rng(seed)
    latents = rng.standard_normal((events, size)) * 0.5 + 4.0 * rng.standard_normal((3, size))[np.arange(events) % 3]
    return latents, find_clusters(latents, count=3, rng=np.random.default_rng(1))


def test_a_chain_starts_from_the_member_farthest_from_its_centre() -> None:
    latents = np.array([[0.0], [1.0], [5.0], [10.0], [12.0]])
    clusters = find_clusters(latents, count=2, rng=np.random.default_rng(0))
    found = seed_events(latents, clusters)
    assert {int(event) for event in found} == {2, 3}  # centres 2 and 11; 3 and 4 are equally far, the first counts
    assert all(clusters.labels[event] == number for number, event in enumerate(found))


def test_corruption_has_the_variance_of_its_temperature() -> None:
    seeds = np.zeros((4000, 8))
    start = corrupt(seeds, temperature=2.0, normals=np.random.default_rng(0).standard_normal(seeds.shape))
    assert ((start - seeds) ** 2).sum(axis=1).mean() == pytest.approx(8 * 2.0**2, rel=0.03)


def test_every_step_is_kept_with_its_temperature_and_entropy() -> None:
    latents, clusters = pool()
    for chain in walk(latents, clusters, settings=SETTINGS, streams=Streams(1)):
        assert chain.steps == 20 and not chain.stopped_early
        assert chain.z.shape == (21, 4) and chain.temperatures.shape == (21,)
        assert chain.temperatures[0] == chain.temperatures[1] == 2.0
        assert chain.temperatures[-1] == pytest.approx(0.1)
        offset = chain.z - clusters.centres[chain.cluster]
        assert chain.ce == pytest.approx((0.5 * offset**2 / clusters.variances[chain.cluster]).sum(axis=1))


def test_chains_settle_into_their_cluster() -> None:
    latents, clusters = pool()
    chains = walk(latents, clusters, settings=SETTINGS, streams=Streams(1))
    assert all(chain.ce[-5:].mean() < 0.3 * chain.ce[:5].mean() for chain in chains)


@pytest.mark.parametrize(
    ("entropy", "threshold", "earliest", "steps"),
    [
        ([9, 3, 0.5, 3, 0.5, 0.4], 1.0, 0, 2),
        ([9, 3, 0.5, 3, 0.5, 0.4], 1.0, 2.5, 4),
        ([0, 3, 3, 3, 3, 3], 1.0, 0, 5),  # the corrupted start is no update
        ([9, 3, 0.5, 3, 0.5, 0.4], 1.0, 5, 5),
        ([9, 3, 1.0, 3, 1.0, 1.0], 1.0, 0, 5),  # at the threshold is not below
    ],
)
def test_where_a_chain_stops(entropy: list[float], threshold: float, earliest: float, steps: int) -> None:
    assert stop_step(np.array(entropy), threshold=threshold, earliest=earliest) == steps


def test_early_stops_wait_for_half_the_steps() -> None:
    latents, clusters = pool()
    eager = replace(SETTINGS, entropy_threshold=1e9)
    assert [chain.steps for chain in walk(latents, clusters, settings=eager, streams=Streams(1))] == [10] * 3
    patient = replace(eager, min_steps_fraction=1.0)
    assert not any(chain.stopped_early for chain in walk(latents, clusters, settings=patient, streams=Streams(1)))


def with_events(
    latents: np.ndarray, clusters: Clusters, settings: MorphSettings, seed: int = 1
) -> list[tuple[int, ...]]:
    choice = EventChoice(latents, clusters, settings=settings, streams=Streams(seed))
    return [choice.sequence(chain) for chain in walk(latents, clusters, settings=settings, streams=Streams(seed))]


def test_shortening_chains_leaves_what_remains() -> None:
    latents, clusters = pool()
    full = with_events(latents, clusters, SETTINGS)
    short = with_events(latents, clusters, replace(SETTINGS, entropy_threshold=1.0, min_steps_fraction=0.0))
    assert [len(sequence) for sequence in full] == [21] * 3
    assert len({len(sequence) for sequence in short}) > 1  # they differ in length …
    assert [sequence[: len(other)] for sequence, other in zip(full, short, strict=True)] == short


def test_one_chain_walking_on_leaves_the_others() -> None:
    latents, clusters = pool()
    chains = walk(latents, clusters, settings=SETTINGS, streams=Streams(1))
    choice = EventChoice(latents, clusters, settings=SETTINGS, streams=Streams(1))
    first = choice.sequence(chains[0])
    more = [choice.next_event(chains[0]) for _ in range(30)]
    rest = [choice.sequence(chain) for chain in chains[1:]]
    assert [first, *rest] == with_events(latents, clusters, SETTINGS)
    assert len(set(more)) > 3 and np.mean(clusters.labels[more] == 0) > 0.7


def test_seeds_change_the_sequence() -> None:
    latents, clusters = pool()
    assert with_events(latents, clusters, SETTINGS, 1) == with_events(latents, clusters, SETTINGS, 1)
    assert with_events(latents, clusters, SETTINGS, 1) != with_events(latents, clusters, SETTINGS, 2)


@pytest.mark.parametrize("covariance", ["diagonal", "full"])
@pytest.mark.parametrize("noise", ["equilibrium", "documented"])
@pytest.mark.parametrize("annealing", ["exponential", "linear"])
def test_every_option_walks(covariance: str, noise: str, annealing: str) -> None:
    latents, _ = pool()
    clusters = find_clusters(latents, count=3, rng=np.random.default_rng(1), covariance=covariance)
    settings = replace(SETTINGS, noise=noise, annealing=annealing, covariance=covariance)
    chains = walk(latents, clusters, settings=settings, streams=Streams(1))
    assert all(np.isfinite(chain.z).all() and np.isfinite(chain.ce).all() for chain in chains)
    middle = chains[0].temperatures[10]
    assert middle == pytest.approx(2.0 * 0.05 ** (9 / 19) if annealing == "exponential" else 2.0 - 1.9 * 9 / 19)


def test_a_lone_event_does_not_walk() -> None:
    latents = np.zeros((1, 4))
    clusters = find_clusters(latents, count=1, rng=np.random.default_rng(1))
    (chain,) = walk(latents, clusters, settings=SETTINGS, streams=Streams(1))
    assert chain.steps == 0 and not chain.stopped_early
    assert EventChoice(latents, clusters, settings=SETTINGS, streams=Streams(1)).sequence(chain) == (0,)
