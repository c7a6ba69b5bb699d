import pytest

from samplegen.diffusion.schedules import alpha_grid, shape_alpha, unshape_alpha
from samplegen.errors import UsageError


@pytest.mark.parametrize("shape", [1.0, 0.5, 2.0])
@pytest.mark.parametrize("start", [0.0, 0.3, 0.95])
def test_grids_rise_from_start_to_one_inclusive(shape, start):
    grid = alpha_grid(7, shape=shape, start=start)
    assert len(grid) == 8 and grid[0] == start and grid[-1] == 1.0
    assert all(a < b for a, b in zip(grid, grid[1:], strict=False))


def test_uniform_and_shaped_values():
    assert alpha_grid(4) == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert alpha_grid(2, shape=0.5)[1] == pytest.approx(0.5 / 0.75)


def test_a_late_start_cuts_the_same_curve():
    whole = alpha_grid(8, shape=0.5)
    assert alpha_grid(4, shape=0.5, start=whole[4]) == pytest.approx(whole[4:])


def test_unshape_inverts_shape():
    assert unshape_alpha(shape_alpha(0.3, shape=0.4), shape=0.4) == pytest.approx(0.3)


def test_nothing_is_left_at_one():
    assert alpha_grid(5, start=1.0) == [1.0]


@pytest.mark.parametrize("steps, shape, start", [(0, 1.0, 0.0), (4, 0.0, 0.0), (4, float("nan"), 0.0), (4, 1.0, 1.5)])
def test_senseless_grids_are_refused(steps, shape, start):
    with pytest.raises(UsageError):
        alpha_grid(steps, shape=shape, start=start)
