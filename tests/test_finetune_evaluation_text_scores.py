"""BLEU, ROUGE-L and BERTScore with their signatures - and what they do not see."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import TrainingError
from finetune.evaluation.recompute import score
from finetune.evaluation.text_scores import bert_score, bleu, rouge_l, text_scores
from finetune.evaluation.token_vectors import TokenEncoder, token_encoder
from finetune.rows.record import Row

RIGHT = "净利润同比增长率 = (2023年净利润 - 2022年净利润) / 2022年净利润 × 100% = (100 - 80) / 80 × 100% = 25%。因此，该银行2023年净利润同比增长25%。"
ASKED = "分析以下财报数据，回答问题\n某银行2023年净利润100亿元，2022年净利润80亿元，同比增长多少？"
ROW = Row([{"role": "user", "content": ASKED}, {"role": "assistant", "content": RIGHT}], {"answer": "25", "unit": "%", "program": "(100-80)/80*100"})


@pytest.fixture(scope="module")
def encoder() -> TokenEncoder:
    return token_encoder()


def test_a_wrong_number_scores_high_and_a_right_short_answer_low(encoder: TokenEncoder) -> None:
    """Why recompute accuracy is the first metric."""
    wrong, short = RIGHT.replace("25%", "35%"), "25%"
    for_wrong, for_short = text_scores([wrong], [RIGHT], encoder), text_scores([short], [RIGHT], encoder)
    assert for_wrong["BLEU"].corpus > 0.93 and for_wrong["ROUGE-L"].corpus > 0.97 and for_wrong["BERTScore"].corpus > 0.99
    assert for_short["BLEU"].corpus < 0.01 and for_short["ROUGE-L"].corpus < 0.2 and for_short["BERTScore"].corpus < 0.5
    assert not score(ROW, wrong).final and score(ROW, short).final and score(ROW, RIGHT).right


def test_every_score_carries_its_signature(encoder: TokenEncoder) -> None:
    scores = text_scores([RIGHT, "是"], [RIGHT, "否"], encoder)
    assert scores["BLEU"].signature.startswith("BLEU|tok:char|scale:0-1|") and "sacrebleu:" in scores["BLEU"].signature
    assert scores["ROUGE-L"].signature.startswith("ROUGE-L|tok:char|scale:0-1|f1")
    assert scores["BERTScore"].signature.startswith("BERTScore|encoder:caizhi-embedding(static+char)|scale:0-1")
    assert scores["ROUGE-L"].items == (1.0, 0.0) and scores["BERTScore"].items[1] == 0.0
    assert set(text_scores(["是"], ["是"])) == {"BLEU", "ROUGE-L"} and text_scores([], []) == {}
    with pytest.raises(ValueError):
        text_scores(["是"], [])


def test_identical_texts_score_one_and_empty_ones_zero(encoder: TokenEncoder) -> None:
    assert bleu([RIGHT], [RIGHT]).corpus == pytest.approx(1) and rouge_l([RIGHT], [RIGHT]).corpus == 1
    assert bert_score([RIGHT, ""], [RIGHT, RIGHT], encoder).items == pytest.approx((1, 0), abs=1e-5)


def test_rouge_l_is_the_longest_common_subsequence() -> None:
    assert rouge_l(["不良率上升"], ["不良贷款率下降"]).corpus == pytest.approx(2 * (3 / 5) * (3 / 7) / (3 / 5 + 3 / 7))


@pytest.mark.filterwarnings("ignore")
def test_bert_score_is_that_of_the_bert_score_package(tmp_path: Path) -> None:
    """The same greedy matching as the package of the paper's authors, over the same small BERT."""
    import torch
    from bert_score import BERTScorer
    from transformers import BertConfig, BertModel, BertTokenizerFast  # type: ignore[attr-defined]

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"0123456789%.，。净利润增长同比亿元"]
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(vocab_file=str(tmp_path / "vocab.txt"), model_max_length=64).save_pretrained(tmp_path)
    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, max_position_embeddings=64)
    BertModel(config).save_pretrained(tmp_path)
    outputs, references = ["净利润增长25%", "同比增长"], ["净利润同比增长35%。", "净利润100亿元"]
    try:
        theirs = BERTScorer(model_type=str(tmp_path), num_layers=2, device="cpu").score(outputs, references)[2].tolist()
    except (OverflowError, AttributeError) as error:
        pytest.skip(f"bert-score does not run with this transformers: {error}")
    ours = bert_score(outputs, references, token_encoder(str(tmp_path)))
    # The package counts [CLS] and [SEP] as tokens of the other side only when idf is off; ours leaves them out of both.
    assert ours.items == pytest.approx(theirs, abs=0.03) and "layer -1" in ours.signature


def test_an_encoder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="加载不了"):
        token_encoder(str(tmp_path / "none"))
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(TrainingError, match="词向量"):
        token_encoder(str(tmp_path))
