"""Hot swap and rollback: the served adapter changes while questions keep coming, and no turn is dropped or cut."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from data.errors import CaizhiError, ReleaseError
from finetune.evaluation.frozen import read_items
from finetune.release.forms import golden_of
from finetune.release.registry import CHAMPION, Registry
from finetune.release.swap import swap
from finetune.release.versions import Version
from finetune.workshop.plan import FIRST, MODEL, SECOND, UNTRAINED, Place, Plan
from finetune.workshop.release_step import judged
from finetune.workshop.service import name_of

if TYPE_CHECKING:
    from tools.local_model.engine import LocalEngine
    from tools.local_model.requests import Generation

_USERS, _PROMPTS, _EACH_SIDE = 3, 6, 9
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class SwapOutcome:
    """asked, answered: turns while the adapter changed; by: how many each adapter answered. wrong: answers that are not the text of the
    adapter they are signed with. champion: of the registry after it; served: by the engine. events: of the registry so far."""

    previous: str
    served: str
    champion: str
    asked: int
    answered: int
    by: dict[str, int]
    failed: tuple[str, ...]
    wrong: int
    swap_s: float
    events: tuple[str, ...]

    @property
    def line(self) -> str:
        """The step in one sentence."""
        by = "、".join(f"{name} {number}" for name, number in self.by.items())
        return (
            f"{self.previous} → {self.served}，{self.swap_s * 1000:.0f} 毫秒；其间提问 {self.asked} 轮，答完 {self.answered} 轮（{by}），"
            f"丢失 {self.asked - self.answered}，文字与所用版本不符 {self.wrong}；champion 为 {self.champion}"
        )

    @property
    def problems(self) -> list[str]:
        """Turns that were dropped or mixed, and a service that runs another version than the registry says."""
        found = [f"丢失 {self.asked - self.answered} 轮：{'；'.join(self.failed[:2])}"] if self.asked != self.answered else []
        found += [f"{self.wrong} 轮的文字与所用版本不符"] if self.wrong else []
        return found + ([] if self.champion.endswith(f"_{self.served}") else [f"登记的是 {self.champion}，服务的是 {self.served}"])


@dataclass
class _Traffic:
    """What came of the questions so far."""

    asked: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    wrong: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: Generation | CaizhiError, wanted: str) -> None:
        """Count one turn that came back."""
        with self.lock:
            if isinstance(answer, CaizhiError):
                self.failed.append(str(answer))
                return
            self.answered[answer.adapter] += 1
            self.wrong += answer.text != wanted


class Swaps:
    """A running service whose adapter is changed; both versions must be loaded in the engine when this is made."""

    def __init__(self, plan: Plan, place: Place, registry: Registry, engine: LocalEngine) -> None:
        from tools.local_model.requests import GenerationOptions

        self._plan, self._place, self._registry, self._engine = plan, place, registry, engine
        self._options = GenerationOptions(max_tokens=plan.most_tokens, cache=False)
        self._prompts = [each.prompt for each in golden_of(read_items(place.golden))[:_PROMPTS]]
        self._texts = {name: [self._ask(prompt, name).text for prompt in self._prompts] for name in (name_of(FIRST), name_of(SECOND))}

    def forward(self) -> SwapOutcome:
        """Promote the second version through the gate and swap it in.

        Raises:
            ReleaseError: it does not pass the gate, or the swap failed.
        """
        self._engine.use_adapter(name_of(FIRST))
        for version in (SECOND, UNTRAINED):
            self._engine.unload_adapter(name_of(version))
        self._registry.promote(str(SECOND), judged(self._plan, self._place, self._registry, SECOND), MODEL, reason="工坊：A/B 之后")
        return self._swapped(SECOND)

    def back(self) -> SwapOutcome:
        """Make the former champion the champion again, in the registry and in the running service.

        Raises:
            ReleaseError: there is none, or the swap failed.
        """
        return self._swapped(self._registry.rollback(MODEL, "工坊：演练回滚").version)

    def _swapped(self, version: Version) -> SwapOutcome:
        """Change to a registered version while questions come, from the files of the registry."""
        release = self._registry.get(str(version), MODEL)
        self._registry.verify(release)
        before = self._engine.adapter_in_use
        with self._questions() as traffic:
            _wait_for(traffic, _EACH_SIDE)
            began = time.perf_counter()
            swap(self._engine, name_of(version), release.folder, self._check)
            seconds = time.perf_counter() - began
            _wait_for(traffic, traffic.asked + _EACH_SIDE)
        champion = self._registry.aliased(CHAMPION, MODEL)
        events = tuple(f"{event.kind} {event.alias} {event.previous or '—'} → {event.version}" for event in self._registry.history(MODEL))
        return SwapOutcome(
            before, self._engine.adapter_in_use, champion.full_name if champion else "", traffic.asked, traffic.answered.total(),
            dict(traffic.answered), tuple(traffic.failed), traffic.wrong, seconds, events,
        )  # fmt: skip

    def _check(self, name: str) -> None:
        """Refuse an adapter that does not answer as it did when it was measured."""
        if self._ask(self._prompts[0], name).text != self._texts[name][0]:
            raise ReleaseError(f"{name} 对同一提示的回答与评测时不同")

    def _ask(self, prompt: str, adapter: str | None = None) -> Generation:
        return self._engine.submit_messages([{"role": "user", "content": prompt}], self._options, adapter=adapter).result()

    @contextmanager
    def _questions(self) -> Iterator[_Traffic]:
        """Several users who ask one question after the other; at the end every turn has come back."""
        traffic = _Traffic()
        users = [threading.Thread(target=self._user, args=(traffic, number), name=f"user-{number}") for number in range(_USERS)]
        for user in users:
            user.start()
        try:
            yield traffic
        finally:
            traffic.over.set()
            for user in users:
                user.join()

    def _user(self, traffic: _Traffic, number: int) -> None:
        while not traffic.over.is_set():
            with traffic.lock:
                traffic.asked += 1
            place = number % len(self._prompts)
            number += 1
            try:
                answer = self._ask(self._prompts[place])
            except CaizhiError as error:
                traffic.note(error, "")
                continue
            traffic.note(answer, self._texts[answer.adapter][place])


def _wait_for(traffic: _Traffic, turns: int) -> None:
    """Wait until so many turns have come back.

    Raises:
        ReleaseError: they do not.
    """
    until = time.monotonic() + _PATIENCE_S
    while traffic.answered.total() + len(traffic.failed) < turns:
        if time.monotonic() > until:
            raise ReleaseError(f"服务 {_PATIENCE_S:.0f} 秒内没有答完 {turns} 轮")
        traffic.over.wait(0.005)

