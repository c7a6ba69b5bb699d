"""Does --key give what it promises? Sounds of the bundled model, brought to all 24 keys, judged by others.

    python benchmarks/keys.py [--count 24] [--seed 1] [--model NAME] [--save FOLDER]

One draw of every kind for each key: the n-th draw goes to the n-th key. No sound is drawn again, so
that "passed" is the share that needs no redraw. The third opinion is librosa's, which is not asked
by the gates. Intervals are Wilson's, 95 %.
"""

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from samplegen.audio.key import NOTES
from samplegen.audio.tonality import second_key, second_pitch
from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import Generator, load_generator
from samplegen.evaluation.key_check import cents_from, librosa_key, librosa_pitch
from samplegen.pack.gates import judge
from samplegen.pack.keys import Key
from samplegen.pack.loop_order import LoopOrder
from samplegen.pack.one_shot_order import OneShotOrder
from samplegen.pack.requests import LoopRequest, OneShotRequest
from samplegen.pack.sound import Sound

KEYS = tuple(Key(note + mode) for note in NOTES for mode in ("", "m"))
LOOPS, ONE_SHOTS = ("bass", "chord"), ("bass", "synth", "tom")


@dataclass(frozen=True)
class Outcome:
    """What became of one draw; `third_fits` is librosa's word, `cents` its distance to the tonic (one-shots)."""

    second_fits: bool
    key_passed: bool
    third_fits: bool
    tonic_fits: bool
    cents: float | None
    semitones: float | None


def wilson(hits: int, count: int) -> tuple[float, float]:
    if not count:
        return 0.0, 1.0
    z, share = 1.96, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def show(flags: Sequence[bool]) -> str:
    low, high = wilson(sum(flags), len(flags))
    return f"{100 * sum(flags) / max(1, len(flags)):.0f} % ({100 * low:.0f}–{100 * high:.0f}, {len(flags)})"


def judge_loop(sound: Sound, key: Key) -> Outcome:
    heard, third = second_key(sound.audio), librosa_key(sound.audio)
    second_fits = key.relation(tonic=heard.tonic, mode=heard.mode) is not None
    third_fits = key.relation(tonic=third.tonic, mode=third.mode) is not None
    return outcome(sound, second_fits, third_fits, third.tonic in (key.tonic, key.relative_tonic), None)


def judge_one_shot(sound: Sound, key: Key) -> Outcome:
    heard, third = second_pitch(sound.audio), librosa_pitch(sound.audio)
    second_fits = heard.midi is not None and abs(cents_from(heard.midi, tonic=key.tonic)) <= 20.0
    cents = None if third is None else cents_from(third, tonic=key.tonic)
    fits = cents is not None and abs(cents) <= 20.0
    return outcome(sound, second_fits, fits, fits, cents)


def outcome(sound: Sound, second_fits: bool, third_fits: bool, tonic_fits: bool, cents: float | None) -> Outcome:
    passed = all(result.passed for result in judge(sound, loudness=False).results if result.name == "key")
    semitones = sound.provenance.parameters["transposition"].get("transposed_semitones")
    return Outcome(second_fits, passed, third_fits, tonic_fits, cents, semitones)


def measure(make: Callable[[Key, int], Sound], check: Callable[[Sound, Key], Outcome], count: int) -> list[Outcome]:
    return [check(make(KEYS[index % len(KEYS)], index), KEYS[index % len(KEYS)]) for index in range(count)]


def loop_maker(generator: Generator, kind: str, *, count: int, seed: int) -> Callable[[Key, int], Sound]:
    def order(key: Key) -> LoopOrder:
        asked = LoopRequest(count=count, out=Path("unused"), bpm=124.0, bars=2, kind=kind, key=key.name)
        return LoopOrder(asked, generator, seed=seed)

    return lambda key, index: order(key).make([index], 0)[0]


def one_shot_maker(generator: Generator, kind: str, *, count: int, seed: int) -> Callable[[Key, int], Sound]:
    def order(key: Key) -> OneShotOrder:
        asked = OneShotRequest(count=count, out=Path("unused"), kinds=(kind,), key=key.name)
        return OneShotOrder(asked, generator, seed=seed)

    return lambda key, index: order(key).make([index], 0)[0]


def report(name: str, outcomes: Sequence[Outcome]) -> str:
    kept = [outcome for outcome in outcomes if outcome.key_passed]
    cents = sorted(abs(outcome.cents) for outcome in kept if outcome.cents is not None)
    shifts = sorted(abs(outcome.semitones) for outcome in outcomes if outcome.semitones is not None)
    columns = (
        name, show([o.second_fits for o in outcomes]), show([o.key_passed for o in outcomes]),
        show([o.third_fits for o in outcomes]), show([o.third_fits for o in kept]), show([o.tonic_fits for o in kept]),
        f"{cents[len(cents) // 2]:.1f} / {cents[int(0.95 * (len(cents) - 1))]:.1f}" if cents else "–",
        f"{shifts[len(shifts) // 2]:.1f}" if shifts else "–",
    )  # fmt: skip
    return f"| {' | '.join(columns)} |"


def save(folder: Path, name: str, audio: Audio) -> None:
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / f"{name}.wav", audio.samples.T, audio.sample_rate)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="generator-drums-44k-fast")
    parser.add_argument("--save", type=Path, help="write the sounds there, named by kind and key, for other estimators")
    options = parser.parse_args(arguments)
    generator = load_generator(options.model)
    print("| kind | second estimator fits | gate passed | librosa fits | librosa fits, after gate | "
          "librosa tonic or relative, after gate | cents, median / 95th | semitones, median |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    for form, kinds, check in (("loop", LOOPS, judge_loop), ("one-shot", ONE_SHOTS, judge_one_shot)):
        maker = loop_maker if form == "loop" else one_shot_maker
        for kind in kinds:
            make = maker(generator, kind, count=options.count, seed=options.seed)

            def keep(
                key: Key, index: int, make: Callable[[Key, int], Sound] = make, name: str = f"{form}_{kind}"
            ) -> Sound:
                sound = make(key, index)
                if options.save:
                    save(options.save, f"{name}_{index:03d}_{key.name}", sound.audio)
                return sound

            print(report(f"{form} {kind}", measure(keep, check, options.count)), flush=True)


if __name__ == "__main__":
    main()
