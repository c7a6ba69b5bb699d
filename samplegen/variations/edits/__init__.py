"""What verbs that change sounds share: sources, orders, edit calls, deltas, alignment, gates, distances."""
