"""Model folders: find, verify (SHA-256), load, save, and import published weights.

``models/<name>/`` holds ``model.safetensors``, ``config.json`` and a card,
``README.md`` (design §4). Nothing in a model folder is ever executed or unpickled.
"""

from samplegen.checkpoints.locations import find_model, model_folders, user_cache_folder
from samplegen.checkpoints.published import Pulled, how_to_pull, pull
from samplegen.checkpoints.registry import PUBLISHED, PublishedWeights
from samplegen.checkpoints.schema import read_config
from samplegen.checkpoints.store import (
    LoadedModel,
    ModelSummary,
    list_models,
    load_model,
    save_model,
    verify_model,
)

__all__ = [
    "PUBLISHED",
    "LoadedModel",
    "ModelSummary",
    "PublishedWeights",
    "Pulled",
    "find_model",
    "how_to_pull",
    "list_models",
    "load_model",
    "model_folders",
    "pull",
    "read_config",
    "save_model",
    "user_cache_folder",
    "verify_model",
]
