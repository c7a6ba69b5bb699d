"""What does a codec take away from sounds it never heard? Beside MP3, low-passes, another sound, noise and silence."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.audio.key import estimate_pitch
from samplegen.audio.types import Audio
from samplegen.evaluation.codec_figures import (
    ALL_KINDS,
    SAMPLE_RATE,
    CodecFigure,
    Signal,
    anchor_systems,
    codec_system,
    figures_by_kind,
    reference_of,
)
from samplegen.evaluation.questions.estimates import Estimate, share_estimate
from samplegen.evaluation.questions.material import Material, RealSound, draw_real, need
from samplegen.evaluation.questions.report import Cell, Report, Table
from samplegen.evaluation.questions.systems import Progress

if TYPE_CHECKING:
    from samplegen.codec.base import Codec

SECONDS: Final = 8.0
CLEAR: Final = 0.8
CENTS: Final = 20.0
OTHER: Final = "real vs real: another sound of its kind"
NOISE: Final = "floor: noise of its level"
SILENCE: Final = "floor: silence"


def ask_codec(
    codecs: Mapping[str, "Codec"], material: Material, *, count: int, seed: int, progress: Progress | None = None
) -> Report:
    """Log-mel distance, SNR and kept pitch of held-out sounds, by kind.

    Parameters
    ----------
    codecs
        By label; the first is the one in question.

    Raises
    ------
    InputError
        Without held-out sounds.
    """
    rng = np.random.default_rng(seed)
    need(material.held_sounds, name="held-out sounds")
    chosen = draw_real(material.held_sounds, count, rng=rng)
    kinds = [sound.kind for sound in chosen]
    references = [reference_of(_read(sound)) for sound in chosen]
    systems = {label: codec_system(codec) for label, codec in codecs.items()} | anchor_systems()
    systems[SILENCE] = systems.pop("silence")
    made: dict[str, list[Signal]] = {}
    for number, (name, system) in enumerate(systems.items()):
        made[name] = [system(reference) for reference in references]
        if progress is not None:
            progress(number + 1, len(systems))
    made[OTHER] = _others(chosen, references, rng=rng)
    made[NOISE] = [_noise(reference, rng=rng) for reference in references]
    order = [name for name in made if name not in (NOISE, SILENCE)] + [NOISE, SILENCE]
    figures = {name: figures_by_kind(made[name], references, kinds, generator=rng) for name in order}
    pitches = [_pitch(reference) for reference in references]
    whole = {name: _row(figures[name][ALL_KINDS], pitches, made[name]) for name in order}
    by_kind = {kind: _by_kind(figures, kind) for kind in figures[order[0]] if kind != ALL_KINDS}
    return Report(
        "codec",
        "Codec reconstruction of held-out sounds",
        (
            Table("All held-out sounds.", whole),
            Table("Log-mel distance (dB) by kind.", by_kind, first="kind"),
        ),
        notes=(
            f"Mono at 44.1 kHz, at most {SECONDS:g} s of each sound. Log-mel distance: mean absolute difference of the "
            f"cells that are heard. Pitch kept: of the sounds with a clear pitch, those that have it to {CENTS:g} "
            "cents afterwards, octaves included.",
        ),
        settings={"n": len(chosen), "seed": seed},
        systems={label: codec.hash for label, codec in codecs.items()},
    )


def _read(sound: RealSound) -> Audio:
    from samplegen.audio.io import read_audio

    return read_audio(sound.path, mono=True, max_seconds=SECONDS)


def _others(sounds: Sequence[RealSound], references: Sequence[Signal], *, rng: np.random.Generator) -> list[Signal]:
    """For each sound another of its kind (any other where there is none), cut or filled to its length, at its level."""
    found = []
    for number, sound in enumerate(sounds):
        alike = [k for k, other in enumerate(sounds) if other.kind == sound.kind and k != number]
        choice = references[int(rng.choice(alike or [k for k in range(len(sounds)) if k != number]))]
        length = references[number].size
        other = np.pad(choice[:length], (0, max(0, length - choice.size)))
        found.append(_at_level(other, references[number]))
    return found


def _noise(reference: Signal, *, rng: np.random.Generator) -> Signal:
    return _at_level(rng.standard_normal(reference.size).astype(np.float32), reference)


def _at_level(signal: Signal, reference: Signal) -> Signal:
    gain = np.sqrt((reference**2).mean() / max(float((signal**2).mean()), 1e-12))
    return np.asarray(signal * gain, np.float32)


def _pitch(signal: Signal) -> float | None:
    heard = estimate_pitch(Audio(signal, SAMPLE_RATE))
    return heard.midi if heard.confidence >= CLEAR else None


def _row(figure: CodecFigure, pitches: Sequence[float | None], made: Sequence[Signal]) -> dict[str, Cell]:
    kept = [
        (now := estimate_pitch(Audio(signal, SAMPLE_RATE)).midi) is not None and abs(now - pitch) <= CENTS / 100.0
        for pitch, signal in zip(pitches, made, strict=True)
        if pitch is not None
    ]
    return {
        "n": figure.sounds,
        "log-mel distance (dB)": _distance(figure),
        "SNR (dB)": Estimate(figure.snr_db, figure.snr_low_db, figure.snr_high_db, figure.sounds, digits=1),
        f"pitch kept, of {len(kept)}": share_estimate(sum(kept), len(kept)),
    }


def _distance(figure: CodecFigure) -> Estimate:
    return Estimate(figure.distance_db, figure.low_db, figure.high_db, figure.sounds)


def _by_kind(figures: Mapping[str, Mapping[str, CodecFigure]], kind: str) -> dict[str, Cell]:
    row: dict[str, Cell] = {"n": next(iter(figures.values()))[kind].sounds}
    return row | {name: _distance(by_kind[kind]) for name, by_kind in figures.items()}
