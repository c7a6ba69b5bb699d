import numpy as np
import pytest

from samplegen.engines.phase_diffusion.frames import Framing
from samplegen.engines.phase_diffusion.phases import Phases
from samplegen.engines.phase_diffusion.settings import PhaseSettings

FRAMING = Framing(256, 64, 1000)


@pytest.mark.parametrize(("stereo", "rows"), [("linked", 1), ("independent", 2), ("per_channel", 2)])
def test_phasors_do_not_depend_on_the_size_of_a_block(stereo, rows):
    settings = PhaseSettings(stereo=stereo)
    whole = Phases(settings, FRAMING, channels=2).draw(12)
    parts = Phases(settings, FRAMING, channels=2)
    np.testing.assert_array_equal(np.concatenate([parts.draw(5), parts.draw(7)], axis=1), whole)
    assert whole.shape == (rows, 12, 129)


def test_phasors_have_length_1_all_angles_and_leave_the_ends_alone():
    phasors = Phases(PhaseSettings(), FRAMING, channels=1).draw(400)[0]
    np.testing.assert_allclose(np.abs(phasors), 1.0, atol=1e-6)
    np.testing.assert_array_equal(phasors[:, [0, -1]], 1.0)
    counts, _ = np.histogram(np.angle(phasors[:, 1:-1]), bins=8, range=(-np.pi, np.pi))
    np.testing.assert_allclose(counts / counts.sum(), 1 / 8, atol=0.01)
    assert abs(phasors[:, 1:-1].mean()) < 0.02
