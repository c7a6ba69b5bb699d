"""Training of codecs: segments, losses, adversary, one task a family."""
