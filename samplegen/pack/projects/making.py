"""A project for every tempo of a pack, in every format."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from samplegen.pack.arrangement import arrange
from samplegen.pack.companions import Companion, PackView
from samplegen.pack.naming import bpm_to_text, slug
from samplegen.pack.projects.dawproject import dawproject_bytes
from samplegen.pack.projects.reaper import reaper_bytes
from samplegen.pack.recipes.types import ProjectFormat, ProjectSection
from samplegen.pack.song import Arrangement

# The suffix, how the file is made, and the sounds that it uses.
_FORMATS: Final[Mapping[ProjectFormat, tuple[str, Callable[..., tuple[bytes, tuple[str, ...]]]]]] = {
    "dawproject": (".dawproject", dawproject_bytes),
    "reaper": (".rpp", reaper_bytes),
}


def make_projects(view: PackView, section: ProjectSection) -> list[Companion]:
    """A project for every tempo (and meter) of the section's loops, in each of its formats.

    ``Projects/<pack>.dawproject``; where there are several tempi, ``<pack>_128.dawproject``.

    Raises
    ------
    InputError
        If the section has no loops or a sound is missing on the disk.
    """
    place = f'The section "{section.name}" of [[projects]]'
    loops = [entry for entry in view.chosen(section.of) if entry.kind == "loop"]
    arrangements = arrange(view, loops=loops, place=place)
    made = []
    for arrangement in arrangements:
        name = _name(view, section, arrangement, arrangements)
        for form in dict.fromkeys(section.formats):
            suffix, write = _FORMATS[form]
            data, made_from = write(view, arrangement, name=name)
            made.append(Companion(f"Projects/{name}{suffix}", "project", data, made_from))
    return made


def _name(view: PackView, section: ProjectSection, arrangement: Arrangement, others: list[Arrangement]) -> str:
    """Pack, section where it has a name of its own, and tempo and meter where there are several."""
    grid = arrangement.grid
    parts = [slug(view.name) or "pack"]
    if not re.fullmatch(r"projects?(-1)?", section.name):
        parts.append(slug(section.name))
    if len({other.grid.bpm for other in others}) > 1:
        parts.append(bpm_to_text(float(grid.bpm)))
    if len({other.grid.meter for other in others}) > 1:
        parts.append(f"{grid.meter[0]}-{grid.meter[1]}")
    return "_".join(filter(None, parts))
