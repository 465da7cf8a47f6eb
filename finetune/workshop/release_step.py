"""Forms and releases: merge, int8, parity, registration, and the gate that lets a good candidate pass and holds bad ones back."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from data.errors import ReleaseError
from finetune.evaluation.frozen import read_items
from finetune.evaluation.recompute import score
from finetune.release.evidence import read_evidence, write_parity, write_serving
from finetune.release.export import export_merged
from finetune.release.folders import folder_size
from finetune.release.gate import GateReport, Rules, gate
from finetune.release.notes import notes_of
from finetune.release.quantise import quantise
from finetune.release.registry import CHALLENGER, CHAMPION, Registry
from finetune.release.versions import Version, full_name
from finetune.rows.certificate import read_certificate
from finetune.workshop.plan import FIRST, MODEL, SECOND, UNTRAINED, Place, Plan
from finetune.workshop.rows_step import LEAKED
from finetune.workshop.service import generator, name_of

if TYPE_CHECKING:
    from finetune.release.parity import Golden, ParityReport
    from tools.local_model.engine import LocalEngine

_MEGA = 1 << 20
_TIMED = 12
_TEXTS = {FIRST: "首版", SECOND: "在首版上接着训练", UNTRAINED: "没有训练过的适配器，用来验证关口"}


@dataclass(frozen=True, slots=True)
class QuantiseOutcome:
    """Megabytes of the second version: adapter, merged model, int8. distance: logits of merged against adapter, as a share of their range."""

    adapter_mb: float
    merged_mb: float
    int8_mb: float
    distance: float
    untrained: str

    @property
    def line(self) -> str:
        """The step in one sentence."""
        return (
            f"适配器 {self.adapter_mb:.1f} MB，合并后 {self.merged_mb:.1f} MB（logits 相差 {self.distance:.1e}），int8 {self.int8_mb:.1f} MB；"
            f"未训练的适配器不能合并：{self.untrained or '没有被拒绝'}"
        )

    @property
    def problems(self) -> list[str]:
        """An untrained adapter that was merged, or an int8 that saves nothing."""
        found = [] if self.untrained else ["未训练的适配器被合并了"]
        return found + ([] if self.int8_mb < self.merged_mb else ["int8 不比合并后的模型小"])


def quantise_versions(place: Place) -> QuantiseOutcome:
    """Merge both versions and write them as int8; try it with the untrained adapter.

    Raises:
        ReleaseError: a version cannot be merged or quantised.
    """
    distance = 0.0
    for version in (FIRST, SECOND):
        distance = export_merged(place.adapter(version), place.merged(version), release=str(version)).checks["logit_distance"]
        quantise(place.merged(version), place.int8(version))
    sizes = [folder_size(folder) / _MEGA for folder in (place.adapter(SECOND), place.merged(SECOND), place.int8(SECOND))]
    adapter, merged, int8 = sizes
    return QuantiseOutcome(adapter, merged, int8, distance, _refusal_to_merge(place))


def _refusal_to_merge(place: Place) -> str:
    try:
        export_merged(place.adapter(UNTRAINED), place.merged(UNTRAINED))
    except ReleaseError as error:
        return str(error).replace(f"{place.adapter(UNTRAINED)} ", "")
    return ""


@dataclass(frozen=True, slots=True)
class ParityOutcome:
    """passed: by version. pairs: of both versions, in words. p95_s, memory_mb: of the second version's int8, served by a process of its own."""

    passed: dict[str, bool]
    prompts: int
    served_same: int
    pairs: tuple[str, ...]
    p95_s: float
    memory_mb: float

    @property
    def line(self) -> str:
        """The step in one sentence."""
        verdict = "、".join(f"{version} {'一致' if passed else '不一致'}" for version, passed in self.passed.items())
        return (
            f"适配器 = 合并 = 服务 = int8：{verdict}（{self.prompts} 个答得出的提示，服务与适配器逐字相同 {self.served_same}）；"
            f"int8 单条 P95 {self.p95_s:.2f} 秒，内存 {self.memory_mb:.0f} MB"
        )

    @property
    def problems(self) -> list[str]:
        """Versions of which a form says something else."""
        return [f"{version} 的各形式不一致" for version, passed in self.passed.items() if not passed]


def check_parity(plan: Plan, place: Place, engine: LocalEngine) -> ParityOutcome:
    """Compare the forms of both versions on the golden prompts, and time the int8; all of it goes into the evidence.

    Raises:
        ReleaseError: a form cannot be loaded, or the timing failed.
    """
    from finetune.release.forms import golden_of
    from finetune.release.serving import measure_serving

    pool = golden_of(read_items(place.golden))
    chosen = {version: known_right(plan, engine, version, pool) for version in (FIRST, SECOND)}
    reports = {version: _parity(plan, place, engine, version, golden) for version, golden in chosen.items()}
    for version, report in reports.items():
        write_parity(place.evidence(version), report)
        serving = measure_serving(place.int8(version), [each.prompt for each in chosen[version][:_TIMED]], most_tokens=plan.most_tokens)
        write_serving(place.evidence(version), serving)
    served = next(pair for pair in reports[SECOND].pairs if (pair.one, pair.other) == ("adapter", "served"))
    pairs = tuple(f"{name_of(version)} {pair.sentence()}" for version, report in reports.items() for pair in report.pairs)
    passed = {name_of(version): report.passed for version, report in reports.items()}
    return ParityOutcome(passed, served.prompts, served.same_text, pairs, serving.p95_s, serving.memory_mb)


def known_right(plan: Plan, engine: LocalEngine, version: Version, pool: Sequence[Golden]) -> list[Golden]:
    """The golden prompts of a version: those of the pool that it answers right, then others, as many as the plan says.

    What a release must not lose is what it could do; an answer that was wrong anyway turns into another wrong one at any rounding.
    """
    texts = generator(engine, name_of(version), plan.most_tokens)([each.prompt for each in pool])
    known: list[Golden] = []
    others: list[Golden] = []
    for each, text in zip(pool, texts, strict=True):
        (known if each.case is not None and score(each.case, text).right else others).append(each)
    return [*known, *others][: plan.golden]


def _parity(plan: Plan, place: Place, engine: LocalEngine, version: Version, golden: Sequence[Golden]) -> ParityReport:
    """Adapter on its base by torch, merged, served by the engine, int8 multiplied out, int8 served."""
    from finetune.release.forms import EngineForm, torch_forms
    from finetune.release.parity import parity
    from tools.local_model.loading import ModelSource, open_engine

    engine.use_adapter(name_of(version))
    with open_engine(ModelSource(str(place.int8(version).resolve()))) as small:
        adapter, merged, int8 = torch_forms(place.adapter(version), place.merged(version), place.int8(version))
        forms = [adapter, merged, EngineForm("served", engine, plan.most_tokens), int8, EngineForm("served-int8", small, plan.most_tokens)]
        return parity(forms, golden)


@dataclass(frozen=True, slots=True)
class RegisterOutcome:
    """versions: full names, the oldest first. challenger: who holds that alias. files: hashed at registration."""

    versions: tuple[str, ...]
    challenger: str
    files: int

    @property
    def line(self) -> str:
        """The step in one sentence."""
        return f"MLflow 本地登记：{'、'.join(self.versions)}；challenger 为 {self.challenger}；{self.files} 个文件记下哈希"

    @property
    def problems(self) -> list[str]:
        """Versions that are missing."""
        wanted = [full_name(MODEL, version) for version in (FIRST, SECOND, UNTRAINED)]
        return [] if list(self.versions) == wanted and self.challenger == wanted[1] else ["登记的版本或别名不对"]


def register_versions(place: Place, registry: Registry) -> RegisterOutcome:
    """Register both versions and the untrained adapter with what is known of each; the second is the challenger.

    Raises:
        ReleaseError: the store fails.
    """
    for version in (FIRST, SECOND, UNTRAINED):
        folder = place.evidence(version)
        for name in ("certificate.json", "certificate.md"):
            shutil.copy2(place.training / name, folder / name)
        registry.register(place.adapter(version), str(version), MODEL, notes_of(place.adapter(version), read_evidence(folder), _TEXTS[version]))
    challenger = registry.set_alias(CHALLENGER, str(SECOND), MODEL)
    releases = registry.releases(MODEL)
    return RegisterOutcome(tuple(release.full_name for release in releases), challenger.full_name, sum(len(release.files) for release in releases))


@dataclass(frozen=True, slots=True)
class Refused:
    """A candidate that the gate held back. reasons: one line a failed check. message: what the registry said; "" where it promoted it."""

    candidate: str
    why: str
    reasons: tuple[str, ...]
    message: str

    @property
    def failed(self) -> list[str]:
        """The names of the checks that failed."""
        return [reason.partition("：")[0] for reason in self.reasons]


@dataclass(frozen=True, slots=True)
class PromoteOutcome:
    """champion: after the step. checks: of its gate. refused: the bad candidates."""

    champion: str
    checks: tuple[str, ...]
    refused: tuple[Refused, ...]

    @property
    def line(self) -> str:
        """The step in one sentence."""
        held = "；".join(f"拒绝 {one.candidate}（{one.why}）：{'，'.join(one.failed)}" for one in self.refused)
        return f"{self.champion} 通过 {len(self.checks)} 项检查，成为 champion；{held}"

    @property
    def problems(self) -> list[str]:
        """Bad candidates that were let through."""
        return [f"{one.candidate}（{one.why}）没有被拒绝" for one in self.refused if not one.message or not one.reasons]


def promote_first(plan: Plan, place: Place, registry: Registry) -> PromoteOutcome:
    """Make the first version champion through the gate, then offer the gate an untrained adapter and a version with leaked questions.

    Raises:
        ReleaseError: the first version does not pass.
    """
    report = judged(plan, place, registry, FIRST)
    champion = registry.promote(str(FIRST), report, MODEL, reason="工坊：首版")
    refused = (
        _held_back(registry, UNTRAINED, "未训练", judged(plan, place, registry, UNTRAINED)),
        _held_back(registry, SECOND, "评测题混入训练数据", judged(plan, place, registry, SECOND, leaked=True)),
    )
    held = registry.aliased(CHAMPION, MODEL)
    return PromoteOutcome(held.full_name if held else champion.full_name, tuple(f"{one.name}：{one.detail}" for one in report.checks), refused)


def judged(plan: Plan, place: Place, registry: Registry, version: Version, *, leaked: bool = False) -> GateReport:
    """The gate's report over a version's evidence, against the present champion; leaked: with the certificate of data with questions among them.

    Raises:
        ReleaseError: the evidence is damaged.
    """
    found = read_evidence(place.evidence(version))
    evidence = replace(found.evidence, certificate=read_certificate(place.training / LEAKED)) if leaked else found.evidence
    champion = registry.aliased(CHAMPION, MODEL)
    rules = Rules(least_rows=plan.least_rows, least_accuracy=plan.least_accuracy)
    return gate(full_name(MODEL, version), champion.full_name if champion else "", evidence, found.champion, rules)


def _held_back(registry: Registry, version: Version, why: str, report: GateReport) -> Refused:
    """Ask for a promotion that must fail."""
    try:
        registry.promote(str(version), report, MODEL)
    except ReleaseError as error:
        return Refused(report.candidate, why, tuple(report.reasons), str(error))
    return Refused(report.candidate, why, tuple(report.reasons), "")
