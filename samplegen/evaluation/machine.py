"""On what machine a figure was measured."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """What stands beside every speed figure.

    Parameters
    ----------
    cpu, cores
        Model name and the number of logical cores that this process may use.
    load
        Average number of other runnable processes in the last minute; above 0.5 a figure is too slow.
    """

    cpu: str
    cores: int
    system: str
    python: str
    torch: str
    samplegen: str
    load: float

    def line(self) -> str:
        """One line for a table's caption."""
        return (
            f"{self.cpu}, {self.cores} cores, {self.system}, Python {self.python}, torch {self.torch}, "
            f"samplegen {self.samplegen}, load before {self.load:.1f}"
        )


def describe_machine() -> Machine:
    """Describe this machine now; nothing heavy is imported."""
    return Machine(
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        torch=_version("torch"),
        samplegen=_version("samplegen"),
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
    )


def _cpu_model() -> str:
    try:
        lines = _CPU_INFO.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown CPU"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
