"""A pack of noise bursts in sections, built as a recipe's is; and the same build killed at many moments.

``python -m tests.pack.noise_pack FOLDER SEED KILLS`` prints one JSON object. Children are forked from
a process that has imported everything, so that a kill costs milliseconds.
"""

import json
import os
import random
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from samplegen.audio.types import Audio
from samplegen.files import hash_bytes, hash_file
from samplegen.pack.companions import Companion
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.export import PackWriter
from samplegen.pack.filling import Filled, fill_sounds
from samplegen.pack.gates import gate_duplicate
from samplegen.pack.journal import JOURNAL_NAME
from samplegen.pack.manifest import job_key
from samplegen.pack.orders import PlannedOrder, derive_seed
from samplegen.pack.recall import Recall
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.verdict import GateResult, Verdict
from samplegen.pack.word_plan import plan_words

SAMPLE_RATE = 44_100
FIRST = {"low": 4, "high": 5}
# One section changed, one gone, one new.
SECOND = {"low": 6, "new": 3}


class NoiseOrder(PlannedOrder):
    """Bursts that differ by their seeds; about half of all draws are refused, by their seeds alone."""

    block, attempts, ahead = 3, 3, True

    def __init__(self, count: int, *, seed: int, hopeless: bool = False) -> None:
        super().__init__()
        self.count, self.seed, self._hopeless = count, seed, hopeless
        self.made: list[tuple[int, int]] = []

    def job(self, index: int) -> str:
        return job_key(engine="noise", model_hash="", seed=self.seed, parameters={"index": index})

    def make(self, indices: Sequence[int], attempt: int) -> list[Sound]:
        self.made += [(index, attempt) for index in indices]
        return [self._burst(derive_seed(self.seed, index, attempt)) for index in indices]

    def judge(self, sound: Sound, *, index: DuplicateIndex) -> Verdict:
        measures: dict[str, float | None] = {}
        near = gate_duplicate(sound, measures, index=index)
        passed = sound.provenance.seed % 2 == 0 and not self._hopeless
        mood = GateResult("mood", passed, None, None, "" if passed else "It is not in the mood.")
        return Verdict((mood, *([near] if near else [])), measures)

    def _burst(self, seed: int) -> Sound:
        random_ = np.random.default_rng(seed)
        decay = np.exp(-np.arange(1_500) / random_.uniform(50, 800))
        spectrum = np.fft.rfft(random_.standard_normal(1_500)) * np.linspace(1, 0, 751) ** random_.uniform(0, 6)
        samples = np.fft.irfft(spectrum, 1_500) * decay
        audio = Audio((0.8 * samples / np.abs(samples).max())[None].astype(np.float32), SAMPLE_RATE)
        return Sound(audio, Tags("one_shot", "fx"), Provenance("noise", seed=seed))


def build(
    folder: Path, sections: Mapping[str, int], *, threads: int = 2, orders: Mapping[str, NoiseOrder] | None = None,
    **options: Any,
) -> tuple[PackWriter, dict[str, Filled]]:  # fmt: skip
    """Build a pack as a recipe's is: sections one after the other, companions, what is stale away."""
    orders = orders or {
        name: NoiseOrder(count, seed=int(hash_bytes(name.encode())[:6], 16)) for name, count in sections.items()
    }
    jobs = [order.job(index) for order in orders.values() for index in range(order.count)]
    writer = PackWriter(folder, name="Noise", words=plan_words(jobs, seed=1), **options)
    recall = Recall(writer)
    filled = {
        name: fill_sounds(order, writer, recall=recall, section=name, threads=threads) for name, order in orders.items()
    }
    listed = "\n".join(entry.path for made in filled.values() for entry in made.entries)
    companions = [Companion(f"MIDI/{name}.txt", "midi", (name + listed).encode()) for name in sections]
    writer.finish([*companions, Companion("page.html", "page", listed.encode())], keep=jobs)
    return writer, filled


def contents(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder."""
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


def _killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do `work` in a child that is killed (SIGKILL) at its `step`-th change of a file; whether it was."""
    child = os.fork()
    if child == 0:
        _count_down(step)
        work()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"The build failed with {os.WEXITSTATUS(status)}.")
    return os.WIFSIGNALED(status)


def _count_down(step: int) -> None:
    left = [step]

    def wrap(name: str) -> None:
        change = getattr(os, name)

        def counted(*values: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:  # every other one happens just before it dies
                if step % 2:
                    change(*values, **more)
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*values, **more)

        setattr(os, name, counted)

    for name in ("fsync", "replace", "unlink", "rmdir"):
        wrap(name)


def main(folder: Path, seed: int, kills: int) -> dict[str, Any]:
    """Kill the first build, then the second over the finished first, and compare with unbroken ones."""
    random_ = random.Random(seed)
    build(folder / "first", FIRST)
    build(folder / "second", SECOND)
    wanted = {name: contents(folder / name) for name in ("first", "second")}
    right = {sha for shas in wanted.values() for path, sha in shas.items() if path.endswith(".wav")}
    found: dict[str, Any] = {"kills": 0, "wrong": [], "steps": []}
    broken = folder / "broken"
    for name, sections in (("first", FIRST), ("second", SECOND)):
        for _ in range(kills):
            step = random_.randint(1, 14)
            found["kills"] += _killed_at(step, lambda sections=sections: build(broken, sections))
            found["steps"].append(step)
            found["wrong"] += [path for path, sha in contents(broken).items()
                               if path.endswith(".wav") and sha not in right]  # fmt: skip
        _killed_at(0, lambda sections=sections: build(broken, sections))
        now = contents(broken)
        found[name] = sorted(path for path in {*now, *wanted[name]} if now.get(path) != wanted[name].get(path))
    found["journal"] = (broken / JOURNAL_NAME).exists()
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
