"""The processes of a run: one, or as many as `torchrun` or `accelerate launch` started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from accelerate import PartialState
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor


@dataclass(frozen=True, slots=True)
class World:
    """This process among all; `processes` is 1 where nothing launched several."""

    device: torch.device
    rank: int = 0
    processes: int = 1

    @property
    def is_main(self) -> bool:
        """True for the one process that writes files and shows progress."""
        return self.rank == 0

    def total(self, tensor: Tensor) -> Tensor:
        """The sum over all processes, in place."""
        if self.processes > 1:
            dist.all_reduce(tensor)
        return tensor

    def any(self, flag: bool) -> bool:
        """True if it is true in some process."""
        return bool(self.total(torch.tensor(float(flag), device=self.device)))

    def wait(self) -> None:
        """Returns once every process has come here."""
        if self.processes > 1:
            dist.barrier()


def find_world() -> World:
    """The world of this process; joins the group of the launcher, NCCL on CUDA and else gloo."""
    state = PartialState(cpu=not torch.cuda.is_available())
    return World(state.device, state.process_index, state.num_processes)


def shard(model: nn.Module, layers: Any, world: World) -> None:
    """Spreads the parameters over all processes (FSDP): a layer is whole only while it computes.

    accelerate's own preparation shards the embedding and the head apart; our loss uses the head
    beside the model, so the root keeps both and holds them while a pass runs.
    """
    mesh = init_device_mesh(world.device.type, (world.processes,))
    for layer in layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)


def whole(tensor: Tensor) -> Tensor:
    """A copy on the CPU of a tensor, gathered from all processes where it is sharded."""
    if isinstance(tensor, DTensor):
        tensor = tensor.full_tensor()
    return tensor.detach().cpu().clone()


def placed_like(value: Tensor, example: Tensor) -> Tensor:
    """A whole tensor on the device of another, and sharded as that is."""
    value = value.to(example.device)
    if isinstance(example, DTensor):
        return distribute_tensor(value, example.device_mesh, example.placements)
    return value
