"""Candidates on the disk while a pack is curated: a run that was stopped goes on behind its last block."""

import io
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from samplegen import files
from samplegen.audio.types import Audio
from samplegen.errors import OutputError
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.verdict import GateResult, Verdict
from samplegen.variations.curate import Candidate

FOLDER: Final = ".samplegen-candidates"
_SEED: Final = "seed.json"


class CandidateStore:
    """Blocks of candidates in a hidden folder of a pack.

    Parameters
    ----------
    pack
        The pack's folder.
    question
        Hash of all that the candidates follow from, but the seed.
    """

    def __init__(self, pack: Path, question: str, *, salt: str = "") -> None:
        self._pack, self._folder, self._question, self._salt = pack, pack / FOLDER, question, salt

    def round(self, salt: str) -> "CandidateStore":
        """Blocks of one round."""
        return CandidateStore(self._pack, self._question, salt=salt)

    @property
    def seed(self) -> int | None:
        """That of a run of the same question that was stopped; None where there is none."""
        value = _read_json(self._folder / _SEED)
        same = isinstance(value, dict) and value.get("question") == self._question
        return value["seed"] if same and isinstance(value.get("seed"), int) else None

    def begin(self, seed: int) -> None:
        """Note the seed; blocks of another question or seed are dropped."""
        if self.seed != seed:
            self.clear()
            files.write_json(self._folder / _SEED, {"question": self._question, "seed": seed})

    def read(self, block: int) -> list[Candidate] | None:
        """A block's candidates; None where it is not there, or damaged."""
        try:
            with np.load(self._path(block), allow_pickle=False) as stored:
                told = json.loads(str(stored["told"]))
                return [_candidate(one, stored, number) for number, one in enumerate(told)]
        except (OSError, ValueError, KeyError, TypeError, EOFError):
            return None

    def write(self, block: int, candidates: Sequence[Candidate]) -> None:
        """Keep a block's candidates; those that a gate refused without their sound.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        told = json.dumps([_told(one) for one in candidates], default=np.generic.item)
        arrays: dict[str, Any] = {"told": np.array(told)}
        for number, one in enumerate(candidates):
            audio = one.sound.audio.samples
            arrays[f"audio{number}"] = audio if one.verdict.passed else audio[:, :1]
            arrays[f"vector{number}"], arrays[f"picture{number}"] = one.vector, one.picture
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        files.write_bytes(self._path(block), buffer.getvalue())

    def clear(self) -> None:
        """Delete all candidates."""
        try:
            if self._folder.is_dir():
                shutil.rmtree(self._folder)
        except OSError as error:
            raise OutputError(f"Cannot delete {self._folder}: {error.strerror or error}.") from error

    def _path(self, block: int) -> Path:
        return self._folder / f"{self._salt}-{block:05d}.npz"


def _told(one: Candidate) -> dict[str, Any]:
    sound = one.sound
    return {
        "rate": sound.audio.sample_rate, "tags": asdict(sound.tags), "provenance": asdict(sound.provenance),
        "results": [asdict(result) for result in one.verdict.results], "measures": dict(one.verdict.measures),
        "probability": one.probability, "latent_energy": one.latent_energy,
    }  # fmt: skip


def _candidate(told: dict[str, Any], stored: Any, number: int) -> Candidate:
    tags = told["tags"]
    tags |= {"meter": tuple(tags["meter"]), "keywords": tuple(tags["keywords"])}
    sound = Sound(Audio(stored[f"audio{number}"], told["rate"]), Tags(**tags), Provenance(**told["provenance"]))
    verdict = Verdict(tuple(GateResult(**result) for result in told["results"]), told["measures"])
    return Candidate(
        sound, verdict, stored[f"vector{number}"], stored[f"picture{number}"], told["probability"],
        told["latent_energy"],
    )  # fmt: skip


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
