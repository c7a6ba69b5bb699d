"""Near-duplicates: how far apart two sounds are in level over time and frequency.

The embedding is a coarse picture, `TIME_SLICES` by `MEL_BANDS`, of the log-mel
spectrogram in dB below its own loudest value. A loop's whole length is cut into
the slices (so tempo does not matter), as is the first minute of a texture or riser;
of a one-shot it is the first second. Only sounds of one kind are compared.
The distance is the mean absolute difference in dB over the cells where either
sound is heard: 0 for the same sound at any level.

Measured on real drum hits and loops: another microphone pass of the same hit is
about 1 dB away, the same loop rendered at another tempo 1.1 dB, one per cent of
pitch 0.5 to 0.7 dB; the median nearest neighbour is 6 dB (one-shots) and 8 dB (loops).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen import units
from samplegen.audio.features import log_mel_db
from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.engines.on_the_fly.streams import one_thread
from samplegen.errors import UsageError
from samplegen.pack.sound import Sound

SAMPLE_RATE: Final = 22_050
MEL_BANDS: Final = 40
TIME_SLICES: Final = 32
DIMENSION: Final = MEL_BANDS * TIME_SLICES
FLOOR_DB: Final = -60.0
MIN_LOOP_DISTANCE_DB: Final = 1.5
MIN_ONE_SHOT_DISTANCE_DB: Final = 1.0
# Variations of one texture differ in detail, not in the picture; only the same thing again is refused.
MIN_TEXTURE_DISTANCE_DB: Final = 0.05
EMBEDDED_S: Final = 60.0
_ONE_SHOT_SECONDS: Final = 1.0
_HOP: Final = 256
_ROWS: Final = 512

Embedding = npt.NDArray[np.float32]


def embed(audio: Audio, *, loop: bool) -> Embedding:
    """The picture of a sound, ``[DIMENSION]``, in dB from `FLOOR_DB` to 0."""
    audio = resample(audio.mono(), sample_rate=SAMPLE_RATE)
    if not loop:
        length = units.seconds_to_samples(_ONE_SHOT_SECONDS, sample_rate=SAMPLE_RATE)
        samples = np.zeros((1, length), np.float32)
        samples[:, : audio.length] = audio.samples[:, :length]
        audio = audio.with_samples(samples)
    with one_thread():  # distances stand in the manifest, to the last digit the same
        levels = log_mel_db(audio, n_fft=1024, hop_length=_HOP, n_mels=MEL_BANDS, ring=loop)
    frames = levels.shape[1]
    starts = [min(frames - 1, units.slice_to_sample(k, slices=TIME_SLICES, length=frames)) for k in range(TIME_SLICES)]
    picture = np.stack([levels[:, start : max(start + 1, end)].mean(axis=1)
                        for start, end in zip(starts, [*starts[1:], frames], strict=True)])  # fmt: skip
    return np.asarray(np.maximum(picture - picture.max(), FLOOR_DB), np.float32).ravel()


def distances_db(embedding: Embedding, *, others: Embedding) -> Embedding:
    """Distance of one embedding ``[D]`` to each of ``[N, D]``, in dB, ``[N]``."""
    result = np.empty(len(others), np.float32)
    for start in range(0, len(others), _ROWS):
        block = others[start : start + _ROWS]
        heard = (block > FLOOR_DB) | (embedding > FLOOR_DB)
        result[start : start + _ROWS] = np.abs(block - embedding).sum(axis=1) / np.maximum(1, heard.sum(axis=1))
    return result


def is_embedded_whole(kind: str) -> bool:
    """Whether all of a sound of this kind must be read to be embedded, not `EMBEDDED_S` alone."""
    return kind in ("loop", "one_shot")


def embed_sound(sound: Sound) -> Embedding:
    """The picture of a sound, of the part that counts for its kind."""
    audio, kind = sound.audio, sound.tags.kind
    if not is_embedded_whole(kind):
        most = units.seconds_to_samples(EMBEDDED_S, sample_rate=audio.sample_rate)
        audio = audio if audio.length <= most else audio.with_samples(audio.samples[:, :most])
    return embed(audio, loop=kind != "one_shot")


def min_distance_db(kind: str) -> float:
    """How far apart two sounds of a kind must be."""
    return {"loop": MIN_LOOP_DISTANCE_DB, "texture": MIN_TEXTURE_DISTANCE_DB}.get(kind, MIN_ONE_SHOT_DISTANCE_DB)


@dataclass(frozen=True)
class Neighbour:
    """The nearest known sound and its distance in dB."""

    name: str
    distance_db: float


class DuplicateIndex:
    """The sounds kept so far, and optionally those that a model learned from.

    Parameters
    ----------
    training_loops, training_one_shots
        Embeddings ``[N, DIMENSION]`` made with `embed`, or None.

    Raises
    ------
    UsageError
        If a matrix has another shape.
    """

    def __init__(self, *, training_loops: Embedding | None = None, training_one_shots: Embedding | None = None) -> None:
        given: Mapping[str, Embedding | None] = {"loop": training_loops, "one_shot": training_one_shots}
        for matrix in given.values():
            if matrix is not None and (matrix.ndim != 2 or matrix.shape[1] != DIMENSION):
                raise UsageError(f"Training embeddings have shape [N, {DIMENSION}], not {list(matrix.shape)}.")
        self._training = {kind: matrix for kind, matrix in given.items() if matrix is not None and len(matrix)}
        self._kept: dict[str, list[Embedding]] = {}
        self._names: dict[str, list[str]] = {}

    def add(self, sound: Sound, *, name: str = "") -> None:
        """Remember a sound that is kept; `name` is what later messages call it."""
        names = self._names.setdefault(sound.tags.kind, [])
        self._kept.setdefault(sound.tags.kind, []).append(embed_sound(sound))
        names.append(name or sound.tags.title or f"sound {len(names) + 1}")

    def nearest(self, sound: Sound) -> Neighbour | None:
        """The known sound of the same kind that is nearest, or None if there is none."""
        kind = sound.tags.kind
        if not self._kept.get(kind) and kind not in self._training:
            return None
        return self.nearest_to(embed_sound(sound), kind=kind)

    def nearest_to(self, embedding: Embedding, *, kind: str) -> Neighbour | None:
        """The known sound of a kind that is nearest to a picture made with `embed_sound`, or None if there is none."""
        kept, training, found = self._kept.get(kind), self._training.get(kind), []
        if kept:
            found.append(_closest(embedding, others=np.stack(kept), names=self._names[kind]))
        if training is not None:
            found.append(_closest(embedding, others=training, names=None))
        return min(found, key=lambda neighbour: neighbour.distance_db, default=None)


def _closest(embedding: Embedding, *, others: Embedding, names: list[str] | None) -> Neighbour:
    distances = distances_db(embedding, others=others)
    index = int(distances.argmin())
    return Neighbour(f"training sound {index + 1}" if names is None else names[index], float(distances[index]))
