"""The parts of humanizing: hits, calibration, engines, velocity, playing."""
