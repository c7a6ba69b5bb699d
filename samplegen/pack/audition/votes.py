"""``votes.json``: which sounds of a pack its listener keeps and rejects.

Version 1 is one object: ``format``, ``version``, ``pack`` (its name) and the lists ``keep`` and
``reject`` of objects with ``path``, ``sha256`` and ``job``, as the manifest had them when
the page was made.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samplegen.errors import InputError
from samplegen.pack.manifest import FileEntry, Manifest
from samplegen.pack.validation import Reader

FORMAT: Final = "samplegen-votes"
VERSION: Final = 1
_MAX_BYTES: Final = 64 << 20
_SHOWN: Final = 3


@dataclass(frozen=True)
class Vote:
    """The sound that was voted on: its file, the hash of its bytes and the job that made it."""

    path: str
    sha256: str
    job: str = ""


@dataclass(frozen=True)
class Votes:
    """What a listener keeps and rejects of the pack with the name `pack`."""

    pack: str
    keeps: frozenset[Vote] = frozenset()
    rejects: frozenset[Vote] = frozenset()

    def kept_jobs(self, manifest: Manifest) -> frozenset[str]:
        """Jobs of the sounds that must stay byte for byte.

        Raises
        ------
        InputError
            If the votes are of another pack, or a kept sound has other bytes now.
        """
        known = self._known(manifest)
        keeps = self.keeps & known.keys()
        changed = sorted(vote.path for vote in keeps if known[vote].sha256 != vote.sha256)
        if changed:
            raise InputError(
                f"Sounds that votes.json keeps are others in the pack now: {_some(changed)}. Vote on this pack again."
            )
        return frozenset(known[vote].job for vote in keeps)

    def rejected_jobs(self, manifest: Manifest) -> frozenset[str]:
        """Jobs whose sound in the pack still is the rejected one; those that were replaced since are left out.

        Raises
        ------
        InputError
            If the votes are of another pack.
        """
        known = self._known(manifest)
        wanted = self.rejects & known.keys()
        return frozenset(known[vote].job for vote in wanted if known[vote].sha256 == vote.sha256)

    def _known(self, manifest: Manifest) -> dict[Vote, FileEntry]:
        """The pack's sound that each vote is about: the one of the same job, else of the same path.

        Votes on sounds that were replaced since are left out.
        """
        by_job = {entry.job: entry for entry in manifest.files if entry.job}
        by_path = {entry.path: entry for entry in manifest.files}
        found = {vote: by_job.get(vote.job) or by_path.get(vote.path) for vote in self.keeps | self.rejects}
        replaced = frozenset(manifest.rejected)
        unknown = sorted(vote.path for vote, entry in found.items() if entry is None and vote.job not in replaced)
        if unknown and (self.pack != manifest.name or len(unknown) == len(found)):
            raise InputError(f"votes.json is of the pack {self.pack!r}, not of {manifest.name!r}. Give its own votes.")
        if unknown:
            raise InputError(f"votes.json names sounds that the pack does not have: {_some(unknown)}. Vote again.")
        return {vote: entry for vote, entry in found.items() if entry is not None}


def read_votes(path: Path) -> Votes:
    """The votes in the file that the audition page saved.

    Raises
    ------
    InputError
        If it cannot be read, is not a votes file of this version, or keeps and rejects the same sound.
    """
    read = Reader(_read_json(path), place=str(path))
    if read.text("format") != FORMAT or read.integer("version") != VERSION:
        raise InputError(f"{path} is not a {FORMAT} file of version {VERSION}. Save it again from audition.html.")
    keeps = _read_list(read, "keep", place=f"{path}, keep")
    rejects = _read_list(read, "reject", place=f"{path}, reject")
    both = sorted({vote.path for vote in keeps} & {vote.path for vote in rejects})
    if both:
        raise InputError(f"{path} both keeps and rejects {_some(both)}. Remove one of the two.")
    return Votes(read.text("pack"), keeps, rejects)


def _read_json(path: Path) -> object:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path} is too large to hold votes. Save it again from audition.html.")
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error}). Save it again from audition.html.") from error


def _read_list(read: Reader, name: str, *, place: str) -> frozenset[Vote]:
    votes: dict[str, Vote] = {}
    for number, value in enumerate(read.sequence(name), start=1):
        member = Reader(value, place=f"{place} {number}")
        vote = Vote(member.relative_path("path"), member.text("sha256"), member.text("job"))
        if votes.setdefault(vote.path, vote) != vote:
            raise InputError(f"{place} has two different sounds at {vote.path!r}. Save it again from audition.html.")
    return frozenset(votes.values())


def _some(paths: Iterable[str]) -> str:
    paths = list(paths)
    rest = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + rest
