"""Reduced precision where the processor has instructions for it."""

from contextlib import AbstractContextManager

import torch


def has_fast_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware (AVX-512 BF16, AMX or Arm BF16)."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def fast_inference(device: str = "cpu") -> AbstractContextManager[None]:
    """Autocast of convolutions and dense products to bfloat16, where that is faster; a no-op elsewhere."""
    return torch.autocast(device, torch.bfloat16, enabled=device != "cpu" or has_fast_bfloat16())
