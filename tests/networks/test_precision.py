"""Reduced precision is used where the processor has it, and nowhere else."""

import pytest
import torch

from samplegen.networks import precision


@pytest.mark.parametrize(("fast", "wanted"), [(True, torch.bfloat16), (False, torch.float32)])
def test_products_on_a_cpu(monkeypatch: pytest.MonkeyPatch, fast: bool, wanted: torch.dtype) -> None:
    monkeypatch.setattr(precision, "has_fast_bfloat16", lambda: fast)
    with precision.fast_inference():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == wanted
    assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_the_question_has_an_answer() -> None:
    assert precision.has_fast_bfloat16() in (True, False)
