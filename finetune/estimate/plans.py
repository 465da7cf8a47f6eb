"""Ways to run a training (card, how many, method, micro-batch), which of them fit, and which is the cheapest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from data.errors import CatalogueError, UsageError
from finetune.estimate.cost import MFU_RANGE, Work, flops_per_token, hours, money
from finetune.estimate.memory import Layout, Memory, training_memory
from finetune.estimate.shapes import Shape
from finetune.training.presets import Preset

GPUS = Path(__file__).parents[1] / "configs" / "gpus.yaml"
# Of a card's memory, what fragmentation and the desktop leave to be used.
USABLE = 0.95
CARDS = (1, 2, 4, 8, 16, 32, 64)
BATCHES = (8, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class Gpu:
    """One kind of card. memory: bytes. peak: dense bf16 operations a second. price: yuan for one card and hour, None where not told."""

    name: str
    memory: float
    peak: float
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """How weights lie on the cards. four_bit: the frozen base in NF4. sharded: divided among the cards."""

    name: str
    about: str
    four_bit: bool = False
    sharded: bool = False


# QLoRA with ZeRO-3 is no method: DeepSpeed leaves NF4 weights whole on every card.
METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        Method("lora", "每卡一份基座（DDP）"),
        Method("qlora", "每卡一份 NF4 基座（DDP）", four_bit=True),
        Method("lora-fsdp", "基座分片（FSDP2）", sharded=True),
        Method("lora-zero3", "基座分片（DeepSpeed ZeRO-3）", sharded=True),
        Method("qlora-fsdp", "NF4 基座分片（FSDP2）", four_bit=True, sharded=True),
    )
}


_WORK = Work()


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be trained, apart from where. sequence: max_length, for memory; checkpointing, chunked_loss: see memory.Layout."""

    shape: Shape
    way: Preset
    work: Work = _WORK
    sequence: int = 2048
    checkpointing: bool = True
    chunked_loss: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """One way, reckoned. hours: (best, worst) over the MFU range. cost: likewise, None without a price.

    link: bytes a second that each card must receive so that gathering sharded weights hides behind computing, at the better MFU.
    """

    gpu: Gpu
    cards: int
    method: Method
    batch: int
    memory: Memory
    hours: tuple[float, float]
    cost: tuple[Decimal, Decimal] | None
    link: float

    @property
    def fits(self) -> bool:
        """Whether the peak stays within the usable memory of the card."""
        return self.memory.total <= USABLE * self.gpu.memory

    @property
    def card_hours(self) -> float:
        """Hours of one card, at the worse MFU."""
        return self.hours[1] * self.cards


def reckon(job: Job, gpu: Gpu, cards: int, method: Method, batch: int, mfu: tuple[float, float] = MFU_RANGE) -> Plan:
    """Memory, hours and cost of a job run one way.

    Raises:
        UsageError: all weights are to be trained, and the method quantises them.
    """
    if method.four_bit and not job.way.lora:
        raise UsageError(f"全量微调不能用 {method.name}：量化的权重不能训练")
    way = replace(job.way, four_bit=method.four_bit)
    layout = Layout(batch, job.sequence, cards, method.sharded, job.checkpointing, job.chunked_loss)
    attended = min(job.work.mean_tokens, job.sequence)
    each = flops_per_token(job.shape, way, attended, checkpointing=job.checkpointing)
    low, high = (hours(each * job.work.tokens, cards, gpu.peak, share) for share in (max(mfu), min(mfu)))
    cost = (money(low, cards, gpu.price), money(high, cards, gpu.price)) if gpu.price is not None else None
    memory = training_memory(job.shape, way, layout)
    # Gathered for the forward and for the backward pass; the card's own share is at hand.
    gathered = 2 * memory.weights * (cards - 1) / cards if method.sharded else 0.0
    return Plan(gpu, cards, method, batch, memory, (low, high), cost, gathered * gpu.peak * max(mfu) / (each * layout.tokens))


def plans(job: Job, gpus: Sequence[Gpu], cards: Sequence[int] = CARDS, methods: Sequence[Method] = tuple(METHODS.values())) -> Iterator[Plan]:
    """Every way, each with the largest micro-batch that fits (1 where none does). Full fine-tuning has the unquantised methods only."""
    for gpu in gpus:
        for count in cards:
            for method in methods:
                if (method.sharded and count == 1) or (method.four_bit and not job.way.lora):
                    continue
                tried = [reckon(job, gpu, count, method, batch) for batch in BATCHES]
                yield next((plan for plan in tried if plan.fits), tried[-1])


def cheapest_first(found: Sequence[Plan], within: float | None = None) -> list[Plan]:
    """Those that fit and end within so many hours (at the worse MFU), cheapest first; without a price after those with one.

    Equal cost: the unquantised base first (unpacking NF4 takes time that is not reckoned), then fewer cards, then the undivided base.
    """
    fitting = [plan for plan in found if plan.fits and (within is None or plan.hours[1] <= within)]
    return sorted(fitting, key=_rank)


def _rank(plan: Plan) -> tuple[Any, ...]:
    spent = float(plan.cost[1]) if plan.cost else plan.card_hours
    return (plan.cost is None, round(spent, 2), plan.method.four_bit, plan.cards, plan.method.sharded)


def read_gpus(path: Path = GPUS, prices: Mapping[str, Decimal] | None = None) -> dict[str, Gpu]:
    """The cards of a YAML file ({name: {memory_gb, tflops, price?}}), with prices put over its own.

    Raises:
        CatalogueError: the file cannot be read or an entry is malformed.
        UsageError: a price is given for a card that the file lacks.
    """
    import yaml

    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        cards = {str(name): _gpu(str(name), entry) for name, entry in table.items()}
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise CatalogueError(f"显卡表 {path} 读不了：{type(error).__name__} {str(error).splitlines()[0] if str(error) else ''}") from None
    for name, price in (prices or {}).items():
        found = find_gpu(cards, name)
        cards[found.name] = replace(found, price=price)
    return cards


def find_gpu(cards: Mapping[str, Gpu], name: str) -> Gpu:
    """The card of a name, capitals and spaces aside.

    Raises:
        UsageError: there is none.
    """
    wanted = _plain(name)
    for card in cards.values():
        if wanted in (_plain(card.name), _plain(card.name).removeprefix("rtx")):
            return card
    raise UsageError(f"显卡表里没有“{name}”；可用：{'、'.join(cards)}")


def _plain(name: str) -> str:
    return name.lower().replace(" ", "").replace("-", "").replace("_", "")


def _gpu(name: str, entry: Mapping[str, Any]) -> Gpu:
    price = entry.get("price")
    return Gpu(name, float(entry["memory_gb"]) * 1e9, float(entry["tflops"]) * 1e12, None if price is None else Decimal(str(price)))
