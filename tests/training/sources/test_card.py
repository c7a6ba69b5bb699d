"""The data card counts what is there and says what is not."""

from pathlib import Path

import pytest

from samplegen.errors import InputError
from samplegen.training.rendering.render_folder import read_index, render_to_folder
from samplegen.training.sources.card import data_card, read_folders, relative
from samplegen.training.sources.library import Library


@pytest.fixture(scope="module")
def card(library: Library, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("card") / "train"
    render_to_folder(library, folder, count=8, seed=2, sample_rate=8_000)
    return data_card(library, read_folders([folder])), folder


def test_kinds_sources_and_loops_are_counted(card: tuple[str, Path], library: Library) -> None:
    text, folder = card
    assert "16 one-shots" not in text and f"{len(library.records)} one-shots and notes" in text
    assert "| kick | 2 | 1 | 2 | 0 |" in text and "CC0-1.0 (24 files)" in text
    entries = read_index(folder)[1]
    assert f"| all | {len(entries)} |" in text
    for role in {entry["role"] for entry in entries}:
        assert f"| {role} | {sum(entry['role'] == role for entry in entries)} |" in text
    tempi = next(line for line in text.splitlines() if line.startswith("| all") and line.count("|") == 9)
    assert sum(int(cell) for cell in tempi.split("|")[2:-1]) == len(entries)


def test_gaps_and_held_out_sources_are_named(card: tuple[str, Path]) -> None:
    text, _ = card
    assert "oramics/sampled" in text and "Kinds from fewer than 4 training sources: bass (2)" in text


def test_the_same_input_gives_the_same_text_without_machine_paths(card: tuple[str, Path], library: Library) -> None:
    text, folder = card
    assert data_card(library, read_folders([folder])) == text
    assert str(folder.parent) not in text and relative(folder) == "train" and relative(Path("a/b")) == "a/b"


def test_a_folder_without_loops_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No rendered loops"):
        read_folders([tmp_path])
