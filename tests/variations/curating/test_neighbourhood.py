"""Feedback moves where the next sounds are looked for."""

import numpy as np

from samplegen.variations.curating.neighbourhood import Anchor, Neighbourhood, mean_shift, unit


def around(centre: np.ndarray, count: int, rng: np.random.Generator, spread: float = 0.15) -> np.ndarray:
    return unit(centre + spread * rng.standard_normal((count, len(centre))))


def test_a_step_goes_to_the_keeps_and_away_from_the_rejects() -> None:
    start, keep, reject = unit(np.array([1.0, 1.0, 0.2])), np.eye(3)[:1], np.eye(3)[1:2]
    moved = mean_shift(start, keeps=keep, rejects=reject)
    assert moved @ keep[0] > start @ keep[0] and moved @ reject[0] < start @ reject[0]
    assert np.isclose(np.linalg.norm(moved), 1.0)
    assert np.allclose(mean_shift(start, keeps=keep[:0], rejects=reject[:0]), start)


def test_a_toy_distribution_moves_to_a_hidden_target_in_every_round() -> None:
    """Draws lie around the centres; the listener keeps the nearest to the target and rejects the farthest."""
    rng, name = np.random.default_rng(1), np.eye(12)[0]
    target = unit(np.array([0.3, 1.0, 0.5, *[0.0] * 9]))
    here, means = Neighbourhood(), []
    for number in range(6):
        centres = np.stack([here.centre("kick", name=name, rng=rng)[0] for _ in range(60)])
        drawn = np.concatenate([around(centre, 1, rng) for centre in centres])
        means.append(float((drawn @ target).mean()))
        order = np.argsort(drawn @ target)
        keeps, rejects = (
            [Anchor("kick", drawn[row], name=f"{number}/{row}") for row in rows] for rows in (order[-6:], order[:20])
        )
        here = here.with_votes(keeps=keeps, rejects=rejects)
        liked = here.liking(drawn, ["kick"] * len(drawn))
        assert np.corrcoef(liked, drawn @ target)[0, 1] > 0.5
    assert all(later > earlier for earlier, later in zip(means, means[1:], strict=False)), means


def test_favourites_draw_near_them_and_other_kinds_do_not() -> None:
    rng, name, favourite = np.random.default_rng(0), np.eye(4)[0], np.eye(4)[1]
    here = Neighbourhood((Anchor("kick", favourite, name="f"),))
    near, anchor = here.centre("kick", name=name, rng=rng)
    assert near @ favourite > 0.6 and anchor is not None and anchor.name == "f"
    other, none = here.centre("snare", name=name, rng=rng)
    assert np.array_equal(other, name) and none is None
    assert here.liking(np.eye(4), ["kick"] * 4).tolist() == [1.0] * 4


def test_the_last_vote_on_a_sound_counts_and_all_survives_json() -> None:
    first, second = Anchor("kick", np.eye(3)[0], name="a"), Anchor("kick", np.eye(3)[1], name="b")
    here = Neighbourhood().with_votes(keeps=[first, second], rejects=[]).with_votes(keeps=[], rejects=[first])
    assert [one.name for one in here.keeps] == ["b"] and [one.name for one in here.rejects] == ["a"]
    again = Neighbourhood.from_json(here.to_json(), place="test")
    assert again.to_json() == here.to_json()
