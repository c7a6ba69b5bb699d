"""The parts of curating: candidates, neighbourhood, selection, rounds."""
