"""The tagger's parts: features, proposals from scores, what of them is taken, the shipped model, and other people's models."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy
import pytest

from data.errors import SettingsError
from tests.benchmarks.ner_bench import SETS, f1, found, gold, rows
from tools.entities.bert import TransformersTagger
from tools.entities.features import LABELS, TYPES, features, label_row
from tools.entities.grammar import read_entities, refined
from tools.entities.merging import Policy, merged
from tools.entities.spans import EntitySpan, EntityType, prepare
from tools.entities.tagger import EntityTagger, Proposal, proposals, shipped_tagger
from tools.financial_ner import MODELS, RULES, FinancialNER

SHIPPED = MODELS / "caizhi-ner"
COMPANY, INDICATOR, VALUE = EntityType.COMPANY, EntityType.INDICATOR, EntityType.VALUE


class Fixed:
    """A proposer that always proposes the same."""

    def __init__(self, *made: Proposal) -> None:
        self._made = list(made)

    def propose(self, plain: str, spans: Sequence[EntitySpan]) -> list[Proposal]:
        return self._made


def at(text: str, words: str, kind: EntityType, confidence: float = 1.0) -> Proposal:
    start = text.index(words)
    return Proposal(EntitySpan(start, start + len(words), kind), confidence)


def indicators(text: str, *made: Proposal) -> list[str]:
    return [text[span.start : span.end] for span in refined(read_entities(text), Fixed(*made)).entities if span.type is INDICATOR]


def test_labels_of_spans_and_back() -> None:
    row = label_row(6, [EntitySpan(1, 3, COMPANY), EntitySpan(3, 4, COMPANY)])
    assert [LABELS[label] for label in row] == ["O", "B-公司", "I-公司", "B-公司", "O", "O"]
    scores = numpy.full((6, len(LABELS)), -9.0)
    scores[numpy.arange(6), row] = 9.0
    assert [proposal.span for proposal in proposals(scores)] == [EntitySpan(1, 3, COMPANY), EntitySpan(3, 4, COMPANY)]
    assert min(proposal.confidence for proposal in proposals(scores)) > 0.99


def test_an_inside_label_that_continues_nothing_begins_a_span() -> None:
    scores = numpy.full((4, len(LABELS)), -9.0)
    scores[numpy.arange(4), [0, LABELS.index("I-指标"), LABELS.index("I-指标"), LABELS.index("I-公司")]] = 9.0
    assert [(span.start, span.end, span.type) for span, _ in proposals(scores)] == [(1, 3, INDICATOR), (3, 4, COMPANY)]


def test_the_confidence_is_that_of_the_weakest_character_or_the_end() -> None:
    scores = numpy.full((3, len(LABELS)), -9.0)
    scores[0, 1], scores[1, 2], scores[2, 0], scores[2, 2] = 9.0, 9.0, 1.0, 0.9
    (proposal,) = proposals(scores)
    assert 0.4 < proposal.confidence < 0.6


def test_features_have_one_row_a_character() -> None:
    plain = prepare("本行不良贷款率1.5%")
    seen = features(plain, read_entities(plain).entities, {"不": 7})
    assert len(seen.characters) == len(seen.tags) == len(seen.words) == len(plain)
    assert seen.characters[2] == 7
    assert seen.characters[0] == 1
    assert LABELS[seen.tags[2]] == "B-指标"
    assert seen.words[2] == seen.words[3] - 1 > 0
    assert seen.words[-1] == 0


class TestMerging:
    def test_an_indicator_is_widened_to_the_left(self) -> None:
        text = "某行灵犀贷余额12亿元"
        assert indicators(text) != ["灵犀贷余额"]
        assert indicators(text, at(text, "灵犀贷余额", INDICATOR)) == ["灵犀贷余额"]

    def test_never_to_the_right_of_what_the_grammar_knew(self) -> None:
        text = "净利润情况12亿元"
        assert indicators(text, at(text, "净利润情况", INDICATOR)) == ["净利润"]

    def test_a_doubtful_proposal_is_not_taken(self) -> None:
        text = "某行灵犀贷余额12亿元"
        assert indicators(text, at(text, "灵犀贷余额", INDICATOR, 0.3)) == indicators(text)

    def test_a_new_indicator_needs_its_figure(self) -> None:
        with_figure, without = "灵犀值为12亿元", "灵犀值说明如下"
        assert indicators(with_figure, at(with_figure, "灵犀值", INDICATOR)) == ["灵犀值"]
        assert indicators(without, at(without, "灵犀值", INDICATOR)) == []

    def test_nothing_that_the_grammar_found_is_cut_or_renamed(self) -> None:
        text = "招商银行2023年净利润12亿元"
        entities = read_entities(text).entities
        for proposal in (at(text, "招商银行2023年", COMPANY), at(text, "行2023年净利润", INDICATOR), at(text, "12亿元", INDICATOR), at(text, "招商银行", INDICATOR)):
            assert merged(text, entities, [proposal], Policy()) is None

    def test_numbers_are_read_again_beside_a_new_name(self) -> None:
        text = "灵犀值1.25"
        reading = refined(read_entities(text), Fixed(at(text, "灵犀值", INDICATOR)), Policy(new_indicator=0.5))
        assert reading == read_entities(text)  # A bare number is no figure that a new name could lean on.
        text = "灵犀值1.25%，灵犀值"
        assert [span.type for span in refined(read_entities(text), Fixed(at(text, "灵犀值", INDICATOR))).entities] == [INDICATOR, VALUE]


class TestShipped:
    def test_it_is_there_and_small(self) -> None:
        assert (SHIPPED / "tagger.onnx").stat().st_size < 4_000_000
        assert {"manifest.json", "CARD.md", "characters.txt"} <= {path.name for path in SHIPPED.iterdir()}

    def test_it_adds_to_the_rules_on_sentences_that_nobody_tuned_to(self) -> None:
        rules, both = FinancialNER(RULES), FinancialNER()
        sentences = rows(SETS[1])
        alone = f1([(gold(row), found(rules, row["text"])) for row in sentences])
        together = f1([(gold(row), found(both, row["text"])) for row in sentences])
        assert together["four"] > alone["four"] + 0.01
        assert together["指标"] > alone["指标"] + 0.02

    def test_proposals_are_ordered_spans_of_the_text(self) -> None:
        tagger = EntityTagger.load(SHIPPED)
        for text in ("", "银", "某某灵犀银行2023年拆箱回款额12亿元，同比增长5%", "a" * 700, "率" * 600):
            made = tagger.propose(prepare(text), read_entities(text).entities)
            ends = [0, *(edge for proposal in made for edge in proposal.span[:2]), len(text)]
            assert ends == sorted(ends)
            assert all(0 < proposal.confidence <= 1 and proposal.span.type in TYPES for proposal in made)

    def test_no_torch_and_no_spacy(self) -> None:
        import subprocess

        code = (
            "import sys; from tools.financial_ner import FinancialNER; FinancialNER().extract_entities('招商银行2023年不良率1.5%')\n"
            "assert not {'torch', 'transformers', 'spacy'} & set(sys.modules), 'heavy import'"
        )
        subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])

    def test_without_a_model_the_grammar_reads_alone(self, tmp_path: Path) -> None:
        assert shipped_tagger(tmp_path) is None
        assert FinancialNER(models=tmp_path).extract_entities("本行净利润5亿元") == FinancialNER(RULES).extract_entities("本行净利润5亿元")

    def test_a_damaged_model_is_said_so(self, tmp_path: Path) -> None:
        (tmp_path / "tagger.onnx").write_bytes(b"no model")
        (tmp_path / "characters.txt").write_text("的\n", encoding="utf-8")
        with pytest.raises(SettingsError):
            EntityTagger.load(tmp_path)
        with pytest.raises(SettingsError):
            EntityTagger.load(tmp_path / "none")


class TestTransformers:
    @pytest.fixture(scope="class")
    def folder(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A tiny BERT token classifier with other people's label names, its head made to call 灵 犀 值 an indicator."""
        torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
        path = tmp_path_factory.mktemp("bert")
        vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"灵犀值为亿元0123456789.%"]
        (path / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
        tokenizer = transformers.BertTokenizerFast(vocab=str(path / "vocab.txt"))
        labels = {0: "O", 1: "B-METRIC", 2: "I-METRIC"}
        config = transformers.BertConfig(
            vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
            num_labels=3, id2label=labels, label2id={label: number for number, label in labels.items()},
        )  # fmt: skip
        model = transformers.BertForTokenClassification(config)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        encoded = tokenizer(list("灵犀值为12亿元"), is_split_into_words=True, return_tensors="pt")
        target = torch.tensor([[0, 1, 2, 2, 0, 0, 0, 0, 0, 0]])
        for _ in range(60):
            loss = model(**encoded, labels=target).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.save_pretrained(path)
        tokenizer.save_pretrained(path)
        return path

    @pytest.mark.filterwarnings("ignore")
    def test_a_model_by_path(self, folder: Path) -> None:
        (proposal,) = TransformersTagger.load(str(folder)).propose("灵犀值为12亿元", [])
        assert proposal.span == EntitySpan(0, 3, INDICATOR)
        ner = FinancialNER(model=str(folder))
        assert [entity["text"] for entity in ner.extract_entities("灵犀值为12亿元")] == ["灵犀值", "12亿元"]

    def test_an_unknown_model_is_said_so(self, tmp_path: Path) -> None:
        pytest.importorskip("transformers")
        with pytest.raises(SettingsError):
            FinancialNER(model=str(tmp_path)).extract_entities("净利润5亿元")
