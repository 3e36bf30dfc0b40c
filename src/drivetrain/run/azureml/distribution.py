"""Several processes of one job, all on this machine: what each finds in its environment. Pure.

https://learn.microsoft.com/azure/machine-learning/how-to-train-distributed-gpu
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from drivetrain.definition.azureml.model import DistributionKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.definition.azureml.model import Distribution

HOST = "127.0.0.1"


def ports_needed(distribution: Distribution, instances: int) -> int:
    """How many free ports its processes are told of."""
    if distribution.kind is DistributionKind.TENSORFLOW:
        return distribution.processes + distribution.parameter_servers
    return 1 if processes_of(distribution, instances) else 0


def processes_of(distribution: Distribution, instances: int) -> int:
    """How many processes there are."""
    if distribution.kind is DistributionKind.TENSORFLOW:
        return distribution.processes + distribution.parameter_servers
    return 1 if distribution.kind is DistributionKind.RAY else distribution.processes * instances


def environments(distribution: Distribution, instances: int, ports: Sequence[int]) -> list[dict[str, str]]:
    """The variables of each process, the first of them first."""
    if distribution.kind is DistributionKind.TENSORFLOW:
        return _tensorflow(distribution, ports)
    total, each_node = processes_of(distribution, instances), distribution.processes
    found = []
    for rank in range(total):
        place = {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank % each_node),
            "NODE_RANK": str(rank // each_node),
            "WORLD_SIZE": str(total),
            "LOCAL_WORLD_SIZE": str(each_node),
            "MASTER_ADDR": HOST,
            "MASTER_PORT": str(ports[0]),
        }
        if distribution.kind is DistributionKind.MPI:
            place |= {
                "OMPI_COMM_WORLD_RANK": str(rank),
                "OMPI_COMM_WORLD_LOCAL_RANK": place["LOCAL_RANK"],
                "OMPI_COMM_WORLD_SIZE": str(total),
                "OMPI_COMM_WORLD_LOCAL_SIZE": str(each_node),
            }
        found.append(place)
    return found


def _tensorflow(distribution: Distribution, ports: Sequence[int]) -> list[dict[str, str]]:
    """https://www.tensorflow.org/guide/distributed_training#setting_up_the_tf_config_environment_variable"""
    hosts = [f"{HOST}:{port}" for port in ports]
    cluster = {"worker": hosts[: distribution.processes]}
    if distribution.parameter_servers:
        cluster["ps"] = hosts[distribution.processes :]
    tasks = [{"type": kind, "index": index} for kind, members in cluster.items() for index in range(len(members))]
    return [
        {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task}), "RANK": str(number)}
        for number, task in enumerate(tasks)
    ]
