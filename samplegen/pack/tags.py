"""Sounds as tagged WAV files: audio plus what DAWs, samplers and browsers read."""

from pathlib import Path
from typing import Final

import numpy as np

from samplegen import files
from samplegen.audio.wav import encode_format, encode_pcm, triangular_noise
from samplegen.errors import OutputError
from samplegen.pack import chunks
from samplegen.pack.id3 import encode_id3
from samplegen.pack.riff import join_chunks
from samplegen.pack.sound import Described, Sound, Tags

NO_DATE: Final = ""
Chunks = list[tuple[bytes, bytes]]


def describe(tags: Tags) -> str:
    """One line such as ``kick loop, 4 bars of 4/4, 128 BPM, Am``."""
    parts = [f"{tags.category} {tags.kind}".replace("_", " ")]
    if tags.bars is not None:
        parts.append(f"{tags.bars} bar{'s' if tags.bars > 1 else ''} of {tags.meter[0]}/{tags.meter[1]}")
    if tags.bpm is not None:
        parts.append(f"{tags.bpm:g} BPM")
    if tags.key:
        parts.append(tags.key)
    return ", ".join(parts)


def _info(sound: Described, *, label: str, date: str) -> dict[bytes, str]:
    tags, origin = sound.tags, sound.provenance
    return {
        b"INAM": tags.title or describe(tags),
        b"IPRD": label,
        b"IART": tags.artist,
        b"ICMT": tags.comment or describe(tags),
        b"IGNR": tags.genre,
        b"ICOP": origin.licence,
        b"ICRD": date,
        b"ISFT": f"{chunks.ORIGINATOR} {origin.version}".rstrip(),
        b"IKEY": "; ".join(tags.keywords),
    }


def _id3(tags: Tags, *, label: str) -> dict[str, str]:
    return {
        "TIT2": tags.title or describe(tags),
        "TPE1": tags.artist,
        "TALB": label,
        "TCON": tags.genre,
        "TBPM": "" if tags.bpm is None else f"{tags.bpm:g}",
        "TKEY": tags.key or "",
        "COMM": tags.comment or describe(tags),
    }


def encode_tagged_wav(
    sound: Sound, *, bit_depth: int = 24, label: str = "", date: str = NO_DATE, plain: bool = False
) -> bytes:
    """The whole WAV file of a sound, with its tags in the order that readers expect.

    16 bits are dithered from the sound's own seed.

    Parameters
    ----------
    label
        Name of the pack, written as album and project.
    date
        ``YYYY-MM-DD`` or empty. It is never taken from the clock: equal sounds give equal bytes.
    plain
        Leave out all tags: some hardware samplers stop at chunks that they do not know.

    Raises
    ------
    OutputError
        If the sound is empty or does not fit a WAV file.
    """
    before, after = tagged_chunks(sound, bit_depth=bit_depth, label=label, date=date, plain=plain)
    audio, dither = sound.audio, dither_of(sound, bit_depth=bit_depth)
    noise = None if dither is None else triangular_noise(*dither, shape=(audio.length, audio.channels))
    return join_chunks([*before, (b"data", encode_pcm(audio.samples, bit_depth=bit_depth, noise=noise)), *after])


def dither_of(sound: Described, *, bit_depth: int) -> tuple[np.random.Generator, np.random.Generator] | None:
    """The two generators of `triangular_noise` for a sound, or None where its bit depth needs no dither.

    Both draw from one stream, the second behind all that the first will draw, so
    that the noise is the same in however many blocks it is drawn.
    """
    if bit_depth != 16:
        return None
    seed = sound.provenance.seed
    words = seed if seed >= 0 else (-seed, 1)  # numpy takes no negative ones
    ahead = np.random.PCG64(words)
    ahead.advance(sound.extent.length * sound.extent.channels)
    return np.random.Generator(np.random.PCG64(words)), np.random.Generator(ahead)


def tagged_chunks(
    sound: Described, *, bit_depth: int, label: str, date: str, plain: bool = False
) -> tuple[Chunks, Chunks]:
    """The chunks (name, payload) before ``data`` and behind it; of a `plain` file, ``fmt`` alone.

    Raises
    ------
    OutputError
        If the sound is empty.
    """
    extent, tags = sound.extent, sound.tags
    if extent.length == 0:
        raise OutputError("A sound without samples cannot be written.")
    if plain:
        return [(b"fmt ", encode_format(extent, bit_depth=bit_depth))], []
    markers = chunks.bar_markers(tags, length=extent.length)
    text, origin = describe(tags), sound.provenance
    before = [
        (b"fmt ", encode_format(extent, bit_depth=bit_depth)),
        (
            b"bext",
            chunks.bext_chunk(
                description=" | ".join(filter(None, (tags.title, text, tags.comment))),
                reference=f"{origin.engine} seed {origin.seed}",
                date=date,
                extent=extent,
                bit_depth=bit_depth,
                version=origin.version,
            ),
        ),
        (b"acid", chunks.acid_chunk(tags)),
        (b"inst", chunks.inst_chunk(tags)),
        (b"smpl", chunks.smpl_chunk(tags, extent=extent)),
    ]
    if markers:
        before += [(b"cue ", chunks.cue_chunk(markers)), (b"LIST", chunks.labels_chunk(markers))]
    ixml = chunks.ixml_chunk(
        title=tags.title or text, project=label, note=tags.comment or text, provenance=origin, channels=extent.channels
    )
    after = [
        (b"LIST", chunks.info_chunk(_info(sound, label=label, date=date))),
        (b"iXML", ixml),
        (b"id3 ", encode_id3(_id3(tags, label=label))),
    ]
    return before, after


def write_sound(path: Path, sound: Sound, *, bit_depth: int = 24, label: str = "", date: str = NO_DATE) -> None:
    """Write `encode_tagged_wav` to `path` atomically.

    Raises
    ------
    OutputError
        If the file cannot be written; then none is left behind.
    """
    files.write_bytes(path, encode_tagged_wav(sound, bit_depth=bit_depth, label=label, date=date))
