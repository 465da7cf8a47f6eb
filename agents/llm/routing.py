"""Which models may serve a request, and in which order: domain, length, privacy, context size."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agents.llm.domain_lexicon import CATALOGUE_BANK_WEIGHT, CATALOGUE_INDICATOR_WEIGHT, CUES
from agents.llm.exchange import CompletionRequest, Role
from agents.llm.failures import Outcome

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from agents.llm.providers import ModelConfig

FINANCIAL_KEYWORDS = ("财报", "指标", "不良率", "ROE", "净利润", "银行", "信贷", "风险", "分析")
THRESHOLD = 1.5
_FALLBACK_ORDER: tuple[Role, ...] = ("general", "long_context", "finetuned")
_BANK_NAME = re.compile(r"(?:银行|行|农信|信用社|bank)$", re.IGNORECASE)
_WIDE = re.compile(r"[⺀-鿿豈-﫿＀-￯]")


def is_financial_domain(query: str) -> bool:
    """The specification's rule: any of nine keywords. Kept as the baseline that the classifier is measured against."""
    return any(keyword in query for keyword in FINANCIAL_KEYWORDS)


@dataclass(frozen=True, slots=True)
class Cue:
    """A word found in the question: what kind it is, and its weight (negative speaks against)."""

    word: str
    kind: str
    weight: float


@dataclass(frozen=True, slots=True)
class DomainVerdict:
    """The sum of the evidence, the label it gives, and the evidence itself in order of appearance."""

    score: float
    label: Literal["financial", "general"]
    evidence: tuple[Cue, ...]

    def summary(self) -> str:
        """The three words that weighed most towards the label."""
        sign = 1 if self.label == "financial" else -1
        ranked = sorted(self.evidence, key=lambda cue: -sign * cue.weight)
        return "、".join(cue.word for cue in ranked[:3] if sign * cue.weight > 0)


class FinancialDomainClassifier:
    """Adds up weighted words for and against; every verdict names its evidence.

    `terms` are the catalogue's names (indicators, banks): a name ending like a bank's weighs as a bank, which
    alone does not make a question financial (a lost card has a bank too); any other weighs as an indicator.
    """

    def __init__(self, terms: Iterable[str] = ()) -> None:
        self._cues: dict[str, Cue] = {}
        for term in terms:
            word = _normal(term)
            if len(word) > 1:
                bank = _BANK_NAME.search(word) is not None
                weight = CATALOGUE_BANK_WEIGHT if bank else CATALOGUE_INDICATOR_WEIGHT
                self._cues[word] = Cue(term, "银行名" if bank else "目录指标", weight)
        for group in CUES:
            for word in group.words:
                self._cues[_normal(word)] = Cue(word, group.kind, group.weight)
        longest_first = sorted(self._cues, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(_bounded(word) for word in longest_first))

    def classify(self, text: str) -> DomainVerdict:
        """The verdict for a question of any length; each word counts once."""
        found = dict.fromkeys(match.group() for match in self._pattern.finditer(_normal(text)))
        evidence = tuple(self._cues[word] for word in found)
        total = round(sum(cue.weight for cue in evidence), 3)
        return DomainVerdict(total, "financial" if total >= THRESHOLD else "general", evidence)

    def is_financial(self, text: str) -> bool:
        return self.classify(text).label == "financial"


@dataclass(frozen=True, slots=True)
class Route:
    """Roles to try in order, roles passed over with the outcome that says why, and the reason (user-facing)."""

    roles: tuple[Role, ...]
    skipped: tuple[tuple[Role, Outcome], ...]
    reason: str


def estimate_tokens(text: str) -> int:
    """A cautious count without a vocabulary: one token a wide character, one for every three others."""
    wide = len(_WIDE.findall(text))
    return wide + -(-(len(text) - wide) // 3)


def choose_route(
    messages: Sequence[BaseMessage],
    request: CompletionRequest,
    configs: Mapping[Role, ModelConfig],
    classifier: FinancialDomainClassifier,
    long_prompt_tokens: int,
) -> Route:
    """Orders the configured roles for a request; `skipped` lists those that privacy or length rules out."""
    prompt_tokens = sum(estimate_tokens(str(message.text)) for message in messages)
    order, reason = _order(messages, request, classifier, prompt_tokens, long_prompt_tokens)
    if request.private:
        reason = f"内部资料只用本机模型；{reason}"
    roles: list[Role] = []
    skipped: list[tuple[Role, Outcome]] = []
    for role in order:
        if role not in configs:
            continue
        if request.private and not configs[role].local:
            skipped.append((role, "skipped_private"))
        elif prompt_tokens + request.max_tokens > configs[role].context_tokens:
            skipped.append((role, "skipped_length"))
        else:
            roles.append(role)
    return Route(tuple(roles), tuple(skipped), reason)


def _order(
    messages: Sequence[BaseMessage],
    request: CompletionRequest,
    classifier: FinancialDomainClassifier,
    prompt_tokens: int,
    long_prompt_tokens: int,
) -> tuple[tuple[Role, ...], str]:
    if request.prefer is not None:
        return _first(request.prefer), f"指定 {request.prefer}"
    if prompt_tokens > long_prompt_tokens:
        return _first("long_context"), f"长文本（约 {prompt_tokens} 词元）"
    verdict = classifier.classify(request.domain_text or _last_question(messages))
    if verdict.label == "financial":
        return _first("finetuned"), f"金融领域问题（{verdict.summary()}）"
    return _first("general"), "通用问题"


def _first(role: Role) -> tuple[Role, ...]:
    """The role, then the others; the fine-tuned model is the last resort outside its domain."""
    return (role, *(other for other in _FALLBACK_ORDER if other != role))


def _last_question(messages: Sequence[BaseMessage]) -> str:
    return next((str(message.text) for message in reversed(messages) if message.type == "human"), "")


def _normal(text: str) -> str:
    """Full-width letters and digits narrowed, case folded: what both words and questions are compared in."""
    return unicodedata.normalize("NFKC", text).lower()


def _bounded(word: str) -> str:
    """The word as a pattern; Latin ends must not continue, so that PE is not found in open (but H1 is in 2023H1)."""
    escaped = re.escape(word)
    before = r"(?<![a-z])" if re.match(r"[a-z0-9]", word) else ""
    after = r"(?![a-z])" if re.search(r"[a-z0-9]$", word) else ""
    return f"{before}{escaped}{after}"
