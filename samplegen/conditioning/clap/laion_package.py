"""Import the ``laion-clap`` package and build its module, offline and without torchvision.

The package looks for three tokenizers on the Hugging Face hub when it is imported, for
RoBERTa's weights when its module is built, and imports torchvision, which it hardly uses.
All RoBERTa weights are overwritten by those of the checkpoint, so here the lookups are
answered locally, and torchvision by an empty stand-in where it is absent. Both last only
as long as the import and the construction.
"""

import contextlib
import importlib
import importlib.util
import os
import re
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from samplegen.codec.torchaudio_shim import ensure_torchaudio
from samplegen.errors import DependencyError, ModelInvalidError

PACKAGE: Final = "laion_clap"
INSTALL: Final = "pip install 'samplegen[clap]'"
_OFFLINE: Final = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
_TEXT: Final = "text_branch."
_EMBEDDINGS: Final = f"{_TEXT}embeddings."
_LAYER: Final = re.compile(r"text_branch\.encoder\.layer\.(\d+)\.")
# A buffer that older transformers kept in the state; newer ones make it anew.
_OLD_BUFFERS: Final = frozenset({f"{_EMBEDDINGS}position_ids", f"{_EMBEDDINGS}token_type_ids"})
_ROBERTA_WIDTH_OF_A_HEAD: Final = 64
_ROBERTA_EPSILON: Final = 1e-5
_SPECIAL_TOKENS: Final = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}


def check_installed() -> None:
    """Say so early when the package is absent.

    Raises
    ------
    DependencyError
        With the command that installs it.
    """
    for package in (PACKAGE, "transformers"):
        if package not in sys.modules and importlib.util.find_spec(package) is None:
            name = package.replace("_", "-")
            raise DependencyError(f"LAION-CLAP needs the package {name}, which wants numpy below 2. Run: {INSTALL}")


def build_module(*, audio_model: str, tensors: Mapping[str, Tensor], tokenizer_folder: Path) -> Any:
    """Build the package's ``CLAP_Module`` with the weights of a checkpoint.

    Parameters
    ----------
    audio_model
        ``HTSAT-base`` or ``HTSAT-tiny``.
    tensors
        State of the package's ``CLAP`` network.
    tokenizer_folder
        Holds ``vocab.json`` and ``merges.txt``.

    Raises
    ------
    DependencyError
        If the package is absent or does not import.
    ModelInvalidError
        If tokenizer, weights and network do not fit one another.
    """
    check_installed()
    with _quiet_and_offline():
        package, transformers = _import_package()
        tokenizer = _read_tokenizer(transformers, tokenizer_folder, entries=len(_tensor(tensors, "word_embeddings")))
        network = _roberta_config(transformers, tensors)
        with (
            torch.random.fork_rng(devices=[]),
            _answering(transformers.RobertaTokenizer, lambda *_, **__: tokenizer),
            _answering(transformers.RobertaModel, lambda *_, **__: transformers.RobertaModel(network)),
        ):
            module = package.CLAP_Module(enable_fusion=False, device="cpu", amodel=audio_model)
        _load(module.model, tensors)
    return module.eval().requires_grad_(False)


def _import_package() -> tuple[Any, Any]:
    try:
        ensure_torchaudio()
        transformers: Any = importlib.import_module("transformers")
        tokenizers = [transformers.BertTokenizer, transformers.RobertaTokenizer, transformers.BartTokenizer]
        # Loaded before the stand-in, so that transformers' look for torchvision finds none.
        _ = transformers.RobertaModel, transformers.BertModel, transformers.BartModel
        with contextlib.ExitStack() as stack:
            for tokenizer in tokenizers:
                stack.enter_context(_answering(tokenizer, lambda *_, **__: None))
            stack.enter_context(_torchvision())
            stack.enter_context(_same_path())
            return importlib.import_module(PACKAGE), transformers
    except Exception as error:  # a package built for another torch or numpy raises anything
        reason = str(error).split("\n", 1)[0][:200]
        raise DependencyError(f"The package laion-clap does not import ({reason}). Run: {INSTALL}") from error


def _read_tokenizer(transformers: Any, folder: Path, *, entries: int) -> Any:
    """RoBERTa's tokenizer; transformers 5 makes one of 5 tokens, silently, where it finds no files."""
    try:
        tokenizer = transformers.RobertaTokenizer.from_pretrained(str(folder), local_files_only=True)
        found = {name: getattr(tokenizer, name) for name in _SPECIAL_TOKENS}
    except Exception as error:  # a damaged file can break the reader in any way
        reason = str(error).split("\n", 1)[0][:120]
        raise ModelInvalidError(
            f"The tokenizer in {folder} cannot be read ({reason}). Pull the model again."
        ) from error
    if len(tokenizer) != entries:
        raise ModelInvalidError(
            f"The tokenizer in {folder} has {len(tokenizer)} tokens, but the weights know {entries}. "
            "Pull the model again."
        )
    if found != _SPECIAL_TOKENS:
        raise ModelInvalidError(f"The tokenizer in {folder} is not RoBERTa's: {found}. Pull the model again.")
    return tokenizer


def _roberta_config(transformers: Any, tensors: Mapping[str, Tensor]) -> Any:
    """The text tower's shape, read from its weights; what they do not show is as in ``roberta-base``."""
    entries, width = _tensor(tensors, "word_embeddings").shape
    inner = tensors.get(f"{_TEXT}encoder.layer.0.intermediate.dense.weight")
    if inner is None:
        raise ModelInvalidError("The weights hold no RoBERTa text tower. Pull the model again.")
    return transformers.RobertaConfig(
        vocab_size=entries,
        hidden_size=width,
        num_hidden_layers=1 + max(int(match[1]) for key in tensors if (match := _LAYER.match(key))),
        num_attention_heads=max(1, width // _ROBERTA_WIDTH_OF_A_HEAD),
        intermediate_size=len(inner),
        max_position_embeddings=len(_tensor(tensors, "position_embeddings")),
        type_vocab_size=len(_tensor(tensors, "token_type_embeddings")),
        layer_norm_eps=_ROBERTA_EPSILON,
        **_SPECIAL_TOKENS,
    )


def _tensor(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    tensor = tensors.get(f"{_EMBEDDINGS}{name}.weight")
    if tensor is None or tensor.ndim != 2:
        raise ModelInvalidError(f"The weights lack a matrix {_EMBEDDINGS}{name}.weight. Pull the model again.")
    return tensor


def _load(network: Any, tensors: Mapping[str, Tensor]) -> None:
    try:
        missing, unexpected = network.load_state_dict(dict(tensors), strict=False)
    except RuntimeError as error:
        reason = str(error).split("\n")[1 if "\n" in str(error) else 0].strip()[:200]
        raise ModelInvalidError(f"The weights do not fit LAION-CLAP ({reason}). Pull the model again.") from error
    odd = sorted((set(missing) | set(unexpected)) - _OLD_BUFFERS)
    if odd:
        raise ModelInvalidError(
            f"The weights do not fit LAION-CLAP: {len(odd)} parameters are missing or unknown, such as {odd[0]}. "
            "Pull the model again."
        )


@contextlib.contextmanager
def _quiet_and_offline() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _OFFLINE}
    os.environ.update(_OFFLINE)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")  # about the package's and transformers' own code
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _answering(owner: Any, answer: Callable[..., Any]) -> Iterator[None]:
    """Let ``owner.from_pretrained`` answer without looking anything up."""
    own = vars(owner).get("from_pretrained")
    owner.from_pretrained = staticmethod(answer)
    try:
        yield
    finally:
        if own is None:
            del owner.from_pretrained
        else:
            owner.from_pretrained = own


@contextlib.contextmanager
def _same_path() -> Iterator[None]:
    """The package adds its folder, with modules called ``training`` and ``evaluate``, to ``sys.path``."""
    before = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = before


def _torchvision() -> contextlib.AbstractContextManager[None]:
    """An empty torchvision where there is none, or none that fits this torch."""
    try:
        importlib.import_module("torchvision")
        return contextlib.nullcontext()
    except Exception:  # absent, or compiled for another torch
        return _lent(_torchvision_stand_ins())


@contextlib.contextmanager
def _lent(modules: Mapping[str, types.ModuleType]) -> Iterator[None]:
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            sys.modules.pop(name, None)


def _torchvision_stand_ins() -> dict[str, types.ModuleType]:
    def refuse(*_: object, **__: object) -> None:
        raise DependencyError("This part of laion-clap needs torchvision.")

    names = ("", ".ops", ".ops.misc", ".transforms", ".datasets")
    modules = {f"torchvision{name}": types.ModuleType(f"torchvision{name}") for name in names}
    for name, module in modules.items():
        vars(module)["__path__"] = []
        parent, _, last = name.rpartition(".")
        if parent:
            vars(modules[parent])[last] = module
    vars(modules["torchvision.ops.misc"])["FrozenBatchNorm2d"] = type("FrozenBatchNorm2d", (torch.nn.Module,), {})
    for function in "Normalize Compose RandomResizedCrop InterpolationMode ToTensor Resize CenterCrop".split():
        vars(modules["torchvision.transforms"])[function] = refuse
    return modules
