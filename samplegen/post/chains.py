"""Chains of effects, applied so that loops stay loops."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from samplegen.audio.types import Audio, Samples
from samplegen.errors import InputError, UsageError
from samplegen.post.effects import EFFECTS, Choice, Value, build_effect
from samplegen.post.fades import fade_out
from samplegen.post.loudness import PEAK_DB, limit_peak, normalise_peak
from samplegen.post.trim import cut_tail
from samplegen.units import seconds_to_samples

WARM_UP_S = 3.0
MAX_WARM_UP_S = 30.0
RUN_OUT_S = 0.5
MAX_TAIL_S = 2.0
FADE_MS = 5.0
TAIL_DB = -60.0


@dataclass(frozen=True)
class Effect:
    """One effect with all its values.

    Parameters
    ----------
    kind
        A name in `EFFECTS`.
    values
        By parameter; what is not given takes its default.

    Raises
    ------
    UsageError
        On an unknown kind or parameter, or a value out of range.
    """

    kind: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every value against the catalogue and fill in the defaults."""
        if self.kind not in EFFECTS:
            raise UsageError(f"There is no effect {self.kind!r:.60}. Allowed: {', '.join(EFFECTS)}.")
        parameters = EFFECTS[self.kind].parameters
        for name, value in self.values.items():
            _check_value(self.kind, name, value)
        defaults = {name: parameter.default for name, parameter in parameters.items()}
        given = {name: value if isinstance(value, str) else float(value) for name, value in self.values.items()}
        object.__setattr__(self, "values", MappingProxyType({**defaults, **given}))

    @property
    def tail_s(self) -> float:
        """Seconds it rings after its input has ended."""
        return EFFECTS[self.kind].tail_s(self.values)


@dataclass(frozen=True)
class Chain:
    """Effects in order.

    Parameters
    ----------
    name, description
        For listings and provenance.
    effects
        From first to last.
    input_peak_db
        The sound is brought to this peak (dBFS) first, so that thresholds mean the same
        for every sound; None takes it as it comes.
    """

    name: str
    effects: tuple[Effect, ...]
    input_peak_db: float | None = None
    description: str = ""

    @property
    def tail_s(self) -> float:
        """Seconds the chain rings on."""
        return sum(effect.tail_s for effect in self.effects)


def apply_chain(audio: Audio, chain: Chain, *, loop: bool, max_tail_s: float = MAX_TAIL_S) -> Audio:
    """Run a sound through fresh effects; the peak ends at or below -0.3 dBFS.

    Parameters
    ----------
    audio
        ``[1 or 2, T]``.
    loop
        Treat T as a ring: enough repeats for 3 s (or the chain's tail, up to 30 s) of
        warm-up go first and one repeat in the settled state is kept, so that tails wrap
        round to the start. Otherwise a sound may grow by the chain's tail, at most
        `max_tail_s` seconds, cut at -60 dB, and ends in a 5 ms fade to 0 unless it ends in 0.

    Returns
    -------
    Audio
        ``[C, T]`` for a loop, ``[C, at least T]`` for a one-shot. C is 2 where the chain
        widens. The same input gives the same values.

    Raises
    ------
    InputError
        If the sound has more than two channels.
    """
    if audio.channels > 2:
        raise InputError(f"Effects take mono or stereo sounds, not {audio.channels} channels. Mix it down first.")
    if not audio.length or not chain.effects:
        return limit_peak(audio, peak_db=PEAK_DB)
    if chain.input_peak_db is not None:
        audio = normalise_peak(audio, peak_db=chain.input_peak_db)
    processed = _apply_to_ring(audio, chain) if loop else _apply_to_one_shot(audio, chain, max_tail_s)
    return limit_peak(processed, peak_db=PEAK_DB)


def _apply_to_ring(audio: Audio, chain: Chain) -> Audio:
    warm_up_s = min(MAX_WARM_UP_S, max(WARM_UP_S, chain.tail_s))
    before = math.ceil(seconds_to_samples(warm_up_s, sample_rate=audio.sample_rate) / audio.length) * audio.length
    # Effects that look ahead see the loop's own start behind its end, not silence.
    after = seconds_to_samples(RUN_OUT_S, sample_rate=audio.sample_rate)
    total = before + audio.length + after
    ring = np.tile(audio.samples, math.ceil(total / audio.length))[:, :total]
    processed = _process(ring, chain, audio.sample_rate, loop_s=audio.duration_s)
    return audio.with_samples(processed[:, before : before + audio.length].copy())


def _apply_to_one_shot(audio: Audio, chain: Chain, max_tail_s: float) -> Audio:
    tail = seconds_to_samples(min(max_tail_s, chain.tail_s), sample_rate=audio.sample_rate)
    after = tail + seconds_to_samples(RUN_OUT_S, sample_rate=audio.sample_rate)
    padded = np.pad(audio.samples, ((0, 0), (0, after)))
    processed = _process(padded, chain, audio.sample_rate, loop_s=None)[:, : audio.length + tail]
    grown = audio.with_samples(processed.copy())
    if tail:
        return cut_tail(grown, threshold_db=TAIL_DB, fade_ms=FADE_MS, min_length=audio.length)
    return fade_out(grown, fade_ms=FADE_MS) if grown.samples[:, -1].any() else grown


def _process(samples: Samples, chain: Chain, sample_rate: int, *, loop_s: float | None) -> Samples:
    for effect in chain.effects:
        process = build_effect(effect.kind, effect.values, sample_rate=sample_rate, loop_s=loop_s)
        samples = process(samples)
    if not np.isfinite(samples).all():
        raise UsageError(f"The effect chain {chain.name!r} grows without bound. Lower its feedback or resonance.")
    return samples


def _check_value(kind: str, name: str, value: object) -> None:
    parameters = EFFECTS[kind].parameters
    if name not in parameters:
        raise UsageError(f"{kind} has no parameter {name!r:.60}. Allowed: {', '.join(parameters)}.")
    parameter = parameters[name]
    if isinstance(parameter, Choice):
        if value not in parameter.allowed:
            raise UsageError(f"{kind} {name} is {value!r:.60}; allowed: {', '.join(parameter.allowed)}.")
        return
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not parameter.low <= float(str(value)) <= parameter.high:
        unit = f" {parameter.unit}" if parameter.unit else ""
        raise UsageError(f"{kind} {name} is {value!r:.60}; allowed: {parameter.low:g} to {parameter.high:g}{unit}.")
