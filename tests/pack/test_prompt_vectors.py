"""Vectors of texts and sounds: mixed by share and weight, moved over the gap, nothing where nothing is said."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from samplegen.audio.types import Audio
from samplegen.conditioning.clap.text_gap import TextGap
from samplegen.errors import UsageError
from samplegen.pack.prompt_vectors import PromptVectors, require_words
from samplegen.pack.requests import Like

X, Y, Z = torch.eye(3)


class Axes:
    """Says "x…" is the first axis, other words nothing; quiet sounds are the second axis, loud ones the third."""

    name, hash, dimension = "axes", "abc", 3

    def __init__(self, gap: TextGap | None = None) -> None:
        self.gap = gap

    def embed_text(self, texts: Sequence[str]) -> torch.Tensor:
        return torch.stack([X if text.startswith("x") else torch.zeros(3) for text in texts])

    def embed_audio(self, audios: Sequence[Audio]) -> torch.Tensor:
        return torch.stack([Y if audio.samples.max() < 0.5 else Z for audio in audios])


@pytest.fixture
def sounds(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "quiet.wav", tmp_path / "loud.wav"
    for path, level in zip(paths, (0.1, 0.9), strict=True):
        soundfile.write(path, np.full(4410, level, np.float32), 44_100)
    return paths


@pytest.mark.parametrize(("share", "expected"), [(0.0, X), (1.0, Y), (None, (X + Y) / 2**0.5)])
def test_text_and_sound_by_share(sounds: tuple[Path, Path], share: float | None, expected: torch.Tensor) -> None:
    vectors = PromptVectors(Axes(), likes=[Like(sounds[0])], like_weight=share)
    torch.testing.assert_close(vectors.of("x"), expected)
    assert torch.equal(vectors.of("x", near=False), X)


def test_a_sound_alone_counts_whole(sounds: tuple[Path, Path]) -> None:
    vectors = PromptVectors(Axes(), likes=[Like(sounds[0])], like_weight=0.1)
    assert torch.equal(vectors.of(""), Y) and torch.equal(vectors.of("unknown"), Y)
    assert not PromptVectors(Axes()).of("").any()


def test_sounds_by_weight(sounds: tuple[Path, Path]) -> None:
    vectors = PromptVectors(Axes(), likes=[Like(sounds[0], 3.0), Like(sounds[1], 4.0)])
    torch.testing.assert_close(vectors.of(""), torch.tensor([0.0, 0.6, 0.8]))


def test_the_gap_is_closed_where_asked_for() -> None:
    gap = TextGap(torch.stack([Y, Y]), X, Y, torch.eye(3))
    torch.testing.assert_close(PromptVectors(Axes(gap), text_gap="shift").of("x"), Y)
    assert torch.equal(PromptVectors(Axes(gap)).of("x"), X)
    with pytest.raises(UsageError, match="axes has nothing measured for --text-gap shift"):
        PromptVectors(Axes(), text_gap="shift")


def test_an_embedder_that_does_not_tell_knows_every_word() -> None:
    vectors = PromptVectors(Axes())
    assert vectors.unknown(("blorp",)) == () and vectors.says("x") and not vectors.says("y")
    with pytest.raises(UsageError, match='The model m understands no word of --negative "y"'):
        require_words(vectors, "y", option="--negative", model="m")


def test_the_same_file_twice_is_recorded_twice(sounds: tuple[Path, Path]) -> None:
    asked = PromptVectors(Axes(), likes=[Like(sounds[0]), Like(sounds[0], 2.0)]).parameters()
    assert [like["weight"] for like in asked["like"]] == [1.0, 2.0] and asked["clap"] == {"name": "axes", "hash": "abc"}
