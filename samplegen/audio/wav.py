"""Writing plain PCM WAV: one rounding, one clip, one atomic rename."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio, Samples
from samplegen.errors import OutputError, UsageError
from samplegen.files import write_bytes

MAX_WAV_BYTES = 0xFFFFFFFF


def encode_wav(
    audio: Audio,
    *,
    bit_depth: int = 24,
    dither: np.random.Generator | None = None,
    chunks: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:
    """The bytes of a plain PCM WAV file (``fmt`` tag 1, 16 bytes).

    Values are rounded once and clipped at full scale; a file read back gives
    the same integers when written again.

    Parameters
    ----------
    audio
        ``[C, T]``.
    bit_depth
        16 or 24.
    dither
        Draws triangular (TPDF) dither of ±1 step; meant for 16 bits. None: no dither.
    chunks
        Further RIFF chunks ``(identifier, body)``, written after ``data``.

    Raises
    ------
    UsageError
        If the bit depth is neither 16 nor 24.
    OutputError
        If the file would be longer than RIFF allows (4 GiB).
    """
    if bit_depth not in (16, 24):
        raise UsageError(f"The bit depth must be 16 or 24, not {bit_depth}.")
    data = _encode_pcm(audio.samples, bit_depth=bit_depth, dither=dither)
    frame_bytes = audio.channels * bit_depth // 8
    form = struct.pack(
        "<HHIIHH", 1, audio.channels, audio.sample_rate, audio.sample_rate * frame_bytes, frame_bytes, bit_depth
    )
    body = b"WAVE" + b"".join(_chunk(*chunk) for chunk in ((b"fmt ", form), (b"data", data), *chunks))
    if len(body) > MAX_WAV_BYTES:
        raise OutputError(f"A WAV file cannot hold {len(body)} bytes (4 GiB at most). Write shorter audio.")
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(identifier: bytes, body: bytes) -> bytes:
    return identifier + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _encode_pcm(samples: Samples, *, bit_depth: int, dither: np.random.Generator | None) -> bytes:
    full_scale = 2 ** (bit_depth - 1)
    steps: npt.NDArray[np.float64] = samples.T.astype(np.float64) * full_scale
    if dither is not None:
        steps += dither.random(steps.shape) - dither.random(steps.shape)
    values = np.clip(np.rint(steps), -full_scale, full_scale - 1).astype("<i4")
    if bit_depth == 16:
        return values.astype("<i2").tobytes()
    return np.ascontiguousarray(values).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def write_wav(
    path: Path,
    audio: Audio,
    *,
    bit_depth: int = 24,
    dither: np.random.Generator | None = None,
    chunks: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    """Write `audio` as WAV, atomically; parameters as `encode_wav`.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_bytes(path, encode_wav(audio, bit_depth=bit_depth, dither=dither, chunks=chunks))
