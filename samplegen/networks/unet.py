"""The denoiser: a 1-D U-Net over latent frames that predicts ``v = x1 - x0`` (spec §4)."""

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samplegen.conditioning.types import BEAT_CHANNELS, Conditioning
from samplegen.errors import ModelInvalidError, UsageError
from samplegen.networks.attention import Attention, Window, attention_window
from samplegen.networks.blocks import Conv, Downsample, ResidualBlock, Upsample, normalisation, sinusoid, zero

SINUSOID_DIMENSION = 256
TIME_DIMENSION = 512
SKIP_SCALE = 1 / math.sqrt(2)


@dataclass(frozen=True)
class UNetConfig:
    """Shape of a U-Net.

    Parameters
    ----------
    channels, embedding_dimension
        Latent channels C of the codec, length D of the condition vector.
    width, multipliers
        Level i has ``width * multipliers[i]`` channels; each level but the last halves the frames.
    blocks_down, blocks_up
        Residual blocks per level.
    attention_levels
        Levels with self-attention; the middle has it too whenever any level has.
    attention_span
        Furthest frame, counted at the full rate, that attention sees to each side; None is all.
    inpainting
        Take a masked latent and its mask as further inputs (spec §7).
    """

    channels: int = 64
    embedding_dimension: int = 32
    width: int = 32
    multipliers: tuple[int, ...] = (1, 2)
    blocks_down: int = 2
    blocks_up: int = 3
    attention_levels: tuple[int, ...] = ()
    heads: int = 8
    dropout: float = 0.1
    attention_span: int | None = None
    inpainting: bool = False

    @property
    def multiple(self) -> int:
        """Number that must divide the frames of an input."""
        return int(2 ** (len(self.multipliers) - 1))

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each level, the shallowest first."""
        return tuple(self.width * multiplier for multiplier in self.multipliers)


CONFIGS: dict[str, UNetConfig] = {
    "tiny": UNetConfig(),
    "cpu": UNetConfig(width=96, multipliers=(1, 2, 3), attention_levels=(2,), heads=6, attention_span=192),
    "small": UNetConfig(width=128, multipliers=(1, 2, 3, 4), attention_levels=(2, 3), attention_span=512),
    "medium": UNetConfig(width=192, multipliers=(1, 2, 3, 4), attention_levels=(2, 3), attention_span=512),
}


def named_config(name: str, *, channels: int, embedding_dimension: int, inpainting: bool = False) -> UNetConfig:
    """Return a registered shape for a codec of `channels` latents and an embedder of `embedding_dimension`.

    Raises
    ------
    UsageError
        If the name is not in `CONFIGS`.
    """
    if name not in CONFIGS:
        raise UsageError(f"There is no network '{name}': choose one of {', '.join(CONFIGS)}.")
    return replace(CONFIGS[name], channels=channels, embedding_dimension=embedding_dimension, inpainting=inpainting)


def config_to_dict(config: UNetConfig) -> dict[str, Any]:
    """Plain values for ``config.json``."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(config).items()}


def config_from_dict(values: dict[str, Any]) -> UNetConfig:
    """Read back `config_to_dict`, refusing unknown keys and wrong types.

    Raises
    ------
    ModelInvalidError
        Quoting the key and the value that does not fit.
    """
    defaults = {field.name: field.default for field in fields(UNetConfig)}
    for key, value in values.items():
        if key not in defaults:
            raise ModelInvalidError(f"The network configuration has an unknown entry '{key}'; pull the model again.")
        if not _fits(value, key):
            raise ModelInvalidError(f"The network configuration has {key} = {value!r}, which is of the wrong kind.")
    read: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return UNetConfig(**read)


def _fits(value: object, key: str) -> bool:
    if key in ("multipliers", "attention_levels"):
        items = value if isinstance(value, list | tuple) else ["not a list"]
        return all(type(item) is int and 0 <= item <= 64 for item in items) and (key != "multipliers" or bool(items))
    if key == "inpainting":
        return isinstance(value, bool)
    if key == "dropout":
        return isinstance(value, float | int) and not isinstance(value, bool) and 0 <= value < 1
    if key == "attention_span" and value is None:
        return True
    return type(value) is int and 0 < value <= 65536


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
        self.embedding = nn.Linear(config.embedding_dimension, TIME_DIMENSION)
        self.input = Conv(inputs, widths[0])
        self.beats = nn.ModuleList(nn.Conv1d(BEAT_CHANNELS, width, 1) for width in widths[:-1])
        self.shrink = nn.ModuleList(Downsample(width, width) for width in widths[:-1])
        self.grow = nn.ModuleList(Upsample(deep, width) for width, deep in zip(widths, widths[1:], strict=False))
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, width in enumerate(widths):
            entry = widths[max(level - 1, 0)]
            attention = level in config.attention_levels
            self.down.append(_level([entry] + [width] * (config.blocks_down - 1), width, config, attention))
            self.up.append(_level([2 * width] * config.blocks_down + [width + entry], width, config, attention))
        self.middle = _level([widths[-1]] * 2, widths[-1], config, bool(config.attention_levels))
        self.norm = normalisation(widths[0])
        self.output = Conv(widths[0], config.channels)
        zero(self.output)

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
            If N is not divisible by `multiple`, or a mask is given to a network without inpainting.
        """
        frames = x.shape[-1]
        if frames == 0 or frames % self.multiple:
            raise UsageError(
                f"The network takes multiples of {self.multiple} frames, not {frames}: pad, or use a ring."
            )
        dtype = self.input.weight.dtype
        beat = self._beat(conditioning).to(dtype)
        time = self._time(x, alpha, conditioning)
        states = self._states(time, beat, circular=circular, valid=valid)
        h = self.input(self._inputs(x, known, known_mask, beat, dtype), circular)
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
        h = self.output(F.silu(self.norm(h)), circular)
        velocity: Tensor = h.to(x.dtype)
        return velocity

    def _beat(self, conditioning: Conditioning) -> Tensor:
        has = conditioning.has_beat[:, None, None].to(conditioning.beat.dtype)
        return conditioning.beat * has + (1 - has) * self.null_beat.to(conditioning.beat.dtype)[None, :, None]

    def _time(self, x: Tensor, alpha: Tensor | float, conditioning: Conditioning) -> Tensor:
        dtype = self.embedding.weight.dtype
        alphas = torch.as_tensor(alpha, dtype=torch.float32, device=x.device).reshape(-1).expand(x.shape[0])
        has = conditioning.has_embedding[:, None].to(dtype)
        told = self.embedding(conditioning.embedding.to(dtype)) * has + (1 - has) * self.null_embedding
        time: Tensor = self.time(sinusoid(alphas, dimension=SINUSOID_DIMENSION).to(dtype)) + told
        return F.silu(time)

    def _inputs(
        self, x: Tensor, known: Tensor | None, known_mask: Tensor | None, beat: Tensor, dtype: torch.dtype
    ) -> Tensor:
        if not self.config.inpainting:
            if known is not None or known_mask is not None:
                raise UsageError("This network was not trained with masks: use the replacement inpainting instead.")
            return torch.cat([x.to(dtype), beat], dim=1)
        mask = torch.zeros_like(x[:, :1]) if known_mask is None else known_mask.to(x.dtype)
        latent = torch.zeros_like(x) if known is None else known * mask
        return torch.cat([x.to(dtype), beat, latent.to(dtype), mask.to(dtype)], dim=1)

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


def _level(inputs: list[int], width: int, config: UNetConfig, attention: bool) -> Level:
    return Level(inputs, width, config=config, attention=attention)
