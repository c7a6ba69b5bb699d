import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from samplegen.errors import InputError
from samplegen.pack.companions import PackView
from samplegen.pack.projects import make_projects
from samplegen.pack.recipes.types import ProjectSection
from tests.pack.projects.views import full_pack, make_entry, make_view, write_sounds

SECTION = ProjectSection(name="projects-1", formats=("reaper",))


def project(view: PackView) -> str:
    (companion,) = make_projects(view, SECTION)
    assert companion.path == "Projects/Night-Pack.rpp"
    assert make_projects(view, SECTION) == [companion]
    return companion.data.decode()


def items(text: str) -> Iterator[dict[str, str]]:
    """Every item as its lines say, with the name of its track; read without any library."""
    track, item = "", None
    for line in map(str.strip, text.splitlines()):
        key, _, rest = line.partition(" ")
        if line == "<ITEM":
            item = {"track": track}
        elif key == "NAME" and item is None:
            track = rest.strip('"')
        elif line.startswith("<SOURCE"):
            continue
        elif line == ">" and item is not None:
            if "FILE" in item:
                yield item
            item = None
        elif item is not None:
            item[key] = rest


@pytest.mark.parametrize(
    ("bpm", "meter", "tempo", "bar_s"),
    [
        (120.0, (4, 4), "TEMPO 120 4 4", 2.0),
        (132.0, (4, 4), "TEMPO 132 4 4", 4 * 60 / 132),
        (180.0, (7, 8), "TEMPO 90 7 8", 7 * 60 / 180),
        (87.5, (7, 8), "TEMPO 43.75 7 8", 4.8),
    ],
)
def test_items_stand_on_the_bars(tmp_path: Path, bpm: float, meter: tuple[int, int], tempo: str, bar_s: float) -> None:
    text = project(write_sounds(full_pack(tmp_path, bpm=bpm, meter=meter)))
    assert f"\n  {tempo}\n" in text
    found = list(items(text))
    assert found
    spans: dict[str, list[tuple[float, float]]] = {}
    for item in found:
        start, length = float(item["POSITION"]), float(item["LENGTH"])
        assert abs(start - round(start / bar_s) * bar_s) < 1e-9
        spans.setdefault(item["track"], []).append((start, start + length))
        if item["track"] == "Drums":
            assert abs(length - 8 * bar_s) < 1e-9 and item["LOOP"] == "1"
        assert item["PLAYRATE"].startswith("1 ")
    assert all(one[1] <= after[0] + 1e-9 for placed in spans.values() for one, after in pairwise(placed))
    tops = [stop - start for start, stop in spans["Tops"]]
    assert abs(sum(tops) - 40 * bar_s) < 1e-9
    markers = re.findall(r'MARKER \d (\S+) "(\w+)"', text)
    assert [name for _, name in markers] == ["intro", "build", "drop", "break", "drop", "outro", "end"]
    assert all(abs(float(time) - 8 * bar_s * k) < 1e-9 for k, (time, _) in enumerate(markers))


def test_sources_are_relative_to_the_folder_of_projects(tmp_path: Path) -> None:
    text = project(write_sounds(full_pack(tmp_path)))
    files = [item["FILE"].strip('"') for item in items(text)]
    (tmp_path / "Projects").mkdir()
    assert all((tmp_path / "Projects" / file).is_file() for file in files)
    assert all(file.startswith("../Sounds/") for file in files)
    assert str(tmp_path) not in text


def test_one_shots_do_not_loop(tmp_path: Path) -> None:
    by_track: dict[str, Any] = {item["track"]: item for item in items(project(write_sounds(full_pack(tmp_path))))}
    assert by_track["Textures"]["LOOP"] == by_track["Risers"]["LOOP"] == by_track["Impacts"]["LOOP"] == "0"
    assert by_track["Textures"]["FADEOUT"].split()[1] == "2"


def test_colours_have_red_lowest(tmp_path: Path) -> None:
    text = project(write_sounds(make_view(tmp_path, [make_entry("a")])))
    assert f"PEAKCOL {0x1000000 + 0x3D53E5}" in text  # drums are #e5533d


def test_an_independent_reader_agrees(tmp_path: Path) -> None:
    rpp = pytest.importorskip("rpp", reason="needs the reader rpp from PyPI")
    text = project(write_sounds(full_pack(tmp_path)))
    read = rpp.loads(text)
    assert read.tag == "REAPER_PROJECT"
    assert read.find("TEMPO") == ["TEMPO", "120", "4", "4"]
    tracks = read.findall("TRACK")
    assert [track.find("NAME")[1] for track in tracks][:3] == ["Drums", "Kick", "Tops"]
    sources = [item.find("SOURCE").find("FILE")[1] for track in tracks for item in track.findall("ITEM")]
    assert sources == [item["FILE"].strip('"') for item in items(text)]
    assert rpp.dumps(rpp.loads(rpp.dumps(read))) == rpp.dumps(read)


def test_names_cannot_break_out_of_their_line(tmp_path: Path) -> None:
    rpp = pytest.importorskip("rpp", reason="needs the reader rpp from PyPI")
    entries = [make_entry(name) for name in ('it\'s "a" `loop`', 'say "x"', "plain")]
    view = write_sounds(make_view(tmp_path, entries, name="Night Pack", description="a\n>\n<TRACK"))
    read = rpp.loads(project(view))
    (track,) = read.findall("TRACK")
    names = {item.find("NAME")[1] for item in track.findall("ITEM")}
    assert names <= {"it's \"a\" 'loop'", 'say "x"', "plain"}


def test_a_missing_sound_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.wav is not there"):
        make_projects(make_view(tmp_path, [make_entry("a")]), SECTION)
