"""The parts of melodies: instruments, sampler, pitch."""
