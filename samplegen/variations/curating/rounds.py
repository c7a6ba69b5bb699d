"""What is known of a curated pack from one round of feedback to the next: ``curation.json``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from samplegen.errors import InputError
from samplegen.pack.companions import Companion
from samplegen.pack.validation import Reader
from samplegen.variations.curating.neighbourhood import Neighbourhood

NAME: Final = "curation.json"
FORMAT: Final = "samplegen-curation"
VERSION: Final = 1
_MAX_BYTES: Final = 256 << 20


@dataclass(frozen=True, eq=False)
class Curation:
    """A curated pack as its last round left it.

    Parameters
    ----------
    question
        Hash of what was asked and of the model.
    asked
        Options, so that a round of feedback need not repeat them.
    rounds
        What each drew, refused and chose.
    jobs
        Of the sounds, the best first.
    places
        Path to the place on the map, x and y from 0 to 1.
    """

    question: str
    seed: int
    asked: Mapping[str, Any]
    rounds: tuple[Mapping[str, Any], ...] = ()
    jobs: tuple[str, ...] = ()
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    around: Neighbourhood = field(default_factory=Neighbourhood)

    def companion(self, paths: Sequence[str]) -> Companion:
        """The file; `paths` are those of the pack's sounds."""
        value = {
            "format": FORMAT, "version": VERSION, "question": self.question, "seed": self.seed,
            "asked": dict(self.asked), "rounds": [dict(one) for one in self.rounds], "jobs": list(self.jobs),
            "places": {path: [round(part, 4) for part in self.places[path]] for path in sorted(self.places)},
            **self.around.to_json(),
        }  # fmt: skip
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return Companion(NAME, "document", (text + "\n").encode(), tuple(paths))


def read_curation(folder: Path) -> Curation | None:
    """What lies in a pack; None where it was not curated.

    Raises
    ------
    InputError
        If it is damaged.
    """
    path = folder / NAME
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path} is too large. Remove it and curate again.")
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read ({error}). Remove it and curate again.") from error
    read = Reader(value, place=str(path))
    if read.text("format") != FORMAT or read.integer("version") != VERSION:
        raise InputError(f"{path} is not a {FORMAT} file of version {VERSION}. Remove it and curate again.")
    rounds = tuple(one for one in read.sequence("rounds") if isinstance(one, dict))
    return Curation(
        read.text("question"), read.integer("seed"), read.mapping("asked"), rounds, read.texts("jobs"),
        around=Neighbourhood.from_json(value, place=str(path)),
    )  # fmt: skip
