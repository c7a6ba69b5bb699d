"""The spectrogram codec: latents of levels and partials, to which a sound can also be recoloured."""

import torch
from torch import Tensor

from samplegen.codec.autoencoder import AutoencoderCodec
from samplegen.codec.base import Latents
from samplegen.networks.precision import fast_inference
from samplegen.networks.spectrogram import SpectrogramAutoencoder, SpectrogramConfig


class SpectrogramCodec(AutoencoderCodec):
    """A trained `SpectrogramAutoencoder`; its last channels are semitones from C1 upwards."""

    family = "spectrogram"
    network_type = SpectrogramAutoencoder
    config_type = SpectrogramConfig

    @torch.inference_mode()
    def recolour(self, samples: Tensor, source: Latents, made: Latents, *, loop: bool = False) -> Tensor:
        """``[B, 1, T]`` with the levels of `made` where its own latents `source` had theirs; same shape.

        Phases and noise stay those of the sound, and equal latents give the sound itself.
        """
        whole = self._whole_frames(samples, loop=loop)
        with fast_inference():
            recoloured: Tensor = self._network.recolour(whole, source.values, made.values, loop=loop)
        return recoloured.float()[:, None, : samples.shape[-1]]
