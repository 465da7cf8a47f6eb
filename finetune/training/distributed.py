"""Several processes, one training: `torchrun --nproc-per-node 2 -m finetune.training.distributed --mode ddp|fsdp2 …`.

A small, open loop over torch's own DistributedDataParallel and FSDP2 (fully_shard), on processors (gloo) or GPUs (NCCL). accelerate
ignores FSDP on processors without a word, which is why it is not used here. Every rank takes its share of each batch, losses are
summed over all answer tokens of all ranks, so that any number of processes takes the same steps as one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import TrainingError, UsageError
from finetune.training.config import TrainConfig, read_config

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from finetune.training.rendering import TrainingSet

MODES = ("single", "ddp", "fsdp2")
RESULT = "distributed.json"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended on one rank. losses: mean per answer token over all ranks, by step. digest: SHA-256 of the trained weights, gathered."""

    losses: list[float]
    digest: str
    weights: dict[str, Tensor]


def run(config: TrainConfig, mode: str) -> Ended:
    """Train config.max_steps batches of config.batch_size rows (of all ranks together); rank 0 writes the adapter and distributed.json.

    Raises:
        TrainingError: the data or the base cannot be had, or the weights of the ranks differ at the end.
        UsageError: batch_size is no multiple of the number of processes.
    """
    import torch
    from torch import distributed

    from finetune.training.adapter_check import check_trained
    from finetune.training.adapter_folder import save_trained
    from finetune.training.base_models import load_base, load_tokenizer
    from finetune.training.completion_trainer import score_completions_only
    from finetune.training.hardware import precision
    from finetune.training.library_noise import quiet
    from finetune.training.sft import prepare
    from finetune.training.training_run import datasets_of

    quiet()
    torch.set_num_threads(config.threads or 1)
    rank, world = _join(mode)
    try:
        if config.batch_size % world:
            raise UsageError(f"batch_size {config.batch_size} 应是进程数 {world} 的倍数：它是所有进程合计的行数")
        tokenizer = load_tokenizer(config.base)
        model = prepare(load_base(config.base, precision(config.precision)), config).train()
        score_completions_only(model.get_base_model())
        wrapped = _wrapped(model, mode)
        torch.manual_seed(config.seed + rank)
        losses = _fit(config, wrapped, datasets_of(config, tokenizer)[0], tokenizer.pad_token_id, rank, world)
        weights = {name: _whole(weight) for name, weight in model.named_parameters() if weight.requires_grad}
        ended = Ended(losses, _digest(weights), weights)
        if mode != "single" and not _all_equal(ended.digest, world):
            raise TrainingError("各进程训练后的权重不一致")
        if rank == 0:
            check_trained(_Named(weights))
            out = Path(config.out)
            save_trained(model, tokenizer, out, config, weights)
            result = {"mode": mode, "world": world, "losses": losses, "digest": ended.digest}
            (out / RESULT).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        return ended
    finally:
        if mode != "single":
            distributed.barrier()
            distributed.destroy_process_group()


def _join(mode: str) -> tuple[int, int]:
    """(rank, world) after joining the group that torchrun describes in the environment."""
    import torch
    from torch import distributed

    if mode == "single":
        return 0, 1
    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if gpu else "gloo")
    return distributed.get_rank(), distributed.get_world_size()


def _wrapped(model: Any, mode: str) -> Any:
    """The model as its ranks share it: DDP copies it, FSDP2 shards every layer and then the rest."""
    import torch

    if mode == "single":
        return model
    if mode == "ddp":
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(model)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh("cuda" if torch.cuda.is_available() else "cpu", (torch.distributed.get_world_size(),))
    for layer in model.get_base_model().get_decoder().layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    return model


def _fit(config: TrainConfig, model: Any, train: TrainingSet, padding: int, rank: int, world: int) -> list[float]:
    """The loss of every step. The gradient is that of the mean over all answer tokens of the batch, whatever rank they are on."""
    import torch

    from finetune.training.completion_trainer import padded

    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=config.learning_rate, weight_decay=config.weight_decay)
    device, losses = next(model.parameters()).device, list[float]()
    for batch in _batches(len(train), config):
        rows = [train.dataset[place] for place in batch[rank::world]]
        ids, labels = (tensor.to(device) for tensor in padded(rows, padding))
        outputs = model(input_ids=ids, labels=labels, scored_only=True)
        count = _sum(torch.tensor(float(outputs["count"]), device=device), world)
        # DDP and FSDP2 average gradients over the ranks; the factor makes that a sum.
        torch.autograd.backward(outputs["loss"] * world / count)
        torch.nn.utils.clip_grad_norm_(trained, config.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(_sum(outputs["loss"].detach(), world) / count))
    return losses


def _batches(rows: int, config: TrainConfig) -> Iterator[list[int]]:
    """The places of each batch, the same on every rank: shuffled by seed, epoch after epoch, full batches only."""
    chance, steps = random.Random(config.seed), 0
    limit = config.max_steps if config.max_steps > 0 else int(config.epochs * (rows // config.batch_size))
    while steps < limit:
        order = chance.sample(range(rows), rows)
        for at in range(0, rows - config.batch_size + 1, config.batch_size):
            if steps >= limit:
                return
            steps += 1
            yield order[at : at + config.batch_size]


def _sum(value: Tensor, world: int) -> Tensor:
    from torch import distributed

    if world > 1:
        value = value.clone()
        distributed.all_reduce(value)
    return value


def _whole(weight: Any) -> Tensor:
    """A weight as one tensor, gathered from its shards."""
    whole: Tensor = weight.full_tensor() if hasattr(weight, "full_tensor") else weight
    return whole.detach().cpu().clone()


def _digest(weights: dict[str, torch.Tensor]) -> str:
    digest = sha256()
    for name in sorted(weights):
        digest.update(name.encode() + weights[name].numpy().tobytes())
    return digest.hexdigest()


def _all_equal(digest: str, world: int) -> bool:
    from torch import distributed

    found: list[Any] = [None] * world
    distributed.all_gather_object(found, digest)
    return len(set(found)) == 1


class _Named:
    """Gathered weights as the check after training reads them."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        self.weights = weights

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        for name, weight in self.weights.items():
            yield name, weight.requires_grad_(True)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line: --mode, --config, and any value of the configuration by its name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", choices=MODES, default="ddp")
    parser.add_argument("--config", type=Path, default=None)
    names = [field.name for field in fields(TrainConfig) if field.name not in ("keep_checkpoints", "activation_checkpointing", "modules")]
    for name in names:
        parser.add_argument(f"--{name.replace('_', '-')}", default=None)
    given = vars(parser.parse_args(arguments))
    mode = given.pop("mode")
    config = read_config(given.pop("config"), given)
    run(replace(config, threads=config.threads or 1), mode)


if __name__ == "__main__":
    main()
