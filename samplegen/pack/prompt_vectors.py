"""CLAP vectors of what is asked for: texts, sounds to come near to, and both mixed."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.conditioning.clap.types import TextGapMethod
from samplegen.conditioning.clap.words import words_of
from samplegen.errors import InputError, UsageError
from samplegen.files import hash_file
from samplegen.pack.prompts import quoted, spoken_kind
from samplegen.pack.requests import Like

if TYPE_CHECKING:
    from torch import Tensor

    from samplegen.conditioning.embedder import Embedder

MIN_LIKE_S: Final = 0.02
MAX_LIKE_S: Final = 300.0
LIKE_WEIGHT: Final = 0.5
_QUIET: Final = 1e-4


class PromptVectors:
    """Vectors ``[D]`` of texts mixed with sounds, each made once.

    Parameters
    ----------
    likes
        Sounds to come near to.
    like_weight
        Their share beside a text, 0 to 1.

    Raises
    ------
    InputError
        If a sound cannot be read, is silent or too short.
    UsageError
        If the text gap cannot be closed for this CLAP.
    """

    def __init__(
        self,
        clap: "Embedder",
        *,
        likes: Sequence[Like] = (),
        like_weight: float | None = None,
        text_gap: TextGapMethod = "none",
    ) -> None:
        self.clap, self.text_gap = clap, text_gap
        self._likes, self._share = likes, LIKE_WEIGHT if like_weight is None else like_weight
        if text_gap != "none" and getattr(clap, "gap", None) is None:
            raise UsageError(f"{clap.name} has nothing measured for --text-gap {text_gap}. Leave it out.")
        self._sound = self._hear()
        self._made: dict[tuple[str, bool], Tensor] = {}

    @property
    def sound(self) -> "Tensor | None":
        """Of the sounds to come near to; None without."""
        return self._sound

    def of(self, text: str, *, near: bool = True) -> "Tensor":
        """Of a text, mixed with the sounds unless `near` is false; zeros where neither says anything."""
        if (text, near) not in self._made:
            self._made[text, near] = self._mix(text) if near and self._sound is not None else self._say(text)
        return self._made[text, near]

    def says(self, text: str) -> bool:
        """Whether the CLAP understands any word of a text."""
        return bool(text) and bool(self.clap.embed_text([text]).any())

    def unknown(self, words: Sequence[str]) -> tuple[str, ...]:
        """Those of `words` that the CLAP has never met; none, where it does not tell."""
        knows = getattr(self.clap, "knows", None)
        if knows is None:
            return ()
        return tuple(word for word in words if not any(knows(part) for part in words_of(word)))

    def nearest_kind(self, kinds: Sequence[str]) -> str:
        """The kind whose name is nearest to the sounds."""
        if self._sound is None:
            raise UsageError("There is no sound to find the kind of.")
        names = self.clap.embed_text([spoken_kind(kind) for kind in kinds])
        return kinds[int((names @ self._sound).argmax())]

    def parameters(self) -> Mapping[str, Any]:
        """For key and manifest: the CLAP, and the sounds by content."""
        asked: dict[str, Any] = {"clap": {"name": self.clap.name, "hash": self.clap.hash}}
        if self.text_gap != "none":
            asked["text_gap"] = self.text_gap
        if self._likes:
            asked["like"] = self._named
            asked["like_weight"] = self._share
        return asked

    @cached_property
    def _named(self) -> list[dict[str, Any]]:
        """The sounds by content; read once, for every sound of a pack asks."""
        return [{"file": like.path.name, "sha256": hash_file(like.path), "weight": like.weight} for like in self._likes]

    def _hear(self) -> "Tensor | None":
        if not self._likes:
            return None
        import torch

        from samplegen.conditioning.mixing import weighted_mean

        vectors = self.clap.embed_audio([read_like(like.path) for like in self._likes])
        return weighted_mean(vectors, torch.tensor([like.weight for like in self._likes]))

    def _say(self, text: str) -> "Tensor":
        import torch

        if not text:
            return torch.zeros(self.clap.dimension)
        vectors = self.clap.embed_text([text])
        if self.text_gap != "none":
            from samplegen.conditioning.clap.text_gap import close_gap

            vectors = close_gap(vectors, method=self.text_gap, gap=self.clap.gap)  # type: ignore[attr-defined]
        return vectors[0]

    def _mix(self, text: str) -> "Tensor":
        import torch

        from samplegen.conditioning.mixing import slerp

        said, sound = self._say(text), self._sound
        if sound is None or not said.any():
            return said if sound is None else sound
        return slerp(said[None], sound[None], torch.tensor([self._share]))[0]


def read_like(path: Path) -> Audio:
    """The first minutes of a sound, mono.

    Raises
    ------
    InputError
        If it cannot be read, is silent, or shorter than `MIN_LIKE_S`.
    """
    audio = read_audio(path, mono=True, max_seconds=MAX_LIKE_S)
    if audio.duration_s < MIN_LIKE_S:
        raise InputError(f"--like {path} lasts {1e3 * audio.duration_s:.1f} ms; {1e3 * MIN_LIKE_S:g} ms are needed.")
    if float(abs(audio.samples).max()) < _QUIET:
        raise InputError(f"--like {path} is silent: there is nothing to come near to. Name another file.")
    return audio


def require_words(vectors: PromptVectors, text: str, *, option: str, model: str) -> None:
    """Refuse a text of which the CLAP understands no word.

    Raises
    ------
    UsageError
        If it is empty or not understood.
    """
    if not text.strip():
        raise UsageError(f"{option} is empty. Say what is meant, or leave it out.")
    if not vectors.says(text):
        raise UsageError(f"The model {model} understands no word of {option} {quoted(text)}. Say it in other words.")
