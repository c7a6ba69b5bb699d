"""Promises about the code as a whole that no linter checks."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "samplegen"
MODULES = sorted(PACKAGE.rglob("*.py"))
PACKAGES = sorted(PACKAGE.rglob("__init__.py"))
LIGHT = ("audio", "cli", "errors", "files", "pack", "score", "units")
HEAVY = {"torch", "librosa", "torchaudio", "transformers"}
MAX_LINES = 400
TOP_LEVEL = {
    ".ci", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "benchmarks",
    "constraints.txt", "docs", "hatch_build.py", "models", "packs", "pyproject.toml", "samplegen", "tests",
}  # fmt: skip


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_at_load(body: list[ast.stmt]) -> Iterator[str]:
    """Modules imported when the module is, TYPE_CHECKING blocks left out."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from imports_at_load(node.body + node.orelse)
        elif isinstance(node, ast.Try):
            yield from imports_at_load(node.body)


def is_light(path: Path) -> bool:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py") in LIGHT


@pytest.mark.parametrize("path", [path for path in MODULES if is_light(path)], ids=name_of)
def test_light_modules_import_nothing_heavy(path: Path) -> None:
    heavy = {name for name in imports_at_load(ast.parse(path.read_text()).body) if name.split(".")[0] in HEAVY}
    assert not heavy, f"import {heavy} inside the function that needs it"


def loaded_after(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_starting_the_command_line_loads_nothing_heavy() -> None:
    assert not loaded_after("import samplegen.cli.app") & (HEAVY | {"numpy", "scipy", "soundfile", "rich"})


def test_packs_and_audio_load_without_torch() -> None:
    light = [dotted(path) for path in MODULES if is_light(path) and path.name != "__main__.py"]
    assert not loaded_after("\n".join(f"import {module}" for module in light)) & HEAVY


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_finished_and_short(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= MAX_LINES
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    assert "NotImplementedError" not in names


@pytest.mark.parametrize("path", PACKAGES, ids=dotted)
def test_package_names_what_it_offers(path: Path) -> None:
    body = ast.parse(path.read_text()).body
    imported = {alias.asname or alias.name for node in body if isinstance(node, ast.ImportFrom) for alias in node.names}
    listed: list[str] = []
    for node in body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            listed = ast.literal_eval(node.value)
    assert len(listed) == len(set(listed))
    assert imported == set(listed)


def tracked() -> list[str]:
    try:
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a git checkout")
    files = [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
    return files or pytest.skip("needs a git checkout")


def test_top_level_is_clean() -> None:
    assert {name.split("/")[0] for name in tracked()} <= TOP_LEVEL


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    machine = re.compile(r"(?<![\w.~])/(?:work|root|home)/")
    texts = [name for name in tracked() if name.endswith((".py", ".md", ".toml", ".yaml", ".json")) or "." not in name]
    guilty = [name for name in texts if machine.search((ROOT / name).read_text(errors="replace"))]
    assert [name for name in guilty if name != "tests/test_layout.py"] == []


def test_large_files_are_models() -> None:
    sizes = {name: (ROOT / name).stat().st_size for name in tracked()}
    assert [name for name, size in sizes.items() if size > 50_000_000] == []
    assert sum(size for name, size in sizes.items() if name.startswith("models/")) < 200_000_000
    assert [name for name, size in sizes.items() if size > 1_000_000 and not name.startswith("models/")] == []
