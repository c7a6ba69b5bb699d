"""Training loops rendered from one-shots, instruments, patterns and effects, exactly as long as their bars."""
