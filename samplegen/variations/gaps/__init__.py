"""The parts of filling gaps: places, fillers, joins, files patched sample by sample."""
