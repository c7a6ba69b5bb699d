"""The events of a recording as one-shots: trimmed, at full level, each of them different."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import samplegen
from samplegen.audio import quality
from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.pack.export import PackWriter
from samplegen.pack.gates import judge
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.manifest import job_key
from samplegen.pack.recall import Recall
from samplegen.pack.recordings import Recording
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.trim import trim_one_shot

ENGINE: Final = "morph_chain"
CATEGORY: Final = "slice"
PEAK_DB: Final = -1.0
MAX_SLICES: Final = 512
_SILENT_PEAK_DB: Final = -60.0


def add_slices(
    writer: PackWriter, clips: Iterable[Audio], *, recording: Recording, places: Sequence[tuple[int, int]]
) -> tuple[list[str], list[str]]:
    """Add each event that differs from the others and sounds; those that lie in the pack already stay.

    Parameters
    ----------
    clips
        One for each of `places`: ``(start, end)`` in samples of the recording. At most `MAX_SLICES` are used.

    Returns
    -------
    tuple
        Paths of the slices, and why others were left out.
    """
    jobs = [_job(recording, place) for place in places]
    recall = Recall(writer, again=jobs)
    added, left_out = [], []
    for number, (clip, place, job) in enumerate(zip(clips, places, jobs, strict=False), start=1):
        if number > MAX_SLICES:
            left_out.append(f"All events after the first {MAX_SLICES} were left out.")
            break
        sound = _slice(resample(clip, sample_rate=writer.sample_rate), recording=recording, place=place)
        entry = writer.done(job)
        if entry is None:
            verdict = judge(sound, index=recall.index(), loudness=False)
            if not verdict.passed:
                left_out.append(f"Event {number}: {verdict.reasons[0]}")
                continue
            entry = writer.add(sound, job=job, verdict=verdict)
        added.append(entry.path)
    return added, left_out


def describe_slices(recording: Recording, added: Sequence[str], left_out: Sequence[str]) -> str:
    """One sentence for the user."""
    more = f"; {len(left_out)} left out, the first: {left_out[0]}" if left_out else "."
    return f"{len(added)} events of {recording.path} are in One_Shots/Slice{more}"


def _slice(clip: Audio, *, recording: Recording, place: tuple[int, int]) -> Sound:
    if quality.peak_db(clip) >= _SILENT_PEAK_DB:  # raising noise to full level would not make it a sound
        clip = normalise_peak(trim_one_shot(remove_dc(clip, ring=False)), peak_db=PEAK_DB)
    tags = Tags("one_shot", CATEGORY, comment=f"made from {recording.name}", keywords=(CATEGORY,), artist="samplegen")
    parameters = _parameters(recording, place)
    return Sound(
        clip, tags, Provenance(ENGINE, parameters=parameters, licence=SOURCE_LICENCE, version=samplegen.__version__)
    )


def _parameters(recording: Recording, place: tuple[int, int]) -> dict[str, Any]:
    return {
        "source": recording.name, "source_sha256": recording.sha256, "slice_start": place[0], "slice_end": place[1],
    }  # fmt: skip


def _job(recording: Recording, place: tuple[int, int]) -> str:
    return job_key(engine=ENGINE, model_hash=recording.sha256, seed=0, parameters=_parameters(recording, place))
