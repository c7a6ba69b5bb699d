import io
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from samplegen.errors import InputError
from samplegen.pack.companions import Companion, PackView
from samplegen.pack.projects import make_projects
from samplegen.pack.projects.dawproject import MAX_SCENES
from samplegen.pack.recipes.types import ProjectSection
from tests.pack.projects.views import full_pack, make_entry, make_view, write_sounds

SECTION = ProjectSection(name="projects-1", formats=("dawproject",))
SCHEMAS = Path(__file__).parent  # Bitwig's, under the licence beside them


def parse(data: bytes, schema: str) -> etree._Element:
    root = etree.fromstring(data)
    etree.XMLSchema(etree.parse(SCHEMAS / schema)).assertValid(root)
    return root


def open_project(companion: Companion) -> tuple[zipfile.ZipFile, etree._Element]:
    archive = zipfile.ZipFile(io.BytesIO(companion.data))
    assert archive.testzip() is None
    parse(archive.read("metadata.xml"), "MetaData.xsd")
    return archive, parse(archive.read("project.xml"), "Project.xsd")


def clips(root: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """(track name, clip) of the arrangement, references followed."""
    named = {track.get("id"): track.get("name") for track in root.iterfind("Structure/Track")}
    for lane in root.iterfind("Arrangement/Lanes/Lanes"):
        for clip in lane.iterfind("Clips/Clip"):
            yield named[lane.get("track")], clip


@pytest.fixture
def view(tmp_path: Path) -> PackView:
    return write_sounds(full_pack(tmp_path))


def test_valid_complete_and_the_same_again(view: PackView) -> None:
    (companion,) = make_projects(view, SECTION)
    assert (companion.path, companion.kind) == ("Projects/Night-Pack.dawproject", "project")
    archive, root = open_project(companion)
    for file in root.iterfind(".//File"):
        path = file.get("path").removeprefix("audio/")
        assert archive.read(file.get("path")) == (view.folder / path).read_bytes()
    assert sorted({file.get("path") for file in root.iterfind(".//File")}) == archive.namelist()[2:]
    assert [f"audio/{path}" for path in companion.made_from] == archive.namelist()[2:]
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert make_projects(view, SECTION) == [companion]


@pytest.mark.parametrize(
    ("bpm", "meter", "tempo", "bar"),
    [(132.0, (4, 4), 132.0, 4.0), (180.0, (7, 8), 90.0, 3.5), (87.5, (7, 8), 43.75, 3.5), (30.0, (3, 16), 7.5, 0.75)],
)
def test_tempo_and_bars_in_quarter_notes(
    tmp_path: Path, bpm: float, meter: tuple[int, int], tempo: float, bar: float
) -> None:
    view = write_sounds(full_pack(tmp_path, bpm=bpm, meter=meter))
    _, root = open_project(make_projects(view, SECTION)[0])
    value = root.find("Transport/Tempo")
    assert float(value.get("value")) == tempo and float(value.get("min")) <= tempo <= float(value.get("max"))
    signature = root.find("Transport/TimeSignature")
    assert (int(signature.get("numerator")), int(signature.get("denominator"))) == meter
    markers = root.findall("Arrangement/Markers/Marker")
    assert [(one.get("name"), float(one.get("time"))) for one in markers] == [
        (name, 8 * bar * number) for number, name in enumerate(("intro", "build", "drop", "break", "drop", "outro"))
    ]
    for _, clip in clips(root):
        assert abs(float(clip.get("time")) / bar - round(float(clip.get("time")) / bar)) < 1e-9


def test_every_warp_says_what_the_file_lasts(view: PackView) -> None:
    """A loop of 4 bars at 120 BPM lasts 8 s and 16 quarters: the speed at the project's tempo is exactly 1."""
    _, root = open_project(make_projects(view, SECTION)[0])
    warps = root.findall(".//Warps")
    assert warps
    for warp in warps:
        first, last = warp.findall("Warp")
        assert (first.get("time"), first.get("contentTime")) == ("0", "0")
        assert float(last.get("contentTime")) == float(warp.find("Audio").get("duration"))
        assert float(last.get("contentTime")) / float(last.get("time")) == pytest.approx(60 / 120, abs=1e-12)


def test_clips_fill_the_sections_and_never_overlap(view: PackView) -> None:
    _, root = open_project(make_projects(view, SECTION)[0])
    spans: dict[str, list[tuple[float, float]]] = {}
    for track, clip in clips(root):
        start = float(clip.get("time"))
        spans.setdefault(track, []).append((start, start + float(clip.get("duration"))))
        inner = clip.find("Clips/Clip")
        if track == "Drums":
            assert float(clip.get("duration")) == 32.0
            assert (float(clip.get("loopStart")), float(clip.get("loopEnd"))) == (0.0, 16.0)
            assert float(inner.get("duration")) == 16.0
    assert spans["Drums"] == [(64.0, 96.0), (128.0, 160.0)]
    assert all(one[1] <= after[0] for placed in spans.values() for one, after in pairwise(placed))
    impact = next(clip for track, clip in clips(root) if track == "Impacts")
    assert float(impact.get("time")) == 64.0


def test_sounds_without_bars_play_as_they_are(view: PackView) -> None:
    _, root = open_project(make_projects(view, SECTION)[0])
    texture = next(clip for track, clip in clips(root) if track == "Textures")
    assert texture.get("contentTimeUnit") == "seconds" and texture.get("loopEnd") is None
    assert texture.find("Audio").get("algorithm") == "raw"
    assert float(texture.find("Audio").get("duration")) == pytest.approx(float(Fraction(3_000_000, 44_100)))
    assert float(texture.get("duration")) == 32.0 and float(texture.get("fadeOutTime")) == 4.0


def test_tracks_lead_to_the_master(view: PackView) -> None:
    _, root = open_project(make_projects(view, SECTION)[0])
    tracks = root.findall("Structure/Track")
    master = tracks[-1].find("Channel")
    assert master.get("role") == "master"
    assert {track.find("Channel").get("destination") for track in tracks[:-1]} == {master.get("id")}
    assert len({track.get("color") for track in tracks}) == len(tracks)
    drums = next(track for track in tracks if track.get("name") == "Drums")
    assert float(drums.find("Channel/Volume").get("value")) == pytest.approx(10 ** (-4 / 20))


def test_the_launcher_holds_the_loops_in_scenes(tmp_path: Path) -> None:
    entries = [make_entry(f"d{n}", bars=1, bpm=180.0) for n in range(20)]
    entries.append(make_entry("b", category="bass", bars=2, bpm=180.0))
    (companion,) = make_projects(write_sounds(make_view(tmp_path, entries)), SECTION)
    _, root = open_project(companion)
    scenes = root.findall("Scenes/Scene")
    assert len(scenes) == MAX_SCENES
    filled = [[slot.find("Clip").get("name") for slot in scene.iterfind(".//ClipSlot[Clip]")] for scene in scenes]
    assert filled[0] == ["d0", "b"] and filled[1:] == [[f"d{n}"] for n in range(1, MAX_SCENES)]
    assert len(companion.made_from) <= MAX_SCENES + 3


def test_texts_that_xml_cannot_hold(tmp_path: Path) -> None:
    view = write_sounds(
        make_view(tmp_path, [make_entry("a")], name='<&"\x00\ud800é', licence="a\x0bb", description="\x01")
    )
    archive, root = open_project(make_projects(view, SECTION)[0])
    metadata = parse(archive.read("metadata.xml"), "MetaData.xsd")
    assert metadata.findtext("Copyright") == "a b" and metadata.find("Comment") is None


def test_a_missing_sound_is_named(view: PackView) -> None:
    (view.folder / "Sounds/drums-1.wav").unlink()
    with pytest.raises(InputError, match=r"drums-1\.wav is not there"):
        make_projects(view, SECTION)
