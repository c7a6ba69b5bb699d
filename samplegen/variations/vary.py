"""Free variations of a sound (specs/applications.md §2): same length, onset, end, level; loops keep seam and tempo."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.audio.onsets import detect_onsets, onset_envelope
from samplegen.audio.quality import leading_silence_s
from samplegen.audio.types import Audio, Samples
from samplegen.units import db_to_gain, seconds_to_samples
from samplegen.variations.edits.alignment import (
    MAX_SHIFT_S,
    align,
    attack_envelope,
    keep_end,
    match_level,
    onset_sample,
)
from samplegen.variations.edits.calls import Wish, edit_lanes, from_lanes, own_wish, plan_of, to_lanes
from samplegen.variations.edits.deltas import colour_db, delta_share, merge_delta, undo_codec
from samplegen.variations.edits.sources import EditSource

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

DEFAULT_STRENGTH: Final = 0.5
# Share of the prompt between the sound's own embedding (0) and the text's (1).
PROMPT_SHARE: Final = 0.5
# Of what a round trip loses, beside the sound; a codec that plays its latents loses more than half of it.
LOSSLESS_DB: Final = -40.0
_MATCH_S: Final = 0.05
_WRAP: Final = 2048
_HARD_S: Final = 0.06


def vary(
    generator: "Generator", source: EditSource, *, strength: float, seeds: Sequence[int], wish: Wish | None = None
) -> list[Audio]:
    """One variation for each seed, of the source's rate, channels and length.

    Below a strength of 0.40 a codec that can recolours the sound itself. For others the edit's difference is added
    to it up to 0.30, and between the two goes over to the decoded edit (see `deltas.delta_share`), which stands alone
    from 0.40 on. Strength 0 is the source, bit for bit.

    Parameters
    ----------
    strength
        0 to 1.
    wish
        Condition; None is the sound's own class and embedding.

    Raises
    ------
    InputError
        If a loop is too short or too long for the model.
    """
    if strength == 0.0:
        return [source.audio] * len(seeds)
    lanes = to_lanes(source.audio.samples)
    edited = edit_lanes(
        generator, lanes, strength=strength, seeds=seeds, wish=wish or own_wish(generator, source),
        loop=plan_of(generator, source),
    )  # fmt: skip
    channels = source.audio.channels
    round_trip = from_lanes(edited.round_trip, channels=channels)
    made = (from_lanes(one, channels=channels) for one in edited.made)
    return [settle(render(source, one, round_trip, strength=strength), source) for one in made]


def render(source: EditSource, made: Samples, round_trip: Samples, *, strength: float) -> Samples:
    """The edit as it should sound, ``[C, T]``: added to the source, or itself, by its strength."""
    share, own = np.float32(delta_share(strength)), source.audio.samples
    if _is_lossless(round_trip, own):  # the sound itself was recoloured: coloured once more, changes would double
        return match_level(own + (made - round_trip), own)
    wrap = min(_WRAP, source.audio.length) if source.is_loop else 0
    parts = [np.pad(part, ((0, 0), (wrap, wrap)), mode="wrap") if wrap else part for part in (own, made, round_trip)]
    inner = slice(wrap, wrap + own.shape[1])
    alone = match_level(undo_codec(parts[1], parts[0], parts[2])[:, inner], own) if share < 1.0 else own
    added = match_level(own + _held(source, *parts)[:, inner], own) if share > 0.0 else own
    return match_level(share * added + (1 - share) * alone, own)


def settle(samples: Samples, source: EditSource) -> Audio:
    """``[C, T]`` with onsets, energy and end of the source; a loop is turned, nothing else may sound early."""
    made = source.audio.with_samples(samples)
    if source.is_loop:
        turned = np.roll(samples, -find_turn(made, source.audio), axis=1)
        return source.audio.with_samples(match_level(turned, source.audio.samples))
    return source.audio.with_samples(_not_early(_aligned(made, source.audio), source))


def _not_early(samples: Samples, source: EditSource) -> Samples:
    """``[C, T]`` no louder before the onset than the source is there: a codec blurs attacks to both sides.

    Of what begins slowly only the silence at its start is kept.
    """
    rate, own = source.audio.sample_rate, source.audio
    stop = onset_sample(own)
    if stop > seconds_to_samples(_HARD_S, sample_rate=rate):
        stop = seconds_to_samples(leading_silence_s(own), sample_rate=rate)
    levels = [attack_envelope(audio)[:stop] for audio in (own, own.with_samples(samples))]
    gain = np.minimum(1.0, levels[0] / np.maximum(levels[1], 1e-9)).astype(np.float32)
    return np.concatenate([samples[:, :stop] * gain, samples[:, stop:]], axis=1)


def _aligned(made: Audio, source: Audio) -> Samples:
    """`made` with onset, energy and end of `source`, ``[C, T]``; shifted only where that brings its onset nearer.

    Attacks that the codec made rough correlate at wrong places.
    """
    onset = onset_sample(source)
    shifted = align(made, source)
    kept = source.with_samples(
        keep_end(match_level(made.samples, source.samples), source.samples, sample_rate=source.sample_rate)
    )
    return min(kept, shifted, key=lambda one: abs(onset_sample(one) - onset)).samples.copy()


def find_turn(candidate: Audio, source: Audio) -> int:
    """Samples by which a loop's onsets come later than those of `source`, within 20 ms, on the ring."""
    envelopes = [onset_envelope(audio, ring=True) for audio in (source, candidate)]
    first, second = (np.fft.rfft(envelope.values - envelope.values.mean()) for envelope in envelopes)
    count, rate = len(envelopes[0].values), envelopes[0].frame_rate
    correlation = np.fft.irfft(np.conj(first) * second, count)
    reach = min(count // 2, int(MAX_SHIFT_S * rate))
    around = np.concatenate([correlation[count - reach :], correlation[: reach + 1]])
    return round((int(around.argmax()) - reach) * source.sample_rate / rate) if around.any() else 0


def onset_shifts_ms(made: Audio, source: EditSource) -> list[float]:
    """How much later things start: of a loop's onsets each beside the nearest within 50 ms, else of the one onset."""
    if not source.is_loop:
        return [1e3 * (onset_sample(made) - onset_sample(source.audio)) / made.sample_rate]
    own, found = (detect_onsets(audio, ring=True) for audio in (source.audio, made))
    if not own.size or not found.size:
        return []
    period = source.audio.duration_s
    apart = (found[None] - own[:, None] + period / 2) % period - period / 2
    nearest = apart[np.arange(len(own)), np.abs(apart).argmin(axis=1)]
    return [1e3 * float(shift) for shift in nearest if abs(shift) <= _MATCH_S]


def steered(generator: "Generator", own: Wish, prompt: str) -> tuple[Wish, tuple[str, ...]]:
    """`own` between the sound and a prompt, with the model's own guidance, and the words it does not know.

    Raises
    ------
    UsageError
        If the prompt is empty, or the model understands none of it.
    """
    from samplegen.conditioning.mixing import slerp
    from samplegen.errors import UsageError
    from samplegen.pack.prompts import understand

    said = understand(prompt, parse=generator.embedder.parse)
    words, clap = (*said.styles, *said.words), own.clap
    if generator.clap is None and not words:
        raise UsageError(f'{generator.name} knows none of the words "{said.given}". Say it with tags it knows.')
    if generator.clap is not None and clap is not None and said.text:
        import torch

        text = generator.clap.embed_text([said.text])
        clap = slerp(clap[None], text, torch.tensor([PROMPT_SHARE]))[0]
    unknown = said.unknown if generator.clap is None else ()
    return Wish((*own.tags, *words), clap, generator.sampling.guidance()), unknown


def _is_lossless(round_trip: Samples, own: Samples) -> bool:
    """Whether nothing of ``[C, T]`` was lost but a side too faint to be edited."""
    lost, power = (float(np.square(part, dtype=np.float64).sum()) for part in (round_trip - own, own))
    return lost <= db_to_gain(LOSSLESS_DB) ** 2 * power


def _held(source: EditSource, own: Samples, made: Samples, round_trip: Samples) -> Samples:
    """What to add to the source: the difference under its own energy, with the colour that the model gave it."""
    colour = colour_db(made.mean(axis=0, keepdims=True), round_trip.mean(axis=0, keepdims=True))
    quiet_s = 0.0 if source.is_loop else leading_silence_s(source.audio)
    onset = seconds_to_samples(quiet_s, sample_rate=source.audio.sample_rate)
    return merge_delta(made - round_trip, own, onset=onset, colour=colour)
