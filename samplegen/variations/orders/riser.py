"""An order of risers: from noise, or of every recording that is named."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import samplegen
from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.errors import InputError, SamplegenError, UsageError
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.manifest import job_key
from samplegen.pack.orders import PlannedOrder, derive_seed
from samplegen.pack.recordings import Recording, find_recordings
from samplegen.pack.requests import Request
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.post.chains import Chain, apply_chain
from samplegen.post.loudness import normalise_peak
from samplegen.variations.riser import PEAK_DB, Origin, RiserSettings, make_riser
from samplegen.variations.risers.curves import parse_curve
from samplegen.variations.risers.material import check_material
from samplegen.variations.risers.shaping import finish_edges
from samplegen.variations.risers.timeline import Direction, Timeline

NOISE_LICENCE: Final = "CC0-1.0"
# The kind says all there is to say: "riser_riser" would not.
TEMPLATE: Final = "{prefix}_{bpm}_{kind}_{word}_{key}"
MAX_RECORDING_S: Final = 600.0


@dataclass(frozen=True, kw_only=True)
class RiserRequest(Request):
    """Risers of exactly `bars` bars at `bpm`; `count` of each recording.

    Parameters
    ----------
    inputs
        Files and folders; none makes risers of noise.
    origin
        None takes a morph chain where there are inputs.
    pitch
        Semitones that pitch rises towards the climax.
    level_curve, brightness_curve, density_curve
        See `curves.parse_curve`.
    stereo
        False makes mono.
    fx
        An effect chain, its name or file.
    """

    bpm: float
    bars: int
    meter: tuple[int, int] = (4, 4)
    inputs: tuple[Path, ...] = ()
    origin: Origin | None = None
    direction: Direction = "up"
    pitch: float = 0.0
    level_curve: str = "linear"
    brightness_curve: str = "linear"
    density_curve: str | None = None
    level_range_db: float | None = None
    brightness_hz: tuple[float, float] | None = None
    brightness_octaves: float | None = None
    stereo: bool = True
    fx: str | Chain | None = None


class RiserOrder(PlannedOrder):
    """Plan of a `RiserRequest`.

    Raises
    ------
    UsageError
        If a value is out of range, or recordings and origin do not go together.
    InputError
        If a folder holds no audio.
    """

    def __init__(self, request: RiserRequest) -> None:
        super().__init__()
        self.seed = secrets.randbits(32) if request.seed is None else request.seed
        self._request, self._settings = request, settings_of(request)
        self._recordings = find_recordings(request.inputs) if request.inputs else ()
        self._chain = _chain(request.fx)
        self.count = request.count * max(1, len(self._recordings))
        self._read: tuple[Recording, Audio] | None = None

    @property
    def licence(self) -> str:
        """Of the sounds: nobody's, or that of the recordings."""
        return SOURCE_LICENCE if self._recordings else NOISE_LICENCE

    def job(self, index: int) -> str:
        """Key of sound `index`: the recording's content, not its name, counts."""
        recording, _ = self._place(index)
        content = recording.sha256 if recording else ""
        return job_key(engine="riser", model_hash=content, seed=self.seed, parameters=self._asked(index))

    def label(self, index: int) -> str:
        """The recording's name, or the sound's number."""
        recording, variation = self._place(index)
        return super().label(index) if recording is None else f"{recording.path}, riser {variation + 1}"

    def make(self, indices: Sequence[int], attempt: int) -> list[Sound]:
        """Sounds `indices` of the `attempt`-th draw."""
        return [self._make(index, attempt) for index in indices]

    def nothing_made(self, missing: Sequence[str], errors: Sequence[InputError]) -> SamplegenError:
        """The recording's own error where there is one alone."""
        if errors and len(set(map(str, errors))) == 1:
            return errors[0]
        return InputError(f"No riser could be made. {' '.join(missing[:3])}")

    def close(self) -> None:
        """Let go of the recording."""
        self._read = None

    def _make(self, index: int, attempt: int) -> Sound:
        recording, variation = self._place(index)
        audio = None if recording is None else self._audio(recording)
        seed = derive_seed(self.seed, variation, attempt)
        made = make_riser(self._settings, recording=audio, seed=seed)
        parameters = self._asked(index) | {"drawn": dict(made.parameters)}
        if recording is not None:
            parameters |= {"source": recording.name, "source_sha256": recording.sha256}
        origin = Provenance(
            made.engine, seed=seed, parameters=parameters, licence=self.licence, version=samplegen.__version__
        )
        return Sound(self._with_effects(made.audio), self._tags(recording), origin)

    def _audio(self, recording: Recording) -> Audio:
        if self._read is None or self._read[0] != recording:
            rate = self._settings.timeline.sample_rate
            audio = read_audio(recording.path, sample_rate=rate, max_seconds=MAX_RECORDING_S)
            check_material(audio, name=str(recording.path))
            self._read = (recording, audio)
        return self._read[1]

    def _with_effects(self, audio: Audio) -> Audio:
        """The effects of the request, without their tails: a riser ends where it must."""
        if self._chain is None:
            return audio
        timeline = self._settings.timeline
        samples = apply_chain(audio, self._chain, loop=False).samples[:, : timeline.length]
        return normalise_peak(audio.with_samples(finish_edges(samples, timeline=timeline)), peak_db=PEAK_DB)

    def _tags(self, recording: Recording | None) -> Tags:
        request, category = self._request, self._settings.category
        words = (category, request.direction, self._settings.origin)
        comment = "" if recording is None else f"made from {recording.name}"
        return Tags(
            "riser", category, bpm=request.bpm, bars=request.bars, meter=request.meter, comment=comment,
            keywords=tuple(dict.fromkeys(words)), artist="samplegen",
        )  # fmt: skip

    def _place(self, index: int) -> tuple[Recording | None, int]:
        if not self._recordings:
            return None, index
        return self._recordings[index // self._request.count], index % self._request.count

    def _asked(self, index: int) -> dict[str, Any]:
        request, settings = self._request, self._settings
        return {
            "variation": self._place(index)[1], "bpm": request.bpm, "bars": request.bars, "meter": request.meter,
            "direction": request.direction, "from": settings.origin, "pitch": settings.semitones,
            "level_curve": settings.level.text, "brightness_curve": settings.brightness.text,
            "density_curve": None if settings.density is None else settings.density.text,
            "level_range_db": settings.range_db, "brightness_hz": settings.brightness_hz,
            "brightness_octaves": settings.brightness_octaves, "channels": settings.channels,
            "fx": _chain_key(self._chain),
        }  # fmt: skip


def settings_of(request: RiserRequest) -> RiserSettings:
    """What a request asks of each of its risers.

    Raises
    ------
    UsageError
        If a value is out of range, or recordings and origin do not go together.
    """
    origin = request.origin or ("morph" if request.inputs else "noise")
    if origin == "noise" and request.inputs:
        raise UsageError("--from noise takes no recording. Leave out the files, or choose --from morph or phase.")
    if origin != "noise" and not request.inputs:
        raise UsageError(f"--from {origin} needs a recording. Name a file or folder, or leave --from out for noise.")
    timeline = Timeline(
        request.bpm, request.bars, request.meter, 48_000 if request.hardware else 44_100, request.direction
    )
    density = request.density_curve
    return RiserSettings(
        timeline,
        origin,
        semitones=request.pitch,
        level=parse_curve(request.level_curve, option="--level-curve"),
        brightness=parse_curve(request.brightness_curve, option="--brightness-curve"),
        density=None if density is None else parse_curve(density, option="--density-curve"),
        level_range_db=request.level_range_db,
        brightness_hz=request.brightness_hz,
        brightness_octaves=request.brightness_octaves,
        channels=2 if request.stereo else 1,
    )


def _chain_key(chain: Chain | None) -> str | None:
    from samplegen.post.presets import chain_key

    return chain_key(chain)


def _chain(name: str | Chain | None) -> Chain | None:
    if name is None:
        return None
    from samplegen.post.presets import find_chain

    return find_chain(name)
