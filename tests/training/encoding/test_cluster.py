"""A cluster of two nodes encodes the bytes that one machine does; what is missing is told in a sentence."""

import json
import os
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from samplegen.errors import DependencyError, InputError, UsageError
from samplegen.training.encoding import cluster
from samplegen.training.encoding.cluster import map_on_ray
from samplegen.training.encoding.encode import encode_library
from samplegen.training.sources.library import save_library
from samplegen.training.sources.scan import scan_library
from tests.models import CODEC

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra 'scale': Ray is not installed")


def last_of(units: list[int], *, address: str) -> Any:
    return list(map_on_ray(str, units, address=address))


def test_without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"pip install 'samplegen\[scale\]'"):
        last_of([1], address="auto")


@needs_ray
@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "127.0.0.1:port", "ray://", ""])
def test_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="is no address. Give auto, HOST:PORT or ray://HOST:PORT"):
        last_of([1], address=address)


@needs_ray
@pytest.mark.parametrize("form", ["127.0.0.1:{}", "ray://127.0.0.1:{}"])
def test_nobody_answers(form: str) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(InputError, match="nobody answers there .*ray start --head"):
            last_of([1], address=form.format(taken.getsockname()[1]))


@needs_ray
def test_the_last_cluster_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        (tmp_path / "ray").mkdir()
        (tmp_path / "ray" / "ray_current_cluster").write_text(f"127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
        monkeypatch.delenv("RAY_ADDRESS", raising=False)
        with pytest.raises(InputError, match="nobody answers there"):
            last_of([1], address="auto")


@needs_ray
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Ray's clusters of several nodes are for Linux")
def test_two_nodes(library_folder: Path, tmp_path: Path, tiny_models: Path) -> None:
    index = tmp_path / "library.jsonl"
    save_library(index, scan_library(library_folder))
    command = [sys.executable, "-m", "tests.training.on_ray", str(tmp_path), str(index), str(tiny_models / CODEC)]
    # The variable keeps Ray on the loopback interface.
    environment = {**os.environ, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    environment.pop("RAY_ADDRESS", None)
    root = Path(__file__).parents[2]
    with TemporaryDirectory() as short:  # a socket's path has a hundred characters at most
        environment["RAY_TMPDIR"] = short
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["nowhere"][0] == "InputError" and "--ray auto: no cluster to work on" in found["nowhere"][1]
    assert [unit for unit, _ in found["nodes"]] == list(range(30)) and len({node for _, node in found["nodes"]}) == 2
    assert found["died"] == ["alive"]
    assert found["refused"] == ["InputError", "Unit 7 is no good."]
    made = encode_library(index, codec=CODEC, out=tmp_path / "here", one_shot_seconds=0.1)
    assert found["steps"] == list(range(1, made.one_shots + 1))
    for file in ("latents.npy", "index.json"):
        assert (tmp_path / "here" / file).read_bytes() == (tmp_path / "ray" / file).read_bytes()
