"""The denoiser: a 1-D U-Net over latent frames that predicts ``v = x1 - x0`` (spec §4)."""

import math
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samplegen.conditioning.types import BEAT_CHANNELS, Conditioning
from samplegen.errors import ModelInvalidError, UsageError
from samplegen.networks.attention import Attention, Window, attention_window
from samplegen.networks.blocks import Conv, Downsample, ResidualBlock, Upsample, normalisation, sinusoid, zero
from samplegen.networks.unet_config import CONFIGS, UNetConfig, config_from_dict, config_to_dict, named_config

__all__ = ["CONFIGS", "UNet", "UNetConfig", "config_from_dict", "config_to_dict", "named_config"]

SINUSOID_DIMENSION = 256
TIME_DIMENSION = 512
SKIP_SCALE = 1 / math.sqrt(2)


class Level(nn.Module):
    """Residual blocks of one resolution, each followed by attention where the level has it."""

    def __init__(self, inputs: list[int], width: int, *, config: UNetConfig, attention: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            ResidualBlock(count, width, time_dimension=TIME_DIMENSION, dropout=config.dropout) for count in inputs
        )
        self.attention = nn.ModuleList(Attention(width, heads=config.heads) for _ in inputs if attention)

    def step(self, index: int, h: Tensor, state: "_State") -> Tensor:
        """Run block `index` on ``[B, C, N]``."""
        h = self.blocks[index](h, state.time, circular=state.circular)
        if self.attention and state.window is not None:
            h = self.attention[index](h, state.window, valid=state.valid)
        return h


@dataclass(frozen=True)
class _State:
    """What the blocks of one level need in one pass.

    ``time [B, T]`` is activated, ``beat [B, 8, N]`` pooled to the level, ``valid [B, N]`` marks keys.
    """

    time: Tensor
    circular: bool
    beat: Tensor
    valid: Tensor | None
    window: Window | None


class UNet(nn.Module):
    """Velocity network ``D(x, alpha, conditioning)``; its output starts at zero.

    Each level keeps ``1 + blocks_down`` skips (what enters it and what each block makes), which the
    way up takes one per block. Phases enter at the input and, pooled, on top of every deeper level.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        if config.blocks_up != config.blocks_down + 1:
            raise ModelInvalidError(
                f"A network has one block more per level up than down, not {config.blocks_up} and {config.blocks_down}."
            )
        self.config = config
        widths = config.widths
        inputs = config.channels + BEAT_CHANNELS + (config.channels + 1 if config.inpainting else 0)
        self.null_beat = nn.Parameter(0.02 * torch.randn(BEAT_CHANNELS))
        self.null_embedding = nn.Parameter(0.02 * torch.randn(TIME_DIMENSION))
        self.time = nn.Sequential(
            nn.Linear(SINUSOID_DIMENSION, TIME_DIMENSION), nn.SiLU(), nn.Linear(TIME_DIMENSION, TIME_DIMENSION)
        )
        if config.average_velocity:
            last = nn.Linear(TIME_DIMENSION, TIME_DIMENSION)
            zero(last)  # so that it begins as the network without
            self.reach = nn.Sequential(nn.Linear(SINUSOID_DIMENSION, TIME_DIMENSION), nn.SiLU(), last)
        self.embedding = nn.Linear(config.embedding_dimension, TIME_DIMENSION)
        self.input = Conv(inputs, widths[0])
        self.beats = nn.ModuleList(nn.Conv1d(BEAT_CHANNELS, width, 1) for width in widths[:-1])
        self.shrink = nn.ModuleList(Downsample(width, width) for width in widths[:-1])
        self.grow = nn.ModuleList(Upsample(deep, width) for width, deep in zip(widths, widths[1:], strict=False))
        level_of = partial(Level, config=config)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, width in enumerate(widths):
            entry = widths[max(level - 1, 0)]
            attention = level in config.attention_levels
            self.down.append(level_of([entry] + [width] * (config.blocks_down - 1), width, attention=attention))
            self.up.append(level_of([2 * width] * config.blocks_down + [width + entry], width, attention=attention))
        self.middle = level_of([widths[-1]] * 2, widths[-1], attention=bool(config.attention_levels))
        self.norm = normalisation(widths[0])
        self.output = Conv(widths[0], config.channels)
        zero(self.output)
        if config.linear_path:
            self.gain = Conv(widths[0], config.channels)
            zero(self.gain)
            if config.inpainting:
                self.shown = Conv(widths[0], config.channels)
                zero(self.shown)

    @property
    def multiple(self) -> int:
        """Number that must divide the frames of an input."""
        return self.config.multiple

    def forward(
        self,
        x: Tensor,
        alpha: Tensor | float,
        conditioning: Conditioning,
        *,
        circular: bool = False,
        arrival: Tensor | float | None = None,
        valid: Tensor | None = None,
        known: Tensor | None = None,
        known_mask: Tensor | None = None,
    ) -> Tensor:
        """Predict the velocity at `alpha`.

        Parameters
        ----------
        x
            ``[B, C, N]``, N divisible by `multiple`.
        alpha
            ``[B]`` or one number, in [0, 1].
        circular
            Treat N as a ring: every convolution, pooling and attention wraps.
        arrival
            ``[B]`` or one number: predict the mean velocity from `alpha` to there, of a network that was
            trained for it. None is `alpha` itself.
        valid
            ``[B, N]`` booleans, false on padding, which attention then never looks at.
        known, known_mask
            Latent ``[B, C, N]`` and mask ``[B, 1, N]`` (1 = known) of an inpainting network; zeros if absent.

        Returns
        -------
        Tensor
            ``[B, C, N]`` in the dtype of `x`.

        Raises
        ------
        UsageError
            If N is not divisible by `multiple`, a mask is given to a network without inpainting, or an
            arrival to one without mean velocities.
        """
        frames = x.shape[-1]
        if frames == 0 or frames % self.multiple:
            raise UsageError(
                f"The network takes multiples of {self.multiple} frames, not {frames}: pad, or use a ring."
            )
        dtype = self.input.weight.dtype
        beat = self._beat(conditioning).to(dtype)
        time = self._time(x, alpha, conditioning, arrival)
        states = self._states(time, beat, circular=circular, valid=valid)
        shown = self._trusted(x, known, known_mask)
        h = self.input(torch.cat([x.to(dtype), beat, *(part.to(dtype) for part in shown)], dim=1), circular)
        skips: list[list[Tensor]] = []
        for level, state in enumerate(states):
            if level:
                h = self.shrink[level - 1](h, circular=circular) + self.beats[level - 1](state.beat)
            skips.append([h])
            for index in range(self.config.blocks_down):
                h = self.down[level].step(index, h, state)  # type: ignore[operator]
                skips[level].append(h)
        for index in range(2):
            h = self.middle.step(index, h, states[-1])
        for level, state in reversed(list(enumerate(states))):
            for index in range(self.config.blocks_up):
                joined = torch.cat([h, skips[level].pop() * SKIP_SCALE], dim=1)
                h = self.up[level].step(index, joined, state)  # type: ignore[operator]
            if level:
                h = self.grow[level - 1](h, circular=circular)
        h = F.silu(self.norm(h))
        velocity: Tensor = self.output(h, circular).to(x.dtype)
        if not self.config.linear_path:
            return velocity
        guess, room = _linear_guess(alpha, x)
        gain: Tensor = self.gain(h, circular).to(x.dtype)
        velocity = velocity + x * (guess + gain / room)
        if shown:
            velocity = velocity + shown[0] * self.shown(h, circular).to(x.dtype) / room
        return velocity

    def _beat(self, conditioning: Conditioning) -> Tensor:
        has = conditioning.has_beat[:, None, None].to(conditioning.beat.dtype)
        return conditioning.beat * has + (1 - has) * self.null_beat.to(conditioning.beat.dtype)[None, :, None]

    def _time(
        self, x: Tensor, alpha: Tensor | float, conditioning: Conditioning, arrival: Tensor | float | None
    ) -> Tensor:
        dtype = self.embedding.weight.dtype
        alphas = _each(alpha, x)
        has = conditioning.has_embedding[:, None].to(dtype)
        told = self.embedding(conditioning.embedding.to(dtype)) * has + (1 - has) * self.null_embedding
        time: Tensor = self.time(sinusoid(alphas, dimension=SINUSOID_DIMENSION).to(dtype)) + told
        if self.config.average_velocity:
            span = torch.zeros_like(alphas) if arrival is None else _each(arrival, x) - alphas
            time = time + self.reach(sinusoid(span, dimension=SINUSOID_DIMENSION).to(dtype))
        elif arrival is not None:
            raise UsageError("This network was not trained for mean velocities: choose another sampler than 'jump'.")
        return F.silu(time)

    def _trusted(self, x: Tensor, known: Tensor | None, known_mask: Tensor | None) -> list[Tensor]:
        """What an inpainting network is shown, times its trust in it, ``[B, C, N]``, and the trust ``[B, 1, N]``."""
        if not self.config.inpainting:
            if known is not None or known_mask is not None:
                raise UsageError("This network was not trained with masks: use the replacement inpainting instead.")
            return []
        mask = torch.zeros_like(x[:, :1]) if known_mask is None else known_mask.to(x.dtype)
        return [torch.zeros_like(x) if known is None else known * mask, mask]

    def _states(self, time: Tensor, beat: Tensor, *, circular: bool, valid: Tensor | None) -> list[_State]:
        states = []
        for level in range(len(self.config.multipliers)):
            if level:
                beat = F.avg_pool1d(beat, 2)
                valid = valid if valid is None else valid.view(valid.shape[0], -1, 2).any(-1)
            states.append(_State(time, circular, beat, valid, self._window(level, beat, circular=circular)))
        return states

    def _window(self, level: int, beat: Tensor, *, circular: bool) -> Window | None:
        deepest = level == len(self.config.multipliers) - 1
        if not (level in self.config.attention_levels or (deepest and self.config.attention_levels)):
            return None
        span = self.config.attention_span
        reach = None if span is None else max(1, span // 2**level)
        return attention_window(beat.shape[-1], span=reach, circular=circular, device=beat.device)


def _linear_guess(alpha: Tensor | float, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean of the velocity given `x` alone, in units of `x`, were data and noise uncorrelated and of unit variance.

    And in what steps a gain is best told: what cleans a silent channel is ``-1 / (1 - alpha)``. Both ``[B, 1, 1]``.
    """
    alphas = _each(alpha, x)[:, None, None].to(x.dtype)
    return (2.0 * alphas - 1.0) / (alphas.square() + (1.0 - alphas).square()), 1.1 - alphas


def _each(value: Tensor | float, like: Tensor) -> Tensor:
    """One number for each item of `like`, ``[B]``."""
    return torch.as_tensor(value, dtype=torch.float32, device=like.device).reshape(-1).expand(like.shape[0])
