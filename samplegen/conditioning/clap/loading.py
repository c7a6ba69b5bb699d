"""From the name of a joint embedder to the embedder."""

from pathlib import Path
from typing import TYPE_CHECKING

from samplegen.conditioning.clap.types import DEFAULT_CLAP
from samplegen.errors import ModelInvalidError

if TYPE_CHECKING:
    from samplegen.conditioning.embedder import Embedder


def load_clap(name: str | Path = DEFAULT_CLAP) -> "Embedder":
    """Load a joint text-audio embedder: the bundled one, a pulled ``laion-clap-…``, or a model folder.

    Raises
    ------
    ModelMissingError, ModelInvalidError
        If it is missing, damaged or no joint embedder.
    DependencyError
        If a published one needs a package that is not installed.
    """
    from samplegen.checkpoints import PUBLISHED, load_model
    from samplegen.conditioning.clap import bundled, laion

    if name in PUBLISHED and PUBLISHED[str(name)].family == laion.FAMILY:
        return laion.load_laion(name)
    model = load_model(name)
    if model.config["family"] == bundled.FAMILY:
        return bundled.load_bundled(model)
    if model.config["family"] == laion.FAMILY:
        return laion.load_laion(model)
    raise ModelInvalidError(
        f"{model.name} is a {model.config['family']!r:.60}, which cannot compare texts and sounds. "
        f"Choose {DEFAULT_CLAP}, or pull one: samplegen models pull laion-clap-music"
    )
