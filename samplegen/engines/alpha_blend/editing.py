"""Sounds changed by a trained generator: encode, renoise, integrate, decode (specs/applications.md §2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor

from samplegen.audio.resample import resample_ring
from samplegen.audio.types import Audio, Samples
from samplegen.codec.base import Latents, RecolouringCodec
from samplegen.conditioning.beat_phase import loop_phase, one_shot_phase
from samplegen.conditioning.types import Conditioning
from samplegen.diffusion.guidance import NO_GUIDANCE, Guidance, guided_velocity
from samplegen.diffusion.masks import keep_known, masked_network, vary
from samplegen.diffusion.rings import ring_network
from samplegen.diffusion.samplers import Velocity, named_sampler
from samplegen.engines.alpha_blend.rings import hold_period
from samplegen.errors import UsageError
from samplegen.networks.precision import fast_inference

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend.generator import Generator, LoopPlan

STEPS: Final = 8
MAX_EDIT_S: Final = 60.0
# Weaker edits keep the phases of the sound itself, where the codec can do that.
RECOLOUR_BELOW: Final = 0.40
_ROWS: Final = 16
# Frames decoded beyond a one-shot's end, so that the decoder's last frames hear what follows.
_MARGIN_FRAMES: Final = 4


@dataclass(frozen=True, eq=False)
class Edited:
    """What became of one sound.

    Parameters
    ----------
    round_trip
        The sound through the codec and back, ``[1, T]``, or the sound itself where the codec can recolour it
        and the edit is small: what strength 0 gives.
    made
        Its variations, one per seed, each ``[1, T]`` as long as the sound.
    """

    round_trip: Audio
    made: tuple[Audio, ...]


@dataclass(frozen=True, eq=False)
class _Row:
    """One variation to draw: of which sound, from which noise."""

    sound: int
    seed: int


def edit_sounds(
    generator: "Generator",
    audios: Sequence[Audio],
    *,
    strength: float,
    seeds: Sequence[Sequence[int]],
    tags: Sequence[Sequence[str]],
    clap: Tensor | None = None,
    mask: Tensor | None = None,
    guidance: Guidance | None = None,
    loop: "LoopPlan | None" = None,
    steps: int = STEPS,
    trust: float = 0.0,
) -> list[Edited]:
    """Variations of sounds: renoised to ``alpha = 1 - strength`` and integrated to 1 (spec §2).

    All variations of all sounds go through the network in batches, so ask for many at once.

    Parameters
    ----------
    audios
        Mono at the codec's rate. Of a loop exactly its ring's length, else one-shots that begin at sample 0.
    strength
        0 (the codec's round trip) to 1 (nothing of the sound is left but its condition).
    seeds
        Noise seeds of each sound's variations.
    tags, clap
        Conditions of each sound; ``clap`` is ``[B, D]``.
    mask
        Latent frames ``[N]`` that are kept (true), see `frames_of`.
    guidance
        None is the conditional model itself: a small edit stays near the sound.
    loop
        Time of the loops that the sounds are; None for one-shots.
    steps
        Of a whole run; a weaker edit takes its share, at least one.
    trust
        Above 0 the network is shown the sound itself at every step, and told how far to trust it
        (`samplegen.diffusion.masks.DEGRADED`): at strength 1 it makes what the sound was before it got worse.

    Raises
    ------
    UsageError
        If a sound has another rate, channels or length, the counts differ, or the network was not trained to be shown.
    """
    _check(generator, audios, seeds, tags, loop)
    if trust and not generator.network.config.inpainting:
        raise UsageError(f"The model {generator.name} was not trained to see a sound while it makes it.")
    if not audios:
        return []
    with torch.inference_mode():
        source = generator.stats.normalise(_encode(generator, audios, loop))
        vectors = generator._embed(tags, clap)
        rows = [_Row(sound, seed) for sound, several in enumerate(seeds) for seed in several]
        made: list[Tensor] = []
        for first in range(0, len(rows), _ROWS):
            some = rows[first : first + _ROWS]
            index = torch.tensor([row.sound for row in some])
            velocity = _velocity(
                generator, vectors[index], source[index], mask, guidance, loop, seeds=some, trust=trust
            )
            made += _vary(generator, velocity, source[index], some, strength, steps, mask, loop)
        counts, codec = [len(several) for several in seeds], generator.codec
        if strength < RECOLOUR_BELOW and not trust and isinstance(codec, RecolouringCodec):
            sounds = _rows_of(generator, audios, source, made, counts, loop)
            return [_recoloured(generator, codec, audio, rows, loop) for audio, rows in sounds]
    return list(_decoded(generator, audios, source, made, counts, loop))


def frames_of(generator: "Generator", audio: Audio, *, loop: "LoopPlan | None" = None) -> int:
    """Latent frames N that `edit_sounds` works on for a sound."""
    if loop is not None:
        return loop.ring.frames
    needed = -(-audio.length // generator.codec.hop_length)
    multiple = generator.network.multiple
    return max(generator.description.one_shot_frames, -(-needed // multiple) * multiple)


def _check(
    generator: "Generator",
    audios: Sequence[Audio],
    seeds: Sequence[Sequence[int]],
    tags: Sequence[Sequence[str]],
    loop: "LoopPlan | None",
) -> None:
    generator.require_steerable()
    rate = generator.codec.sample_rate
    if not len(audios) == len(seeds) == len(tags):
        raise UsageError(f"{len(audios)} sounds need as many lists of seeds and tags, not {len(seeds)}, {len(tags)}.")
    for audio in audios:
        if (audio.channels, audio.sample_rate) != (1, rate):
            raise UsageError(f"Edits take mono at {rate} Hz, not {audio.channels} channels at {audio.sample_rate} Hz.")
        if not 0 < audio.duration_s <= MAX_EDIT_S:
            raise UsageError(f"A sound of {audio.duration_s:.1f} s cannot be edited in one go; {MAX_EDIT_S:g} s can.")
        if loop is not None and audio.length != loop.ring.length:
            raise UsageError(f"A loop of {loop.ring.length} samples is expected, not {audio.length}.")


def _encode(generator: "Generator", audios: Sequence[Audio], loop: "LoopPlan | None") -> Tensor:
    """Latents ``[B, C, N]``, one-shots all on the longest one's frames."""
    frames = max(frames_of(generator, audio, loop=loop) for audio in audios)
    length = frames * generator.codec.hop_length
    laid = np.stack([_laid(audio, length, loop) for audio in audios])
    return generator.codec.encode(torch.from_numpy(laid), loop=loop is not None).values


def _laid(audio: Audio, length: int, loop: "LoopPlan | None") -> Samples:
    """A sound on the codec's frames: a loop stretched to its ring, another cut or filled with silence."""
    if loop is not None:
        return resample_ring(np.tile(audio.samples, loop.ring.repeats), length=length).astype(np.float32)
    laid = np.zeros((1, length), np.float32)
    kept = min(length, audio.length)
    laid[:, :kept] = audio.samples[:, :kept]
    return laid


def _velocity(
    generator: "Generator",
    vectors: Tensor,
    source: Tensor,
    mask: Tensor | None,
    guidance: Guidance | None,
    loop: "LoopPlan | None",
    *,
    seeds: Sequence[_Row],
    trust: float = 0.0,
) -> Velocity:
    codec, frames = generator.codec, source.shape[-1]
    rate = codec.sample_rate / codec.hop_length
    network: object = generator.network
    if loop is None:
        beat = one_shot_phase(frames, frame_rate=rate, window_frames=frames, latency_s=codec.latency_s)
    else:
        beat = loop_phase(
            frames, bars=loop.bars * loop.ring.repeats, beats_per_bar=loop.beats_per_bar, bpm=loop.bpm,
            frame_rate=rate, latency_s=codec.latency_s,
        )  # fmt: skip
        offsets = torch.Generator().manual_seed(seeds[0].seed)
        network = ring_network(generator.network, generator=offsets)
    if trust:
        network = masked_network(network, known=source, mask=torch.full((frames,), trust))  # type: ignore[arg-type]
    every = torch.ones(len(vectors), dtype=torch.bool)
    conditioning = Conditioning(beat.expand(len(vectors), -1, -1), vectors, every, vectors.norm(dim=1) > 0)
    transform = None if mask is None else keep_known(source, mask)
    return guided_velocity(
        network,  # type: ignore[arg-type]
        conditioning,
        guidance or NO_GUIDANCE,
        circular=loop is not None,
        transform=transform,
    )


def _vary(
    generator: "Generator",
    velocity: Velocity,
    source: Tensor,
    rows: Sequence[_Row],
    strength: float,
    steps: int,
    mask: Tensor | None,
    loop: "LoopPlan | None",
) -> list[Tensor]:
    repeats = 1 if loop is None else loop.ring.repeats
    shape = source.shape[1:]
    noise = torch.stack([torch.randn(shape, generator=torch.Generator().manual_seed(row.seed)) for row in rows])
    held = lambda x, alpha, *to: hold_period(velocity(x, alpha, *to), repeats=repeats)  # noqa: E731
    with fast_inference():
        made = vary(
            held, source, hold_period(noise, repeats=repeats) * repeats**0.5, strength=strength, steps=steps,
            shape=generator.sampling.shape, sampler=named_sampler(generator.sampling.sampler),
        ).float()  # fmt: skip
    return list(made if mask is None else torch.where(mask.bool(), source, made))


def _decoded(
    generator: "Generator",
    audios: Sequence[Audio],
    source: Tensor,
    made: Sequence[Tensor],
    counts: Sequence[int],
    loop: "LoopPlan | None",
) -> Iterator[Edited]:
    """The codec's own rendering of the latents."""
    codec = generator.codec
    rate = codec.sample_rate / codec.hop_length
    for audio, rows in _rows_of(generator, audios, source, made, counts, loop):
        samples = codec.decode(Latents(rows, rate), loop=loop is not None).numpy()
        whole = [
            audio.with_samples(row[:, : audio.length]) if loop is None else generator._close(row, loop.ring)
            for row in samples
        ]
        yield Edited(whole[0], tuple(whole[1:]))


def _recoloured(
    generator: "Generator", codec: RecolouringCodec, audio: Audio, rows: Tensor, loop: "LoopPlan | None"
) -> Edited:
    """The sound itself with the levels of the latents: what a small edit leaves alone stays bit for bit."""
    rate = codec.sample_rate / codec.hop_length
    laid = torch.from_numpy(_laid(audio, rows.shape[-1] * codec.hop_length, loop))[None]
    own, made = Latents(rows[:1], rate), Latents(rows[1:], rate)
    changes = (codec.recolour(laid, own, made, loop=loop is not None) - laid).numpy()
    if loop is not None:
        changes = np.stack([generator._close(change, loop.ring).samples for change in changes])
    return Edited(audio, tuple(audio.with_samples(audio.samples + row[:, : audio.length]) for row in changes))


def _rows_of(
    generator: "Generator",
    audios: Sequence[Audio],
    source: Tensor,
    made: Sequence[Tensor],
    counts: Sequence[int],
    loop: "LoopPlan | None",
) -> Iterator[tuple[Audio, Tensor]]:
    """Each sound with its own latents and those of its variations, ``[1 + count, C, N]``, as the codec takes them."""
    first = 0
    for number, (audio, count) in enumerate(zip(audios, counts, strict=True)):
        rows = torch.stack([source[number], *made[first : first + count]])
        first += count
        if loop is None:
            rows = rows[..., : -(-audio.length // generator.codec.hop_length) + _MARGIN_FRAMES]
        yield audio, generator.stats.denormalise(rows)
