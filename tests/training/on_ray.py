"""A Ray cluster of two nodes on this machine, and what it does; prints what came of it as JSON."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from samplegen.errors import InputError, SamplegenError
from samplegen.training.encoding.cluster import map_on_ray
from samplegen.training.encoding.encode import encode_library


def where(unit: int) -> tuple[int, str]:
    """Slow enough that both nodes get some."""
    import ray

    time.sleep(0.05)
    return unit, ray.get_runtime_context().get_node_id()


def dies_once(mark: str) -> str:
    """Ends its process without a word, the first time."""
    if not Path(mark).exists():
        Path(mark).touch()
        os._exit(1)
    return "alive"


def refuses(unit: int) -> None:
    """Has its reasons."""
    raise InputError(f"Unit {unit} is no good.")


def told(call: Any) -> list[str]:
    """The error that a call ends with."""
    try:
        call()
    except SamplegenError as error:
        return [type(error).__name__, str(error)]
    return []


def main(folder: Path, library: Path, codec: Path) -> None:
    """Everything with one cluster: to start it takes longest."""
    found: dict[str, Any] = {"nowhere": told(lambda: list(map_on_ray(where, [1], address="auto")))}
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        cluster.add_node(**node)
        address = cluster.address
        found["nodes"] = list(map_on_ray(where, range(30), address=address))
        found["died"] = list(map_on_ray(dies_once, [str(folder / "mark")], address=address))
        found["refused"] = told(lambda: list(map_on_ray(refuses, [7], address=address)))
        steps: list[float] = []
        encode_library(
            library, codec=str(codec), out=folder / "ray", one_shot_seconds=0.1, ray=address,
            progress=lambda done, total: steps.append(done),
        )  # fmt: skip
        found["steps"] = steps
    finally:
        cluster.shutdown()
    print(json.dumps(found))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
