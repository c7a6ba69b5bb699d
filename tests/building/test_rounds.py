"""Rejected sounds are drawn with attempts that were never tried; the others stay."""

from samplegen.building.rounds import InRounds, job_in_round, round_of


class Order:
    """Sounds that are their own number and attempt."""

    count, block, attempts, seed = 4, 4, 3, 1
    unknown_words: tuple[str, ...] = ()

    def __init__(self):
        self.notes = ["told"]

    def job(self, index):
        return f"job {index}"

    def label(self, index):
        return f"sound {index}"

    def make(self, indices, attempt):
        return [(index, attempt) for index in indices]


def test_without_rejections_nothing_changes():
    order = InRounds(Order(), rejected=())
    assert [order.job(index) for index in range(4)] == ["job 0", "job 1", "job 2", "job 3"]
    assert order.make([0, 2], 1) == [(0, 1), (2, 1)] and order.label(3) == "sound 3" and order.notes == ["told"]


def test_a_rejected_sound_is_another_job_with_other_attempts():
    order = InRounds(Order(), rejected={"job 1"})
    assert order.job(1) not in ("job 1", *(f"job {index}" for index in range(4)))
    assert order.make([0, 1, 3], 2) == [(0, 2), (1, 5), (3, 2)]


def test_rejected_again_it_goes_on():
    rejected = {"job 1", job_in_round("job 1", 1)}
    assert round_of("job 1", rejected) == 2
    assert InRounds(Order(), rejected=rejected).make([1], 0) == [(1, 6)]
    assert round_of("job 1", {job_in_round("job 1", 1)}) == 0  # that round was never reached
