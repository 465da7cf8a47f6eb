"""tools.expressions: arithmetic is exact and bounded, and nothing but arithmetic gets through."""

from __future__ import annotations

import re
import threading
from decimal import Decimal, getcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import ExpressionError, FormulaError
from tools.expressions import MAX_LENGTH, evaluate, free_expression

VALUES = {"f1": Decimal(61036), "f2": Decimal(52384)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1+2*3", "7"), ("(1+2)*3", "9"), ("7-2-1", "4"), ("8/4/2", "1"), ("-2**2", "-4"), ("2**3**2", "512"), ("2^10", "1024"), ("0.1+0.2", "0.3"),
        ("f1-f2", "8652"), ("（１＋２）×３÷２", "4.5"), ("100%", "1"), ("１２．５％", "0.125"), ("2**-2", "0.25"), ("4**0.5", "2"), ("8**(1/3)", "2"), ("8**(-1/3)", "0.5"),
        ("4**50%", "2"), ("sum(1,2,3)", "6"), ("avg(f1,f2)", "56710"), ("max(1,3,2)-min(1,3,2)", "2"), ("abs(-5)", "5"), ("round(2.345, 2)", "2.35"), ("round(2.5)", "3"),
        ("平均(100,200)", "150"), ("合计(1,2)", "3"), ("绝对值(-1)", "1"), ("四舍五入(1.25,1)", "1.3"), ("最大(1,2)-最小(1,2)", "1"), ("+5", "5"), ("007", "7"), ("3−1", "2"),
        ("10**40", "1e40"), ("0**3", "0"), ("0**(1/2)", "0"),
    ],
)
def test_evaluates_what_analysts_type(text: str, expected: str) -> None:
    assert evaluate(text, VALUES) == Decimal(expected)


def test_a_quotient_has_fifty_digits() -> None:
    assert evaluate("(f1-f2)/f2*100", VALUES) == Decimal("16.516493585827733659132559560171044593769089798412")


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "f3", "f1.real", "f1[0]", "__import__('os')", "(lambda: 1)()", "[1]", "'a'", "1_000", "0x10", "1e5", "1,000", "1<2", "2 3", "1if 1 else 2", "f1 if f2 else 1",
        "max(*f1)", "sum(x for x in f1)", "min(f1,key=3)", "sum()", "abs(1,2)", "round(1,2,3)", "round(1,0.5)", "round(1,99)", "(1", "1+", "5 % 3", "7//2", "1;2", "f1=3", "pow(2,3)",
        "2**(2/3)", "2**41", "2**-41", "2**1.7", "f1**f2", "1" + "+1" * 260, "(" * 100 + "f1", "~1", "not f1", "print(1)", "_n0", "９９９９é", "1:2", "𝟙+x",
    ],
)
def test_refuses_whatever_is_not_plain_arithmetic(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text, VALUES)


@pytest.mark.parametrize("text", ["9**40*9**40", "10**40*10", "sum(10**40,1)", "(10**-40)*(10**-40)*(10**-40)", "1" * 60])
def test_refuses_what_is_too_large_or_too_small(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text, VALUES)


def test_refuses_what_is_too_long_or_too_deep() -> None:
    with pytest.raises(ExpressionError, match="500"):
        evaluate("1" + " " * MAX_LENGTH + "+1", {})
    with pytest.raises(ExpressionError, match="嵌套"):
        evaluate("-(" * 60 + "1" + ")" * 60, {})


@pytest.mark.parametrize("text", ["1/0", "f1/(f2-f2)", "0**0", "0**-1", "(-8)**(1/3)", "2**(1/0)", "0/0"])
def test_zero_divisors_and_roots_of_negatives_say_so_in_chinese(text: str) -> None:
    with pytest.raises(FormulaError, match="零|负数"):
        evaluate(text, VALUES)


@pytest.mark.parametrize("bad", [1.5, Decimal("NaN"), Decimal("Infinity"), 3])
def test_only_finite_decimals_are_values(bad: object) -> None:
    with pytest.raises(ExpressionError, match="Decimal"):
        evaluate("f1+1", {"f1": bad})  # type: ignore[dict-item]


def test_the_global_context_is_left_alone() -> None:
    before = (getcontext().prec, dict(getcontext().flags), dict(getcontext().traps))
    evaluate("1/3+2**0.5", {})
    with pytest.raises(FormulaError):
        evaluate("1/0", {})
    assert (getcontext().prec, dict(getcontext().flags), dict(getcontext().traps)) == before


def test_threads_do_not_disturb_each_other() -> None:
    results: list[Decimal] = []
    threads = [threading.Thread(target=lambda: results.extend(evaluate("1/7*7-1", {}) for _ in range(50))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 200 and len(set(results)) == 1


@pytest.mark.parametrize(
    ("text", "expression", "value"),
    [
        ("(61036-52384)/52384*100 等于多少", "(61036-52384)/52384*100", "16.516493585827733659132559560171044593769089798412"),
        ("计算 100/5000×100%", "100/5000*100%", "0.02"), ("请问1,234+5,678=？", "1234+5678", "6912"), ("帮我算一下：3×4是多少？", "3*4", "12"), ("（１＋２）×３", "(1+2)*3", "9"),
        ("(1.2/1)^(2)-1等于几", "(1.2/1)**(2)-1", "0.44"), ("round(10/3, 2)是多少", "round(10/3, 2)", "3.33"), ("-5+3", "-5+3", "-2"), ("2023-2021等于多少", "2023-2021", "2"),
        ("平均(100,200)等于多少", "平均(100,200)", "150"), ("1.5%*2=", "1.5%*2", "0.03"),
    ],
)
def test_finds_a_pure_arithmetic_question(text: str, expression: str, value: str) -> None:
    assert free_expression(text) == (expression, Decimal(value))


@pytest.mark.parametrize(
    "text",
    [
        "", "2021-2023", "2021-2023年", "2023-06-30", "2023/6/30", "招商银行2023年不良率", "2023年比2022年增加了100-50", "招行2023年净利润/营业收入", "帮我算一下 (3+4", "5 % 3", "2023年12月",
        "610.36亿元-523.84亿元等于多少", "计算", "100", "1+1和2+2", "不良率是1.5%吗", "近3-5年的ROE", "x" * 600,
    ],
)
def test_leaves_other_questions_alone(text: str) -> None:
    assert free_expression(text) is None


def test_arithmetic_past_its_bounds_is_said_not_hidden() -> None:
    with pytest.raises(FormulaError, match="除数为零"):
        free_expression("100/0等于多少")
    with pytest.raises(ExpressionError, match="40"):
        free_expression("9**9**9等于多少")


_NUMBERS = st.integers(min_value=0, max_value=10**6).map(str) | st.decimals(min_value=0, max_value=1000, places=3).map(lambda d: f"{d:f}")
_TREES = st.recursive(_NUMBERS, lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"), max_leaves=8)


@settings(max_examples=300, deadline=None)
@given(_TREES)
def test_agrees_with_exact_fractions(text: str) -> None:
    expected = _by_fractions(text)
    if abs(expected) < 10**40:
        assert abs(Fraction(evaluate(text, {})) - expected) <= abs(Fraction(expected)) / 10**48


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="0123456789.+-*/()%, f1avgsum×÷（）％^", max_size=60))
def test_never_fails_in_any_other_way(text: str) -> None:
    try:
        assert isinstance(evaluate(text, VALUES), Decimal)
    except (ExpressionError, FormulaError):
        pass
    try:
        free_expression(text)
    except (ExpressionError, FormulaError):
        pass


def _by_fractions(text: str) -> Fraction:
    """An independent reading: rewrite each number as a Fraction and let Python add up."""
    return Fraction(eval(re.sub(r"\d+(?:\.\d+)?", lambda m: f"F('{m[0]}')", text), {"F": Fraction, "__builtins__": {}}))
