"""From untrusted JSON to a typed dataclass, strictly."""

import dataclasses
import json
import math
import types
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from samplegen.errors import ModelInvalidError, SamplegenError

MAX_CONFIG_BYTES = 1_000_000
MAX_NUMBER = 1e12
MAX_DEPTH = 20

T = TypeVar("T")


def read_config(config: object, schema: type[T], *, where: str = "config.json") -> T:
    """Convert a parsed JSON object into the dataclass `schema`.

    Fields may be int, float, bool, str, `Literal`, `tuple`, `list`, `dict[str, …]`,
    `Optional` and dataclasses of these. Nothing is coerced, except a whole number where a
    float is wanted. Numbers are finite and at most 1e12 in size; a field may narrow that
    with ``metadata={"low": …, "high": …}``, which holds for every number inside it.

    Raises
    ------
    ModelInvalidError
        On an unknown key, a missing one or a wrong type; names the key and the value,
        and says what is allowed.
    """
    return cast(T, _read_dataclass(config, schema, where))


def read_json_object(path: Path) -> dict[str, Any]:
    """Parse a small JSON file that must hold one object.

    Raises
    ------
    ModelInvalidError
        If the file is missing, above 1 MB, not UTF-8 JSON, not an object, nested deeper
        than 20 levels, or holds NaN, infinite or huge numbers.
    """
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise ModelInvalidError(f"{path} is larger than 1 MB, so it is no model configuration.")
        value = json.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError as error:
        raise ModelInvalidError(f"{path} is missing. Copy the whole model folder again.") from error
    except OSError as error:
        raise ModelInvalidError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ModelInvalidError(f"{path} is not valid JSON ({error}). Copy the model folder again.") from error
    if not isinstance(value, dict):
        raise ModelInvalidError(f"{path} must hold a JSON object, not {_quote(value)}.")
    check_json(value, where=path.name)
    return value


def check_json(value: object, *, where: str, depth: int = 0) -> None:
    """Refuse what JSON cannot hold, deep nesting and numbers beyond 1e12.

    Raises
    ------
    ModelInvalidError
        Names the offending key.
    """
    if depth > MAX_DEPTH:
        raise ModelInvalidError(f"{where} is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ModelInvalidError(f"{where} has the key {key!r}; keys are text.")
            check_json(inner, where=f"{where}: {key}" if depth == 0 else f"{where}.{key}", depth=depth + 1)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            check_json(inner, where=f"{where}[{index}]", depth=depth + 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _check_number(value, where, {})
    elif value is not None and not isinstance(value, bool | str):
        raise ModelInvalidError(f"{where} is {_quote(value)}, which JSON cannot hold.")


def _read_dataclass(value: object, schema: type[Any], where: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(where, value, "an object")
    hints = get_type_hints(schema)
    fields = {field.name: field for field in dataclasses.fields(schema) if field.init}
    for key in value:
        if key not in fields:
            raise ModelInvalidError(f"{where} has the unknown key {_quote(key)}. Allowed: {', '.join(fields)}.")
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in value:
            raise ModelInvalidError(f"{where} lacks the key {name!r} ({_describe(hints[name])}).")
    read = {key: _convert(inner, hints[key], f"{where}: {key}", fields[key].metadata) for key, inner in value.items()}
    try:
        return schema(**read)
    except (ValueError, TypeError, SamplegenError) as error:
        raise ModelInvalidError(f"{where} does not fit together: {error}") from error


def _convert(value: object, wanted: Any, where: str, limits: Any) -> Any:
    origin = get_origin(wanted)
    if origin in (Union, types.UnionType):
        return _convert_union(value, get_args(wanted), where, limits)
    if origin is Literal:
        if any(value == choice and type(value) is type(choice) for choice in get_args(wanted)):
            return value
        raise _wrong(where, value, _describe(wanted))
    if origin in (tuple, list):
        return _convert_sequence(value, wanted, where, limits)
    if origin is dict:
        if not isinstance(value, dict):
            raise _wrong(where, value, "an object")
        return {key: _convert(inner, get_args(wanted)[1], f"{where}.{key}", limits) for key, inner in value.items()}
    if dataclasses.is_dataclass(wanted):
        return _read_dataclass(value, cast(type[Any], wanted), where)
    return _convert_plain(value, wanted, where, limits)


def _convert_plain(value: object, wanted: Any, where: str, limits: Any) -> Any:
    if wanted is bool or wanted is str:
        if isinstance(value, wanted):
            return value
    elif wanted is int or wanted is float:
        number = isinstance(value, int) if wanted is int else isinstance(value, int | float)
        if number and not isinstance(value, bool):
            _check_number(cast(float, value), where, limits)
            return float(cast(float, value)) if wanted is float else value
    elif wanted is type(None):
        if value is None:
            return None
    else:
        raise SamplegenError(f"A configuration field of type {wanted!r} cannot be read from JSON.")
    raise _wrong(where, value, _describe(wanted))


def _convert_union(value: object, choices: tuple[Any, ...], where: str, limits: Any) -> Any:
    if value is None and type(None) in choices:
        return None
    inner = [choice for choice in choices if choice is not type(None)]
    if len(inner) == 1:
        return _convert(value, inner[0], where, limits)
    for choice in inner:
        try:
            return _convert(value, choice, where, limits)
        except ModelInvalidError:
            continue
    raise _wrong(where, value, " or ".join(_describe(choice) for choice in choices))


def _convert_sequence(value: object, wanted: Any, where: str, limits: Any) -> Any:
    origin, inner = get_origin(wanted), get_args(wanted)
    if not isinstance(value, list | tuple):
        raise _wrong(where, value, _describe(wanted))
    if origin is list or inner[-1] is Ellipsis:
        inner = (inner[0],) * len(value)
    if len(inner) != len(value):
        raise _wrong(where, value, f"a list of {len(inner)}")
    pairs = enumerate(zip(value, inner, strict=True))
    read = [_convert(entry, kind, f"{where}[{index}]", limits) for index, (entry, kind) in pairs]
    return tuple(read) if origin is tuple else read


def _check_number(value: float, where: str, limits: Any) -> None:
    low, high = limits.get("low", -MAX_NUMBER), limits.get("high", MAX_NUMBER)
    finite = isinstance(value, int) or math.isfinite(value)
    if not finite or not low <= value <= high:
        raise _wrong(where, value, f"a number from {low:g} to {high:g}")


def _wrong(where: str, value: object, allowed: str) -> ModelInvalidError:
    return ModelInvalidError(f"{where} is {_quote(value)}; it must be {allowed}.")


def _quote(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python prints
        text = "a huge number"
    return text if len(text) <= 60 else text[:57] + "..."


def _describe(wanted: Any) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text", type(None): "null"}
    if get_origin(wanted) is Literal:
        return "one of " + ", ".join(repr(choice) for choice in get_args(wanted))
    if get_origin(wanted) in (tuple, list):
        return "a list of " + ", ".join(_describe(choice) for choice in get_args(wanted) if choice is not Ellipsis)
    if get_origin(wanted) in (Union, types.UnionType):
        return " or ".join(_describe(choice) for choice in get_args(wanted))
    return names.get(wanted, "an object")
