import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from samplegen.engines.on_the_fly.streams import Streams, one_thread


def _values(seed: int, name: str) -> list[float]:
    return Streams(seed).stream(name).standard_normal(8).tolist()


@pytest.mark.parametrize("seed", [0, 42, -1, -(10**30), 2**64, 10**40])
def test_any_integer_is_a_seed_and_gives_the_same_values_again(seed):
    assert _values(seed, "weights") == _values(seed, "weights")


def test_every_seed_and_every_name_has_values_of_its_own():
    seeds = (0, 1, -1, 2**32, 2**64, -(2**64))
    drawn = {tuple(_values(seed, name)) for seed in seeds for name in ("weights", "k-means", "chain 1", "chain 11")}
    assert len(drawn) == 4 * len(seeds)


def test_a_stream_does_not_know_how_much_another_has_drawn():
    streams = Streams(7)
    streams.stream("chain 0").standard_normal(1000)
    assert streams.stream("chain 1").standard_normal(8).tolist() == _values(7, "chain 1")


def test_channels_have_streams_of_their_own():
    drawn = {tuple(Streams(7, channel=k).stream("weights").standard_normal(8)) for k in (None, 0, 1, 11)}
    assert len(drawn) == 4 and tuple(_values(7, "weights")) in drawn


def test_streams_are_uncorrelated():
    draws = np.stack([Streams(seed).stream("phases").standard_normal(4000) for seed in range(4)])
    assert np.abs(np.corrcoef(draws) - np.eye(4)).max() < 0.08  # five standard deviations of 1/sqrt(4000)


def _blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_one_thread_holds_until_the_outermost_user_leaves():
    with threadpool_limits(2, user_api="blas"):
        if _blas_threads() != {2}:
            pytest.skip("this BLAS cannot use two threads here")
        with one_thread():
            with one_thread():
                assert _blas_threads() == {1}
            assert _blas_threads() == {1}
        assert _blas_threads() == {2}


def test_an_error_lifts_the_limit():
    with threadpool_limits(2, user_api="blas"):
        if _blas_threads() != {2}:
            pytest.skip("this BLAS cannot use two threads here")
        with pytest.raises(ValueError, match="on purpose"), one_thread():
            raise ValueError("on purpose")
        assert _blas_threads() == {2}


def test_one_thread_holds_while_another_python_thread_needs_it():
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_thread():
            inside.set()
            leave.wait(10.0)

    with threadpool_limits(2, user_api="blas"):
        if _blas_threads() != {2}:
            pytest.skip("this BLAS cannot use two threads here")
        thread = threading.Thread(target=other)
        with one_thread():
            thread.start()
            assert inside.wait(10.0)
        assert _blas_threads() == {1}
        leave.set()
        thread.join()
