"""Audio of any length that is written once, block after block, and read anywhere."""

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Any, Final, Self

import numpy as np

from samplegen.audio.types import Samples
from samplegen.errors import OutputError

MEMORY_LIMIT_BYTES: Final = 256 << 20
_VALUE_BYTES: Final = 4
_COPY_SAMPLES: Final = 1 << 16


class Spool:
    """Samples kept in memory up to a limit, then in a temporary file that vanishes with the spool.

    It is a `Source` of what was appended so far. Close it, or use it as a context manager.

    Parameters
    ----------
    channels
        C of every block.
    sample_rate
        In Hz.
    memory_limit
        Bytes of samples that stay in memory; memory is taken as blocks arrive.
    folder
        For the temporary file; None takes the system's (``TMPDIR``).
    """

    def __init__(
        self, *, channels: int, sample_rate: int, memory_limit: int = MEMORY_LIMIT_BYTES, folder: Path | None = None
    ) -> None:
        self._sample_rate, self._folder = sample_rate, folder
        # Untouched pages of this array cost nothing, so that it need never grow by copying.
        self._memory: Samples = np.empty((channels, memory_limit // (_VALUE_BYTES * channels)), np.float32)
        self._channels = channels
        self._file: Any = None  # typeshed's IO[bytes] does not know readinto
        self._lock = Lock()
        self._length = 0
        self._peak = self._power = 0.0

    def __enter__(self) -> Self:
        """The spool itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give memory and file back."""
        self.close()

    def close(self) -> None:
        """Give memory and file back; nothing can be read afterwards."""
        self._memory = np.empty((self._channels, 0), np.float32)
        self._length = 0
        if self._file is not None:
            self._file.close()

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self._sample_rate

    @property
    def channels(self) -> int:
        """Number of channels C."""
        return self._channels

    @property
    def length(self) -> int:
        """Samples per channel appended so far."""
        return self._length

    @property
    def peak(self) -> float:
        """Highest absolute value so far."""
        return self._peak

    @property
    def mean_square(self) -> float:
        """Mean of the squares of all values of all channels so far; 0 when empty."""
        return self._power / (self._length * self._channels) if self._length else 0.0

    def append(self, block: Samples) -> None:
        """Add ``[C, n]`` at the end.

        Raises
        ------
        OutputError
            If the temporary file cannot hold it.
        """
        samples = np.asarray(block, np.float32)
        if samples.ndim != 2 or samples.shape[0] != self._channels:
            raise ValueError(f"a block of shape {samples.shape} does not fit {self._channels} channels")
        if samples.shape[1] == 0:
            return
        end = self._length + samples.shape[1]
        if self._file is None and end <= self._memory.shape[1]:
            self._memory[:, self._length : end] = samples
        else:
            self._write(samples)
        self._length = end
        self._peak = max(self._peak, float(samples.max()), -float(samples.min()))
        self._power += float(np.einsum("ct,ct->", samples, samples, dtype=np.float64))

    def read(self, start: int, stop: int) -> Samples:
        """``[C, stop - start]`` of what was appended; not to be written to."""
        if not 0 <= start <= stop <= self._length:
            raise ValueError(f"samples {start} to {stop} are not among the {self._length} of this spool")
        if self._file is None:
            view = self._memory[:, start:stop]
            view.flags.writeable = False
            return view
        frames = np.empty((stop - start, self._channels), np.float32)
        with self._lock:
            self._file.seek(start * self._channels * _VALUE_BYTES)
            got = self._file.readinto(frames.data)
        if got != frames.nbytes:
            raise OutputError("The temporary file of a long sound was cut off. Free some disk space and try again.")
        return np.ascontiguousarray(frames.T)

    def scaled(self, gain: float) -> "Scaled":
        """A source of the same samples times `gain`."""
        return Scaled(self, gain)

    def _write(self, samples: Samples) -> None:
        try:
            with self._lock:
                if self._file is None:
                    self._file = self._moved_to_file()
                self._file.seek(self._length * self._channels * _VALUE_BYTES)
                self._file.write(np.ascontiguousarray(samples.T).data)
        except OSError as error:
            folder = self._folder or tempfile.gettempdir()
            cause = error.strerror or error
            raise OutputError(
                f"Cannot keep a long sound in {folder}: {cause}. Free some space, or name another folder with TMPDIR."
            ) from error

    def _moved_to_file(self) -> IO[bytes]:
        file = tempfile.TemporaryFile(prefix="samplegen.", dir=self._folder)
        for start in range(0, self._length, _COPY_SAMPLES):
            stop = min(start + _COPY_SAMPLES, self._length)
            file.write(np.ascontiguousarray(self._memory[:, start:stop].T).data)
        self._memory = np.empty((self._channels, 0), np.float32)
        return file


@dataclass(frozen=True, eq=False)
class Scaled:
    """The samples of a spool times a gain."""

    spool: Spool
    gain: float

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self.spool.sample_rate

    @property
    def channels(self) -> int:
        """Number of channels C."""
        return self.spool.channels

    @property
    def length(self) -> int:
        """Samples per channel."""
        return self.spool.length

    @property
    def peak(self) -> float:
        """Highest absolute value."""
        return abs(self.gain) * self.spool.peak

    @property
    def mean_square(self) -> float:
        """Mean of the squares of all values of all channels."""
        return math.pow(self.gain, 2) * self.spool.mean_square

    def read(self, start: int, stop: int) -> Samples:
        """``[C, stop - start]``."""
        return self.spool.read(start, stop) * np.float32(self.gain)
