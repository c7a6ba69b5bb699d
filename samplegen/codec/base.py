"""What every codec offers: audio to latents, latents to audio, and the same on a ring."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from samplegen.codec.notes import Notes


@dataclass(frozen=True)
class Latents:
    """Codec latents.

    Parameters
    ----------
    values
        ``[B, C, N]`` float tensor, raw (not normalised) codec latents.
    frame_rate
        Frames per second.
    """

    values: Tensor
    frame_rate: float


class Codec(Protocol):
    """Audio to latents and back.

    Attributes
    ----------
    name, hash
        Model name and SHA-256 of its weights; a generator records both and refuses others.
    latent_hash
        Identifies the encoder alone: codecs that share it make the same latents.
    sample_rate, channels
        Of the audio it takes and gives.
    hop_length
        Samples per latent frame.
    dimension
        Latent channels C.
    latency_s
        How late an event stands in the latents, in seconds, so that frame n speaks of
        ``(n + 0.5) * hop / sample_rate - latency_s`` (measured once per codec with a click).
    """

    name: str
    hash: str
    latent_hash: str
    sample_rate: int
    channels: int
    hop_length: int
    dimension: int
    latency_s: float

    def encode(self, samples: Tensor, *, loop: bool = False) -> Latents:
        """``[B, channels, T]`` to ``[B, C, ceil(T / hop_length)]``; `loop` treats T as a ring (T % hop == 0)."""
        ...

    def decode(self, latents: Latents, *, loop: bool = False) -> Tensor:
        """``[B, C, N]`` to ``[B, channels, N * hop_length]``; `loop` decodes circularly, seamless by construction."""
        ...


@runtime_checkable
class RecolouringCodec(Protocol):
    """A codec that can also give a sound the levels of other latents."""

    sample_rate: int
    hop_length: int

    def recolour(self, samples: Tensor, source: Latents, made: Latents, *, loop: bool = False) -> Tensor:
        """``[B, channels, T]`` with the levels of `made` where its own latents `source` had theirs.

        Phases and noise stay those of the sound, and equal latents give the sound itself. One sound and its
        latents do for any number of `made`.
        """
        ...


@runtime_checkable
class NoteCodec(Protocol):
    """A codec whose latents say which semitones sound."""

    def hold_notes(self, latents: Latents, notes: Sequence[Notes | None], *, loop: bool = False) -> Latents:
        """The same sounds with their partials on notes; None leaves one as it is."""
        ...
