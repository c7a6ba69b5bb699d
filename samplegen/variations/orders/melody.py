"""What ``samplegen melody`` asks for, and how each loop of it is made."""

import secrets
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Literal

import samplegen
from samplegen import files
from samplegen.errors import InputError, ModelMissingError, SamplegenError, UsageError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.export import PackWriter
from samplegen.pack.keys import PITCHED_ONE_SHOTS, parse_key
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.manifest import FileEntry, job_key
from samplegen.pack.one_shot_order import OneShotOrder
from samplegen.pack.orders import PlannedOrder, derive_seed
from samplegen.pack.recordings import find_recordings
from samplegen.pack.requests import OneShotRequest
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.verdict import Verdict
from samplegen.score.events import Pattern
from samplegen.score.lines import LineSettings
from samplegen.score.midi_files import encode_midi
from samplegen.score.music import pattern_to_music
from samplegen.variations.melodies.instruments import (
    MAX_SOURCES,
    SAMPLE_RATE,
    generated_voice,
    instrument_of,
    read_voice,
    tone_instrument,
    with_takes,
)
from samplegen.variations.melodies.request import MelodyRequest, check_request
from samplegen.variations.melodies.sampler import NEAR_SEMITONES, Instrument, Voice
from samplegen.variations.melody import (
    Given,
    describe,
    draw_melody,
    key_of,
    read_melody,
    render_melody,
    scale_of,
    within_reach,
)
from samplegen.variations.takes.calibration import find_table
from samplegen.variations.takes.engines import AlphaTakes
from samplegen.variations.takes.hits import kind_in_name

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

ENGINE: Final = "melody/sampler"
DEFAULT_MODEL: Final = "generator-drums-44k"
DEFAULT_KEY: Final = "Am"
DEFAULT_BPM: Final = 120.0
DEFAULT_BARS: Final = 4
TEMPLATE: Final = "{prefix}_{bpm}_{kind}_{type}_{word}_{key}"
TONE_LICENCE: Final = "CC0-1.0"
MIDI_FOLDER: Final = "MIDI"
DRAWS: Final = 4
TAKES: Final = 6
_KIND: Final = "synth"
_FARTHEST: Final = 18.0
_LOWEST, _LOWEST_BASS = 48.0, 36.0
# What a user's own recording may have by itself.
_OF_NEW_SOUNDS: Final = frozenset({"clicks", "dc"})

Source = Literal["given", "generated", "tone"]


class MelodyOrder(PlannedOrder):
    """Plan of a `MelodyRequest`.

    Attributes
    ----------
    source
        Where the instrument comes from: ``given``, ``generated`` or ``tone``.

    Raises
    ------
    UsageError
        If values are out of range or contradict each other.
    InputError
        If the MIDI file or a sound is of no use.
    ModelError
        If the engine's model is missing or damaged.
    """

    attempts = 4

    def __init__(self, request: MelodyRequest, *, generator: "Generator | None" = None) -> None:
        super().__init__()
        self.request, self.count = request, request.count
        self.seed = secrets.randbits(32) if request.seed is None else request.seed
        check_request(request)
        self._given = self._read_midi()
        self._settings = None if self._given else self._line_settings()
        self._recordings = find_recordings(request.likes) if request.likes else ()
        if len(self._recordings) > MAX_SOURCES:
            raise UsageError(f"--like names {len(self._recordings)} sounds; at most {MAX_SOURCES} can play together.")
        self.generator = self._choose(generator)
        self._played: dict[int, tuple[Pattern, float]] = {}
        self._draws = self._plan_draws()
        self._farthest = 0.0

    @property
    def source(self) -> Source:
        """Where the instrument comes from."""
        return "given" if self._recordings else "tone" if self.generator is None else "generated"

    @property
    def licence(self) -> str:
        """Of the loops: that of the given sounds, of what the generator makes, or nobody's."""
        if self._recordings:
            return SOURCE_LICENCE
        return TONE_LICENCE if self.generator is None else self.generator.description.licence

    @property
    def attributions(self) -> tuple[str, ...]:
        """What the generator's card asks for."""
        return () if self.generator is None else self.generator.description.attributions

    def job(self, index: int) -> str:
        """Key of loop `index`: the content of sounds and MIDI file counts, not their names."""
        content = "/".join((self._model_hash, *(recording.sha256 for recording in self._recordings)))
        return job_key(engine=ENGINE, model_hash=content, seed=self.seed, parameters=self._asked | {"index": index})

    def label(self, index: int) -> str:
        """Melodies are numbered from 1."""
        return f"melody {index + 1}"

    def make(self, indices: Sequence[int], attempt: int) -> list[Sound]:
        """Loops `indices` of the `attempt`-th draw."""
        return [self._make(index, attempt) for index in indices]

    def judge(self, sound: Sound, *, index: DuplicateIndex) -> Verdict:
        """Every gate, except those that ask of a user's sounds what only new ones must promise."""
        verdict = super().judge(sound, index=index)
        if self.source != "given":
            return verdict
        kept = tuple(result for result in verdict.results if result.passed or result.name not in _OF_NEW_SOUNDS)
        return Verdict(kept, verdict.measures)

    def is_complete(self, index: int, writer: PackWriter, entry: FileEntry) -> bool:
        """Whether the MIDI file is there."""
        return self._midi_path(writer, entry).is_file()

    def accompany(self, index: int, writer: PackWriter, entry: FileEntry) -> None:
        """Write the line as a MIDI file of exactly the loop's bars."""
        pattern, bpm = self._played[index]
        path = self._midi_path(writer, entry)
        files.write_bytes(path, encode_midi(pattern_to_music(pattern, bpm=bpm, name=path.stem)))

    def nothing_made(self, missing: Sequence[str], errors: Sequence[InputError]) -> SamplegenError:
        """The sound's own error where there is one alone."""
        if errors and len(set(map(str, errors))) == 1:
            return errors[0]
        return InputError(f"No melody could be made. {' '.join(missing[:3])}")

    def close(self) -> None:
        """Let go of the lines, and say how far sources were shifted."""
        self._played = {}
        if self._farthest > NEAR_SEMITONES:
            self._note(
                f"Sources are shifted by up to {self._farthest:.0f} semitones; beyond {NEAR_SEMITONES:g} they change "
                "colour. Give a smaller --range, or a folder of notes as --like."
            )

    def _make(self, index: int, attempt: int) -> Sound:
        seed = derive_seed(self.seed, index, attempt)
        instrument = self._instrument(index, attempt)
        pattern, bpm = self._line(instrument, seed)
        audio = render_melody(
            pattern, instrument, bpm=bpm, sample_rate=SAMPLE_RATE, seed=seed, release_s=self.request.release_s
        )
        self._played[index] = (pattern, bpm)
        told = describe(pattern, instrument)
        self._farthest = max(self._farthest, told["farthest_shift_semitones"])
        generator = self.generator
        parameters = self._asked | told | {"index": index, "source": self.source, "takes": max(
            len(voice.takes) for voice in instrument.voices)}  # fmt: skip
        origin = Provenance(
            ENGINE, "" if generator is None else generator.name, self._model_hash,
            "" if generator is None else generator.codec.hash, seed, parameters, licence=self.licence,
            version=samplegen.__version__,
        )  # fmt: skip
        return Sound(audio, self._tags(pattern, bpm), origin)

    def _line(self, instrument: Instrument, seed: int) -> tuple[Pattern, float]:
        request = self.request
        if self._settings is not None:
            pattern = draw_melody(self._settings, seed=seed, centre=instrument.centre, octave=request.octave)
            return pattern, request.bpm or DEFAULT_BPM
        if self._given is None:
            raise SamplegenError("a melody is neither drawn nor read")
        pattern, octaves = within_reach(self._given.pattern, instrument, reach=_FARTHEST)
        if octaves:
            self.notes.append(f"The line is played {octaves:+d} octaves from what is written, where the sounds lie.")
        return pattern, self._given.bpm

    def _instrument(self, index: int, attempt: int) -> Instrument:
        if self.source == "given":
            return self._given_instrument
        return tone_instrument() if self.source == "tone" else self._generated(index, attempt)

    @cached_property
    def _given_instrument(self) -> Instrument:
        read = [read_voice(recording, root=self.request.root) for recording in self._recordings]
        if not any(pitched for _, pitched in read):
            self.notes.append("No sound has a clear pitch: harmonics under its spectrum are played. --root sets one.")
        elif left := [voice.name for voice, pitched in read if not pitched]:
            self.notes.append(f"Left out, as no clear pitch was heard: {', '.join(left[:5])}.")
        return Instrument(tuple(map(self._humanized, instrument_of([voice for voice, _ in read]).voices)))

    def _generated(self, index: int, attempt: int) -> Instrument:
        """Of several draws the one that fits the prompt best; with a pitch of their own, all that have one."""
        draws, generator = self._draws, self.generator
        if draws is None or generator is None:
            raise SamplegenError("an instrument is drawn without a model")
        sounds = draws.make(range(index * DRAWS, (index + 1) * DRAWS), attempt)
        frame_hz = generator.codec.sample_rate / generator.codec.hop_length
        order = self._by_fit(sounds)
        voices = [
            generated_voice(
                f"draw {number + 1}",
                sounds[number].audio,
                frame_hz=frame_hz,
                lowest=_LOWEST_BASS if sounds[number].tags.category == "bass" else _LOWEST,
            )
            for number in order
            if sounds[number].audio.samples.any()
        ]
        if not voices:
            raise InputError("The generator made silence. Choose another --seed, --prompt or --model.")
        chosen = instrument_of(voices)
        if chosen.voices[0].pitching == "envelope":
            self._note("The model's sounds have no pitch of their own: harmonics play under their spectra.")
        return Instrument(tuple(map(self._humanized, chosen.voices)))

    def _by_fit(self, sounds: Sequence[Sound]) -> list[int]:
        clap = None if self.generator is None else self.generator.clap
        if clap is None or self.request.prompt is None:
            return sorted(range(len(sounds)), key=lambda number: -sounds[number].audio.length)
        vectors = clap.embed_audio([sound.audio for sound in sounds])
        fits = (vectors @ clap.embed_text([self.request.prompt])[0]).tolist()
        return sorted(range(len(sounds)), key=lambda number: -fits[number])

    def _humanized(self, voice: Voice) -> Voice:
        """With takes of its own; without a model it plays the same sound each time."""
        generator = self.generator
        if generator is None or not self.request.amount:
            return voice
        engine = AlphaTakes(generator, find_table(self.request.model or DEFAULT_MODEL, model_hash=generator.hash))
        kinds = generator.description.kinds
        kind = self.request.kind or kind_in_name(voice.name, kinds) or (_KIND if _KIND in kinds else kinds[0])
        seed = derive_seed(self.seed, len(voice.name), -2)
        made = with_takes(voice, engine, kind=kind, count=TAKES, amount=self.request.amount, seed=seed)
        if len(made.takes) == 1:
            self._note(f"No take of {voice.name} passed the gates: the same sound plays every note.")
        return made

    def _choose(self, generator: "Generator | None") -> "Generator | None":
        request = self.request
        if request.engine == "dsp":
            self.notes.append(_WITHOUT["given" if request.likes else "tone"])
            return None
        if request.likes and not request.amount and request.engine == "auto":
            return None
        from samplegen.engines.alpha_blend import load_generator

        try:
            return generator or load_generator(request.model or DEFAULT_MODEL, steerable=True)
        except ModelMissingError as error:
            if request.engine == "alpha" or request.model is not None or request.prompt is not None:
                raise
            self.notes.append(f"{_WITHOUT['given' if request.likes else 'tone']} {error}")
            return None

    def _plan_draws(self) -> OneShotOrder | None:
        if self.source != "generated" or self.generator is None:
            return None
        request, known = self.request, self.generator.description.kinds
        pitched = [kind for kind in PITCHED_ONE_SHOTS if kind in known]
        kinds = (
            (request.kind,) if request.kind else tuple(kind for kind in (_KIND, *pitched, *known) if kind in known)[:1]
        )
        if request.prompt is not None and request.kind is None:
            found = self.generator.embedder.parse(request.prompt).known
            kinds = tuple(kind for kind in kinds if not any(tag in known for tag in found))
        asked = OneShotRequest(
            count=DRAWS * request.count, out=request.out, kinds=kinds, prompt=request.prompt, model=request.model
        )
        draws = OneShotOrder(asked, self.generator, seed=self.seed)
        self.unknown_words = draws.unknown_words
        self.notes += draws.notes
        return draws

    def _read_midi(self) -> Given | None:
        request = self.request
        if request.midi is None:
            return None
        given = read_melody(request.midi, bpm=request.bpm, bars=request.bars, meter=request.meter)
        self.notes += given.notes
        return given

    def _line_settings(self) -> LineSettings:
        request = self.request
        scale = scale_of(parse_key(request.key or DEFAULT_KEY), request.scale)
        return LineSettings(
            scale, request.bars or DEFAULT_BARS, request.meter or (4, 4), request.contour, request.density,
            request.span, request.repetition, request.swing, request.gate,
        )  # fmt: skip

    @cached_property
    def _asked(self) -> dict[str, Any]:
        request = self.request
        asked: dict[str, Any] = {
            "bpm": request.bpm, "bars": request.bars, "meter": request.meter, "octave": request.octave,
            "prompt": request.prompt, "kind": request.kind, "amount": request.amount, "root": request.root,
            "release_s": request.release_s, "engine": "alpha" if self.generator is not None else "dsp",
            "like": [recording.name for recording in self._recordings],
        }  # fmt: skip
        if self._settings is None:
            return asked | {"midi": self._midi_hash}
        line = self._settings
        return asked | {
            "tonic": line.scale.tonic, "scale": line.scale.name, "asked_contour": line.contour, "density": line.density,
            "range": line.span, "repetition": line.repetition, "swing": line.swing, "gate": line.gate,
        }  # fmt: skip

    @cached_property
    def _midi_hash(self) -> str:
        return "" if self.request.midi is None else files.hash_file(self.request.midi)

    @property
    def _model_hash(self) -> str:
        return "" if self.generator is None else self.generator.hash

    def _tags(self, pattern: Pattern, bpm: float) -> Tags:
        key = key_of(pattern) if self._settings is None else self._settings.scale.key
        if self._settings is None and self.request.key is not None:
            key = self.request.key
        words = () if self.request.prompt is None else tuple(self.request.prompt.split())[:8]
        return Tags(
            "loop", "melody", bpm=bpm, bars=pattern.bars, meter=pattern.meter, key=key, artist="samplegen",
            keywords=tuple(dict.fromkeys(("melody", *words))), comment=f"melody, {self.source} instrument",
        )  # fmt: skip

    def _midi_path(self, writer: PackWriter, entry: FileEntry) -> Path:
        name = f"{PurePosixPath(entry.path).stem}.mid"
        if self.request.midi_out is not None:
            return self.request.midi_out / name
        return files.resolve_inside(writer.folder, f"{MIDI_FOLDER}/{name}")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


_WITHOUT: Final = {
    "given": "Without the model every note plays the same sound.",
    "tone": "Without a model or --like the instrument is a plain synthesised tone.",
}
