"""Captions say what they should, in many ways."""

import numpy as np
import pytest

from samplegen.conditioning.clap.words import words_of
from samplegen.training.clap.captions import NOUNS, PHRASES, caption, choose_attributes, say, spoken_words, with_typo
from samplegen.training.clap.facts import Facts


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_same_draws_same_text():
    assert caption("kick", ["dark"], rng=rng(3)) == caption("kick", ["dark"], rng=rng(3))


@pytest.mark.parametrize("seed", range(20))
def test_a_plain_caption_holds_a_phrase_of_each(seed):
    text = caption("kick", ["dark", "808"], rng=rng(seed), noise=0.0)
    for name, table in (("kick", NOUNS), ("dark", PHRASES), ("808", PHRASES)):
        assert any(phrase in text for phrase in table[name][:-1])


def test_phrasings_for_evaluation_are_never_said_in_training():
    draws = rng()
    said = {say("dark", rng=draws) for _ in range(300)}
    assert said == set(PHRASES["dark"][:-1]) and say("dark", rng=draws, unseen=True) == PHRASES["dark"][-1]


def test_of_one_part():
    assert caption(None, ["techno"], rng=rng(), noise=0.0) in PHRASES["techno"]
    assert caption("kick", [], rng=rng(), noise=0.0) in NOUNS["kick"]
    assert "kick" in say("with_kick", rng=rng()) and say("birch", rng=rng()) == "birch"
    assert say("no_hat_closed", rng=rng()).endswith("hats")


def test_noise_shuffles_and_misspells():
    texts = {caption("kick", ["dark"], rng=rng(seed), noise=1.0) for seed in range(30)}
    clean = spoken_words(["kick", "dark"])
    assert any(set(words_of(text)) - clean for text in texts)


@pytest.mark.parametrize("seed", range(25))
def test_a_typo_is_one_edit(seed):
    text = with_typo("snare drum", rng=rng(seed))
    # Beyond the common start and end, at most two letters differ.
    start = next((k for k, (a, b) in enumerate(zip(text, "snare drum", strict=False)) if a != b), 9)
    rest, whole = text[start:], "snare drum"[start:]
    while rest and whole and rest[-1] == whole[-1]:
        rest, whole = rest[:-1], whole[:-1]
    assert start >= 1 and (len(rest), len(whole)) in {(0, 1), (1, 0), (1, 1), (2, 2), (0, 0)}
    assert len(rest) < 2 or rest == whole[::-1]
    assert with_typo("abc", rng=rng(seed)) == "abc"


def test_spoken_words_cover_captions():
    words = spoken_words(["kick", "bright", "with_snare"])
    for seed in range(100):
        assert set(words_of(caption("kick", ["bright", "with_snare"], rng=rng(seed), noise=0.0))) <= words
    assert "trebly" not in words and "flute" not in words


def test_choose_attributes():
    facts = Facts("kick", frozenset({"kick", "dark", "short", "808", "rare"}), "train", "s")
    draws = rng()
    chosen = [choose_attributes(facts, among={"kick", "dark", "short", "808"}, rng=draws) for _ in range(400)]
    assert {kind for kind, _ in chosen} == {"kick", None}
    assert all(kind == "kick" or picked for kind, picked in chosen)
    assert {word for _, picked in chosen for word in picked} == {"dark", "short", "808"}
    assert {len(picked) for _, picked in chosen} == {0, 1, 2, 3}
    assert all(len(set(picked)) == len(picked) for _, picked in chosen)
