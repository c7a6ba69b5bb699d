"""Orders of enhanced recordings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.resample import resample_ring
from samplegen.audio.types import Audio, Samples
from samplegen.errors import UsageError
from samplegen.pack.sound import PEAK_CEILING_DB, Sound
from samplegen.pack.verdict import GateResult
from samplegen.units import db_to_gain
from samplegen.variations.edits.bands import FULL_HZ, NYQUIST_SHARE, Crossover, estimate_cutoff
from samplegen.variations.edits.order import EditOrder, EditRequest, Made
from samplegen.variations.edits.sources import EditSource
from samplegen.variations.enhance import MIN_SNR_DB, generate_tops, merge, replicate_bands, trusted_snr_db

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

MODEL: Final = "generator-edits-44k"
CUTOFFS_HZ: Final = (1000.0, 20_000.0)
MAX_STEP_DB: Final = 3.0
METHODS: Final = {
    "alpha": "alpha blending", "dsp": "spectral band replication", "plain": "plain resampling",
    "unchanged": "unchanged: its band is full",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class EnhanceRequest(EditRequest):
    """Recordings whose missing top is to be made.

    Parameters
    ----------
    cutoff_hz
        Where their band ends; None finds it out of each.

    Raises
    ------
    UsageError
        If the cutoff is out of range.
    """

    cutoff_hz: float | None = None

    def __post_init__(self) -> None:
        """Refuse cutoffs that mean nothing."""
        low, high = CUTOFFS_HZ
        if self.cutoff_hz is not None and not low <= self.cutoff_hz <= high:
            raise UsageError(f"--cutoff {self.cutoff_hz:g} is outside {low:g} to {high:g} Hz.")


class EnhanceOrder(EditOrder):
    """Plan of an `EnhanceRequest`."""

    verb = "enhance"
    engines: ClassVar[tuple[str, ...]] = ("alpha", "dsp", "plain")
    fallback = "dsp"
    default_model = MODEL
    # Kinds of which band replication came nearer to the originals (docs/edits/enhance.md): auto takes it there.
    replicated: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, request: EnhanceRequest, *, generator: "Generator | None" = None) -> None:
        super().__init__(request, generator=generator)
        self._cutoff_hz = request.cutoff_hz
        if self.engine == "alpha":
            self._require_shown(request)
        if self.engine != "alpha" and request.count > 1:
            self.request, self.block = replace(request, count=1), 1
            self.count = len(self._recordings)
            self.notes.append(f"The engine {self.engine!r} has one answer for each recording, so one is written.")

    def parameters(self) -> dict[str, Any]:
        """The cutoff that was asked for."""
        return {"cutoff_hz": self._cutoff_hz}

    def edit(self, source: EditSource, *, seeds: Sequence[int], variations: Sequence[int]) -> list[Made]:
        """One result for each seed, at the pack's rate; a recording whose band is full comes back as it is."""
        own = self._recording_of(source)
        cutoff_hz = self._cutoff_hz or find_cutoff(own, file_rate=source.recording.sample_rate)
        if cutoff_hz is None:
            self._note(f"{source.recording.path} is full band already and is written unchanged. If it is not, name "
                       "--cutoff.")  # fmt: skip
            return [Made(own, {"method": METHODS["unchanged"], "found_cutoff_hz": None})] * len(seeds)
        crossover, engine = Crossover(cutoff_hz), self._engine_for(source)
        self._note(f"{source.recording.path}: its band ends at {cutoff_hz:.0f} Hz. It stays as it is up to "
                   f"{crossover.trusted_hz:.0f} Hz; above stands {METHODS[engine]}.")  # fmt: skip
        shared = {"method": METHODS[engine], "found_cutoff_hz": cutoff_hz, "trusted_hz": crossover.trusted_hz}
        if engine == "plain":
            return [Made(own, shared)] * len(seeds)
        if engine == "dsp":
            tops = [replicate_bands(own, crossover, ring=source.is_loop)] * len(seeds)
        else:
            assert self.generator is not None  # the engine is alpha
            tops = generate_tops(
                self.generator, source, crossover, seeds=seeds, rate=own.sample_rate, length=own.length
            )  # fmt: skip
        return [self._merged(own, top, crossover, shared, ring=source.is_loop) for top in tops]

    def _merged(self, own: Audio, top: Samples, crossover: Crossover, shared: dict[str, Any], *, ring: bool) -> Made:
        enhanced = merge(own, top, crossover, ring=ring)
        snr_db = trusted_snr_db(enhanced.audio, own, crossover, ring=ring)
        audio, gain = below_ceiling(enhanced.audio, own)
        step_db = enhanced.step_db
        results = (
            GateResult("level_step", abs(step_db) <= MAX_STEP_DB, step_db, MAX_STEP_DB,
                       f"The level steps by {step_db:.1f} dB where its band ends."),
            GateResult("trusted_band", snr_db >= MIN_SNR_DB, snr_db, MIN_SNR_DB,
                       f"What it had was changed: {snr_db:.0f} dB."),
        )  # fmt: skip
        return Made(audio, shared | {"gain": gain}, results, {"level_step_db": step_db, "trusted_snr_db": snr_db})

    def _engine_for(self, source: EditSource) -> str:
        kind = source.tags.category.removeprefix("loop_")
        return "dsp" if self.request.engine == "auto" and kind in self.replicated else self.engine

    def _recording_of(self, source: EditSource) -> Audio:
        """The recording at the pack's rate, of a loop exactly its length."""
        rate = self.sample_rate
        if rate == source.audio.sample_rate:
            return source.audio
        audio = read_audio(source.recording.path, sample_rate=rate)
        length = source.tags.length_at(rate) if source.is_loop else None
        return audio if length is None else audio.with_samples(resample_ring(audio.samples, length=length))

    def _require_shown(self, request: EditRequest) -> None:
        """A generator that was not trained to be shown a sound cannot enhance."""
        assert self.generator is not None
        if self.generator.network.config.inpainting:
            return
        told = f"The model {self.generator.name} was not trained to be shown a sound, which enhancing needs."
        if request.engine != "auto" or request.model is not None:
            raise UsageError(f"{told} Take {MODEL}, or --engine dsp.")
        self.engine = self.fallback
        self.notes.append(f"Made by the fallback {self.fallback!r}: {told}")

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _is_free(self, gate: str, sha256: str) -> bool:
        """What the recording itself does not pass, such as a full level, its enhanced copy need not pass either."""
        return super()._is_free(gate, sha256) or gate in self._failed_by_source(sha256)

    def _sound(self, source: EditSource, made: Made, *, seed: int, variation: int) -> Sound:
        """Provenance names the engine that made this one."""
        sound = super()._sound(source, made, seed=seed, variation=variation)
        method = made.parameters["method"]
        if method == METHODS["alpha"] or self.engine != "alpha":
            return sound
        engine = "dsp" if method == METHODS["dsp"] else "unchanged"
        origin = replace(
            sound.provenance, engine=f"{self.verb}/{engine}", model="", model_hash="", codec_hash=""
        )  # fmt: skip
        return replace(sound, provenance=origin)


def find_cutoff(audio: Audio, *, file_rate: int = 0) -> float | None:
    """Where the band of a recording ends in Hz; None if it is full.

    Parameters
    ----------
    file_rate
        Of the file in Hz, above half of which there can be nothing; 0 is that of `audio`.
    """
    found, highest = estimate_cutoff(audio), NYQUIST_SHARE * 0.5 * (file_rate or audio.sample_rate)
    if highest >= FULL_HZ:
        return found
    return max(CUTOFFS_HZ[0], min(found or highest, highest))


def below_ceiling(audio: Audio, own: Audio) -> tuple[Audio, float]:
    """`audio` with its gain, 1 unless it is louder than the ceiling of packs and than its recording was."""
    peak, before = (float(np.abs(one.samples).max(initial=0.0)) for one in (audio, own))
    limit = max(db_to_gain(PEAK_CEILING_DB), min(before, 1.0))
    if peak <= limit:
        return audio, 1.0
    gain = db_to_gain(PEAK_CEILING_DB) / peak * (1.0 - 2.0**-20)
    return audio.with_samples(audio.samples * np.float32(gain)), gain
