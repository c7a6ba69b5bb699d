"""Training of generators, of those that edit, and of few-step students."""
