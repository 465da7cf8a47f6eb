"""The parts of a recompute score: what can be right or wrong about one answer, each told apart."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = ("right", "operands", "expression", "arithmetic", "unit", "final", "bank", "period")
PART_NAMES = {
    "right": "全部正确", "operands": "取数正确", "expression": "算式正确", "arithmetic": "计算正确", "unit": "单位、符号与量级正确",
    "final": "最终结果正确", "bank": "银行正确", "period": "期间正确",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecomputeScore:
    """One answer's parts; None where a part does not apply (a looked-up figure has no expression).

    operands: the figures that the result rests on are those of the reference. expression: it computes the same function of them
    (a lost ×100 or a turned sign is not a fault of the expression, but of the unit). arithmetic: every calculation shown gives
    what it claims. unit: unit, sign and scale of what is told. final: every asked value is told, right at the printed precision,
    unit and sign included. bank, period: those that the reference names are named, and no other ones. problems: for people.
    """

    operands: bool | None
    expression: bool | None
    arithmetic: bool | None
    unit: bool | None
    final: bool
    bank: bool | None
    period: bool | None
    text: str = ""
    problems: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether everything that applies is right."""
        return all(self.part(part) is not False for part in PARTS[1:])

    def part(self, name: str) -> bool | None:
        """One part by name, `right` included."""
        verdict: bool | None = getattr(self, name)
        return verdict

    def to_dict(self) -> dict[str, object]:
        """Plain values."""
        return {part: self.part(part) for part in PARTS} | {"text": self.text, "problems": list(self.problems)}
