import pytest
import torch

from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.vocabulary import SYNONYMS, Vocabulary
from samplegen.errors import ModelInvalidError, UsageError


@pytest.fixture(scope="module")
def embedder():
    return TagEmbedder()


@pytest.mark.parametrize(
    "text, known, unknown",
    [
        ("kick", ("kick",), ()),
        ("Kick drum", ("kick",), ()),
        ("BD", ("kick",), ()),
        ("hi-hat", ("hat_closed",), ()),
        ("hh", ("hat_closed",), ()),
        ("hat_closed", ("hat_closed",), ()),
        ("open hats", ("hat_open",), ()),
        ("drum and bass", ("dnb",), ()),
        ("drum & bass, d'n'b", ("dnb",), ()),
        ("bass drum and bass", ("kick", "bass"), ()),
        ("kick loop", ("loop_kick",), ()),
        ("a drum loop at 128 bpm, 4 bars.", ("loop_drums",), ()),
        ("short punchy 909 kick", ("kick", "909", "short", "punchy"), ()),
        ("snares with wobbly brass, wobbly!", ("snare", "brass"), ("wobbly",)),
        ("zzz", (), ("zzz",)),
        ("", (), ()),
    ],
)
def test_texts_are_sets_of_tags(embedder, text, known, unknown):
    parsed = embedder.parse(text)
    assert parsed.known == known and parsed.unknown == unknown


def test_every_tag_and_every_synonym_means_its_tag(embedder):
    for tag in embedder.vocabulary.tags:
        for phrase in (tag, *SYNONYMS.get(tag, ())):
            assert embedder.parse(phrase).known == (tag,), phrase


def test_synonyms_belong_to_tags_and_to_one_only():
    assert set(SYNONYMS) <= set(Vocabulary().tags)
    phrases = [phrase for several in SYNONYMS.values() for phrase in several]
    assert len(phrases) == len(set(phrases))


def test_vectors_are_unit_or_nothing(embedder):
    vectors = embedder.embed_text(["kick", "short kick", "gibberish"])
    assert vectors.shape == (3, embedder.dimension) and vectors.dtype == torch.float32
    assert vectors.norm(dim=1).tolist() == pytest.approx([1, 1, 0])
    assert (vectors[0] @ vectors[1]).item() == pytest.approx(2**-0.5)
    assert torch.equal(embedder.embed_text(["punchy techno"]), embedder.embed_text(["techno, fat"]))
    assert embedder.embed_text([]).shape == (0, embedder.dimension)


def test_unknown_tags_are_refused_with_the_choice(embedder):
    with pytest.raises(UsageError, match="'gong'.*kick"):
        embedder.embed_tags([["gong"]])


def test_the_hash_follows_tags_and_order_but_not_synonyms():
    one, swapped = Vocabulary(("a", "b")), Vocabulary(("b", "a"))
    assert one.hash != swapped.hash and one.hash == Vocabulary(("a", "b"), {"a": ("alpha",)}).hash
    assert TagEmbedder(one).hash == one.hash and TagEmbedder(one).dimension == 2


@pytest.mark.parametrize("tags", [(), ("a", "a"), ("a", ""), ("a", 3)])
def test_broken_vocabularies_are_refused(tags):
    with pytest.raises(ModelInvalidError):
        Vocabulary(tags)
