from pathlib import Path

import pytest

from samplegen.errors import InputError, UsageError
from samplegen.pack.daws.libraries import NAMES, PLACES, Machine, Platform, find_libraries, looked_for, this_machine

LIBRARIES = [
    ("macos", "ableton", "Music/Ableton/User Library", "Samples"),
    ("macos", "bitwig", "Documents/Bitwig Studio/Library", "Samples"),
    ("macos", "reaper", "Library/Application Support/REAPER", "Samples"),
    ("macos", "reaper", "Documents/REAPER Media", "."),
    ("macos", "fl-studio", "Documents/Image-Line/FL Studio", "Packs"),
    ("macos", "logic", "Library/Audio/Apple Loops/User Loops", "."),
    ("macos", "studio-one", "Documents/Studio One", "Samples"),
    ("windows", "ableton", "Documents/Ableton/User Library", "Samples"),
    ("windows", "ableton", "OneDrive/Documents/Ableton/User Library", "Samples"),
    ("windows", "bitwig", "Documents/Bitwig Studio/Library", "Samples"),
    ("windows", "reaper", "Roaming/REAPER", "Samples"),
    ("windows", "fl-studio", "Documents/Image-Line/FL Studio", "Packs"),
    ("windows", "studio-one", "Documents/Studio Pro", "Samples"),
    ("linux", "bitwig", "Bitwig Studio/Library", "Samples"),
    ("linux", "bitwig", "Dokumente/Bitwig Studio/Library", "Samples"),
    ("linux", "reaper", ".config/REAPER", "Samples"),
    ("linux", "reaper", ".var/app/fm.reaper.Reaper/config/REAPER", "Samples"),
    ("linux", "studio-one", "Documents/Studio One", "Samples"),
]


def machine_of(platform: Platform, home: Path) -> Machine:
    return Machine(platform, home, {"APPDATA": str(home / "Roaming"), "OneDrive": str(home / "OneDrive")})


@pytest.mark.parametrize(("platform", "daw", "root", "inside"), LIBRARIES)
def test_a_library_is_found_where_its_daw_puts_it(
    tmp_path: Path, platform: Platform, daw: str, root: str, inside: str
) -> None:
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config/user-dirs.dirs").write_text('# x\nXDG_DOCUMENTS_DIR="$HOME/Dokumente"\n')
    machine = machine_of(platform, tmp_path)
    assert find_libraries(machine) == []
    (tmp_path / root).mkdir(parents=True)
    (library,) = find_libraries(machine)
    assert (library.daw, library.folder) == (daw, tmp_path / root / inside)
    assert library.apple_loops == (daw == "logic")
    assert find_libraries(machine, daws=[daw, daw]) == [library]


def test_the_first_place_that_exists_is_taken(tmp_path: Path) -> None:
    (tmp_path / ".config/REAPER").mkdir(parents=True)
    (tmp_path / "Documents/REAPER Media").mkdir(parents=True)
    (library,) = find_libraries(machine_of("linux", tmp_path))
    assert library.folder == tmp_path / "Documents/REAPER Media"


def test_files_are_no_libraries_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "Documents").mkdir()
    (tmp_path / "Documents/Studio One").write_text("no folder")
    assert find_libraries(machine_of("linux", tmp_path)) == []
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["Documents", "Studio One"]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    machine = machine_of("macos", tmp_path)
    with pytest.raises(InputError, match="No library of Ableton Live .*User Library.*--into"):
        find_libraries(machine, daws=["ableton"])
    with pytest.raises(InputError, match="Logic and GarageBand does not run on this system"):
        find_libraries(machine_of("linux", tmp_path), daws=["logic"])
    with pytest.raises(UsageError, match="'cubase' is not known. Choose one of ableton"):
        find_libraries(machine, daws=["cubase"])


def test_every_daw_has_places_and_odd_settings_do_no_harm(tmp_path: Path) -> None:
    assert set(PLACES) == set(NAMES)
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config/user-dirs.dirs").write_bytes(b'XDG_DOCUMENTS_DIR="\xff/\nbroken')
    machine = Machine("linux", tmp_path, {"APPDATA": "relative", "XDG_CONFIG_HOME": "also/relative"})
    assert all(folder.is_relative_to(tmp_path) for daw in NAMES for folder in looked_for(daw, machine))
    windows = Machine("windows", tmp_path, {})
    assert tmp_path / "AppData/Roaming/REAPER" in looked_for("reaper", windows)
    assert this_machine().home == Path.home()
