"""Training data and a tiny run: exact spans, the same data for the same seed, a model that loads and reads."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from finetune.ner_corpus import corpus, digest, forgetful, rows, vocabulary
from finetune.ner_data import Sentence, sentences
from finetune.ner_noise import perturbed
from tools.entities.features import LABELS
from tools.entities.misreadings import LOOKALIKES
from tools.entities.spans import EntitySpan, EntityType, prepare
from tools.entities.tagger import EntityTagger


def spans(sentence: Sentence) -> list[tuple[str, str]]:
    """(type, words) of the tagged spans of a sentence."""
    found: list[tuple[str, str]] = []
    for char, tag in zip(sentence.text, sentence.tags, strict=True):
        if tag is None:
            continue
        if tag[0] == "B":
            found.append((tag[1].value, char))
        else:
            found[-1] = (found[-1][0], found[-1][1] + char)
    return found


def test_a_sentence_has_one_tag_a_character_and_no_slot_left() -> None:
    for sentence in sentences(400, seed=1):
        assert len(sentence.text) == len(sentence.tags)
        assert not set("{}|[]") & set(sentence.text)


def test_spans_are_whole_entities() -> None:
    found = [span for sentence in sentences(600, seed=2) for span in spans(sentence)]
    values = [words for kind, words in found if kind == "数值"]
    assert all(any(char.isdigit() for char in words) for words in values)
    assert {kind for kind, _ in found} == {"公司", "时间", "指标", "数值", "变动"}
    assert all(words == words.strip() for _, words in found)


def test_many_names_are_in_no_catalogue() -> None:
    from data.indicators import indicator_catalogue

    names = [words for sentence in sentences(500, seed=3) for kind, words in spans(sentence) if kind == "指标"]
    unknown = [name for name in names if indicator_catalogue().by_name(name) is None]
    assert 0.3 < len(unknown) / len(names) < 0.8


def test_the_same_seed_gives_the_same_corpus() -> None:
    assert digest(corpus(50, 4, prose=False)) == digest(corpus(50, 4, prose=False)) != digest(corpus(50, 5, prose=False))


def test_noise_keeps_every_tag_on_its_character() -> None:
    chance = random.Random(6)
    for sentence in sentences(400, seed=6):
        noisy = perturbed(sentence, chance)
        assert len(noisy.text) == len(noisy.tags)
        last = None
        for char, tag in zip(noisy.text, noisy.tags, strict=True):
            if tag is not None and tag[0] == "I":
                assert last is not None and last[1] is tag[1]
            if tag is not None and tag[0] == "B":
                assert char != " "
            last = tag


def test_noise_of_every_kind_occurs() -> None:
    chance = random.Random(7)
    text = "".join(perturbed(sentence, chance).text for sentence in sentences(500, seed=7))
    for sign in ("％", "．", "億", "貸", "０", ","):
        assert sign in text
    assert set(LOOKALIKES["款"]) & set(text)


def test_traditional_characters_fold_back() -> None:
    chance = random.Random(8)
    plain = Sentence()
    plain.add("贷款余额与资产总额增长", None)
    folded = {prepare(perturbed(plain, chance).text) for _ in range(60)}
    assert prepare(plain.text) in folded


def test_masking_hides_whole_names_only() -> None:
    pairs = [("本行灵犀值为5%", [1, 2, 0, 0, 0, 0, 0, 0])]
    pairs[0][1][2:5] = [LABELS.index("B-指标"), LABELS.index("I-指标"), LABELS.index("I-指标")]
    (row,) = rows(pairs, vocabulary(["本行灵犀值为5%"] * 3))
    seen = {tuple(forgetful(row, random.Random(seed)).seen.characters[:5]) for seed in range(80)}
    first, rest = row.seen.characters[:2], row.seen.characters[2:5]
    assert seen <= {(*first, *rest), (1, 1, *rest), (*first, 1, 1, 1)}
    assert len(seen) == 3


@pytest.mark.filterwarnings("ignore")
def test_a_tiny_run_writes_a_model_that_reads(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    from finetune.ner import Settings, train

    measured = train(Settings(sentences=60, aside=20, epochs=1, minutes=0.2, width=16, layers=1, prose=False), tmp_path)
    assert 0 <= measured["aside_tagger_f1"] <= 1
    assert measured["aside_grammar_f1"] > 0.5
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["data"]["sha256"]) == 64
    assert {"tagger.onnx", "characters.txt"} == set(manifest["files"])
    assert "F1" in (tmp_path / "CARD.md").read_text(encoding="utf-8")
    made = EntityTagger.load(tmp_path).propose("本行净利润5亿元", [EntitySpan(2, 5, EntityType.INDICATOR)])
    assert all(proposal.span.end <= 9 for proposal in made)
