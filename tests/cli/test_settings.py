"""Settings as typed: every type, errors that name the nearest, tables of presets."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from samplegen.cli.settings import align, parse_value, preset_rows, read_settings
from samplegen.errors import UsageError


@dataclass(frozen=True)
class Toy:
    steps: int = 3
    amount: float = 0.5
    keep: bool = True
    noise: str = "a"
    top_k: int | Literal["auto"] = "auto"
    hop: int | None = None
    temperatures: tuple[float, ...] = ()
    seed: int = 42


def read(*assignments: str, **flags: Any) -> dict[str, Any]:
    return read_settings(Toy, assignments, flags=flags)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("steps=7", {"steps": 7}),
        ("Steps = -7", {"steps": -7}),
        ("amount=1e-1", {"amount": 0.1}),
        ("amount=2", {"amount": 2.0}),
        ("keep=no", {"keep": False}),
        ("keep=TRUE", {"keep": True}),
        ("noise=documented", {"noise": "documented"}),
        ("top-k=4", {"top_k": 4}),
        ("top_k=Auto", {"top_k": "auto"}),
        ("hop=auto", {"hop": None}),
        ("hop=64", {"hop": 64}),
        ("temperatures=2,1,0.5", {"temperatures": (2.0, 1.0, 0.5)}),
        ("temperatures=2", {"temperatures": (2.0,)}),
    ],
)
def test_values_of_every_type(text: str, value: dict[str, Any]) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stps=3", "no setting 'stps'. Did you mean steps?"),
        ("zzzz=3", "no setting 'zzzz'. There are steps, amount"),
        ("steps", "'steps' is no assignment. Write it like steps=8"),
        ("=3", "is no assignment"),
        ("steps=2.5", "--set steps=2.5: '2.5' is not a whole number"),
        ("amount=much", "'much' is not a number"),
        ("amount=nan", "'nan' is not a number"),
        ("amount=", "'' is not a number"),
        ("keep=maybe", "'maybe' is not yes or no"),
        ("top_k=some", "'some' is not a whole number or auto"),
        ("temperatures=2,x", "'2,x' is not a list of numbers such as 2,1,0.5"),
        ("temperatures=", "is not a list"),
        ("seed=3", "The seed is given with --seed"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert message in str(caught.value)


def test_flags_that_were_given_count_and_only_once() -> None:
    assert read("steps=4", amount=0.2, keep=None) == {"steps": 4, "amount": 0.2}
    with pytest.raises(UsageError, match="steps is given twice"):
        read("steps=4", steps=5)
    with pytest.raises(UsageError, match="steps is given twice"):
        read("steps=4", "steps=4")


def test_a_choice_takes_either_dash() -> None:
    assert parse_value(Literal["per_channel", "joint"], "Per-Channel", where="x") == "per_channel"


def test_preset_table() -> None:
    rows = preset_rows({"deep_freeze": {"latent_size": 8, "keep": True}, "void": {"latent_size": 10, "hop": None}})
    assert rows[1:] == [["deep-freeze", "8", "yes", ""], ["void", "10", "", "auto"]]
    assert align(rows).splitlines() == [
        "             latent_",
        "preset       size     keep  hop",
        "deep-freeze  8        yes",
        "void         10             auto",
    ]
