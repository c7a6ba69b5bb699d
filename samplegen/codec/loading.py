"""Load a codec of any family by name."""

from collections.abc import Callable

from samplegen.checkpoints import LoadedModel, load_model
from samplegen.codec.base import Codec
from samplegen.errors import ModelInvalidError


def _spectrogram(model: LoadedModel) -> Codec:
    from samplegen.codec.spectrogram import SpectrogramCodec

    return SpectrogramCodec.from_model(model)


def _encodec(model: LoadedModel) -> Codec:
    from samplegen.codec.encodec_family import EncodecCodec

    return EncodecCodec.from_model(model)


FAMILIES: dict[str, Callable[[LoadedModel], Codec]] = {"spectrogram": _spectrogram, "encodec": _encodec}


def load_codec(name: str) -> Codec:
    """Load and verify a codec.

    Raises
    ------
    ModelMissingError, ModelInvalidError
        If it is missing, damaged or of no known family.
    """
    model = load_model(name)
    family = model.config.get("family")
    if not isinstance(family, str) or family not in FAMILIES:
        raise ModelInvalidError(f"{name} is a {family!r}, not a codec ({', '.join(FAMILIES)}).")
    return FAMILIES[family](model)
