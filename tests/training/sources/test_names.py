import pytest

from samplegen.training.sources.names import parse_name


@pytest.mark.parametrize(
    ("path", "kind", "bpm", "key", "midi"),
    [
        ("Kick_01.wav", "kick", None, None, None),
        ("drums/BD 808 long.wav", "kick", None, None, None),
        ("Snares/acoustic_03.wav", "snare", None, None, None),
        ("OpenHat_2.wav", "hat_open", None, None, None),
        ("hats/HH closed 4.wav", "hat_closed", None, None, None),
        ("Hi-Hat_07.wav", "hat_closed", None, None, None),
        ("rimshot.wav", "rim", None, None, None),
        ("Handclap3.wav", "clap", None, None, None),
        ("Conga_hi.wav", "percussion", None, None, None),
        ("Ride Bell.wav", "cymbal", None, None, None),
        ("bass_A1.wav", "bass", None, None, 33.0),
        ("Piano C#4.flac", "piano", None, None, 61.0),
        ("synth_Bb3.wav", "synth", None, None, 58.0),
        ("x_0042.wav", None, None, None, None),
        ("SG_128_loop_Am.wav", "loop_full", 128.0, "Am", None),
        ("SG_128_kick_loop_anvil.wav", "loop_kick", 128.0, None, None),
        ("Loops/90bpm/Drums_02.wav", "loop_drums", 90.0, None, None),
        ("pack/120bpm_break.wav", "loop_drums", 120.0, None, None),
        ("bass loop 174.5 bpm F#min.wav", "loop_bass", 174.5, "F#m", None),
        ("Top_Loop_140_C.wav", "loop_tops", 140.0, "C", None),
        ("Chords_Loop_Ebmaj_99.wav", "loop_chord", 99.0, "D#", None),
        ("Shaker Loop BPM_104.wav", "loop_percussion", 104.0, None, None),
        ("loop_2048.wav", "loop_full", None, None, None),
        ("Kick 999bpm.wav", "loop_kick", None, None, None),
    ],
)
def test_names_are_read(path: str, kind: str | None, bpm: float | None, key: str | None, midi: float | None) -> None:
    facts = parse_name(path)
    assert (facts.kind, facts.bpm, facts.key, facts.midi_pitch) == (kind, bpm, key, midi)


def test_the_caption_keeps_words_and_drops_numbers() -> None:
    assert parse_name("Dusty Breaks/90bpm/Snare_rr2_Warm.wav").caption == "dusty breaks snare warm"
