"""A hit that takes are made of: read, levelled, named by its kind, and measured once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.audio.key import PitchEstimate, estimate_pitch
from samplegen.audio.quality import click_count, peak_db
from samplegen.audio.types import Audio, Samples
from samplegen.errors import InputError
from samplegen.units import db_to_gain
from samplegen.variations.edits.alignment import attack_slice, onset_sample
from samplegen.variations.edits.distances import Picture, picture
from samplegen.variations.takes.reality import Reality, reality_of

if TYPE_CHECKING:
    from samplegen.conditioning.embedder import Embedder

MAX_HIT_S: Final = 20.0
LEAST_HIT_S: Final = 0.005
LOUDEST_DB: Final = -0.5
QUIETEST_DB: Final = -20.0
SILENT_DB: Final = -80.0
TONAL_CONFIDENCE: Final = 0.9
DEFAULT_KIND: Final = "percussion"
_SIDE_DB: Final = -30.0


@dataclass(frozen=True, eq=False)
class Hit:
    """One sound, as takes are made of it.

    Parameters
    ----------
    audio
        ``[C, T]`` at its own rate, turned by `gain_db` to leave room for harder hits.
    """

    name: str
    kind: str
    audio: Audio
    gain_db: float = 0.0

    @property
    def reality(self) -> Reality:
        """What real takes of its class measure."""
        return reality_of(self.kind)

    @cached_property
    def onset(self) -> int:
        """Sample at which it begins."""
        return onset_sample(self.audio)

    @cached_property
    def attack(self) -> slice:
        """Samples of its attack."""
        return attack_slice(self.audio)

    @cached_property
    def picture(self) -> Picture:
        """What `d_spec` compares."""
        return picture(self.audio)

    @cached_property
    def pitch(self) -> PitchEstimate | None:
        """Its pitch, where it has a clear one."""
        estimate = estimate_pitch(self.audio)
        tonal = estimate.midi is not None and estimate.confidence >= TONAL_CONFIDENCE
        return estimate if tonal else None

    @cached_property
    def clicks(self) -> int:
        """Clicks it has by itself."""
        return click_count(self.audio)

    @cached_property
    def lanes(self) -> Samples:
        """What is edited: mono, or mid and side (mid alone where the side is faint); further channels each alone."""
        samples = self.audio.samples
        if samples.shape[0] != 2:
            return samples
        mid, side = 0.5 * (samples[0] + samples[1]), 0.5 * (samples[0] - samples[1])
        wide = float(np.square(side).sum()) > db_to_gain(_SIDE_DB) ** 2 * float(np.square(mid).sum())
        return np.stack([mid, side]) if wide else mid[None]

    def from_lanes(self, lanes: Samples) -> Samples:
        """Channels ``[C, T]`` of differences in `lanes`; a mono difference moves both channels alike."""
        if self.audio.channels != 2:
            return lanes
        mid = lanes[0]
        side = lanes[1] if len(lanes) == 2 else np.zeros_like(mid)
        return np.stack([mid + side, mid - side])


def make_hit(audio: Audio, *, name: str, kind: str, headroom_db: float) -> Hit:
    """`audio` as a hit whose peak leaves `headroom_db` below full scale.

    Raises
    ------
    InputError
        If it is silent, too short for a hit or too long for one.
    """
    if not LEAST_HIT_S <= audio.duration_s <= MAX_HIT_S:
        reason = (
            "no hit is that short" if audio.duration_s < LEAST_HIT_S else f"hits up to {MAX_HIT_S:g} s can be taken"
        )
        raise InputError(f"{name} lasts {audio.duration_s:.3g} s: {reason}. Name single hits, not recordings.")
    peak = peak_db(audio)
    if peak < SILENT_DB:
        raise InputError(f"{name} is silent. Leave it out.")
    gain_db = min(0.0, LOUDEST_DB - headroom_db - peak)
    if peak < QUIETEST_DB:
        gain_db = min(QUIETEST_DB, LOUDEST_DB - headroom_db) - peak
    gain_db = round(gain_db, 2)
    levelled = audio.with_samples(audio.samples * np.float32(db_to_gain(gain_db))) if gain_db else audio
    return Hit(name, kind, levelled, gain_db)


def kind_in_name(path: str, kinds: Sequence[str]) -> str | None:
    """The kind that a file's name says, or else its nearest folder's; None where they say none of `kinds`."""
    from samplegen.conditioning.embedder import TagEmbedder
    from samplegen.search.names import parts_of, spoken

    parse = TagEmbedder().parse
    for part in parts_of(path):
        known = parse(spoken(part)).known
        found = next((tag for tag in known if tag in kinds), None)
        if found is not None:
            return found
    return None


def kind_by_ear(audio: Audio, kinds: Sequence[str], *, embedder: "Embedder") -> str:
    """The kind whose name is nearest to the sound."""
    from samplegen.pack.prompts import spoken_kind

    names = embedder.embed_text([spoken_kind(kind) for kind in kinds])
    return kinds[int((names @ embedder.embed_audio([audio])[0]).argmax())]
