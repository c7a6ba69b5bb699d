"""Batches: crops that go round, conditions that fit, and no held-out sound among the training ones."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from samplegen.codec import load_codec
from samplegen.codec.stats import LatentStats
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.types import Conditioning
from samplegen.errors import UsageError
from samplegen.training.encoding.latents import EncodedItem, LatentSet
from samplegen.training.generators.batches import BatchDrawer, ConditionShares, turned
from tests.models import CODEC, tiny_latents

PLAIN = LatentStats(torch.zeros(8), torch.ones(8))


def marked() -> LatentSet:
    """Frames that name their item (channel 0) and place (channel 1): two loops, two one-shots of each split."""
    items, values, start = [], [], 0
    for number, (frames, loop) in enumerate([(10, True), (33, True), (8, False), (8, False)] * 2):
        kind = "loop_drums" if loop else ("kick" if number % 2 else "snare")
        split = "train" if number < 4 else "held_out"
        tags = (kind, "house", "dark") if loop else (kind, "short")
        items.append(EncodedItem(start, frames, kind, tags, loop, split, f"{number}", 120.0 if loop else 0.0, 1))
        block = torch.zeros(frames, 8, dtype=torch.float16)
        block[:, 0], block[:, 1] = number, torch.arange(frames)
        values.append(block)
        start += frames
    return LatentSet(torch.cat(values), items, {"frame_rate": 50.0, "latency_s": 0.0, "one_shot_frames": 8})


AXES, TEXTS = 64, 3


def told(*, silent: bool = False) -> LatentSet:
    """`marked`, item n of which has the axes 4n (its sound) to 4n + 3 (its third text); or sounds that say nothing."""
    latents = marked()
    vectors = torch.eye(AXES)[: len(latents.items) * (1 + TEXTS)].view(len(latents.items), 1 + TEXTS, AXES).clone()
    if silent:
        vectors.zero_()
    return latents.with_vectors(vectors, name="clap-tiny", hash="abc")


def drawer(
    split: str, *, crop_frames: int = 16, latents: LatentSet | None = None, shares: ConditionShares | None = None
) -> BatchDrawer:
    return BatchDrawer(latents or marked(), TagEmbedder(), PLAIN, split=split, crop_frames=crop_frames, shares=shares)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_crops_go_round() -> None:
    data, conditioning = drawer("train", crop_frames=64).draw_loops(32, generator())
    assert data.shape == (32, 8, 64) and conditioning.beat.shape == (32, 8, 64)
    for row in data:
        length = {0: 10, 1: 33}[int(row[0, 0])]
        assert torch.equal(row[1, 1:], (row[1, :-1] + 1) % length)
    assert len(set(data[:, 1, 0].tolist())) > 10  # anywhere


def test_the_beat_goes_round_with_the_sound() -> None:
    data, conditioning = drawer("train").draw_loops(16, generator())
    for row, beat in zip(data, conditioning.beat, strict=True):
        length = {0: 10, 1: 33}[int(row[0, 0])]
        saw = 2 * ((row[1] + 0.5) / length) - 1  # one bar fills the ring
        torch.testing.assert_close(beat[5], saw, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("split", "numbers"), [("train", {0, 1, 2, 3}), ("held_out", {4, 5, 6, 7})])
def test_splits_do_not_mix(split: str, numbers: set[int]) -> None:
    batches = drawer(split)
    loops, _ = batches.draw_loops(64, generator())
    shots, _ = batches.draw_one_shots(64, generator())
    assert {int(value) for value in torch.cat([loops[:, 0, 0], shots[:, 0, 0]])} == numbers


def test_one_shots_are_whole() -> None:
    data, conditioning = drawer("train").draw_one_shots(5, generator())
    assert torch.equal(data[:, 1], torch.arange(8.0).expand(5, -1))
    assert conditioning.beat.shape == (5, 8, 8) and bool(conditioning.has_beat.all())


def test_kinds_are_drawn_nearly_evenly() -> None:
    latents = marked()
    shot = next(item for item in latents.items if item.kind == "kick")
    many = [replace(shot, source=f"{n}") for n in range(15)]
    latents = LatentSet(latents.values, [*latents.items, *many], latents.header)
    data, _ = drawer("train", latents=latents).draw_one_shots(2000, generator())
    kicks = float((data[:, 0, 0] == latents.values[shot.start, 0].float()).float().mean())
    assert kicks == pytest.approx(16**0.3 / (16**0.3 + 1), abs=0.04)  # counts to the power of 0.3


def test_half_of_the_time_only_what_it_is() -> None:
    words = TagEmbedder()
    _, conditioning = drawer("train").draw_loops(400, generator())
    full, short = words.embed_tags([("loop_drums", "house", "dark"), ("loop_drums", "house")])
    is_full = (conditioning.embedding - full).abs().amax(1) < 1e-6
    is_short = (conditioning.embedding - short).abs().amax(1) < 1e-6
    assert bool((is_full ^ is_short).all()) and 0.4 < float(is_full.float().mean()) < 0.6


def test_the_generator_says_all() -> None:
    first, _ = drawer("train").draw_loops(8, generator())
    again, _ = drawer("train").draw_loops(8, generator())
    other, _ = drawer("train").draw_loops(8, generator(1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_what_is_drawn_is_normal(tiny_models: Path) -> None:
    latents = tiny_latents(load_codec(CODEC))
    stats = latents.stats()
    data, _ = BatchDrawer(latents, TagEmbedder(), stats, split="train", crop_frames=64).draw_loops(64, generator())
    assert data.isfinite().all() and 0.5 < float(data.std()) < 1.5


def test_what_there_is() -> None:
    latents = marked()
    loops_only = LatentSet(latents.values, latents.items[:2], latents.header)
    batches = drawer("train", latents=loops_only)
    assert batches.has_loops and not batches.has_one_shots
    assert not drawer("held_out", latents=loops_only).has_loops


def halves(data: torch.Tensor, conditioning: Conditioning) -> tuple[torch.Tensor, torch.Tensor]:
    """Words ``[B, D_tags]``, and CLAP's part seen from the item's own axes ``[B, 1 + TEXTS]``."""
    words, clap = conditioning.embedding.split([TagEmbedder().dimension, AXES], dim=1)
    own = torch.stack(
        [part[4 * int(number) : 4 * int(number) + 4] for number, part in zip(data[:, 0, 0], clap, strict=True)]
    )
    return words, own


def shown(shares: ConditionShares | None = None, *, count: int = 4000) -> dict[str, float]:
    """Shares of draws that hide the words, say all of them, show a text, show the sound, show neither."""
    data, conditioning = drawer("train", latents=told(), shares=shares).draw_loops(count, generator())
    words, own = halves(data, conditioning)
    clap = conditioning.embedding[:, TagEmbedder().dimension :]
    full, short = (words > 0).sum(1) == 3, (words > 0).sum(1) == 2
    text, none = own[:, 1:].amax(1) == 1.0, ~clap.any(1)
    found = {"hidden": ~words.any(1), "full": full, "short": short, "text": text, "none": none}
    found |= {"sound": ~text & ~none, "nothing": ~conditioning.embedding.any(1)}
    return {name: float(rows.float().mean()) for name, rows in found.items()}


def test_shares_of_what_is_shown() -> None:
    found = shown()
    wanted = {"hidden": 0.2, "full": 0.4, "short": 0.4, "text": 0.55, "sound": 0.25, "none": 0.2, "nothing": 0.0}
    assert found == pytest.approx(wanted, abs=0.03)  # who hides its words and would show no vector shows a text


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"words_hidden": 0.0}, {"hidden": 0.0, "text": 0.5, "sound": 0.25, "none": 0.25}),
        ({"words_hidden": 1.0}, {"hidden": 1.0, "text": 0.75, "sound": 0.25, "none": 0.0}),
        ({"text": 0.0}, {"hidden": 0.2, "text": 0.0, "sound": 0.4, "none": 0.6}),
        ({"audio": 0.0}, {"hidden": 0.2, "text": 0.6, "sound": 0.0, "none": 0.4}),
        ({"text": 0.0, "audio": 0.0}, {"hidden": 0.0, "text": 0.0, "sound": 0.0, "none": 1.0}),
        ({"all_words": 1.0}, {"full": 0.8, "short": 0.0}),
        ({"all_words": 0.0}, {"full": 0.0, "short": 0.8}),
    ],
)
def test_each_share_can_be_switched(changes: dict[str, float], wanted: dict[str, float]) -> None:
    found = shown(ConditionShares(**changes), count=2000)
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, abs=0.04) and found["nothing"] == 0.0


def test_vectors_are_those_of_the_item() -> None:
    batches = drawer("train", latents=told())
    for data, conditioning in (batches.draw_loops(300, generator()), batches.draw_one_shots(300, generator())):
        _, own = halves(data, conditioning)
        clap = conditioning.embedding[:, TagEmbedder().dimension :]
        lengths, texts = clap.norm(dim=1), own[:, 1:].sum(0)
        assert bool(((lengths - 1.0).abs() < 1e-5).logical_or(lengths == 0).all())
        sounds = (clap.any(1)) & (own[:, 1:].amax(1) < 1.0)
        assert 0.75 <= float(own[sounds, 0].min()) < 0.8 and 0.95 < float(own[sounds, 0].max()) <= 1.0
        assert len(texts) == TEXTS and float(texts.min()) > 30  # each of the texts


def test_vectors_that_say_nothing_never_hide_the_words() -> None:
    _, conditioning = drawer("train", latents=told(silent=True)).draw_loops(300, generator())
    assert bool(conditioning.embedding.any(1).all())


def test_the_generator_says_what_is_shown() -> None:
    first, again, other = (drawer("train", latents=told()).draw_loops(8, generator(seed))[1] for seed in (0, 0, 1))
    assert torch.equal(first.embedding, again.embedding) and not torch.equal(first.embedding, other.embedding)


@pytest.mark.parametrize("cosine", [0.0, 0.75, 1.0])
def test_turned_vectors(cosine: float) -> None:
    vector = torch.nn.functional.normalize(torch.arange(1.0, 7.0), dim=0)
    draws = torch.stack([turned(vector, cosine=cosine, generator=generator(seed)) for seed in range(50)])
    torch.testing.assert_close(draws @ vector, torch.full((50,), cosine))
    torch.testing.assert_close(draws.norm(dim=1), torch.ones(50))
    assert bool((draws.std(0) > 0.1).all()) == (cosine < 1)
    assert not turned(torch.zeros(6), cosine=cosine, generator=generator()).any()


@pytest.mark.parametrize("changes", [{"text": 0.8}, {"words_hidden": -0.1}, {"nearest_cosine": 1.1}])
def test_shares_that_are_none(changes: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="Shares of conditions are 0 to 1"):
        ConditionShares(**changes)
