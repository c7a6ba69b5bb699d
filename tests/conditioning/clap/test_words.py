"""Texts as words and hashed pieces, and which words count as known."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samplegen.conditioning.clap.words import BUCKETS, MAX_WORDS, WordList, buckets_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Punchy 909 KICK, dry!", ["punchy", "909", "kick", "dry"]),
        ("open hi-hat / Hi Hat / hihat", ["open", "hihat", "hihat", "hihat"]),
        ("TR-808 drum & bass", ["808", "dnb"]),
        ("café_noir", ["cafe", "noir"]),
        ("techno 132 bpm, 128.5bpm", ["techno"]),
        ("F# stab", ["f#", "stab"]),
        ("", []),
        ("🎉 …", []),
        ("привет", ["привет"]),
    ],
)
def test_words(text, words):
    assert words_of(text) == words


def test_ten_thousand_words_are_cut():
    assert words_of("kick " * 10_000) == ["kick"] * MAX_WORDS


def test_pieces_by_hand():
    # <ab> has the pieces <ab and ab> of three letters, and the word itself.
    assert len(buckets_of("ab")) == 3
    assert buckets_of("kick") == buckets_of("kick") and all(0 <= bucket < BUCKETS for bucket in buckets_of("kick"))
    shared = set(buckets_of("punchy")) & set(buckets_of("punch"))
    assert len(shared) >= 8 and not set(buckets_of("kick")) & set(buckets_of("flute"))


LIST = WordList(["kick", "snare", "punchy", "crunchy", "bd"])


@pytest.mark.parametrize("word", ["kick", "bd", "kicks", "snrae", "snar", "snaare", "smare", "punchyish", "crunch"])
def test_known_misspelt_and_inflected(word):
    assert word in LIST


@pytest.mark.parametrize("word", ["", "b", "be", "flute", "привет", "kcki2x", "snow", "kiddo", "p" * 200])
def test_unknown(word):
    assert word not in LIST


@given(st.text(string.ascii_lowercase, min_size=5, max_size=12), st.integers(0, 100), st.sampled_from("abcxyz"))
def test_every_single_edit_of_a_known_word_is_known(word, place, letter):
    known = WordList([word])
    place %= len(word)
    dropped, added = word[:place] + word[place + 1 :], word[:place] + letter + word[place:]
    replaced = word[:place] + letter + word[place + 1 :]
    assert all(edited in known for edited in (dropped, added, replaced))


@pytest.mark.parametrize("word", ["darker", "noisier", "looser", "brightest", "punchier"])
def test_comparatives_of_known_words_are_known(word):
    assert word in WordList(["dark", "noisy", "loose", "bright", "punchy"])


def test_other_words_that_end_alike_are_not():
    assert "number" not in WordList(["dark", "noisy", "loose", "bright", "punchy"])
