"""Codecs by name: the family decides, and a generator is none."""

from pathlib import Path

import pytest

from samplegen.codec import load_codec
from samplegen.errors import ModelInvalidError, ModelMissingError
from tests.models import CODEC, GENERATOR, change_config


def test_a_generator_is_no_codec(tiny_models: Path) -> None:
    with pytest.raises(ModelInvalidError, match=r"generator-tiny is a 'generator-alpha-blend', not a codec"):
        load_codec(GENERATOR)


def test_an_unknown_family(own_models: Path) -> None:
    change_config(own_models / CODEC, family="codec-of-tomorrow")
    with pytest.raises(ModelInvalidError, match="codec-of-tomorrow"):
        load_codec(CODEC)


def test_none_of_that_name(tiny_models: Path) -> None:
    with pytest.raises(ModelMissingError, match="'codec-nowhere'"):
        load_codec("codec-nowhere")
