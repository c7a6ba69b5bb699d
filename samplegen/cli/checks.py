"""What ``samplegen doctor`` looks at: the environment, the models and the places it writes to."""

import importlib.metadata
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from samplegen.errors import SamplegenError

State = Literal["ok", "note", "fail"]
MIN_PYTHON: Final = (3, 11)
MIN_FREE_BYTES: Final = 1_000_000_000
NEEDED_FAMILIES: Final = ("codec", "generator")
_PROGRAMS: Final = {"exiftool": "reads a pack's tags for you", "ffmpeg": "opens formats that libsndfile does not"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Parameters
    ----------
    name
        What was looked at.
    state
        ``ok``; ``note`` where samplegen works without it; ``fail`` where it does not.
    found
        What was found.
    advice
        What to do about it; empty when all is well.
    """

    name: str
    state: State
    found: str
    advice: str = ""


def examine() -> Iterator[Finding]:
    """Look at everything, the quick things first."""
    yield check_python()
    yield from check_packages()
    yield check_torch()
    yield check_gpu()
    yield from check_models()
    yield from check_places()
    yield check_midi()
    yield check_laion_clap()
    yield from check_programs()


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Python's version and the machine."""
    found = f"{'.'.join(map(str, version))} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    if version >= MIN_PYTHON:
        return Finding("python", "ok", found)
    return Finding("python", "fail", found, "Install Python 3.11 or newer and make the environment with it.")


def check_packages() -> Iterator[Finding]:
    """Versions of the packages that samplegen requires, read without importing them."""
    try:
        required = importlib.metadata.requires("samplegen") or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding("samplegen", "note", "run from its sources", "Install it with: pip install -e .")
        return
    for requirement in required:
        if "extra ==" not in requirement:
            yield check_package(requirement)


def check_package(requirement: str) -> Finding:
    """One requirement such as ``numpy>=1.26``."""
    name, minimum = _split_requirement(requirement)
    advice = f"Install it with: pip install '{requirement}'"
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "fail", "not installed", advice)
    if _numbers(version) < _numbers(minimum):
        return Finding(name, "fail", f"{version}, older than {minimum}", advice)
    return Finding(name, "ok", version)


def _split_requirement(requirement: str) -> tuple[str, str]:
    match = re.match(r"([A-Za-z0-9._-]+)(?:[^>]*>=\s*([0-9.]+))?", requirement)
    return (match[1], match[2] or "0") if match else (requirement, "0")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])


def check_torch() -> Finding:
    """Whether torch imports, and its threads."""
    try:
        import torch
    except Exception as error:  # a broken build raises OSError, RuntimeError or ImportError
        reason = str(error).split("\n", 1)[0]
        return Finding("torch import", "fail", reason, "Install it again, for a CPU with: pip install torch==2.13.0")
    threads = torch.get_num_threads()
    if threads > (os.cpu_count() or 1):
        return Finding("torch import", "note", f"{threads} threads", "Set OMP_NUM_THREADS to the number of cores.")
    return Finding("torch import", "ok", f"{threads} threads")


def check_gpu() -> Finding:
    """Which accelerator there is; none is needed."""
    try:
        import torch

        if torch.cuda.is_available():
            return Finding("gpu", "ok", torch.cuda.get_device_name(0))
        if torch.backends.mps.is_available():
            return Finding("gpu", "ok", "Apple MPS")
    except Exception:  # reported by check_torch
        return Finding("gpu", "note", "unknown, because torch does not import")
    return Finding("gpu", "ok", "none, and none is needed: everything runs on the CPU")


def check_models() -> Iterator[Finding]:
    """Every installed model, verified, and whether a codec and a generator are among them."""
    try:
        from samplegen.checkpoints import list_models, verify_model
    except ImportError as error:
        yield Finding("models", "fail", str(error), "Install what is missing above.")
        return
    names = []
    for model in list_models():
        try:
            verify_model(model.folder)
        except SamplegenError as error:
            yield Finding(model.name, "fail", "damaged", str(error))
        except ImportError as error:
            yield Finding(model.name, "note", f"not verified ({error})", "Install what is missing above.")
        else:
            names.append(model.name)
            yield Finding(model.name, "ok", f"intact, {model.size_bytes / 1e6:.1f} MB in {model.folder}")
    for family in NEEDED_FAMILIES:
        if not any(name.startswith(family) for name in names):
            advice = f"Install samplegen again, or train one with: samplegen train {family}"
            yield Finding(f"a {family}", "fail", "none is installed", advice)


def check_places() -> Iterator[Finding]:
    """Whether the cache and the working folder take files, and the room there is."""
    from samplegen.checkpoints.locations import user_cache_folder

    yield check_writable("cache", user_cache_folder(), advice="Set XDG_CACHE_HOME to a folder you may write to.")
    yield check_writable("working folder", Path.cwd(), advice="Change to a folder you may write to, or give --out.")
    free = shutil.disk_usage(Path.cwd()).free
    if free < MIN_FREE_BYTES:
        yield Finding("disk", "note", f"{free / 1e9:.2f} GB free", "Make room; a pack of 100 loops takes 0.2 GB.")
    else:
        yield Finding("disk", "ok", f"{free / 1e9:.0f} GB free")


def check_writable(name: str, folder: Path, *, advice: str) -> Finding:
    """Whether a file can be made in `folder`, or in what exists of it."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=existing, prefix=".samplegen-", suffix=".part"):
            return Finding(name, "ok", str(folder))
    except OSError as error:
        return Finding(name, "fail", f"{folder}: {error.strerror}", advice)


def check_midi() -> Finding:
    """Whether MIDI ports can be opened; only live MIDI needs them."""
    try:
        import rtmidi

        return Finding("midi", "ok", f"{len(rtmidi.MidiOut().get_ports())} output ports")
    except ImportError:
        return Finding("midi", "note", "no back end; MIDI files work without", "pip install 'samplegen[midi]'")
    except Exception as error:  # rtmidi raises SystemError without an ALSA sequencer
        return Finding("midi", "note", f"no MIDI system ({error})", "Only live MIDI needs one; MIDI files work.")


def check_laion_clap() -> Finding:
    """Whether the published LAION-CLAP can run; the bundled embedder needs none of it."""
    advice = (
        "Only the published LAION-CLAP needs it, in an environment with numpy below 2: pip install 'samplegen[clap]'"
    )
    try:
        found = {name: importlib.metadata.version(name) for name in ("laion-clap", "transformers", "pillow", "numpy")}
    except importlib.metadata.PackageNotFoundError as error:
        return Finding("laion-clap", "note", f"{error.name} is not installed; the bundled CLAP works without", advice)
    if _numbers(found["numpy"]) >= (2,):
        return Finding("laion-clap", "note", f"{found['laion-clap']} beside numpy {found['numpy']}", advice)
    return Finding("laion-clap", "ok", f"{found['laion-clap']} with transformers {found['transformers']}")


def check_programs() -> Iterator[Finding]:
    """Programs that are useful beside samplegen."""
    for program, use in _PROGRAMS.items():
        path = shutil.which(program)
        missing = Finding(program, "note", "not found", f"Optional: it {use}.")
        yield Finding(program, "ok", path) if path else missing
