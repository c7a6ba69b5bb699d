import pytest
import torch

from samplegen.conditioning.dropout import Dropout, drop_conditions
from samplegen.conditioning.types import Conditioning
from samplegen.errors import UsageError


def conditions(batch):
    have = torch.ones(batch, dtype=torch.bool)
    return Conditioning(torch.ones(batch, 8, 4), torch.ones(batch, 3), have, have)


def test_shares_are_per_item():
    dropped = drop_conditions(conditions(20000), generator=torch.Generator().manual_seed(0))
    beat, embedding = ~dropped.has_beat, ~dropped.has_embedding
    shares = [(beat & embedding), (beat & ~embedding), (~beat & embedding), (~beat & ~embedding)]
    assert [share.float().mean().item() for share in shares] == pytest.approx([0.1, 0.1, 0.1, 0.7], abs=0.01)


def test_what_is_dropped_is_zero_and_the_rest_untouched():
    dropped = drop_conditions(conditions(200), generator=torch.Generator().manual_seed(0))
    assert torch.equal(dropped.beat.amax((1, 2)), dropped.has_beat.float())
    assert torch.equal(dropped.embedding.amin(1), dropped.has_embedding.float())


def test_same_seed_same_draw_and_no_dropout_keeps_all():
    first = drop_conditions(conditions(50), generator=torch.Generator().manual_seed(3))
    second = drop_conditions(conditions(50), generator=torch.Generator().manual_seed(3))
    assert torch.equal(first.has_beat, second.has_beat) and not first.has_beat.all()
    kept = drop_conditions(conditions(50), generator=torch.Generator().manual_seed(3), dropout=Dropout(0, 0, 0))
    assert kept.has_beat.all() and kept.has_embedding.all()


def test_what_was_absent_stays_absent():
    none = torch.zeros(10, dtype=torch.bool)
    absent = Conditioning(torch.zeros(10, 8, 4), torch.zeros(10, 3), none, none)
    kept = drop_conditions(absent, generator=torch.Generator().manual_seed(0), dropout=Dropout(0, 0, 0))
    assert not kept.has_beat.any() and not kept.has_embedding.any()


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (-0.1, 0.1, 0.1)])
def test_senseless_shares_are_refused(shares):
    with pytest.raises(UsageError, match="shares"):
        Dropout(*shares)
