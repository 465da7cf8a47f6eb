"""One exercise as a row, in four renderings that print the same numbers.

    plain        净利润同比增长率 = (100 - 80) / 80 × 100% = 25%。    the specification's form
    calculator   … = [Calculator((100-80)/80*100)→25]%。
    tool_calls   an assistant turn that calls `calculator`, the tool's result, the answer
    references   prompt without values, answer in {f1} and [Calculator((f1-f2)/f2*100)→{f3}]: what our own model is trained on
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from data.errors import TrainingError
from data.figures import FigureKind
from finetune.rows.held_out import held_slice
from finetune.rows.narration import held_slice as narration_slice
from finetune.rows.printing import Printer, Step, printed_question, visible_sheet
from finetune.rows.record import Exercise, Rendering, Row

__all__ = ["CALCULATOR_TOOL", "printed_question", "render", "visible_sheet"]

CALCULATOR_TOOL: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": "calculator",
        "description": "按十进制精确计算一个算式，支持 + - * / ** 和括号",
        "parameters": {
            "type": "object",
            "properties": {"expression": {"type": "string", "description": "算式，例如 (100-80)/80*100"}},
            "required": ["expression"],
        },
    },
}


def render(exercise: Exercise, rendering: Rendering, row_id: str, source: str = "factory", license: str = "CC0") -> Row:
    """The row of an exercise in a rendering, with its full meta; `split` is still open ("").

    Raises:
        TrainingError: no such rendering.
        UnknownReferenceError: the exercise's drafts name figures that its sheet does not hold. (Steps are recomputed by
            finetune.rows.validate.)
    """
    if rendering not in _RENDERERS:
        raise TrainingError(f"没有这种写法：{rendering}；可用：{'、'.join(_RENDERERS)}")
    printer = Printer(exercise)
    messages = _RENDERERS[rendering](exercise, printer)
    tools = [CALCULATOR_TOOL] if rendering == "tool_calls" else []
    return Row(messages, meta_of(exercise, printer, rendering, row_id, source, license), tools)


def meta_of(exercise: Exercise, printer: Printer, rendering: Rendering, row_id: str, source: str, license: str) -> dict[str, Any]:
    """What stands beside a row; answer: the printed values of what answers, several divided by |."""
    answers = exercise.sheet.answer_figures()
    return {
        "id": row_id, "source": source, "license": license, "split": "", "group": _group(exercise), "family": exercise.family, "kind": exercise.kind,
        "slice": narration_slice(exercise) if exercise.kind == "narration" else held_slice(exercise),
        "program": printer.typed(exercise.program) if exercise.program else "",
        "answer": "|".join(printer.plain_answer(figure.id) for figure in answers),
        "unit": printer.figure(answers[0].id).quantity.unit.symbol if answers else "",
        "as_of": exercise.as_of, "rendering": rendering, "template": exercise.template, "bank": exercise.bank, "formula": exercise.formula,
        "digits": exercise.digits, "instruction": exercise.instruction if rendering != "references" else "",
    }


def _group(exercise: Exercise) -> str:
    """The exercise's own group; all rows about one topic, where there are no figures to tell rows apart."""
    return exercise.group if exercise.sheet.figures else f"method|{exercise.formula}"


def _asked(exercise: Exercise, printer: Printer) -> dict[str, Any]:
    return {"role": "user", "content": f"{exercise.instruction}\n{printer.question()}"}


def _plain(exercise: Exercise, printer: Printer) -> list[dict[str, Any]]:
    told = printer.answer(lambda step, before: _shown(step, before, f"{step.worked} = ", printer))
    return [_asked(exercise, printer), {"role": "assistant", "content": told}]


def _calculator(exercise: Exercise, printer: Printer) -> list[dict[str, Any]]:
    def show(step: Step, before: str) -> str:
        mark = f"[Calculator({step.typed})→{step.value:f}]{step.unit}"
        return f"{printer.shown(step.figure)}（{mark}）" if _tells_change(step, before) else mark

    return [_asked(exercise, printer), {"role": "assistant", "content": printer.answer(show)}]


def _shown(step: Step, before: str, worked: str, printer: Printer) -> str:
    """A step in prose: its calculation and result; where the sentence wants a verb (较上年…), the change with its calculation behind."""
    result = f"{worked}{step.value:f}{step.unit}"
    return f"{printer.shown(step.figure)}（{result}）" if _tells_change(step, before) else result


def _tells_change(step: Step, before: str) -> bool:
    return step.figure.kind is FigureKind.CHANGE and not before.rstrip().endswith(("=", "得", "：", ":"))


def _tool_calls(exercise: Exercise, printer: Printer) -> list[dict[str, Any]]:
    messages = [_asked(exercise, printer)]
    for number, step in enumerate({step.typed: step for step in printer.steps}.values(), start=1):
        call = {"id": f"call_{number}", "type": "function", "function": {"name": "calculator", "arguments": {"expression": step.typed}}}
        messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": call["id"], "name": "calculator", "content": f"{step.value:f}"})
    told = printer.answer(lambda step, before: _shown(step, before, "", printer) if not _tells_change(step, before) else printer.shown(step.figure))
    return [*messages, {"role": "assistant", "content": told}]


def _references(exercise: Exercise, printer: Printer) -> list[dict[str, Any]]:
    from tools.local_model.prompt import compact_prompt

    prompt = compact_prompt(visible_sheet(exercise), printer.question())
    return [{"role": "user", "content": prompt}, {"role": "assistant", "content": exercise.tell}]


_RENDERERS: Mapping[Rendering, Callable[[Exercise, Printer], list[dict[str, Any]]]] = {
    "plain": _plain, "calculator": _calculator, "tool_calls": _tool_calls, "references": _references,
}
