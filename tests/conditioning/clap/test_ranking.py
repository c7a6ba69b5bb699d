"""Recall and precision of rankings, by hand."""

import torch

from samplegen.conditioning.clap.ranking import average_precision, ranked, recall_at


def test_ranked_is_nearest_first():
    audios = torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.6, 0.8]])
    hits = ranked(torch.tensor([[1.0, 0.0]]), audios, torch.tensor([[True, False, True]]))
    assert hits.tolist() == [[False, True, True]]


def test_recall_and_precision():
    hits = torch.tensor([[True, False, True, False], [False, False, False, True]])
    assert recall_at(hits, 2).tolist() == [0.5, 0.0]
    assert recall_at(hits, 1).tolist() == [1.0, 0.0]  # one place has room for one of the two
    torch.testing.assert_close(average_precision(hits), torch.tensor([(1 + 2 / 3) / 2, 0.25]))
