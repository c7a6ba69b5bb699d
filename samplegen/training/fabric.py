"""What is made of Lightning Fabric; imported only where several processes train."""

import logging
from datetime import timedelta
from typing import Literal

from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy

from samplegen.errors import UsageError

_PATIENCE = timedelta(hours=2)


class QuietStrategy(DDPStrategy):
    """DistributedDataParallel that does not announce itself."""

    def setup_environment(self) -> None:
        """Meet the other processes."""
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
        super().setup_environment()


def make_fabric(device: str, *, processes: int, nodes: int, start: Literal["spawn", "popen"]) -> Fabric:
    """For `processes` on each of `nodes` machines; ``popen`` where something else starts them.

    Raises
    ------
    UsageError
        If there are not as many devices.
    """
    try:
        strategy = QuietStrategy(start_method=start, timeout=_PATIENCE)
        return Fabric(accelerator=device, devices=processes, num_nodes=nodes, strategy=strategy)
    except Exception as error:  # Fabric's own kind of error is not among its public names
        reason = " ".join(str(error).split())
        raise UsageError(f"{processes} processes on the device {device} cannot train together: {reason}") from error
