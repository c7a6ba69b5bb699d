"""The exception tree and its exit codes, as the module draws them."""

import inspect

import pytest

from samplegen import errors

EXIT_CODES = {
    "SamplegenError": 1,
    "UsageError": 2,
    "InputError": 3,
    "AudioReadError": 3,
    "OutputError": 3,
    "ModelError": 4,
    "ModelMissingError": 4,
    "ModelInvalidError": 4,
    "DependencyError": 4,
}


def defined() -> dict[str, type[errors.SamplegenError]]:
    return {name: value for name, value in vars(errors).items() if inspect.isclass(value)}


def test_the_table_is_complete() -> None:
    assert set(defined()) == set(EXIT_CODES)


@pytest.mark.parametrize("name", EXIT_CODES)
def test_exit_codes(name: str) -> None:
    error = defined()[name]
    assert issubclass(error, errors.SamplegenError)
    assert error.exit_code == EXIT_CODES[name]
    assert name in (errors.__doc__ or "")
    assert error.__doc__
