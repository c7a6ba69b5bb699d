"""Synthesised instruments: notes of wavetable patches, exactly in tune and as long as they are held.

Recorded one-shots with a clear pitch are few and short; patches give tonal loops tones that a library lacks.
A note is one period of a wave, read at the note's frequency by a few detuned voices, between a bright and a
dark version that an envelope crosses (a low-pass filter that closes).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samplegen.training.rendering.sounds import Ring
from samplegen.training.sources.split import Split
from samplegen.units import midi_to_hz

_TABLE = 2048
_HIGHEST_HZ = 16_000.0
_MAX_SEED = 1 << 30


@dataclass(frozen=True)
class Patch:
    """A synthesiser's settings.

    Parameters
    ----------
    family
        Name of one of `FAMILIES`.
    seed
        Sets phases, and names the patch; odd ones are held out.
    slope
        Harmonic k has the amplitude k ** -slope.
    hollow
        0 keeps the even harmonics, 1 removes them.
    cutoff
        Harmonic number at which the dark wave has fallen by 3 dB.
    opening
        Octaves by which the bright wave's corner lies higher.
    closing_s, bright_sustain
        Time in which the filter closes, and how open it stays (0 to 1).
    voices, detune_cents
        Copies, and how far the outermost lie from the note.
    attack_s, decay_s, sustain, release_s
        Envelope of the level.
    vibrato_cents, vibrato_hz
        Depth and rate.
    """

    family: str
    seed: int
    slope: float = 1.0
    hollow: float = 0.0
    cutoff: float = 6.0
    opening: float = 2.0
    closing_s: float = 0.2
    bright_sustain: float = 0.3
    voices: int = 1
    detune_cents: float = 8.0
    attack_s: float = 0.004
    decay_s: float = 0.5
    sustain: float = 0.7
    release_s: float = 0.05
    vibrato_cents: float = 0.0
    vibrato_hz: float = 5.0

    @property
    def name(self) -> str:
        """What the sources of a loop call it."""
        return f"synth/{self.family}/{self.seed}"

    @property
    def split(self) -> Split:
        """Which loops may use it."""
        return "held_out" if self.seed % 2 else "train"

    @property
    def words(self) -> tuple[str, ...]:
        """Describing words for captions."""
        return ("synth", *FAMILY_WORDS[self.family], *(("warm",) if self.cutoff < 3.0 and self.opening < 1.5 else ()))


# Low and high of each drawn value; a pair of equal numbers fixes it.
_Range = tuple[float, float]
FAMILIES: Mapping[str, Mapping[str, _Range]] = {
    "sub": {"slope": (2.0, 3.5), "cutoff": (2, 5), "opening": (0, 1), "decay_s": (0.4, 2.0), "sustain": (0.5, 0.95),
            "release_s": (0.03, 0.12)},
    "saw_bass": {"slope": (1.0, 1.2), "cutoff": (2, 6), "opening": (0.5, 3.0), "closing_s": (0.06, 0.4),
                 "bright_sustain": (0.0, 0.4), "voices": (1, 2), "detune_cents": (3, 9), "sustain": (0.5, 0.9)},
    "square_bass": {"slope": (1.0, 1.3), "hollow": (0.7, 1.0), "cutoff": (3, 9), "opening": (0.3, 2.0),
                    "closing_s": (0.06, 0.4), "sustain": (0.5, 0.9)},
    "reese": {"slope": (1.0, 1.1), "cutoff": (4, 12), "opening": (0.0, 1.0), "voices": (2, 3), "detune_cents": (8, 18),
              "sustain": (0.85, 1.0), "attack_s": (0.005, 0.03)},
    "pluck": {"slope": (0.9, 1.3), "hollow": (0.0, 0.9), "cutoff": (1.5, 4), "opening": (1.5, 4.0),
              "closing_s": (0.05, 0.25), "bright_sustain": (0.0, 0.1), "decay_s": (0.15, 0.8), "sustain": (0.0, 0.25),
              "voices": (1, 3), "detune_cents": (3, 9), "release_s": (0.05, 0.3)},
    "stab": {"slope": (0.9, 1.1), "cutoff": (4, 10), "opening": (1.0, 3.0), "closing_s": (0.1, 0.5),
             "bright_sustain": (0.1, 0.4), "voices": (3, 5), "detune_cents": (6, 14), "decay_s": (0.2, 1.0),
             "sustain": (0.2, 0.7), "release_s": (0.05, 0.25)},
    "organ": {"slope": (0.3, 1.0), "hollow": (0.0, 0.5), "cutoff": (3, 8), "opening": (0.0, 0.3), "voices": (1, 2),
              "detune_cents": (2, 5), "sustain": (0.9, 1.0), "attack_s": (0.004, 0.015), "vibrato_cents": (0, 6),
              "vibrato_hz": (5.0, 6.8)},
    "electric_piano": {"slope": (1.8, 2.8), "cutoff": (3, 7), "opening": (1.0, 2.0), "closing_s": (0.1, 0.4),
                       "bright_sustain": (0.1, 0.3), "decay_s": (0.8, 2.5), "sustain": (0.1, 0.35),
                       "release_s": (0.08, 0.3), "voices": (1, 2), "detune_cents": (2, 5)},
    "saw_pad": {"slope": (1.0, 1.3), "cutoff": (2.5, 7), "opening": (0.3, 1.5), "closing_s": (0.8, 3.0),
                "bright_sustain": (0.3, 0.8), "voices": (3, 5), "detune_cents": (6, 14), "attack_s": (0.08, 0.6),
                "decay_s": (1.0, 3.0), "sustain": (0.8, 1.0), "release_s": (0.4, 1.6)},
    "warm_pad": {"slope": (1.4, 2.2), "hollow": (0.0, 0.7), "cutoff": (2, 4), "opening": (0.0, 1.0), "voices": (2, 4),
                 "detune_cents": (4, 10), "attack_s": (0.1, 0.8), "sustain": (0.9, 1.0), "release_s": (0.5, 1.8),
                 "vibrato_cents": (0, 8), "vibrato_hz": (3.5, 5.5)},
    "glass_pad": {"slope": (0.6, 1.3), "hollow": (0.8, 1.0), "cutoff": (4, 9), "opening": (0.0, 1.0), "voices": (2, 3),
                  "detune_cents": (3, 8), "attack_s": (0.05, 0.5), "decay_s": (1.0, 3.0), "sustain": (0.5, 0.9),
                  "release_s": (0.5, 1.8)},
    "saw_lead": {"slope": (0.9, 1.1), "cutoff": (4, 12), "opening": (0.5, 2.0), "closing_s": (0.1, 0.5),
                 "voices": (1, 4), "detune_cents": (4, 11), "sustain": (0.6, 0.95), "release_s": (0.05, 0.2),
                 "vibrato_cents": (0, 10)},
    "square_lead": {"slope": (1.0, 1.4), "hollow": (0.8, 1.0), "cutoff": (4, 12), "opening": (0.2, 1.5),
                    "voices": (1, 2), "detune_cents": (3, 8), "sustain": (0.6, 0.95), "release_s": (0.05, 0.2),
                    "vibrato_cents": (0, 10)},
}  # fmt: skip
FAMILY_WORDS: Mapping[str, tuple[str, ...]] = {
    "sub": ("sub", "sine", "deep"), "saw_bass": ("saw", "analog"), "square_bass": ("square", "analog"),
    "reese": ("reese", "detuned"), "pluck": ("pluck", "short"), "stab": ("stab", "saw"), "organ": ("organ", "keys"),
    "electric_piano": ("electric", "piano", "keys"), "saw_pad": ("saw", "analog", "wide"),
    "warm_pad": ("warm", "soft"), "glass_pad": ("glass", "hollow"), "saw_lead": ("saw", "bright"),
    "square_lead": ("square", "hollow"),
}  # fmt: skip
ROLE_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "bass": ("sub", "saw_bass", "square_bass", "reese"),
    "chord": ("pluck", "stab", "organ", "electric_piano"),
    "pad": ("saw_pad", "warm_pad", "glass_pad"),
    "arp": ("pluck", "electric_piano", "square_lead"),
    "lead": ("saw_lead", "square_lead", "electric_piano"),
}


def draw_patch(role: str, *, rng: np.random.Generator, split: Split = "train") -> Patch:
    """A patch for one of `ROLE_FAMILIES`; patches of the two splits never meet."""
    families: Sequence[str] = ROLE_FAMILIES[role]
    family = families[int(rng.integers(len(families)))]
    return patch_of(family, 2 * int(rng.integers(_MAX_SEED)) + (split == "held_out"))


def patch_of(family: str, seed: int) -> Patch:
    """The patch that a family and a number name."""
    rng = np.random.default_rng([seed, *family.encode()])
    values = {name: float(rng.uniform(low, high)) for name, (low, high) in FAMILIES[family].items()}
    voices = round(values.pop("voices", 1.0))
    return Patch(family, seed, voices=voices, **values)


def play_patch(patch: Patch, midi: float, *, held_s: float, sample_rate: int) -> Ring:
    """A note ``[T]`` that is held for `held_s` and then released; its pitch is exact on average."""
    hz = midi_to_hz(midi)
    time = np.arange(max(1, int((held_s + patch.release_s) * sample_rate))) / sample_rate
    bright, dark = _tables(patch, hz)
    wobble = _vibrato(patch, time) * hz
    rng = np.random.default_rng([patch.seed, round(midi * 100.0)])
    tones = [np.zeros(time.size, np.float32), np.zeros(time.size, np.float32)]
    for cents in np.linspace(-patch.detune_cents, patch.detune_cents, patch.voices) if patch.voices > 1 else (0.0,):
        turns = time * (hz * 2.0 ** (float(cents) / 1200.0)) + wobble + float(rng.random())
        places = (turns * _TABLE).astype(np.int64) & (_TABLE - 1)
        for tone, table in zip(tones, (bright, dark), strict=True):
            tone += table[places]
    openness = patch.bright_sustain + (1.0 - patch.bright_sustain) * np.exp(-time / max(patch.closing_s, 1e-3))
    mixed = tones[1] + openness.astype(np.float32) * (tones[0] - tones[1])
    return np.asarray(mixed * _envelope(patch, time, held_s=held_s), dtype=np.float32)


def _tables(patch: Patch, hz: float) -> tuple[Ring, Ring]:
    """One period of the bright and of the dark wave, without aliases."""
    count = int(np.clip(_HIGHEST_HZ / hz, 1, 160))
    harmonics = np.arange(1, count + 1, dtype=np.float64)
    levels = harmonics**-patch.slope * np.where(harmonics % 2 == 0, 1.0 - patch.hollow, 1.0)
    phases = np.random.default_rng([patch.seed]).uniform(0.0, 2.0 * np.pi, 160)[:count]
    phases[0] = 0.0
    return (
        _wave(levels * _low_pass(harmonics, patch.cutoff * 2.0**patch.opening), phases),
        _wave(levels * _low_pass(harmonics, patch.cutoff), phases),
    )


def _low_pass(harmonics: npt.NDArray[np.float64], corner: float) -> npt.NDArray[np.float64]:
    return np.asarray(1.0 / np.sqrt(1.0 + (harmonics / corner) ** 6))


def _wave(levels: npt.NDArray[np.float64], phases: npt.NDArray[np.float64]) -> Ring:
    spectrum = np.zeros(_TABLE // 2 + 1, np.complex128)
    spectrum[1 : levels.size + 1] = levels * np.exp(1j * phases)
    return np.fft.irfft(spectrum * _TABLE / 2.0, _TABLE).astype(np.float32)


def _vibrato(patch: Patch, time: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Turns by which a vibrato that sets in after 0.2 s runs ahead, for a tone of 1 Hz."""
    if patch.vibrato_cents <= 0.5:
        return np.zeros(1)
    depth = (2.0 ** (patch.vibrato_cents / 1200.0) - 1.0) * np.clip(time / 0.2 - 1.0, 0.0, 1.0)
    rate = 2.0 * np.pi * patch.vibrato_hz
    return np.asarray(-depth * np.cos(rate * time) / rate)


def _envelope(patch: Patch, time: npt.NDArray[np.float64], *, held_s: float) -> Ring:
    """Level over time: a rise of a quarter sine, a fall to the sustain, and a release to nothing."""
    attack = min(patch.attack_s, 0.5 * held_s) + 1e-4
    rise = np.sin(0.5 * np.pi * np.minimum(time / attack, 1.0))
    fall = patch.sustain + (1.0 - patch.sustain) * np.exp(-np.maximum(time - attack, 0.0) / (0.4 * patch.decay_s))
    after = np.clip((time - held_s) / patch.release_s, 0.0, 1.0)
    return np.asarray(rise * fall * (1.0 - after) ** 2, dtype=np.float32)
