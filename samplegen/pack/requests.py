"""What can be asked of the pipeline: plain values, so that asking loads nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from samplegen.conditioning.clap.types import TextGapMethod

if TYPE_CHECKING:
    from samplegen.engines.morph_chain.grid import Grid
    from samplegen.engines.morph_chain.settings import MorphSettings
    from samplegen.engines.phase_diffusion.settings import PhaseSettings
    from samplegen.post.chains import Chain

Report = Callable[[float, float | None], None]
Announce = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What all requests have in common.

    Parameters
    ----------
    count
        Sounds wanted (of each recording, where there are recordings).
    seed
        None draws one.
    template
        Of the file names; None is the default.
    hardware
        48 kHz and 16 bits.
    force
        Make finished sounds again.
    """

    count: int
    out: Path
    seed: int | None = None
    template: str | None = None
    hardware: bool = False
    force: bool = False
    progress: Report | None = None


@dataclass(frozen=True)
class Like:
    """A sound to come near to, and how much it counts beside others."""

    path: Path
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class GeneratorRequest(Request):
    """What loops and one-shots have in common.

    What is None was not asked for; a prompt may say it, and where both do they must agree.

    Parameters
    ----------
    model
        A name or a folder; None is the bundled one.
    prompt
        See `samplegen.pack.prompts`.
    negative
        What it should not sound like.
    morph_to
        Makes the sounds a row from `prompt` to this text, all of the same noise.
    likes, like_weight
        Sounds to come near to, and their share beside the text, 0 to 1.
    guidance_bpm, guidance_text
        How strongly beat and text pull; None is the model's own.
    text_gap
        How texts are moved to where sounds lie.
    announce
        Told what was understood, before anything is made.
    """

    model: str | None = None
    style: str | None = None
    prompt: str | None = None
    key: str | None = None
    fx: "str | Chain | None" = None
    negative: str | None = None
    morph_to: str | None = None
    likes: tuple[Like, ...] = ()
    like_weight: float | None = None
    guidance_bpm: float | None = None
    guidance_text: float | None = None
    text_gap: TextGapMethod = "none"
    announce: Announce | None = None


@dataclass(frozen=True, kw_only=True)
class LoopRequest(GeneratorRequest):
    """Loops of exactly `bars` bars (4 unless asked for) at `bpm` (120) in `meter` (4/4)."""

    bpm: float | None = None
    bars: int | None = None
    meter: tuple[int, int] | None = None
    kind: str | None = None


@dataclass(frozen=True, kw_only=True)
class OneShotRequest(GeneratorRequest):
    """One-shots of some kinds in turn; none given means all the model knows."""

    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RecordingRequest(Request):
    """What is asked of an engine that learns from one recording.

    `count` is that of variations of each recording. Variation 0 has the very seed that is asked
    for (42 unless given), so that a single sound of any batch can be made again alone.

    Parameters
    ----------
    inputs
        Files and folders.
    preset
        Its name, for the tags; the settings hold its values.
    plot, palette
        Draw a figure of each sound, in these colours.
    """

    inputs: tuple[Path, ...]
    preset: str = ""
    plot: bool = False
    palette: str = "spec"


@dataclass(frozen=True, kw_only=True)
class MorphRequest(RecordingRequest):
    """Recordings to morph, and how.

    Parameters
    ----------
    grid
        Makes loops of exact bars.
    events
        A file with the user's own events, see `samplegen.pack.event_lists`; for one recording only.
    export_events
        Write the events of a recording as one-shots, too.
    """

    settings: "MorphSettings"
    grid: "Grid | None" = None
    events: Path | None = None
    export_events: bool = False


@dataclass(frozen=True, kw_only=True)
class PhaseRequest(RecordingRequest):
    """Recordings to diffuse, and how."""

    settings: "PhaseSettings"
