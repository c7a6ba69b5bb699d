"""Orders of widened sounds: the fold-down of each file is the sound's own mid, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.quality import peak_db
from samplegen.audio.resample import resample_ring
from samplegen.audio.types import Audio, Samples
from samplegen.errors import InputError, UsageError
from samplegen.pack.verdict import GateResult
from samplegen.units import gain_to_db
from samplegen.variations.edits.gates import Measures
from samplegen.variations.edits.order import EditOrder, EditRequest, Made
from samplegen.variations.edits.sources import MAX_S, SILENT_DB, EditSource
from samplegen.variations.edits.widen_deltas import alpha_delta, phase_delta
from samplegen.variations.widen import (
    DEFAULT_LOW_MONO_HZ,
    DEFAULT_WIDTH,
    correlation_of,
    make_side,
    to_stereo,
)

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

HARDWARE_RATE: Final = 48_000
MAX_FOLD_DOWN_DB: Final = -90.0
MAX_BALANCE_DB: Final = 0.3
MAX_CORRELATION_ERROR: Final = 0.05
_SAME_DB: Final = -80.0


@dataclass(frozen=True, kw_only=True)
class WidenRequest(EditRequest):
    """Sounds to widen.

    Parameters
    ----------
    width
        0 (mono) to 1: left and right are to correlate with ``1 - width``.
    low_mono_hz
        Below it all stays in the middle; 20 to 1000.
    duck
        Keep attacks in the centre.

    Raises
    ------
    UsageError
        If a value is out of range.
    """

    width: float = DEFAULT_WIDTH
    low_mono_hz: float = DEFAULT_LOW_MONO_HZ
    duck: bool = True

    def __post_init__(self) -> None:
        """Refuse widths that cannot be had."""
        if not 0.0 <= self.width <= 1.0:
            raise UsageError(f"--width {self.width:g} is outside 0 (mono) to 1 (left and right unrelated).")
        if not 20.0 <= self.low_mono_hz <= 1000.0:
            raise UsageError(f"--low-mono {self.low_mono_hz:g} is outside 20 to 1000 Hz.")


class WidenOrder(EditOrder):
    """Plan of a `WidenRequest`."""

    verb = "widen"
    engines: ClassVar[tuple[str, ...]] = ("alpha", "phase")
    fallback = "phase"

    def __init__(self, request: WidenRequest, *, generator: "Generator | None" = None) -> None:
        super().__init__(request, generator=generator)
        self._asked = request

    def parameters(self) -> dict[str, Any]:
        """Width, highest mono frequency, ducking."""
        asked = self._asked
        return {"width": asked.width, "low_mono_hz": asked.low_mono_hz, "duck": asked.duck}

    def edit(self, source: EditSource, *, seeds: Sequence[int], variations: Sequence[int]) -> list[Made]:
        """One stereo image for each seed."""
        middle = self._middle(source)
        return [self._widen(source, middle, seed) for seed in seeds]

    def _widen(self, source: EditSource, middle: Audio, seed: int) -> Made:
        asked, generator = self._asked, self.generator
        if self.engine == "alpha":
            assert generator is not None  # the engine needs it
            delta = alpha_delta(generator, source, middle, seed=seed)
        else:
            delta = phase_delta(middle, seed=seed, ring=source.is_loop)
        side, reached = make_side(
            middle, delta, width=asked.width, low_mono_hz=asked.low_mono_hz, duck=asked.duck, ring=source.is_loop
        )
        stereo, gain = to_stereo(middle.samples, side, bit_depth=16 if asked.hardware else 24)
        wanted = correlation_of(asked.width)
        if reached - wanted > MAX_CORRELATION_ERROR:
            self.notes.append(
                f"{source.recording.path} is mostly bass, which stays in the middle: left and right correlate with "
                f"{reached:.2f} instead of {wanted:.2f}."
            )
        measures: Measures = {}
        results = judge_image(stereo, middle.samples * np.float64(gain), reached, measures)
        parameters = {"correlation": round(reached, 4), "gain_db": round(gain_to_db(gain), 3)}
        return Made(Audio(stereo, middle.sample_rate), parameters, results, measures)

    def _middle(self, source: EditSource) -> Audio:
        """The sound's mid ``[1, T]`` at the rate that the file will have, straight from the recording."""
        rate = HARDWARE_RATE if self._asked.hardware else self.sample_rate
        audio = source.audio
        if rate != audio.sample_rate:
            audio = read_audio(source.recording.path, sample_rate=rate, max_seconds=MAX_S + 1.0)
            length = source.tags.length_at(rate)
            if source.is_loop and length is not None and length != audio.length:
                audio = audio.with_samples(resample_ring(audio.samples, length=length))
        middle = audio.mono()
        if peak_db(middle) < SILENT_DB:
            raise InputError(f"{source.recording.path} has no mid: its channels cancel out. Nothing can be widened.")
        if audio.channels > 1 and not _alike(audio.samples):
            self.notes.append(f"{source.recording.path} is stereo: its own mid is widened, its own side is replaced.")
        return middle


def judge_image(stereo: Samples, middle: np.ndarray, correlation: float, measures: Measures) -> tuple[GateResult, ...]:
    """Fold-down, balance and correlation of ``[2, T]`` whose fold-down is to be `middle` ``[1, T]``."""
    left, right = stereo.astype(np.float64)
    fold = measures["fold_down_db"] = fold_down_db(stereo, middle)
    power = [float(channel @ channel) for channel in (left, right)]
    balance = measures["balance_db"] = abs(10.0 * float(np.log10(power[0] / power[1]))) if min(power) > 0.0 else 0.0
    found = measures["correlation"] = float(left @ right) / float(np.sqrt(power[0] * power[1])) if min(power) else 1.0
    off = abs(found - correlation)
    return (
        _at_most("fold_down", fold, MAX_FOLD_DOWN_DB, f"Its fold-down is {fold:.0f} dB off the sound."),
        _at_most("balance", balance, MAX_BALANCE_DB, f"One side is {balance:.2f} dB louder."),
        _at_most("correlation", off, MAX_CORRELATION_ERROR, f"Its sides correlate with {found:.2f}."),
    )


def fold_down_db(stereo: Samples, middle: np.ndarray) -> float:
    """Level of ``(L + R) / 2 - middle`` below the level of `middle`, in dB; not below -200."""
    error = 0.5 * stereo.astype(np.float64).sum(axis=0) - middle[0]
    ratio = float(error @ error) / max(float(np.square(middle, dtype=np.float64).sum()), 1e-30)
    return 10.0 * float(np.log10(max(ratio, 1e-20)))


def _alike(samples: Samples) -> bool:
    mid, apart = samples.mean(axis=0, dtype=np.float64), samples - samples.mean(axis=0, keepdims=True)
    return bool(np.square(apart, dtype=np.float64).sum() <= 10.0 ** (_SAME_DB / 10.0) * float(mid @ mid))


def _at_most(name: str, found: float, limit: float, reason: str) -> GateResult:
    return GateResult(name, found <= limit, found, limit, "" if found <= limit else reason)
