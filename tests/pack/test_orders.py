"""Seeds of single draws: fixed, far apart, and independent of how many there are."""

from samplegen.pack.orders import derive_seed


def test_every_draw_has_its_own_seed() -> None:
    seeds = {derive_seed(seed, index, attempt) for seed in range(4) for index in range(50) for attempt in range(-1, 6)}
    assert len(seeds) == 4 * 50 * 7
    assert all(0 <= seed < 1 << 62 for seed in seeds)


def test_a_seed_never_changes() -> None:
    assert derive_seed(1, 0, 0) == 1_958_662_603_768_521_750
    assert derive_seed(1, 11, 0) != derive_seed(11, 1, 0) != derive_seed(1, 1, 10)
