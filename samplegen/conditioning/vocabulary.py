"""The words a tag-conditioned generator understands, and the many ways people spell them.

Sounds are told apart by what they are (kinds), what kind of loop they belong to, style, maker or
instrument, and character. A trained model carries its own tuple of tags in its configuration; the
synonyms may grow without touching it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from samplegen.errors import ModelInvalidError

ONE_SHOT_KINDS = (
    "kick", "snare", "clap", "hat_closed", "hat_open", "tom",
    "cymbal", "percussion", "rim", "bass", "synth", "fx",
)  # fmt: skip
LOOP_KINDS = ("loop_drums", "loop_tops", "loop_kick", "loop_percussion", "loop_bass", "loop_chord")
STYLES = ("house", "techno", "breakbeat", "hiphop", "dnb", "trap", "dub", "ambient")
SOURCES = (
    "808", "909", "606", "707", "acoustic", "electronic", "modular",
    "crash", "ride", "conga", "bongo", "shaker", "tambourine", "cowbell", "woodblock", "clave", "cabasa", "triangle",
    "guitar", "strings", "vocal", "piano", "keys", "woodwind", "mallet", "brass", "pad", "lead", "pluck", "chord",
)  # fmt: skip
CHARACTERS = (
    "short", "long", "dark", "bright", "soft", "hard", "deep", "high", "warm", "cold", "punchy", "tight", "clean",
    "dirty", "noisy", "metallic", "wooden", "dry", "wet", "simple", "busy", "swung", "straight", "human",
)  # fmt: skip

SYNONYMS: dict[str, tuple[str, ...]] = {
    "kick": ("kick drum", "bass drum", "bassdrum", "kickdrum", "bd", "kik"),
    "snare": ("snare drum", "snaredrum", "sd", "snr"),
    "clap": ("hand clap", "handclap", "clp", "cp"),
    "hat_closed": (
        "hi hat", "hihat", "hat", "hh", "ch", "chh", "closed hat", "closed hi hat", "closed hihat", "hi hat closed",
        "hihat closed", "closed hh",
    ),
    "hat_open": ("open hat", "open hi hat", "open hihat", "hi hat open", "hihat open", "open hh", "oh", "ohh"),
    "tom": ("tom tom", "tomtom", "floor tom", "rack tom"),
    "cymbal": ("cym", "cymb", "splash", "china"),
    "percussion": ("perc", "percussive"),
    "rim": ("rimshot", "rim shot", "sidestick", "side stick", "cross stick", "rs"),
    "bass": ("bassline", "sub", "sub bass", "reese", "bass note"),
    "synth": ("synthesizer", "synthesiser", "stab"),
    "fx": ("effect", "sfx", "sound effect", "noise fx", "impact", "sweep", "zap"),
    "loop_drums": ("drum loop", "drumloop", "full drums", "full loop", "loop full", "drums", "beat", "beats", "groove"),
    "loop_tops": ("top loop", "tops", "tops loop", "drum tops", "top", "no kick", "without kick"),
    "loop_kick": ("kick loop", "kick pattern"),
    "loop_percussion": ("percussion loop", "perc loop", "loop perc", "loop percussion"),
    "loop_bass": ("bass loop", "bassline loop", "bass riff"),
    "loop_chord": ("chord loop", "chords loop", "chord progression", "chords", "synth loop"),
    "house": ("tech house", "edm", "hse", "four on the floor"),
    "techno": ("tekno",),
    "breakbeat": ("break beat", "break", "breaks", "amen", "big beat"),
    "hiphop": ("hip hop", "boom bap", "boombap", "lofi", "lo fi", "rap"),
    "dnb": ("drum and bass", "drum n bass", "drum & bass", "d&b", "d'n'b", "drumnbass", "jungle"),
    "trap": ("trp", "drill"),
    "dub": ("reggae", "dub techno"),
    "ambient": ("downtempo", "atmospheric", "drone"),
    "808": ("tr808", "tr 808", "808s"),
    "909": ("tr909", "tr 909"),
    "606": ("tr606", "tr 606"),
    "707": ("tr707", "tr 707"),
    "acoustic": ("live", "real", "natural", "drumkit", "drum kit", "drummer"),
    "electronic": ("electro", "synthetic", "drum machine", "analog", "analogue", "digital"),
    "modular": ("eurorack",),
    "vocal": ("voice", "vox", "choir"),
    "keys": ("organ", "rhodes", "electric piano"),
    "pad": ("pads",),
    "strings": ("cello", "violin", "string"),
    "woodwind": ("flute", "sax", "saxophone", "clarinet"),
    "brass": ("horn", "trumpet", "tuba"),
    "mallet": ("marimba", "vibraphone", "xylophone", "bell", "glockenspiel"),
    "tambourine": ("tamb", "tambo"),
    "shaker": ("maraca", "maracas"),
    "short": ("staccato", "snappy", "clicky"),
    "long": ("sustained", "sustain", "decaying"),
    "dark": ("dull", "moody", "gloomy"),
    "bright": ("crisp", "sharp", "shiny", "brilliant"),
    "soft": ("quiet", "gentle", "light", "mellow"),
    "hard": ("loud", "aggressive", "heavy"),
    "deep": ("low", "subby"),
    "punchy": ("punch", "fat", "phat", "thick"),
    "dirty": ("distorted", "distortion", "dusty", "gritty", "crunchy", "crushed", "saturated"),
    "noisy": ("noise", "hissy"),
    "metallic": ("metal",),
    "wooden": ("wood",),
    "wet": ("reverb", "roomy", "room", "hall"),
    "simple": ("minimal", "sparse", "steady"),
    "busy": ("complex", "dense"),
    "swung": ("swing", "shuffle", "shuffled"),
    "human": ("humanized", "humanised", "groovy", "loose"),
}  # fmt: skip


@dataclass(frozen=True)
class Vocabulary:
    """Ordered tags, each one axis of a condition vector, and other spellings of them."""

    tags: tuple[str, ...] = ONE_SHOT_KINDS + LOOP_KINDS + STYLES + SOURCES + CHARACTERS
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: SYNONYMS)

    def __post_init__(self) -> None:
        wrong = [tag for tag in self.tags if not isinstance(tag, str) or not tag.strip()]
        if wrong or not self.tags or len(set(self.tags)) != len(self.tags):
            raise ModelInvalidError(f"A vocabulary holds distinct, non-empty words; {wrong or self.tags!r} does not.")

    @property
    def hash(self) -> str:
        """SHA-256 of the tags in their order; synonyms change what is understood, not what a vector means."""
        return hashlib.sha256(json.dumps(self.tags).encode()).hexdigest()
