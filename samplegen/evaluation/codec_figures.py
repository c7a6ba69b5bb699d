"""A codec on held-out sounds beside anchors everybody knows: MP3, low-passes and silence.

Every system is measured on the mono sound at 44.1 kHz with the log-mel distance of
`samplegen.codec.measures` (cells of all sounds weigh the same) and SNR (energies
summed over the sounds). The interval is the 95 % bootstrap over sounds.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.codec.base import Codec
from samplegen.codec.measures import log_mel_deviations_db
from samplegen.errors import DependencyError

SAMPLE_RATE = 44100
ALL_KINDS = "all"
LOW_PASSES_HZ = (4000, 8000, 11000)
_MP3_KBPS = 32
_MP3_TAIL = 4608
_DRAWS = 1000

Signal = npt.NDArray[np.float32]
System = Callable[[Signal], Signal]


@dataclass(frozen=True)
class CodecFigure:
    """One cell of the table.

    Parameters
    ----------
    distance_db, low_db, high_db
        Log-mel distance and the ends of its 95 % bootstrap interval.
    snr_db, snr_low_db, snr_high_db
        Signal-to-noise ratio and the ends of its interval.
    sounds
        How many sounds it was measured on.
    """

    distance_db: float
    low_db: float
    high_db: float
    snr_db: float
    sounds: int
    snr_low_db: float = float("nan")
    snr_high_db: float = float("nan")


def reference_of(sound: Audio) -> Signal:
    """What systems are measured against, ``[T]`` at 44.1 kHz."""
    return np.asarray(resample(sound.mono(), sample_rate=SAMPLE_RATE).samples[0])


def figures_by_kind(
    estimates: Sequence[Signal], references: Sequence[Signal], kinds: Sequence[str], *, generator: np.random.Generator
) -> dict[str, CodecFigure]:
    """Figures of all sounds and of each kind."""
    rows = np.array([_measure(*pair) for pair in zip(estimates, references, strict=True)])
    chosen = {ALL_KINDS: np.ones(len(kinds), bool)} | {kind: np.array(kinds) == kind for kind in sorted(set(kinds))}
    return {kind: _figure(rows[members], generator) for kind, members in chosen.items()}


def codec_system(codec: Codec) -> System:
    """A codec as what it does to a signal."""
    return lambda signal: round_trip(codec, signal)


def anchor_systems() -> dict[str, System]:
    """MP3, low-passes and silence."""

    def low_pass_at(cutoff_hz: int) -> System:
        return lambda signal: low_pass(signal, cutoff_hz=cutoff_hz)

    return {
        f"MP3 {_MP3_KBPS} kbit/s": mp3_round_trip,
        **{f"low-pass {cutoff_hz / 1000:g} kHz": low_pass_at(cutoff_hz) for cutoff_hz in reversed(LOW_PASSES_HZ)},
        "silence": np.zeros_like,
    }


def round_trip(codec: Codec, signal: Signal) -> Signal:
    """``[T]`` at 44.1 kHz through the codec, at 44.1 kHz again, same length."""
    audio = resample(Audio(signal, SAMPLE_RATE), sample_rate=codec.sample_rate)
    samples = torch.tensor(audio.samples)[None].expand(1, codec.channels, -1)
    decoded = codec.decode(codec.encode(samples))[0].mean(0)[: audio.length].numpy()
    return _fit(resample(Audio(decoded, codec.sample_rate), sample_rate=SAMPLE_RATE).samples[0], len(signal))


def low_pass(signal: Signal, *, cutoff_hz: float) -> Signal:
    """``[T]`` at 44.1 kHz with everything above `cutoff_hz` removed (brick wall)."""
    spectrum = np.fft.rfft(signal)
    spectrum[np.fft.rfftfreq(len(signal), 1.0 / SAMPLE_RATE) > cutoff_hz] = 0.0
    return np.fft.irfft(spectrum, len(signal)).astype(np.float32)


def mp3_round_trip(signal: Signal, *, kbps: int = _MP3_KBPS) -> Signal:
    """``[T]`` at 44.1 kHz through MP3 in memory, the codec's delay removed by cross-correlation.

    Raises
    ------
    DependencyError
        If pedalboard is missing or cannot write MP3.
    """
    padded = np.pad(signal, (0, _MP3_TAIL))
    try:
        from pedalboard.io import AudioFile

        buffer = io.BytesIO()
        with AudioFile(buffer, "w", samplerate=SAMPLE_RATE, num_channels=1, quality=kbps, format="mp3") as file:
            file.write(padded[None])
        with AudioFile(io.BytesIO(buffer.getvalue())) as file:
            decoded = np.asarray(file.read(file.frames), np.float32)[0]
    except (ImportError, ValueError, RuntimeError) as error:
        raise DependencyError(f"The MP3 anchor needs pedalboard with MP3 writing ({error}).") from error
    return _fit(decoded[_delay(decoded, signal) :], len(signal))


def _delay(late: Signal, signal: Signal) -> int:
    """Shift of 0 to 4608 samples at which `late` agrees best with `signal`."""
    size = 1 << (len(late) + len(signal)).bit_length()
    product = np.fft.rfft(late, size) * np.conj(np.fft.rfft(signal, size))
    return int(np.argmax(np.fft.irfft(product, size)[: _MP3_TAIL + 1]))


def _fit(signal: Signal, length: int) -> Signal:
    return np.pad(signal[:length], (0, max(0, length - len(signal))))


def _measure(estimate: Signal, reference: Signal) -> tuple[float, float, float, float]:
    """Log-mel deviation, its cells, signal energy and error energy of one sound."""
    pair = (torch.tensor(signal)[None, None] for signal in (estimate, reference))
    deviation, cells = log_mel_deviations_db(*pair, sample_rate=SAMPLE_RATE)
    wanted = reference.astype(np.float64)
    return float(deviation), float(cells), float((wanted**2).sum()), float(((wanted - estimate) ** 2).sum())


def _figure(rows: npt.NDArray[np.float64], generator: np.random.Generator) -> CodecFigure:
    """Figure of the measured ``[sounds, 4]`` rows."""
    draws = rows[generator.integers(len(rows), size=(_DRAWS, len(rows)))].sum(1)
    low, high = np.quantile(draws[:, 0] / draws[:, 1], [0.025, 0.975])
    snr_low, snr_high = np.quantile(_snr_db(draws), [0.025, 0.975])
    total = rows.sum(0)
    return CodecFigure(
        float(total[0] / total[1]), float(low), float(high), float(_snr_db(total)), len(rows), float(snr_low),
        float(snr_high),
    )  # fmt: skip


def _snr_db(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of ``[..., 4]`` sums of rows."""
    signal, error = sums[..., 2], sums[..., 3]
    return np.asarray(10.0 * np.log10((signal + 1e-20) / (error + 1e-20 * (signal + 1.0))))
