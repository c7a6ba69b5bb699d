"""Sounds as tagged WAV files: audio plus what DAWs, samplers and browsers read."""

from pathlib import Path
from typing import Final

import numpy as np

from samplegen import files
from samplegen.audio.io import encode_wav
from samplegen.errors import OutputError
from samplegen.pack import chunks
from samplegen.pack.id3 import encode_id3
from samplegen.pack.riff import join_chunks, split_chunks
from samplegen.pack.sound import Sound, Tags

NO_DATE: Final = ""


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


def _info(sound: Sound, *, label: str, date: str) -> dict[bytes, str]:
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


def encode_tagged_wav(sound: Sound, *, bit_depth: int = 24, label: str = "", date: str = NO_DATE) -> bytes:
    """The whole WAV file of a sound, with its tags in the order that readers expect.

    16 bits are dithered from the sound's own seed.

    Parameters
    ----------
    label
        Name of the pack, written as album and project.
    date
        ``YYYY-MM-DD`` or empty. It is never taken from the clock: equal sounds give equal bytes.

    Raises
    ------
    OutputError
        If the sound is empty or does not fit a WAV file.
    """
    audio, tags = sound.audio, sound.tags
    if audio.length == 0:
        raise OutputError("A sound without samples cannot be written.")
    dither = np.random.default_rng(sound.provenance.seed) if bit_depth == 16 else None
    plain = dict(split_chunks(encode_wav(audio, bit_depth=bit_depth, dither=dither)))
    markers = chunks.bar_markers(tags, length=audio.length)
    text, origin = describe(tags), sound.provenance
    before = [
        (b"fmt ", plain[b"fmt "]),
        (
            b"bext",
            chunks.bext_chunk(
                description=" | ".join(filter(None, (tags.title, text, tags.comment))),
                reference=f"{origin.engine} seed {origin.seed}",
                date=date,
                audio=audio,
                bit_depth=bit_depth,
                version=origin.version,
            ),
        ),
        (b"acid", chunks.acid_chunk(tags)),
        (b"inst", chunks.inst_chunk(tags)),
        (b"smpl", chunks.smpl_chunk(tags, audio=audio)),
    ]
    if markers:
        before += [(b"cue ", chunks.cue_chunk(markers)), (b"LIST", chunks.labels_chunk(markers))]
    ixml = chunks.ixml_chunk(
        title=tags.title or text, project=label, note=tags.comment or text, provenance=origin, channels=audio.channels
    )
    after = [
        (b"LIST", chunks.info_chunk(_info(sound, label=label, date=date))),
        (b"iXML", ixml),
        (b"id3 ", encode_id3(_id3(tags, label=label))),
    ]
    return join_chunks([*before, (b"data", plain[b"data"]), *after])


def write_sound(path: Path, sound: Sound, *, bit_depth: int = 24, label: str = "", date: str = NO_DATE) -> None:
    """Write `encode_tagged_wav` to `path` atomically.

    Raises
    ------
    OutputError
        If the file cannot be written; then none is left behind.
    """
    files.write_bytes(path, encode_tagged_wav(sound, bit_depth=bit_depth, label=label, date=date))
