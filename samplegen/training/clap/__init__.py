"""Training of a joint embedding of texts and sounds."""
