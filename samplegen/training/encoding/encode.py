"""``samplegen data encode`` and ``caption``: one-shots and rendered loops to a `LatentSet`, with CLAP's vectors."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from socket import gethostname
from typing import TypeVar

from torch import Tensor

from samplegen.codec import load_codec
from samplegen.codec.base import Codec
from samplegen.conditioning.clap import load_clap
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.errors import InputError, ModelInvalidError
from samplegen.training.encoding.cluster import map_on_ray
from samplegen.training.encoding.condition_vectors import Listener
from samplegen.training.encoding.latents import EncodedItem, LatentSet, encode_sounds
from samplegen.training.encoding.material import Material, SoundFile, sounds_of

ONE_SHOT_SECONDS = 2.2
_WHOLE = 8  # a window that every U-Net divides

Report = Callable[[float, float | None], None]
T = TypeVar("T")


@dataclass(frozen=True)
class EncodeResult:
    """Where the latents went and what they hold; `left_out` are recorded loops without a tempo or whole bars."""

    folder: Path
    one_shots: int
    loops: int
    frames: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaptionResult:
    """Where the vectors went, of how many sounds, and of which CLAP."""

    folder: Path
    sounds: int
    clap: str


def encode_library(
    library: Path,
    *,
    codec: str,
    out: Path,
    loops: Sequence[Path] = (),
    one_shot_seconds: float = ONE_SHOT_SECONDS,
    clap: str | None = None,
    ray: str | None = None,
    progress: Report | None = None,
) -> EncodeResult:
    """Encode a library's one-shots (each also two semitones lower and higher), rendered loops and recorded ones.

    Of the library's own loops those are encoded that say their tempo and hold whole bars.

    Parameters
    ----------
    loops
        Folders that `render_to_folder` wrote; each item keeps its folder's split.
    one_shot_seconds
        Window of a one-shot.
    clap
        Also keep this CLAP's vectors of each sound and of texts about it.
    ray
        Address of a Ray cluster whose workers encode, see `map_on_ray`; they must find the same files
        at the same places. The bytes are those that one machine of their kind writes. CLAP listens here.

    Raises
    ------
    InputError, ModelError
        If a library, folder, codec, CLAP or cluster is unusable.
    """
    coder = load_codec(codec)
    material = Material.read(library, loops)
    listener = None if clap is None else Listener(load_clap(clap), material.facts())
    frames = _WHOLE * max(1, round(one_shot_seconds * coder.sample_rate / (_WHOLE * coder.hop_length)))
    window_s = min(one_shot_seconds, frames * coder.hop_length / coder.sample_rate)
    sounds = material.sounds(sample_rate=coder.sample_rate, window_s=window_s)
    heard = sounds if listener is None else listener.listen(sounds)
    steps = len(material) * (1 if listener is None else 2)
    if ray is None:
        encoded = encode_sounds(heard, coder, one_shot_frames=frames)
    else:
        place = str(Path(codec).absolute()) if Path(codec).is_dir() else codec
        work = _Encoding(place, coder.hash, frames, window_s)
        encoded = (pair for pairs in map_on_ray(work, material.files(), address=ray) for pair in pairs)
    latents = LatentSet.collect(
        _counted(encoded, steps, progress), coder, one_shot_frames=frames,
        licences={record.licence for record in material.library.records},
        attributions={r.attribution for r in material.library.records if r.licence.startswith("CC-BY")},
    )  # fmt: skip
    if listener is not None:
        if ray is not None:
            deque(heard, maxlen=0)  # what was encoded elsewhere was not heard on its way
        latents = listener.tell(latents, on_sounds=_second_half(steps, progress))
    latents.save(out)
    shots = sum(not item.loop for item in latents.items)
    left_out = tuple(record.path for record in material.left_out)
    return EncodeResult(out, shots, len(latents.items) - shots, latents.values.shape[0], left_out)


def caption_latents(
    folder: Path, *, library: Path, clap: str, loops: Sequence[Path] = (), progress: Report | None = None
) -> CaptionResult:
    """Add a CLAP's vectors to encoded sounds without encoding again; former vectors are replaced.

    Parameters
    ----------
    folder
        What `encode_library` wrote.
    library, loops
        What it was made from, in the same order.

    Raises
    ------
    InputError, ModelError
        If one of them is unusable or the sounds are not those of `folder`.
    """
    latents, material = LatentSet.load(folder), Material.read(library, loops)
    if len(material) != len(latents.items):
        raise _other_sounds(folder, f"{len(latents.items)} sounds, not {len(material)}")
    listener = Listener(load_clap(clap), material.facts())
    sounds = material.sounds(
        sample_rate=int(latents.header.get("sample_rate", 44_100)),
        window_s=min(ONE_SHOT_SECONDS, latents.one_shot_frames / latents.frame_rate),
    )
    steps = 2 * len(material)
    heard = _counted(listener.listen(sounds), steps, progress)
    for number, (item, sound) in enumerate(zip(latents.items, heard, strict=True)):
        if (item.kind, item.tags, item.split, item.source) != (sound.kind, sound.tags, sound.split, sound.source):
            raise _other_sounds(folder, f"the {item.kind} of {item.source} as number {number}, not a {sound.kind}")
    told = listener.tell(latents, on_sounds=_second_half(steps, progress))
    told.save_vectors(folder)
    return CaptionResult(folder, len(told.items), told.header["clap"]["name"])


def _second_half(steps: int, progress: Report | None) -> Callable[[int], None] | None:
    return None if progress is None else lambda done: progress(steps // 2 + done, steps)


def _other_sounds(folder: Path, found: str) -> InputError:
    return InputError(
        f"The folder {folder} was not made from this library and these loops: it holds {found}. "
        "Name the same --loops in the same order, or encode again."
    )


@dataclass(frozen=True)
class _Encoding:
    """Encodes a file wherever it is sent to, with the codec of that name or folder and of that hash."""

    codec: str
    hash: str
    one_shot_frames: int
    window_s: float

    def __call__(self, file: SoundFile) -> list[tuple[Tensor, EncodedItem]]:
        coder, words = _tools(self.codec)
        if coder.hash != self.hash:
            raise ModelInvalidError(f"The codec {self.codec} on the worker {gethostname()} is another one than here.")
        sounds = sounds_of(file, words, sample_rate=coder.sample_rate, window_s=self.window_s)
        return list(encode_sounds(sounds, coder, one_shot_frames=self.one_shot_frames))


@cache
def _tools(codec: str) -> tuple[Codec, TagEmbedder]:
    """A worker reads its codec once."""
    return load_codec(codec), TagEmbedder()


def _counted(each: Iterable[T], total: int, progress: Report | None) -> Iterator[T]:
    for count, one in enumerate(each, start=1):
        yield one
        if progress is not None:
            progress(count, total)
