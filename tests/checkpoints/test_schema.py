import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from samplegen.checkpoints.schema import check_json, read_config, read_json_object
from samplegen.errors import ModelInvalidError, SamplegenError


@dataclass(frozen=True)
class Inner:
    gain: float = 1.0


@dataclass(frozen=True)
class Schema:
    width: int = field(metadata={"low": 1, "high": 4096})
    rate: float
    name: str = "x"
    causal: bool = False
    ratios: tuple[int, ...] = (2, 4)
    pair: tuple[int, str] = (1, "a")
    losses: list[float] = field(default_factory=list)
    inner: Inner = Inner()
    norm: Literal["weight", "group"] = "weight"
    segment: float | None = None
    statistics: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.width == 13:
            raise ValueError("13 is unlucky")


GOOD = {"width": 8, "rate": 75}


def test_reads_every_kind_of_field() -> None:
    config = {
        **GOOD,
        "name": "codec",
        "causal": True,
        "ratios": [8, 4],
        "pair": [3, "b"],
        "losses": [0.5, 1],
        "inner": {"gain": 2},
        "norm": "group",
        "segment": None,
        "statistics": {"mean": 0.25},
    }
    read = read_config(config, Schema)
    expected = Schema(8, 75.0, "codec", True, (8, 4), (3, "b"), [0.5, 1.0], Inner(2.0), "group", None, {"mean": 0.25})
    assert read == expected
    assert isinstance(read.rate, float) and isinstance(read.inner.gain, float)


def test_defaults_stand_where_keys_are_missing() -> None:
    assert read_config(GOOD, Schema) == Schema(8, 75.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": "8"}, ["width", "'8'", "whole number"]),
        ({"width": 8.0}, ["width", "8.0", "whole number"]),
        ({"width": True}, ["width", "True", "whole number"]),
        ({"width": 5000}, ["width", "5000", "1 to 4096"]),
        ({"width": 10**30}, ["width", "1 to 4096"]),
        ({"width": 13}, ["unlucky"]),
        ({"rate": "75"}, ["rate", "'75'", "a number"]),
        ({"rate": True}, ["rate", "True"]),
        ({"rate": None}, ["rate", "None"]),
        ({"rate": float("nan")}, ["rate", "nan"]),
        ({"rate": 1e300}, ["rate", "1e+300"]),
        ({"rate": 10**30}, ["rate", "1e+12"]),
        ({"name": 3}, ["name", "3", "text"]),
        ({"name": {"_target_": "os.system"}}, ["name", "os.system", "text"]),
        ({"causal": 1}, ["causal", "1", "true or false"]),
        ({"causal": "true"}, ["causal", "true or false"]),
        ({"ratios": "24"}, ["ratios", "'24'", "a list of a whole number"]),
        ({"ratios": [2, "4"]}, ["ratios[1]", "'4'"]),
        ({"pair": [1]}, ["pair", "a list of 2"]),
        ({"inner": 2}, ["inner", "an object"]),
        ({"inner": {"gian": 2}}, ["inner", "'gian'", "gain"]),
        ({"norm": "batch"}, ["norm", "'batch'", "'weight', 'group'"]),
        ({"segment": "1"}, ["segment", "'1'"]),
        ({"statistics": [1]}, ["statistics", "an object"]),
        ({"statistics": {"mean": "0"}}, ["statistics.mean", "'0'"]),
        ({"colour": "red"}, ["'colour'", "width, rate"]),
    ],
)
def test_refuses_naming_key_value_and_what_is_allowed(change: dict[str, object], words: list[str]) -> None:
    with pytest.raises(ModelInvalidError) as caught:
        read_config({**GOOD, **change}, Schema)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_refuses_a_missing_key_and_a_non_object() -> None:
    with pytest.raises(ModelInvalidError, match="lacks the key 'rate'"):
        read_config({"width": 8}, Schema)
    with pytest.raises(ModelInvalidError, match="must be an object"):
        read_config([1], Schema)


def test_a_field_type_that_json_lacks_is_a_defect() -> None:
    @dataclass
    class Strange:
        where: bytes

    with pytest.raises(SamplegenError, match="bytes"):
        read_config({"where": "x"}, Strange)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe{}", "not valid JSON"),
        (b"[1, 2]", "must hold a JSON object"),
        (b'"text"', "must hold a JSON object"),
        (b'{"a": NaN}', "a is nan"),
        (b'{"a": {"b": [1, Infinity]}}', "a.b\\[1\\] is inf"),
        (b'{"a": 1e999}', "a is inf"),
        (b'{"a": 1' + b"0" * 40 + b"}", "a is 1000"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "not valid JSON"),
        (b'{"a": ' + b"[" * 30 + b"]" * 30 + b"}", "deeper than 20"),
        (b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "not valid JSON"),
        (b'{"a": "' + b"x" * 1_000_001 + b'"}', "larger than 1 MB"),
    ],
)
def test_refuses_json_that_is_no_configuration(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(ModelInvalidError, match=words):
        read_json_object(path)


def test_refuses_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalidError, match="is missing"):
        read_json_object(tmp_path / "config.json")
    with pytest.raises(ModelInvalidError, match="cannot be read"):
        read_json_object(tmp_path)


def test_reads_what_json_wrote(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    value = {"a": [1, 2.5, None, True, "ü"], "b": {"c": -1e9}}
    path.write_text(json.dumps(value), encoding="utf-8")
    assert read_json_object(path) == value


@pytest.mark.parametrize("value", [{"a": b"x"}, {"a": {1: 2}}, {"a": {1, 2}}, {"a": object()}])
def test_check_refuses_what_json_cannot_hold(value: object) -> None:
    with pytest.raises(ModelInvalidError):
        check_json(value, where="config.json")
