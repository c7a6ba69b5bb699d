"""The `encodec` family: SEANet and residual vector quantiser of the ``encodec`` package behind `Codec`.

Latents are the encoder's continuous output, before the quantiser. Nothing of the
package that downloads or unpickles is used: weights come from a verified model
folder. The published 48 kHz model normalises each 1 s segment by its RMS; here the
whole signal is one segment with one gain, whose natural logarithm rides along as
the last latent channel (constant over the frames), so latents stay self-contained
and a generator learns levels too.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from samplegen.checkpoints import LoadedModel, load_model, read_config
from samplegen.codec.base import Latents
from samplegen.codec.encodec_network import PUBLISHED, EncodecConfig, build_encodec
from samplegen.codec.latency import measure_latency
from samplegen.codec.ring import middle_repeat, repeat_three_times
from samplegen.errors import InputError, ModelInvalidError, UsageError

FAMILY = "encodec"
_QUIETEST = 1e-8


class EncodecCodec:
    """An EnCodec as a `Codec`.

    Parameters
    ----------
    config
        Its architecture.
    tensors
        State dictionary of the package's ``EncodecModel``.
    name, weights_hash
        Model name, and SHA-256 of the weights.
    latency_s
        From the model's card; measured with a click when None.
    snap
        Quantise latents before decoding them.
    bandwidth_kbps
        Of the quantiser; None uses every codebook.

    Raises
    ------
    ModelInvalidError
        If the tensors do not fit the architecture.
    UsageError
        If the bandwidth is below one codebook or above all of them.
    """

    def __init__(
        self,
        config: EncodecConfig,
        tensors: Mapping[str, Tensor],
        *,
        name: str,
        weights_hash: str,
        latency_s: float | None = None,
        snap: bool = False,
        bandwidth_kbps: float | None = None,
    ) -> None:
        self.config, self.name, self.hash, self.snap = config, name, weights_hash, snap
        self.latent_hash = weights_hash
        self.sample_rate, self.channels = config.sample_rate, config.channels
        self.hop_length, self.dimension = config.hop_length, config.latent_dimension
        self.codebooks = _count_codebooks(config, bandwidth_kbps)
        self._model: Any = build_encodec(config)
        try:
            self._model.load_state_dict({key: value.float() for key, value in tensors.items()})
        except RuntimeError as error:
            raise ModelInvalidError(f"The weights of {name!r} do not fit its config. Get the model again.") from error
        self._model.eval().requires_grad_(False)
        self.latency_s = 0.0
        self.latency_s = measure_latency(self) if latency_s is None else latency_s

    @classmethod
    def from_published(cls, name: str, *, snap: bool = False, bandwidth_kbps: float | None = None) -> "EncodecCodec":
        """Load the published ``encodec_24khz`` or ``encodec_48khz``, once pulled into a model folder.

        Raises
        ------
        UsageError
            For another name.
        ModelMissingError, ModelInvalidError
            If it was never pulled, or does not verify.
        """
        if name not in PUBLISHED:
            raise UsageError(f"No published EnCodec is called {name!r}. Use one of: {', '.join(PUBLISHED)}.")
        return cls.from_model(load_model(name), snap=snap, bandwidth_kbps=bandwidth_kbps)

    @classmethod
    def from_model(
        cls, loaded: LoadedModel, *, snap: bool = False, bandwidth_kbps: float | None = None
    ) -> "EncodecCodec":
        """Load a verified model folder of the family ``encodec``: published weights, or our own with an architecture.

        Raises
        ------
        ModelInvalidError
            If the config is of another family, or weights and architecture do not fit.
        """
        family, architecture = loaded.config.get("family"), loaded.config.get("architecture")
        if family != FAMILY:
            raise ModelInvalidError(f"The model {loaded.name!r} is of the family {family!r}, not {FAMILY!r}.")
        if architecture is None and loaded.name in PUBLISHED:
            config = PUBLISHED[loaded.name]
        else:
            config = read_config(architecture, EncodecConfig, where=f"{loaded.name}: architecture")
        return cls(
            config,
            loaded.tensors,
            name=loaded.name,
            weights_hash=loaded.hash,
            latency_s=_read_latency(loaded.config),
            snap=snap,
            bandwidth_kbps=bandwidth_kbps,
        )

    @torch.inference_mode()
    def encode(self, samples: Tensor, *, loop: bool = False) -> Latents:
        """``[B, channels, T]`` to ``[B, C, ceil(T / hop_length)]``; the last frame is filled up with silence.

        Raises
        ------
        InputError
            If the shape is wrong, or T of a loop is no multiple of the hop.
        """
        self._check_samples(samples, loop=loop)
        frame_rate = self.sample_rate / self.hop_length
        gain = self._gain(samples)
        padded = functional.pad(samples / gain, (0, -samples.shape[-1] % self.hop_length))
        frames = padded.shape[-1] // self.hop_length
        values = self._model.encoder(repeat_three_times(padded) if loop else padded)
        values = values[..., frames : 2 * frames] if loop else values[..., :frames]
        if self.config.normalise:
            values = torch.cat([values, gain.log().expand(-1, 1, frames)], dim=1)
        return Latents(values, frame_rate)

    @torch.inference_mode()
    def decode(self, latents: Latents, *, loop: bool = False) -> Tensor:
        """``[B, C, N]`` to ``[B, channels, N * hop_length]``; `loop` decodes three repeats and keeps the middle.

        Raises
        ------
        InputError
            If the latents have another number of channels or no frame.
        """
        values = latents.values
        if values.ndim != 3 or values.shape[1] != self.dimension or values.shape[2] == 0:
            raise InputError(f"{self.name!r} decodes [B, {self.dimension}, N] latents, not {list(values.shape)}.")
        if loop:
            samples = self._decode_frames(repeat_three_times(values))
            return middle_repeat(samples, sample_rate=self.sample_rate)
        return self._decode_frames(values)

    def quantise(self, values: Tensor) -> Tensor:
        """Nearest sums of codebook entries to network latents ``[B, dimension, N]``."""
        codes = self._model.quantizer.vq.encode(values, n_q=self.codebooks)
        return _as_tensor(self._model.quantizer.decode(codes))

    def _decode_frames(self, values: Tensor) -> Tensor:
        network = values[:, : self.config.dimension]
        if self.snap:
            network = self.quantise(network)
        samples = _as_tensor(self._model.decoder(network))[..., : values.shape[-1] * self.hop_length]
        if self.config.normalise:
            samples = samples * values[:, self.config.dimension :].mean(-1, keepdim=True).exp()
        return samples

    def _gain(self, samples: Tensor) -> Tensor:
        """RMS of the mono mix, ``[B, 1, 1]``, or 1 where the model does not normalise."""
        if not self.config.normalise:
            return samples.new_ones(samples.shape[0], 1, 1)
        return samples.mean(1, keepdim=True).square().mean(2, keepdim=True).sqrt() + _QUIETEST

    def _check_samples(self, samples: Tensor, *, loop: bool) -> None:
        if samples.ndim != 3 or samples.shape[1] != self.channels or samples.shape[2] == 0:
            raise InputError(f"{self.name!r} encodes [B, {self.channels}, T] samples, not {list(samples.shape)}.")
        if loop and samples.shape[2] % self.hop_length:
            raise InputError(f"A loop of {samples.shape[2]} samples is no multiple of the hop {self.hop_length}.")


def _as_tensor(value: Any) -> Tensor:
    assert isinstance(value, Tensor)
    return value


def _count_codebooks(config: EncodecConfig, bandwidth_kbps: float | None) -> int:
    if bandwidth_kbps is None:
        return config.n_q
    kbps = math.log2(config.bins) * math.ceil(config.sample_rate / config.hop_length) / 1000.0
    count = math.floor(bandwidth_kbps / kbps + 1e-6)
    if not 1 <= count <= config.n_q:
        most = kbps * config.n_q
        raise UsageError(f"A bandwidth of {bandwidth_kbps} kbit/s is out of range. Use {kbps:.2f} to {most:.2f}.")
    return count


def _read_latency(config: Mapping[str, Any]) -> float | None:
    value = config.get("latency_s")
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
