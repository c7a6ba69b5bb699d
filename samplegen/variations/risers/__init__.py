"""The parts of risers, downlifters and impacts."""
