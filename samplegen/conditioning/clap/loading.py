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
    from samplegen.checkpoints import load_model
    from samplegen.conditioning.clap.bundled import FAMILY, load_bundled

    model = load_model(name)
    family = str(model.config["family"])
    if family == FAMILY:
        return load_bundled(model)
    if "clap" in family:
        from samplegen.conditioning.clap.laion import load_laion

        return load_laion(model)
    raise ModelInvalidError(f"{model.name} is a {family!r:.60}, which cannot compare texts and sounds.")
