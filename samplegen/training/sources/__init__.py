"""What there is to learn from: scanning, splits, licences, cards, the memory of training sounds."""
