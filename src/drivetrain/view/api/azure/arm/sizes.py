"""Sizes of Azure's machines. Every one of them is this machine here: a name is taken as it is written, and only says
how much a script may expect.

https://learn.microsoft.com/azure/virtual-machines/sizes
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Size(NamedTuple):
    """One size."""

    name: str
    cores: int
    memory_gb: float
    disk_mb: int
    gpus: int = 0


SIZES = (
    Size("Standard_DS1_v2", 1, 3.5, 7168),
    Size("Standard_DS2_v2", 2, 7.0, 14336),
    Size("Standard_DS3_v2", 4, 14.0, 28672),
    Size("Standard_DS4_v2", 8, 28.0, 57344),
    Size("Standard_DS11_v2", 2, 14.0, 28672),
    Size("Standard_DS12_v2", 4, 28.0, 57344),
    Size("Standard_D2_v2", 2, 7.0, 102400),
    Size("Standard_D2s_v3", 2, 8.0, 16384),
    Size("Standard_F2s_v2", 2, 4.0, 16384),
    Size("Standard_F4s_v2", 4, 8.0, 32768),
    Size("Standard_E4s_v3", 4, 32.0, 65536),
    Size("Standard_NC6s_v3", 6, 112.0, 344064, 1),
    Size("Standard_NC24ads_A100_v4", 24, 220.0, 65536, 1),
)


def size_shown(size: Size) -> dict[str, Any]:
    """A size as clients read it. https://learn.microsoft.com/rest/api/azureml/virtual-machine-sizes/list"""
    return {
        "name": size.name,
        "family": "standardFamily",
        "vCPUs": size.cores,
        "gpus": size.gpus,
        "osVhdSizeMB": 1047552,
        "maxResourceVolumeMB": size.disk_mb,
        "memoryGB": size.memory_gb,
        "lowPriorityCapable": True,
        "premiumIO": True,
        "estimatedVMPrices": None,
        "supportedComputeTypes": ["AmlCompute", "ComputeInstance"],
    }
