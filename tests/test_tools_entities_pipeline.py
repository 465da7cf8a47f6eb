"""The spaCy form of FinancialNER gives what FinancialNER gives."""

from __future__ import annotations

import sys

import pytest

from tests.benchmarks.ner_bench import SETS, rows
from tools.financial_ner import RULES, FinancialNER

pytest.importorskip("spacy")

TEXTS = [row["text"] for name in SETS for row in rows(name)]
ODD = ["", " ", "招商银行", " 2023 年  末\n不良率  1.5%\t", "ROE为15％，ＲＯＡ1.2%", "农業銀行淨利潤５億元\u3000", "a\r\nb 净利润5亿元\n\n", "😀净利润5亿元"]


@pytest.fixture(scope="module", params=["", RULES])
def ner(request: pytest.FixtureRequest) -> FinancialNER:
    return FinancialNER(str(request.param))


def test_the_same_entities_changes_and_facts(ner: FinancialNER) -> None:
    nlp = ner.pipeline()
    for text in [*TEXTS[:120], *ODD]:
        doc = nlp(text)
        assert doc.text == text
        entities = [{"type": span.label_, "text": span.text, "start": span.start_char, "end": span.end_char} for span in doc.ents]
        assert entities == ner.extract_entities(text)
        changes = ner.extract_changes(text)
        assert [(span.start_char, span.end_char) for span in doc.spans["changes"]] == [(change["start"], change["end"]) for change in changes]
        assert doc._.facts == ner.extract_facts(text)


def test_components_in_order_and_what_the_grammar_alone_found(ner: FinancialNER) -> None:
    nlp = ner.pipeline()
    assert nlp.pipe_names == ["caizhi_grammar", "caizhi_tagger", "caizhi_facts"]
    doc = nlp("招商银行2023年不良率1.5%，同比下降0.2个百分点")
    assert [(span.text, span.label_) for span in doc.spans["grammar"]] == [
        ("招商银行", "公司"), ("2023年", "时间"), ("不良率", "指标"), ("1.5%", "数值"), ("0.2个百分点", "变动"),
    ]  # fmt: skip
    assert [token.text for token in doc[:5]] == list("招商银行2")


def test_two_pipelines_do_not_share_their_tagger() -> None:
    first, second = FinancialNER(RULES).pipeline(), FinancialNER().pipeline()
    text = "苏商银行灵犀贷余额12亿元，拆箱回款额3.5亿元"
    want = [[entity["text"] for entity in FinancialNER(model).extract_entities(text)] for model in (RULES, "")]
    assert [[span.text for span in nlp(text).ents] for nlp in (first, second)] == want


def test_spacy_is_imported_only_by_the_pipeline() -> None:
    import subprocess

    code = "import sys, tools.financial_ner as n; n.FinancialNER('rules').extract_facts('净利润5亿元'); assert 'spacy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
