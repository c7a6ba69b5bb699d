"""The parts of tweaking: sliders, words, DSP."""
