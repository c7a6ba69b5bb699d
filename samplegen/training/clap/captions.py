"""Sentences about a sound: many phrasings of the same attributes, with the noise of real typing."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from samplegen.conditioning.clap.words import words_of
from samplegen.conditioning.vocabulary import SYNONYMS
from samplegen.training.clap.facts import MEASURED, Facts

# How people say each attribute. The last phrase of a list with three or more is kept for evaluation.
NOUNS: Mapping[str, tuple[str, ...]] = {
    "kick": ("kick", "kick drum", "bass drum", "bd", "kickdrum", "bassdrum", "kick sample", "foot drum"),
    "snare": ("snare", "snare drum", "sd", "snare hit", "snr", "snare sample", "backbeat snare"),
    "clap": ("clap", "hand clap", "handclap", "claps", "clapping", "hands clapping"),
    "hat_closed": ("closed hat", "closed hi-hat", "hi-hat", "hihat closed", "hh", "chh", "closed hihat", "tight hats"),
    "hat_open": ("open hat", "open hi-hat", "open hihat", "hihat open", "ohh", "hat open", "sizzling open hats"),
    "tom": ("tom", "tom tom", "tom drum", "floor tom", "rack tom", "tomtom", "tom fill hit"),
    "cymbal": ("cymbal", "crash", "ride cymbal", "crash cymbal", "cymbal hit", "splash", "cymbal crash"),
    "percussion": ("percussion", "perc", "percussion hit", "perc hit", "percussive sound", "hand percussion"),
    "rim": ("rim", "rimshot", "rim shot", "sidestick", "side stick", "rim click", "stick on the rim"),
    "bass": ("bass", "bass note", "bass sound", "bass guitar note", "sub bass", "low bass", "bass tone"),
    "synth": ("synth", "synth note", "synthesizer", "synth stab", "lead synth", "synth sound", "synthesizer tone"),
    "fx": ("fx", "sound effect", "effect", "sfx", "noise effect", "blip", "transition effect"),
    "guitar": ("guitar", "guitar note", "guitar pluck", "six string"),
    "strings": ("strings", "string note", "bowed strings", "orchestral strings"),
    "piano": ("piano", "piano note", "piano key", "grand piano"),
    "keys": ("keys", "keyboard", "organ", "electric keys"),
    "mallet": ("mallet", "marimba", "bell", "tuned percussion"),
    "woodwind": ("woodwind", "flute", "sax", "reed instrument"),
    "brass": ("brass", "horn", "tuba", "brass instrument"),
    "vocal": ("vocal", "voice", "vox", "singing voice"),
    "pad": ("pad", "synth pad", "atmosphere", "soft pad"),
    "loop_drums": ("drum loop", "drums", "beat", "drum beat", "full drum loop", "drum groove", "drumloop", "rhythm"),
    "loop_full": ("full beat", "beat loop", "instrumental loop", "whole track loop"),
    "loop_tops": ("top loop", "tops", "drum tops", "drum loop without kick", "no kick drum loop", "hats and snares"),
    "loop_kick": ("kick loop", "kick pattern", "kick drum loop", "kicks only loop", "looping kicks"),
    "loop_percussion": ("percussion loop", "perc loop", "percussion groove", "looping percussion"),
    "loop_bass": ("bass loop", "bassline", "bass line", "bass riff", "looping bassline"),
    "loop_chord": ("chord loop", "chords", "chord progression", "synth chords", "looping chords"),
    "loop_pad": ("pad loop", "pads", "synth pad loop", "sustained chords", "atmospheric pad loop"),
    "loop_arp": ("arpeggio loop", "arpeggio", "arp", "synth arp", "arpeggiated loop"),
    "loop_lead": ("lead loop", "lead line", "melody loop", "lead melody", "melodic loop"),
}
PHRASES: Mapping[str, tuple[str, ...]] = {
    "bright": ("bright", "crisp", "sharp", "shiny", "brilliant", "airy", "sparkling", "clear and bright", "trebly"),
    "dark": ("dark", "dull", "muffled", "murky", "warm", "moody", "low passed", "veiled"),
    "short": ("short", "tight", "quick", "clipped", "staccato", "brief", "short decay", "snappy and short", "choked"),
    "long": ("long", "sustained", "decaying", "ringing out", "lingering", "long decay", "with a long tail", "endless"),
    "dry": ("dry", "dead", "damped", "no reverb", "without reverb", "close miked", "no room", "bone dry"),
    "wet": ("wet", "reverberant", "roomy", "spacious", "with reverb", "in a hall", "reverb", "big room", "cavernous"),
    "punchy": ("punchy", "hard hitting", "thumping", "snappy", "slamming", "tight and punchy", "knocking", "hits hard"),
    "soft": ("soft", "gentle", "smooth", "rounded", "mellow", "light", "soft attack", "delicate"),
    "noisy": ("noisy", "hissy", "gritty", "noise", "breathy", "fizzy", "full of noise", "static"),
    "tonal": ("tonal", "pitched", "clean tone", "resonant", "melodic", "tuned", "ringing tone", "with a clear pitch"),
    "deep": ("deep", "low", "subby", "boomy", "bassy", "low pitched", "heavy low end", "rumbling"),
    "high": ("high", "high pitched", "thin", "tinny", "small", "high tuned", "piercing"),
    "slow": ("slow", "laid back", "downtempo", "slow tempo", "sluggish"),
    "fast": ("fast", "uptempo", "quick", "high tempo", "racing"),
    "midtempo": ("mid tempo", "medium tempo", "moderate tempo"),
    "sparse": ("sparse", "minimal", "simple", "empty", "stripped back", "few hits"),
    "busy": ("busy", "dense", "complex", "rolling", "driving", "packed"),
    "swung": ("swung", "swing", "shuffled", "groovy", "with swing", "shuffle feel"),
    "straight": ("straight", "no swing", "quantized", "rigid", "on the grid"),
    "distorted": ("distorted", "saturated", "overdriven", "crushed", "dirty", "driven hard"),
    "lofi": ("lofi", "lo-fi", "dusty", "old", "filtered", "tape"),
    "reverb": ("with reverb", "reverb", "spacious", "ambient", "reverberating"),
    "delay": ("with delay", "echoes", "echo", "delayed", "dub echoes"),
    "sidechain": ("sidechained", "pumping", "ducking", "with sidechain"),
    "sustained": ("sustained", "held", "long held", "droning"),
    "minor": ("minor", "in a minor key", "sad", "in minor"),
    "major": ("major", "in a major key", "happy", "in major"),
    "waltz": ("waltz", "in three four", "3/4", "waltz time"),
    "odd_meter": ("odd meter", "in an odd meter", "odd time signature", "uneven meter"),
    "fill": ("with a fill", "fill", "drum fill", "ending in a fill"),
    "hiphop": ("hip hop", "hiphop", "boom bap", "rap beat", "hip-hop"),
    "dnb": ("drum and bass", "dnb", "drum & bass", "jungle", "d&b", "drum n bass"),
    "house": ("house", "tech house", "four on the floor", "deep house", "house music"),
    "techno": ("techno", "warehouse techno", "tekno", "minimal techno", "techno club"),
    "trap": ("trap", "trap beat", "drill", "trap music"),
    "breakbeat": ("breakbeat", "breaks", "break", "big beat", "broken beat"),
    "dub": ("dub", "dub techno", "reggae", "dubby", "dub reggae"),
    "ambient": ("ambient", "atmospheric", "drone", "chill", "ambient music"),
    "808": ("808", "tr-808", "tr808", "roland 808"),
    "909": ("909", "tr-909", "tr909", "roland 909"),
    "acoustic": ("acoustic", "live", "real", "natural", "recorded live", "organic"),
    "electronic": ("electronic", "drum machine", "synthetic", "analog", "analogue", "machine"),
    "modular": ("modular", "eurorack", "modular synth", "modular synthesizer"),
}
_TEMPLATES = (
    "{a} {n}", "{a} {n}", "{a} {n}", "{n}, {a}", "{n} {a}", "a {a} {n}", "{a} {n} sound", "{n} - {a}", "{n} / {a}",
    "some {a} {n}", "{a} {n} sample", "{n} that is {a}", "{a} sounding {n}", "{n} ({a})", "one {a} {n} please",
)  # fmt: skip
_UNSEEN_TEMPLATES = ("i need a {n} which sounds {a}", "looking for {a} {n}s", "{n}: {a}!", "make it {a}, a {n}")
_COUNTS = (0.15, 0.4, 0.3, 0.15)
_KIND_SAID = 0.88
_JOINS = (" ", " ", ", ", " and ", ", ")


def _phrases(attribute: str) -> tuple[str, ...]:
    for table in (NOUNS, PHRASES):
        if attribute in table:
            return table[attribute]
    name, _, kind = attribute.partition("_")
    if name in ("with", "no") and kind:
        words = {"hat_closed": "hats", "hat_open": "open hats"}.get(kind, kind)
        return tuple(f"{start} {words}" for start in (("with", "and", "plus") if name == "with" else ("no", "without")))
    return (attribute, *SYNONYMS.get(attribute, ()))


def _trained(phrases: tuple[str, ...]) -> tuple[str, ...]:
    return phrases[:-1] if len(phrases) >= 3 else phrases


def say(attribute: str, *, rng: np.random.Generator, unseen: bool = False) -> str:
    """One phrase for an attribute; with `unseen` the one that training never says, where there is one."""
    phrases = _phrases(attribute)
    if unseen:
        return phrases[-1]
    known = _trained(phrases)
    first_counts_more = np.array([3.0, *[1.0] * (len(known) - 1)])
    return known[int(rng.choice(len(known), p=first_counts_more / first_counts_more.sum()))]


def spoken_words(attributes: Iterable[str]) -> frozenset[str]:
    """Every word that training captions of these attributes may hold, as `words_of` reads them."""
    phrases = [phrase for attribute in attributes for phrase in _trained(_phrases(attribute))]
    frames = [template.format(a=" ", n=" ") for template in _TEMPLATES]
    return frozenset(word for text in (*phrases, *frames, *_JOINS) for word in words_of(text))


def caption(
    kind: str | None, attributes: Sequence[str], *, rng: np.random.Generator, noise: float = 0.15, unseen: bool = False
) -> str:
    """A text that says `kind` (or none) and `attributes`, in some order and spelling.

    Parameters
    ----------
    noise
        Chance of a typo, and of shuffled words.
    unseen
        Phrases and templates that are kept out of training, for evaluation.
    """
    said = [say(attribute, rng=rng, unseen=unseen) for attribute in attributes]
    join = _JOINS[int(rng.integers(len(_JOINS)))]
    described = join.join(said[index] for index in rng.permutation(len(said)))
    if kind is None:
        text = described
    elif not described:
        text = say(kind, rng=rng, unseen=unseen)
    else:
        templates = _UNSEEN_TEMPLATES if unseen else _TEMPLATES
        text = templates[int(rng.integers(len(templates)))].format(a=described, n=say(kind, rng=rng, unseen=unseen))
    if rng.random() < noise:
        words = text.split()
        text = " ".join(words[index] for index in rng.permutation(len(words)))
    return with_typo(text, rng=rng) if rng.random() < noise else text


def choose_attributes(
    facts: Facts, *, among: Collection[str], rng: np.random.Generator
) -> tuple[str | None, tuple[str, ...]]:
    """What a caption should say of a sound: its kind (or None) and up to three attributes, half of them measured.

    Parameters
    ----------
    among
        The attributes that may be said.
    """
    rest = sorted(word for word in facts.attributes if word in among and word != facts.kind)
    measured = [word for word in rest if word in MEASURED]
    others = [word for word in rest if word not in MEASURED]
    picked: list[str] = []
    for _ in range(int(rng.choice(4, p=_COUNTS))):
        pool = measured if measured and rng.random() < 0.5 else others or measured
        left = [word for word in pool if word not in picked]
        if left:
            picked.append(left[int(rng.integers(len(left)))])
    return (facts.kind if rng.random() < _KIND_SAID or not picked else None), tuple(picked)


def with_typo(text: str, *, rng: np.random.Generator) -> str:
    """One letter dropped, doubled, swapped with its neighbour or replaced."""
    if len(text) < 4:
        return text
    place = int(rng.integers(1, len(text) - 1))
    letter = "abcdefghijklmnopqrstuvwxyz"[int(rng.integers(26))]
    forms = (
        text[:place] + text[place + 1 :],
        text[:place] + text[place] + text[place:],
        text[:place] + text[place + 1] + text[place] + text[place + 2 :],
        text[:place] + letter + text[place + 1 :],
    )
    return forms[int(rng.integers(4))]
