"""Networks built without drawing first weights, which a model's own replace at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import init
from torch.overrides import TorchFunctionMode

_DRAWS = frozenset({Tensor.uniform_, Tensor.normal_, init.kaiming_uniform_, init.uniform_, init.normal_})


class _Undrawn(TorchFunctionMode):
    """Leaves tensors that were to be filled at random as they are."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if func in _DRAWS:
            return args[0] if args else named["tensor"]
        return func(*args, **named)


@contextmanager
def undrawn() -> Iterator[None]:
    """Build networks in here whose every weight is loaded afterwards: drawing them takes longer than loading."""
    with torch.no_grad(), _Undrawn():
        yield
