"""Tags and CLAP vectors side by side."""

from collections.abc import Sequence

import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.vocabulary import Vocabulary
from samplegen.conditioning.words_and_sound import WordsAndSound, joint_hash
from samplegen.errors import UsageError


class Three:
    """An embedder of three axes."""

    name, hash, dimension = "three", "abc", 3

    def embed_text(self, texts: Sequence[str]) -> torch.Tensor:
        return torch.eye(3)[[len(text) % 3 for text in texts]]

    def embed_audio(self, audios: Sequence[Audio]) -> torch.Tensor:
        return torch.eye(3)[[audio.length % 3 for audio in audios]]


TAGS = TagEmbedder(Vocabulary(("kick", "dark"), {}))


def test_both_halves_are_unit_vectors() -> None:
    both = WordsAndSound(TAGS, Three())
    made = both.condition(tags=[("kick", "dark"), ("kick",)], vectors=torch.tensor([[0.0, 3.0, 4.0], [-2.0, 0.0, 0.0]]))
    half = 0.5**0.5
    wanted = torch.tensor([[half, half, 0.0, 0.6, 0.8], [1.0, 0.0, -1.0, 0.0, 0.0]])
    torch.testing.assert_close(made, wanted)
    assert (both.dimension, both.name) == (5, "tags+three")


def test_either_may_be_absent() -> None:
    both = WordsAndSound(TAGS, Three())
    assert both.condition(tags=[("dark",), ()], vectors=None).tolist() == [[0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]
    sounds = torch.tensor([[0.0, 0.0, 0.0], [0.0, 5.0, 0.0]], dtype=torch.float16)
    assert both.condition(tags=[(), ()], vectors=sounds).tolist() == [[0, 0, 0, 0, 0], [0, 0, 0, 1, 0]]
    assert both.condition(tags=[], vectors=None).shape == (0, 5)


def test_the_hash_tells_either_from_another() -> None:
    hashes = {joint_hash("a", "b"), joint_hash("b", "a"), joint_hash("a", "c"), joint_hash("c", "b")}
    assert len(hashes) == 4 and WordsAndSound(TAGS, Three()).hash == joint_hash(TAGS.hash, "abc")


@pytest.mark.parametrize("shape", [(1, 3), (2, 4), (2,)])
def test_vectors_that_do_not_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match=r"need CLAP vectors of the shape \(2, 3\)"):
        WordsAndSound(TAGS, Three()).condition(tags=[("kick",), ()], vectors=torch.ones(shape))


def test_an_unknown_tag() -> None:
    with pytest.raises(UsageError, match="no tag 'snare'"):
        WordsAndSound(TAGS, Three()).condition(tags=[("snare",)], vectors=None)
