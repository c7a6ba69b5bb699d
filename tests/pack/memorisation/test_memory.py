"""The file: what is read is what was written; what does not belong is refused."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from samplegen.errors import ModelInvalidError, UsageError
from samplegen.pack.memorisation import load_guard
from samplegen.pack.memorisation.memory import load_memory, make_fingerprints, save_memory
from tests.pack.memorisation.signals import as_one_shot, at_pitch, hit

HASH = "ab" * 32


def test_a_memory_is_read_as_it_was_written(forms, guard, tmp_path) -> None:
    path = save_memory(tmp_path, forms, model_hash=HASH)
    read = load_memory(path, model_hash=HASH)
    for form, known in forms.items():
        assert read[form].names == known.names and read[form].limit == known.limit
        np.testing.assert_allclose(read[form].points, known.points, rtol=1e-5, atol=1e-5)
    sound = as_one_shot(at_pitch(hit(2), cents=20.0))
    loaded = load_guard(SimpleNamespace(folder=tmp_path, hash=HASH))
    assert loaded is not None and loaded.distance(sound) == pytest.approx(guard.distance(sound), rel=1e-4)


def test_the_same_memory_is_the_same_bytes(forms, tmp_path) -> None:
    first, second = (save_memory(tmp_path / name, forms, model_hash=HASH).read_bytes() for name in "ab")
    assert first == second


@pytest.mark.parametrize("damage", ["hash", "bytes", "names", "limit", "format"])
def test_what_does_not_belong_is_refused(forms, tmp_path, damage) -> None:
    if damage == "names":
        forms = {**forms, "loop": replace(forms["loop"], names=forms["loop"].names[1:])}
    if damage == "limit":
        forms = {**forms, "loop": replace(forms["loop"], limit=-1.0)}
    path = save_memory(tmp_path, forms, model_hash=HASH)
    if damage == "bytes":
        path.write_bytes(path.read_bytes()[:-100])
    if damage == "format":
        from safetensors.numpy import save

        path.write_bytes(save({"a": np.zeros(1)}))
    with pytest.raises(ModelInvalidError, match="data remember"):
        load_memory(path, model_hash="cd" * 32 if damage == "hash" else HASH)


def test_nothing_to_remember_is_an_error() -> None:
    with pytest.raises(UsageError, match="loop"):
        make_fingerprints([], form="loop", names=[], dimension=4)
