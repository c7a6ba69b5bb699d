"""From a model folder to a `Generator`; what is in the folder is not trusted."""

from dataclasses import replace

from samplegen.checkpoints import LoadedModel, load_model, read_config
from samplegen.codec import load_codec
from samplegen.codec.base import Codec
from samplegen.codec.stats import LatentRange, LatentStats
from samplegen.conditioning.clap import load_clap
from samplegen.conditioning.embedder import Embedder, TagEmbedder
from samplegen.conditioning.kind_ear import load_ear
from samplegen.conditioning.vocabulary import Vocabulary
from samplegen.conditioning.words_and_sound import WordsAndSound
from samplegen.engines.alpha_blend.generator import FAMILY, Description, Generator, Sampling
from samplegen.errors import ModelInvalidError
from samplegen.networks.undrawn import undrawn
from samplegen.networks.unet import UNet, UNetConfig, config_from_dict


def load_generator(name: str, *, steerable: bool = False) -> Generator:
    """Load a generator with the codec, and the CLAP if any, that it was trained with.

    Parameters
    ----------
    steerable
        Where `name` is a few-step student, whose guidance is built in, load the teacher that it learned from:
        for edits, inversion, negative prompts and guidance of one's own.

    Raises
    ------
    ModelMissingError, ModelInvalidError
        If one is missing or damaged, or codec or CLAP are not those of its training.
    """
    model = load_model(name)
    teacher = _teacher(model)
    if steerable and teacher is not None:
        return load_generator(teacher)
    if model.config.get("family") != FAMILY:
        raise ModelInvalidError(
            f"{name} is a {model.config.get('family')!r}, not a {FAMILY!r}. Choose another --model."
        )
    codec = load_codec(_text(model.config, "codec", "name"))
    wanted = _text(model.config, "codec", "hash")
    if codec.hash != wanted:
        raise ModelInvalidError(
            f"The generator {name} was trained with codec {wanted[:12]}, but {codec.name} is {codec.hash[:12]}. "
            "Install the codec that came with it."
        )
    architecture = model.config.get("architecture")
    if not isinstance(architecture, dict):
        raise ModelInvalidError(f"The config.json of {name} has no architecture.")
    embedder = TagEmbedder(replace(Vocabulary(), tags=_tags(model.config)))
    clap = _clap(model)
    joint = None if clap is None else WordsAndSound(embedder, clap)
    if (joint or embedder).hash != _text(model.config, "embedder", "hash"):
        raise ModelInvalidError(f"The generator {name} was trained with other condition words. Install it again.")
    network = _network(config_from_dict(architecture), model, codec=codec, dimension=(joint or embedder).dimension)
    description = read_config(model.config.get("description"), Description)
    _check_description(description, network, embedder, name=name)
    return Generator(
        name=model.name,
        hash=model.hash,
        codec=codec,
        network=network,
        stats=LatentStats.from_config(model.config.get("latent_stats"), channels=codec.dimension),
        loop_range=_loop_range(model, codec=codec),
        embedder=embedder,
        description=description,
        sampling=read_config(model.config.get("sampling"), Sampling),
        joint=joint,
        folder=model.folder,
        teacher=teacher,
        ear=None if clap is None else load_ear(model.folder, clap=clap),
    )


def _teacher(model: LoadedModel) -> str | None:
    """Name of the generator that a few-step student learned from."""
    return None if model.config.get("teacher") is None else _text(model.config, "teacher", "name")


def _clap(model: LoadedModel) -> Embedder | None:
    """The CLAP that the model was trained with; None for a model of tags alone."""
    section = model.config.get("embedder")
    record = section.get("clap") if isinstance(section, dict) else None
    if record is None:
        return None
    part = {"embedder.clap": record}
    name, wanted = _text(part, "embedder.clap", "name"), _text(part, "embedder.clap", "hash")
    clap = load_clap(name)
    if clap.hash != wanted:
        raise ModelInvalidError(
            f"The generator {model.name} was trained with CLAP {wanted[:12]}, but {clap.name} is {clap.hash[:12]}. "
            "Install the one that came with it."
        )
    return clap


def _loop_range(model: LoadedModel, *, codec: Codec) -> LatentRange | None:
    entry = model.config.get("loop_range")
    return None if entry is None else LatentRange.from_config(entry, channels=codec.dimension)


def _network(config: UNetConfig, model: LoadedModel, *, codec: Codec, dimension: int) -> UNet:
    if (config.channels, config.embedding_dimension) != (codec.dimension, dimension):
        raise ModelInvalidError(
            f"The network of {model.name} takes {config.channels} latents and {config.embedding_dimension} words; "
            f"its codec has {codec.dimension}, its vocabulary {dimension}. Install the model again."
        )
    try:
        with undrawn():
            network = UNet(config)
        network.load_state_dict(model.tensors)
    except RuntimeError as error:
        raise ModelInvalidError(f"The weights of {model.name} do not fit its config.json: {error}") from error
    return network.eval()


def _check_description(description: Description, network: UNet, embedder: TagEmbedder, *, name: str) -> None:
    if description.one_shot_frames % network.multiple:
        raise ModelInvalidError(
            f"The one-shots of {name} have {description.one_shot_frames} frames, which its network cannot divide "
            f"by {network.multiple}. Install the model again."
        )
    words = {*description.kinds, *description.loop_kinds, *description.styles}
    unknown = sorted(words - set(embedder.vocabulary.tags))
    if unknown:
        raise ModelInvalidError(f"The model {name} names {unknown[0]!r:.60}, which is not among its words.")


def _text(config: dict[str, object], part: str, key: str) -> str:
    section = config.get(part)
    value = section.get(key) if isinstance(section, dict) else None
    if not isinstance(value, str):
        raise ModelInvalidError(f"The model's config.json has no text at {part}.{key}.")
    return value


def _tags(config: dict[str, object]) -> tuple[str, ...]:
    section = config.get("embedder")
    tags = section.get("tags") if isinstance(section, dict) else None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ModelInvalidError("The model's config.json has no list of words at embedder.tags.")
    return tuple(tags)
