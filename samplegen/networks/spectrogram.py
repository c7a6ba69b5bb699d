"""An autoencoder of spectrograms: latents say how loud, and phases follow from that.

Three ways of making sound share the spectrum, each for what it is exact at:

- **partials**: a piano roll of semitones (`samplegen.networks.partials`), kept in the latents as it
  is and played by oscillators. So pitch is where the latents say, however small the network.
- **texture**: what the network cannot foretell is noise, and is made of noise: the decoder says for
  every cell how rough it expects its own errors to be, and as much of the cell is white noise in its colour,
  which sets in as sharply as frames that overlap can tell (`samplegen.networks.noise_envelopes`).
- **attacks**: what it can foretell gets its phases from the magnitudes (`samplegen.networks.phases`).

Every learned layer runs at the latent frame rate. Latent n is centred on ``(n + 0.5) * hop_length``, and
a ring is decoded by wrapping the latents around: partials, phases and noise all close.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samplegen.errors import UsageError
from samplegen.networks.convnext import convnext
from samplegen.networks.noise_envelopes import NoiseEnvelopes
from samplegen.networks.partials import Oscillators, PartialRoll, expand
from samplegen.networks.phases import integrate_phases
from samplegen.networks.stft import Stft, wrap

FLOOR = 1e-3  # magnitude that counts as silence
_NOISE_POWER = 1.442  # of noise whose median magnitude is 1
_NOISE_ROUGHNESS = 0.597  # nepers, measured on white noise
_COMMON_SHARE, _LOUDEST_COMMON = 0.995, 1.0  # of all samples this share is below full scale
_KNEE, _ROOM = 0.8, 0.3  # of full scale; training sounds peak at 0.9
_SMOOTH = 0.15  # roughness below which nothing is noise
LOWEST_HZ = 32.703195662574829  # C1
_GATE = (-8.0, 2.5)
_LIFT = 2.0  # nepers by which recolouring may lift a cell
_CELLS = 1 << 22

_MOST = {"sample_rate": 768_000, "learned": 1024, "tones": 128, "encoder_width": 4096, "decoder_width": 4096}
_MOST_BLOCKS = {"encoder_blocks": 64, "decoder_blocks": 64, "expansion": 16, "kernel_size": 63}


@dataclass(frozen=True)
class SpectrogramConfig:
    """Architecture of a `SpectrogramAutoencoder`.

    Parameters
    ----------
    n_fft, frame_hop
        Transform that is reconstructed, in samples; `n_fft` is a multiple of `frame_hop`.
    stack
        Its frames per latent frame; ``hop_length = stack * frame_hop``.
    learned
        Latent channels that are learned.
    tones, tone_fft
        Latent channels that are semitones from 32.7 Hz (C1) upwards, and the window they are read with.
    encoder_width, encoder_blocks, decoder_width, decoder_blocks
        ConvNeXt widths and depths.
    expansion
        Hidden width of a block in units of its width.
    kernel_size
        Frames seen by a block's depthwise convolution; odd.

    Raises
    ------
    UsageError
        If the sizes do not fit together, or are larger than any codec needs.
    """

    sample_rate: int = 44100
    n_fft: int = 1024
    frame_hop: int = 256
    stack: int = 4
    learned: int = 64
    tones: int = 84
    tone_fft: int = 4096
    encoder_width: int = 320
    encoder_blocks: int = 4
    decoder_width: int = 384
    decoder_blocks: int = 8
    expansion: int = 3
    kernel_size: int = 7

    def __post_init__(self) -> None:
        """Refuse what cannot be built before anything is allocated."""
        for name, value in vars(self).items():
            most = (_MOST | _MOST_BLOCKS).get(name, 65536)
            if not 1 <= value <= most:
                raise UsageError(f"{name} is {value}; allowed: 1 to {most}.")
        if self.frame_hop % 2 or self.n_fft % self.frame_hop or self.tone_fft % self.hop_length:
            raise UsageError("n_fft must be a multiple of frame_hop (which is even), and tone_fft one of the hop.")
        if self.kernel_size % 2 == 0:
            raise UsageError(f"kernel_size is {self.kernel_size}; it must be odd.")

    @property
    def hop_length(self) -> int:
        """Samples per latent frame."""
        return self.stack * self.frame_hop

    @property
    def dimension(self) -> int:
        """Latent channels: the learned ones, then the tones."""
        return self.learned + self.tones

    @property
    def bins(self) -> int:
        """Frequency bins of the transform."""
        return self.n_fft // 2 + 1

    @property
    def reach(self) -> int:
        """Latent frames on either side that can alter an encoded or a decoded frame."""
        overlap = -(-max(self.n_fft, self.tone_fft) // (2 * self.hop_length)) + 1
        return max(self.encoder_blocks, self.decoder_blocks + 1) * (self.kernel_size // 2) + overlap


@dataclass(frozen=True)
class Spectrogram:
    """What latents decode to, K frames of `frame_hop` samples.

    Parameters
    ----------
    log_magnitude
        ``[B, K, F]`` natural logarithm of magnitude + `FLOOR`, without the partials.
    roughness
        ``[B, K, F]`` expected `roughness` of its error, 1 for noise.
    partials
        ``[B, K, tones]`` amplitudes.
    """

    log_magnitude: Tensor
    roughness: Tensor
    partials: Tensor


class SpectrogramEncoder(nn.Module):
    """``[B, T]`` samples to ``[B, N, C]`` latents: learned channels, then tones."""

    def __init__(self, config: SpectrogramConfig) -> None:
        super().__init__()
        self.stack = config.stack
        self.stft = Stft(config.n_fft, config.frame_hop)
        self.roll = PartialRoll(
            config.tones,
            lowest_hz=LOWEST_HZ,
            n_fft=config.tone_fft,
            hop=config.hop_length,
            sample_rate=config.sample_rate,
        )
        width = config.encoder_width
        self.read = nn.Linear(config.bins * config.stack, width)
        self.read_tones = nn.Linear(config.tones, width, bias=False)
        self.direct = nn.Linear(config.bins * config.stack, config.learned)
        self.blocks = convnext(width, config.encoder_blocks, expansion=config.expansion, kernel_size=config.kernel_size)
        self.norm = nn.LayerNorm(width)
        self.write = nn.Linear(width, config.learned)

    def forward(self, samples: Tensor) -> Tensor:
        """Encode a line; rings come wrapped."""
        levels = scaled(log_magnitudes(self.stft, samples))
        tones = self.roll(samples)
        levels = levels.reshape(levels.shape[0], tones.shape[1], -1)
        hidden = self.read(levels) + self.read_tones(tones)
        learned = self.write(self.norm(self.blocks(hidden))) + self.direct(levels)
        return torch.cat([learned.to(tones.dtype), tones], dim=-1)


class SpectrogramDecoder(nn.Module):
    """``[B, N, C]`` latents to a `Spectrogram`, and that to samples."""

    def __init__(self, config: SpectrogramConfig) -> None:
        super().__init__()
        self.config = config
        self.stft = Stft(config.n_fft, config.frame_hop)
        self.oscillators = Oscillators(
            config.tones, lowest_hz=LOWEST_HZ, stft=self.stft, sample_rate=config.sample_rate
        )
        self.envelopes = NoiseEnvelopes(self.stft, sample_rate=config.sample_rate)
        width, cells = config.decoder_width, config.bins * config.stack
        self.read = nn.Conv1d(config.dimension, width, config.kernel_size, padding=config.kernel_size // 2)
        self.blocks = convnext(width, config.decoder_blocks, expansion=config.expansion, kernel_size=config.kernel_size)
        self.norm = nn.LayerNorm(width)
        self.write = nn.Linear(width, cells)
        self.write_roughness = nn.Linear(width, cells)
        self.write_gate = nn.Linear(width, config.tones * config.stack)
        self.direct = nn.Linear(config.learned, cells)
        with torch.no_grad():
            self.write_gate.weight.mul_(0.3)

    def forward(self, latents: Tensor) -> Spectrogram:
        """What `latents` say; a line, rings come wrapped."""
        hidden = self.norm(self.blocks(self.read(latents.transpose(1, 2)).transpose(1, 2)))
        batch, frames = latents.shape[0], latents.shape[1] * self.config.stack
        levels = self.write(hidden) + self.direct(latents[..., : self.config.learned])
        log_magnitude = unscaled(levels.float()).reshape(batch, frames, -1)
        roughness = F.softplus(self.write_roughness(hidden).float() - 1.0).reshape(batch, frames, -1)
        gate = self.write_gate(hidden).float().reshape(batch, frames, -1).clamp(*_GATE)
        roll = between(_earlier(latents[..., self.config.learned :].float()), self.config.stack)
        return Spectrogram(log_magnitude.clamp(math.log(FLOOR), 7.0), roughness, expand(roll) * torch.exp(gate))

    def levels(self, spectrogram: Spectrogram) -> Tensor:
        """Log magnitudes with the partials, ``[B, K, F]``: what the transform of the sound should show."""
        power = torch.exp(2.0 * spectrogram.log_magnitude) + self.oscillators.power(spectrogram.partials)
        return 0.5 * torch.log(power)

    def synthesise(self, spectrogram: Spectrogram, *, loop: bool) -> Tensor:
        """``[B, K * frame_hop]`` samples; a ring when `loop`, the same one wherever it begins."""
        if not loop:
            return _held(self._sound(spectrogram, loop=False))
        hop, first = self.config.frame_hop, _strongest_onset(spectrogram.log_magnitude)
        begun = Spectrogram(*(_turned(part, -first) for part in vars(spectrogram).values()))
        return _turned(_held(self._sound(begun, loop=True)), first * hop)

    def _sound(self, spectrogram: Spectrogram, *, loop: bool) -> Tensor:
        config = self.config
        phases = integrate_phases(spectrogram.log_magnitude, n_fft=config.n_fft, hop=config.frame_hop, loop=loop)
        noisiness = ((spectrogram.roughness - _SMOOTH) / (1.0 - _SMOOTH)).clamp(0.0, 1.0).square()
        magnitude = (torch.exp(spectrogram.log_magnitude) - FLOOR).clamp_min(0.0)
        spectrum = torch.polar(magnitude * (1.0 - noisiness).sqrt(), phases)
        spectrum = spectrum + self.oscillators.spectrum(spectrogram.partials, loop=loop)
        # Their phases are those at the centre of each frame, a spectrum's those at its start.
        spectrum = spectrum * (1 - 2 * (torch.arange(config.bins, device=phases.device) % 2))
        noise = self._noise(phases.shape[1], loop=loop) * (magnitude * noisiness.sqrt())
        power = magnitude.square() * noisiness
        return self.envelopes.synthesise(noise, power, beside=spectrum, loop=loop)

    def _noise(self, frames: int, *, loop: bool) -> Tensor:
        """Spectrum of white noise, ``[1, K, F]``, always the same, whose median magnitude is 1."""
        samples = torch.randn(1, frames * self.config.frame_hop, generator=torch.Generator().manual_seed(0))
        spectrum = self.stft.analyse(samples.to(self.stft.window), loop=loop)
        return spectrum * (_NOISE_POWER / self.stft.window.square().sum()) ** 0.5


class SpectrogramAutoencoder(nn.Module):
    """Encoder and decoder with the ring forms that loops need."""

    def __init__(self, config: SpectrogramConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = SpectrogramEncoder(config)
        self.decoder = SpectrogramDecoder(config)

    def encode(self, samples: Tensor, *, loop: bool = False) -> Tensor:
        """``[B, T]`` with T a multiple of the hop to ``[B, C, N]``; exact on a ring when `loop`."""
        if not loop:
            line: Tensor = self.encoder(samples)
            return line.transpose(1, 2)
        reach, hop = self.config.reach, self.config.hop_length
        latents: Tensor = self.encoder(wrap(samples, reach * hop))
        return latents[:, reach:-reach].transpose(1, 2)

    def spectrogram(self, latents: Tensor, *, loop: bool = False) -> Spectrogram:
        """``[B, C, N]`` to what they say; on a ring every frame sees its neighbours across the seam."""
        if not loop:
            line: Spectrogram = self.decoder(latents.transpose(1, 2))
            return line
        reach, stack = self.config.reach, self.config.stack
        wrapped: Spectrogram = self.decoder(wrap(latents, reach).transpose(1, 2))
        inner = slice(reach * stack, -reach * stack)
        return Spectrogram(*(part[:, inner] for part in vars(wrapped).values()))

    def decode(self, latents: Tensor, *, loop: bool = False) -> Tensor:
        """``[B, C, N]`` to ``[B, N * hop]``, a few rows at a time so that memory stays small."""
        rows = max(1, _CELLS // (self.config.bins * self.config.stack * latents.shape[-1]))
        parts = [
            self.decoder.synthesise(self.spectrogram(part, loop=loop), loop=loop) for part in torch.split(latents, rows)
        ]
        return torch.cat(parts)

    def recolour(self, samples: Tensor, source: Tensor, made: Tensor, *, loop: bool = False) -> Tensor:
        """`samples` ``[B, T]`` with the levels of latents `made` where its own latents `source` had theirs.

        Phases and noise stay those of the sound; equal latents give the sound itself.
        """
        levels = [self.decoder.levels(self.spectrogram(latents, loop=loop)) for latents in (made, source)]
        gain = torch.exp((levels[0] - levels[1]).clamp_max(_LIFT))
        stft = self.decoder.stft
        return samples + stft.synthesise(stft.analyse(samples, loop=loop) * (gain - 1.0), loop=loop)

    def begin_with(self, levels: Tensor) -> None:
        """Set the straight paths to the principal components of `levels`, ``[N, F * stack]`` scaled log magnitudes.

        So training begins with the best linear codec; the networks, silent at first, improve on it.
        """
        mean = levels.mean(0)
        variances, axes = torch.linalg.eigh(torch.cov(levels.T))
        axes = axes[:, -self.config.learned :].flip(-1)
        spread = variances[-self.config.learned :].flip(-1).clamp_min(1e-6) ** 0.25
        with torch.no_grad():
            self.encoder.direct.weight.copy_((axes / spread).T)
            self.encoder.direct.bias.copy_(-(axes / spread).T @ mean)
            self.decoder.direct.weight.copy_(axes * spread)
            self.decoder.direct.bias.copy_(mean)
            for silent in (self.encoder.write, self.decoder.write):
                silent.weight.mul_(0.1)
                silent.bias.zero_()


def scaled(log_magnitude: Tensor) -> Tensor:
    """Log magnitudes as the networks see them, about -1 to 3."""
    return log_magnitude * 0.3 + 1.0


def unscaled(levels: Tensor) -> Tensor:
    """`scaled` undone."""
    return (levels - 1.0) / 0.3


def roughness(error: Tensor) -> Tensor:
    """How much an error ``[..., F]`` of log magnitudes changes from bin to bin, 1 on average for white noise.

    A level that is wrong as a whole is not rough: bins two away are wrong alike. Those of noise are independent.
    """
    beside = F.pad(error, (2, 2), mode="replicate")
    return (error - (beside[..., 4:] + beside[..., :-4]) / 2).abs() / _NOISE_ROUGHNESS


def log_magnitudes(stft: Stft, samples: Tensor) -> Tensor:
    """``[B, T]`` to ``[B, K, F]``, with `FLOOR` under the logarithm."""
    with torch.autocast(samples.device.type, enabled=False):
        return torch.log(stft.analyse(samples.float(), loop=False).abs() + FLOOR)


def _earlier(roll: Tensor) -> Tensor:
    """Each frame of ``[B, N, tones]`` no less than the next: frames agree on a pitch only after its attack.

    When a partial begins is what the gate says, which is finer.
    """
    return torch.maximum(roll, F.pad(roll[:, 1:], (0, 0, 0, 1)))


def between(values: Tensor, times: int) -> Tensor:
    """``[B, N, C]`` frames to ``[B, N * times, C]``, linear between their centres."""
    place = (torch.arange(values.shape[1] * times, device=values.device) + 0.5) / times - 0.5
    below = torch.floor(place).long()
    share = (place - below)[:, None]
    last = values.shape[1] - 1
    return values[:, below.clamp(0, last)] * (1.0 - share) + values[:, (below + 1).clamp(0, last)] * share


def _held(samples: Tensor) -> Tensor:
    """Levels above those of real sounds turned down, and single peaks bent to at most 1.1.

    A generator may overshoot as a whole (real sounds never do); phases that agree too well make peaks in attacks.
    """
    size = samples.abs()
    common = size.kthvalue(max(1, math.ceil(_COMMON_SHARE * size.shape[-1])), dim=-1, keepdim=True).values
    samples = samples / common.clamp_min(_LOUDEST_COMMON)
    over = (samples.abs() - _KNEE).clamp_min(0.0)
    return samples - torch.sign(samples) * (over - _ROOM * torch.tanh(over / _ROOM))


def _strongest_onset(log_magnitude: Tensor) -> Tensor:
    """Frame of each ring at which most sets in, ``[B]``."""
    level = torch.exp(log_magnitude)
    return (level - torch.roll(level, 1, dims=1)).clamp_min(0.0).sum(-1).argmax(1)


def _turned(rows: Tensor, shifts: Tensor) -> Tensor:
    """Each of ``[B, K, ...]`` rolled by its own number of frames."""
    return torch.stack([torch.roll(row, int(shift), dims=0) for row, shift in zip(rows, shifts, strict=True)])
