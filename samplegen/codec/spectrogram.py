"""The spectrogram codec, for CPUs: latents of levels and partials, to which a sound can also be recoloured."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from samplegen.checkpoints import LoadedModel, read_config
from samplegen.codec.base import Latents
from samplegen.codec.notes import Notes, hold_notes
from samplegen.errors import InputError, ModelInvalidError
from samplegen.networks.precision import fast_inference
from samplegen.networks.spectrogram import SpectrogramAutoencoder, SpectrogramConfig
from samplegen.networks.undrawn import undrawn

FAMILY: Final = "spectrogram"


class SpectrogramCodec:
    """A trained `SpectrogramAutoencoder`; its last channels are semitones from C1 upwards.

    See `Codec` for the attributes. Latent n is centred on ``(n + 0.5) * hop_length`` by construction;
    ``latency_s`` is what was measured with clicks when the model was saved.
    """

    channels = 1

    def __init__(self, network: SpectrogramAutoencoder, *, name: str, hash: str, latency_s: float = 0.0) -> None:
        self.name, self.hash, self.latency_s = name, hash, latency_s
        self.sample_rate = network.config.sample_rate
        self.hop_length = network.config.hop_length
        self.dimension = network.config.dimension
        self._network = network.eval()
        self.latent_hash = hash_encoder(network)

    @classmethod
    def from_model(cls, model: LoadedModel) -> Self:
        """Build from a verified model folder.

        Raises
        ------
        ModelInvalidError
            If configuration and weights do not fit each other.
        """
        with undrawn():
            network = SpectrogramAutoencoder(read_config(model.config.get("architecture"), SpectrogramConfig))
        try:
            network.load_state_dict(model.tensors, strict=True)
        except RuntimeError as error:
            raise ModelInvalidError(f"The weights of {model.name} do not fit its config.json: {error}") from error
        latency_s = model.config.get("latency_s", 0.0)
        if isinstance(latency_s, bool) or not isinstance(latency_s, int | float):
            raise ModelInvalidError(
                f"config.json: latency_s of {model.name} is {latency_s!r:.60}; it must be a number."
            )
        return cls(network, name=model.name, hash=model.hash, latency_s=float(latency_s))

    @torch.inference_mode()
    def encode(self, samples: Tensor, *, loop: bool = False) -> Latents:
        """``[B, 1, T]`` to ``[B, C, ceil(T / hop)]``; zero-padded at the end unless a ring."""
        latents = self._network.encode(self._whole_frames(samples, loop=loop), loop=loop)
        return Latents(latents.float(), self.sample_rate / self.hop_length)

    @torch.inference_mode()
    def decode(self, latents: Latents, *, loop: bool = False) -> Tensor:
        """``[B, C, N]`` to ``[B, 1, N * hop_length]``."""
        with fast_inference():
            samples = self._network.decode(latents.values, loop=loop)
        return samples.float()[:, None]

    @torch.inference_mode()
    def recolour(self, samples: Tensor, source: Latents, made: Latents, *, loop: bool = False) -> Tensor:
        """``[B, 1, T]`` with the levels of `made` where its own latents `source` had theirs; same shape.

        Phases and noise stay those of the sound, and equal latents give the sound itself.
        """
        whole = self._whole_frames(samples, loop=loop)
        with fast_inference():
            recoloured = self._network.recolour(whole, source.values, made.values, loop=loop)
        return recoloured.float()[:, None, : samples.shape[-1]]

    def hold_notes(self, latents: Latents, notes: Sequence[Notes | None], *, loop: bool = False) -> Latents:
        """The same sounds with their partials on notes; None leaves one as it is."""
        learned = self._network.config.learned
        rows = [
            row if wanted is None else torch.cat([row[:learned], hold_notes(row[learned:], wanted, loop=loop)])
            for row, wanted in zip(latents.values, notes, strict=True)
        ]
        return replace(latents, values=torch.stack(rows))

    def _whole_frames(self, samples: Tensor, *, loop: bool) -> Tensor:
        missing = -samples.shape[-1] % self.hop_length
        if loop and missing:
            raise InputError(f"A ring must be a multiple of {self.hop_length} samples, not {samples.shape[-1]}.")
        return F.pad(samples[:, 0], (0, missing))


def hash_encoder(network: SpectrogramAutoencoder) -> str:
    """SHA-256 of the encoder's shape and weights (as float16, like they are stored), in the order of their names."""
    shape = {name: value for name, value in asdict(network.config).items() if not name.startswith("decoder")}
    digest = hashlib.sha256(repr(shape).encode())
    for name, value in sorted(network.encoder.state_dict().items()):
        digest.update(name.encode() + value.detach().cpu().half().numpy().tobytes())
    return digest.hexdigest()
