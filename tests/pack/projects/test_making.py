from pathlib import Path

import pytest

from samplegen.errors import InputError
from samplegen.pack.projects import make_projects
from samplegen.pack.recipes.types import ProjectSection
from tests.pack.projects.views import make_entry, make_view, write_sounds


def paths(*entries: object, folder: Path, section: ProjectSection, **values: object) -> list[str]:
    view = write_sounds(make_view(folder, entries, **values))  # type: ignore[arg-type]
    return [companion.path for companion in make_projects(view, section)]


def test_one_project_in_each_format(tmp_path: Path) -> None:
    section = ProjectSection(name="projects-1")
    assert paths(make_entry("a"), folder=tmp_path, section=section) == [
        "Projects/Night-Pack.dawproject", "Projects/Night-Pack.rpp"
    ]  # fmt: skip


def test_tempi_and_meters_are_in_the_name_where_they_differ(tmp_path: Path) -> None:
    section = ProjectSection(name="club mix", formats=("reaper",))
    entries = [make_entry("a", bpm=174.5), make_entry("b", bpm=87.0), make_entry("c", bpm=87.0, meter=(7, 8))]
    assert paths(*entries, folder=tmp_path, section=section) == [
        "Projects/Night-Pack_club-mix_174-5_4-4.rpp",
        "Projects/Night-Pack_club-mix_87_4-4.rpp",
        "Projects/Night-Pack_club-mix_87_7-8.rpp",
    ]


def test_only_the_loops_of_the_named_sections(tmp_path: Path) -> None:
    entries = (make_entry("a"), make_entry("b"))
    view = write_sounds(make_view(tmp_path, entries, sections={"one": entries[1:], "two": entries[1:]}))
    (companion,) = make_projects(view, ProjectSection(name="projects-1", of=("one", "two"), formats=("reaper",)))
    assert companion.made_from == ("Sounds/b.wav",)


@pytest.mark.parametrize("of", [(), ("hits",)])
def test_without_loops_the_error_names_the_section(tmp_path: Path, of: tuple[str, ...]) -> None:
    hit = make_entry("hit", "one_shot", "kick")
    view = make_view(tmp_path, [hit], sections={"hits": (hit,)})
    with pytest.raises(InputError, match=r'"mix" of \[\[projects\]\] has no loops to arrange'):
        make_projects(view, ProjectSection(name="mix", of=of))
