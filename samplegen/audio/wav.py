"""Writing plain PCM WAV: one rounding, one clip, one atomic rename."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio, Extent, Samples
from samplegen.errors import OutputError, UsageError
from samplegen.files import write_bytes

Float64 = npt.NDArray[np.float64]

MAX_WAV_BYTES = 0xFFFFFFFF
_BLOCK = 1 << 15  # samples that stay in the processor's cache


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
    noise = None if dither is None else triangular_noise(dither, dither, shape=(audio.length, audio.channels))
    form = encode_format(audio, bit_depth=bit_depth)
    data = encode_pcm(audio.samples, bit_depth=bit_depth, noise=noise)
    body = b"WAVE" + b"".join(_chunk(*chunk) for chunk in ((b"fmt ", form), (b"data", data), *chunks))
    if len(body) > MAX_WAV_BYTES:
        raise OutputError(f"A WAV file cannot hold {len(body)} bytes (4 GiB at most). Write shorter audio.")
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(identifier: bytes, body: bytes) -> bytes:
    return identifier + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def encode_format(extent: Extent, *, bit_depth: int) -> bytes:
    """The payload of ``fmt`` for plain PCM.

    Raises
    ------
    UsageError
        If the bit depth is neither 16 nor 24.
    """
    if bit_depth not in (16, 24):
        raise UsageError(f"The bit depth must be 16 or 24, not {bit_depth}.")
    frame_bytes = extent.channels * bit_depth // 8
    rate = extent.sample_rate
    return struct.pack("<HHIIHH", 1, extent.channels, rate, rate * frame_bytes, frame_bytes, bit_depth)


def triangular_noise(first: np.random.Generator, second: np.random.Generator, *, shape: tuple[int, int]) -> Float64:
    """TPDF dither of ±1 step, ``[T, C]``: one drawing from `first` minus one from `second`."""
    return np.asarray(first.random(shape) - second.random(shape))


def encode_pcm(samples: Samples, *, bit_depth: int, noise: Float64 | None = None) -> bytes:
    """Interleaved PCM of ``[C, T]``, rounded once and clipped; `noise` ``[T, C]`` is added in steps of the result."""
    return b"".join(
        _encode_block(samples[:, start : start + _BLOCK], bit_depth=bit_depth, noise=_rows(noise, start))
        for start in range(0, samples.shape[1], _BLOCK)
    )


def _rows(noise: Float64 | None, start: int) -> Float64 | None:
    return None if noise is None else noise[start : start + _BLOCK]


def _encode_block(samples: Samples, *, bit_depth: int, noise: Float64 | None) -> bytes:
    full_scale = 2 ** (bit_depth - 1)
    # Without dither float32 is exact: scaling by a power of two, and rounding to fewer than 25 bits.
    steps = np.multiply(samples.T, full_scale, order="C", dtype=np.float32 if noise is None else np.float64)
    if noise is not None:
        steps += noise
    np.clip(np.rint(steps, out=steps), -full_scale, full_scale - 1, out=steps)
    if bit_depth == 16:
        return bytes(steps.astype("<i2").tobytes())
    wide = steps.astype("<i4").view(np.uint8).reshape(-1, 4)
    packed = np.empty((wide.shape[0], 3), np.uint8)
    for byte in range(3):  # several times faster than one copy of rows of three
        packed[:, byte] = wide[:, byte]
    return bytes(packed.tobytes())


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
