"""Shapes of the U-Net: the registered ones, and how one is kept in ``config.json``."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from samplegen.errors import ModelInvalidError, UsageError


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
    average_velocity
        Told where a step arrives, predict the mean velocity up to there (few-step students, spec §6).
    linear_path
        Lead the input past the network, times its best linear guess and a gain that the network says for each
        channel and frame: then the noise of every channel need not pass the narrower first level, and a channel
        that is silent is cleaned by one number (cf. Karras et al. 2022, section 5). What an inpainting network is
        shown is led past it, too, times a gain.
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
    average_velocity: bool = False
    linear_path: bool = False

    @property
    def multiple(self) -> int:
        """Number that must divide the frames of an input."""
        return int(2 ** (len(self.multipliers) - 1))

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each level, the shallowest first."""
        return tuple(self.width * multiplier for multiplier in self.multipliers)


_SHAPES: dict[str, UNetConfig] = {
    "tiny": UNetConfig(),
    "cpu": UNetConfig(width=96, multipliers=(1, 2, 3), attention_levels=(2,), heads=6, attention_span=192),
    "small": UNetConfig(width=128, multipliers=(1, 2, 3, 4), attention_levels=(2, 3), attention_span=512),
    "medium": UNetConfig(width=192, multipliers=(1, 2, 3, 4), attention_levels=(2, 3), attention_span=512),
}
# New networks have the path; those kept without one say so by leaving it out.
CONFIGS = {name: replace(shape, linear_path=True) for name, shape in _SHAPES.items()}


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
    if key in ("inpainting", "average_velocity", "linear_path"):
        return isinstance(value, bool)
    if key == "dropout":
        return isinstance(value, float | int) and not isinstance(value, bool) and 0 <= value < 1
    if key == "attention_span" and value is None:
        return True
    return type(value) is int and 0 < value <= 65536
