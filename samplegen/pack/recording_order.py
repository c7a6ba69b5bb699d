"""What morphs and phase diffusions have in common: sounds made of recordings, with reports beside them."""

import importlib.util
import json
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final

import samplegen
from samplegen import files
from samplegen.audio.source import Source, open_source
from samplegen.errors import DependencyError, InputError, OutputError, SamplegenError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.export import PackWriter
from samplegen.pack.gates import judge
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.manifest import FileEntry, job_key
from samplegen.pack.orders import AnySound, PlannedOrder, derive_seed
from samplegen.pack.recordings import Recording, find_recordings, pack_rate
from samplegen.pack.requests import RecordingRequest
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.verdict import Verdict

REPORTS: Final = "Reports"
DEFAULT_SEED: Final = 42


@dataclass(frozen=True, eq=False)
class Drawn:
    """One sound as an engine made it.

    Parameters
    ----------
    sound
        At the recording's sample rate.
    result
        All that the engine says, for figures.
    report
        JSON values.
    """

    sound: AnySound
    result: Any
    report: Mapping[str, Any]
    source: Source


class RecordingOrder(PlannedOrder):
    """Plan of a `RecordingRequest`: every recording in turn, its variations together."""

    engine: ClassVar[str]

    def __init__(self, request: RecordingRequest, *, settings: Any, effective: Any, notes: Sequence[str]) -> None:
        super().__init__()
        self.notes += notes
        self._said = frozenset(notes)
        self.seed = DEFAULT_SEED if request.seed is None else request.seed
        self._request, self._settings, self._used = request, settings, effective
        if request.plot:
            _require_figures(request.palette)
        self._recordings = find_recordings(request.inputs)
        self.count = len(self._recordings) * request.count
        self._held = ExitStack()
        self._drawn: Drawn | None = None
        self._useless: dict[Path, InputError] = {}

    @property
    def sample_rate(self) -> int:
        """The rate of the pack, in Hz."""
        return pack_rate(self._recordings)

    def job(self, index: int) -> str:
        """Key of sound `index`: the recording's content, not its name, counts."""
        recording, variation = self._place(index)
        named = {"variation": variation, "preset": self._request.preset}
        parameters = self._effective(self.seed) | self._extra() | named
        return job_key(engine=self.engine, model_hash=recording.sha256, seed=self.seed, parameters=parameters)

    def label(self, index: int) -> str:
        """The recording's name, and the variation where there are several."""
        recording, variation = self._place(index)
        return f"{recording.path}" + (f", variation {variation + 1}" if self._request.count > 1 else "")

    def is_complete(self, index: int, writer: PackWriter, entry: FileEntry) -> bool:
        """Whether the report is there, and the figure where one is asked for."""
        wanted = (".json", ".png", ".svg") if self._request.plot else (".json",)
        return all((writer.folder / _beside(entry, suffix)).is_file() for suffix in wanted)

    def make(self, indices: Sequence[int], attempt: int) -> Sequence[AnySound]:
        """Sound `indices[0]` (blocks hold one) of the `attempt`-th draw."""
        (index,) = indices
        self.close()
        recording, variation = self._place(index)
        if recording.path in self._useless:
            raise self._useless[recording.path]
        try:
            self._drawn = self._draw(index, recording, self.engine_seed(variation, attempt))
        except OutputError:
            raise
        except InputError as error:
            self._useless[recording.path] = named = _about(error, recording)
            raise named from error
        return [self._drawn.sound]

    def judge(self, sound: Sound, *, index: DuplicateIndex) -> Verdict:
        """Every gate; loudness is not measured, which would take as long as making the sound."""
        return judge(sound, index=index, loudness=False)

    def accompany(self, index: int, writer: PackWriter, entry: FileEntry) -> None:
        """Write the figure and then the report."""
        drawn = self._drawn
        if drawn is None:
            raise SamplegenError("a sound is accompanied before it is made")
        recording, _ = self._place(index)
        if self._request.plot:
            paths = [files.resolve_inside(writer.folder, _beside(entry, suffix)) for suffix in (".png", ".svg")]
            paths[0].parent.mkdir(parents=True, exist_ok=True)
            self._draw_figure(drawn, paths, title=", ".join(filter(None, (recording.name, self._request.preset))))
        told = [*drawn.report.get("warnings", ()), *drawn.report.get("level_notes", ())]
        self.notes += [f"{recording.path}: {text}" for text in told if text not in self._said]
        report = {
            "sound": entry.path, "source": recording.name, "source_sha256": recording.sha256,
            "preset": self._request.preset, "engine": self.engine, **drawn.report, **self._more(index, drawn, writer),
        }  # fmt: skip
        files.write_json(files.resolve_inside(writer.folder, _beside(entry, ".json")), report)

    def nothing_made(self, missing: Sequence[str], errors: Sequence[InputError]) -> SamplegenError:
        """The recording's own error where there is one alone."""
        if len(missing) == 1 and errors:
            return errors[0]
        count = len(self._recordings)
        of = "the recording" if count == 1 else f"{count} recordings"
        return InputError(f"Nothing could be made of {of}. {' '.join(missing[:3])}")

    def close(self) -> None:
        """Let go of the recording and of what was made of it."""
        self._drawn = None
        self._held.close()

    def engine_seed(self, variation: int, attempt: int) -> int:
        """The seed asked for; further variations and attempts have seeds derived from it."""
        return self.seed if variation == attempt == 0 else derive_seed(self.seed, variation, attempt)

    @abstractmethod
    def _draw(self, index: int, recording: Recording, seed: int) -> Drawn:
        """Run the engine; what must stay open is given to `self._held`."""

    @abstractmethod
    def _draw_figure(self, drawn: Drawn, paths: Sequence[Path], *, title: str) -> None:
        """Draw what was made, once for each path."""

    def _more(self, index: int, drawn: Drawn, writer: PackWriter) -> dict[str, Any]:
        """Write what else belongs beside the sound; what the report says of it."""
        return {}

    def _extra(self) -> dict[str, Any]:
        """Parameters that are not settings of the engine."""
        return {}

    def _open(self, recording: Recording) -> Source:
        return self._held.enter_context(open_source(recording.path))

    def _progress(self, index: int) -> Callable[..., None] | None:
        """The engine's progress (a share, or how much of how much) as a part of the whole."""
        report = self._request.progress
        if report is None:
            return None
        return lambda done, total=1.0: report(index + done / max(total, 1e-9), self.count)

    def _settings_with(self, seed: int) -> Any:
        return replace(self._settings, seed=seed)

    def _effective(self, seed: int) -> dict[str, Any]:
        return asdict(replace(self._used, seed=seed))

    def _place(self, index: int) -> tuple[Recording, int]:
        return self._recordings[index // self._request.count], index % self._request.count

    def _provenance(self, index: int, seed: int) -> Provenance:
        recording, variation = self._place(index)
        parameters = {
            "source": recording.name, "source_sha256": recording.sha256, "preset": self._request.preset,
            "variation": variation, **self._effective(seed), **self._extra(),
        }  # fmt: skip
        return Provenance(
            self.engine, seed=seed, parameters=parameters, licence=SOURCE_LICENCE, version=samplegen.__version__
        )

    def _tags(self, index: int, kind: str, category: str, **changes: Any) -> Tags:
        made = f"made from {self._place(index)[0].name}"
        words = tuple(filter(None, (category, self._request.preset)))
        return Tags(kind, category, comment=made, keywords=words, artist="samplegen", **changes)


def read_report(writer: PackWriter, entry: FileEntry) -> Mapping[str, Any]:
    """The report beside a sound; empty where there is none."""
    try:
        report = json.loads((writer.folder / _beside(entry, ".json")).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}


def _require_figures(palette: str) -> None:
    """Refuse a figure that could not be drawn before anything is made."""
    from samplegen.plots.palettes import palette_of

    palette_of(palette)
    if importlib.util.find_spec("matplotlib") is None:
        raise DependencyError("--plot needs matplotlib. Install it with: pip install 'samplegen[eval]'")


def _beside(entry: FileEntry, suffix: str) -> str:
    return f"{REPORTS}/{PurePosixPath(entry.path).stem}{suffix}"


def _about(error: InputError, recording: Recording) -> InputError:
    """`error` with the recording's path, where its message lacks it."""
    text = str(error)
    return error if str(recording.path) in text else type(error)(f"{recording.path}: {text}")
