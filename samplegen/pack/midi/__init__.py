"""MIDI files made of sounds, and beside them."""

from samplegen.pack.midi.companions import draw_patterns, make_midi
from samplegen.pack.midi.transcribe import Transcription, quantise, transcribe

__all__ = ["Transcription", "draw_patterns", "make_midi", "quantise", "transcribe"]
