"""Make torchaudio importable where its compiled part does not fit the installed torch.

``encodec`` (and transformers >= 5, torchcrepe) import torchaudio for a few
pure-Python functions. PyPI's torchaudio is compiled against a CUDA torch: on a
CPU torch its import ends in ``OSError`` (libc10_cuda.so), on a newer CUDA torch in
``RuntimeError``. Then the half-imported modules are dropped and the extension
module is replaced by a stub, after which the Python parts work. Call
`ensure_torchaudio` before importing any of those packages; it is idempotent.
"""

import importlib
import importlib.util
import sys
import types
from collections.abc import Callable
from typing import Any, Literal

from samplegen.errors import DependencyError

TorchaudioState = Literal["loaded", "native", "python-only", "absent"]


def ensure_torchaudio() -> TorchaudioState:
    """Import torchaudio, without its compiled part if that does not load.

    Returns
    -------
    str
        ``loaded`` (was there already), ``native``, ``python-only`` or ``absent`` (not installed).
    """
    if "torchaudio" in sys.modules:
        return "loaded"
    if importlib.util.find_spec("torchaudio") is None:
        return "absent"
    try:
        importlib.import_module("torchaudio")
        return "native"
    except Exception:  # OSError, RuntimeError or ImportError, depending on which torch it meets
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
    sys.modules["torchaudio._extension"] = _stub_extension()
    importlib.import_module("torchaudio")
    return "python-only"


def _stub_extension() -> types.ModuleType:
    """Make what torchaudio's Python files look up in ``torchaudio._extension``."""
    stub = types.ModuleType("torchaudio._extension")

    def fail_if_no_align(function: Callable[..., Any]) -> Callable[..., Any]:
        def unavailable(*args: Any, **kwargs: Any) -> Any:
            raise DependencyError(f"{function.__name__} needs torchaudio's compiled part, which does not load.")

        return unavailable

    vars(stub).update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        _check_cuda_version=lambda: None,
        fail_if_no_align=fail_if_no_align,
    )
    return stub


def import_encodec() -> Any:
    """Import the ``encodec`` package.

    Raises
    ------
    DependencyError
        If encodec or torchaudio is not installed or does not import.
    """
    try:
        state = ensure_torchaudio()
        if state == "absent":
            raise DependencyError("The encodec codec needs torchaudio. Run: pip install torchaudio")
        return importlib.import_module("encodec")
    except DependencyError:
        raise
    except Exception as error:
        raise DependencyError(f"The encodec package does not import ({error}). Run: pip install encodec") from error
