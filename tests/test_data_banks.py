"""The bank registry: what it holds, how it is asked, and how it refuses a bad file."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from data.banks import (
    BANKS_FILE,
    CATALOGUE,
    GROUPS_FILE,
    Bank,
    BankRegistry,
    BankType,
    bank_registry,
    canonical_code,
    fold_name,
    simplify,
    stands_as_name,
)
from data.errors import CatalogueError

REGISTRY = bank_registry()


def named(text: str) -> str | None:
    bank = REGISTRY.by_name(text)
    return bank.id if bank else None


def test_it_holds_the_banks_an_analyst_expects() -> None:
    kinds = Counter(bank.type for bank in REGISTRY)
    assert len(REGISTRY) >= 90
    assert (kinds[BankType.STATE_LARGE], kinds[BankType.JOINT_STOCK], kinds[BankType.POLICY]) == (6, 12, 3)
    assert sum(bool(bank.a_share) for bank in REGISTRY) == 42
    assert sum(bank.listed for bank in REGISTRY) == 57
    assert bank_registry() is REGISTRY


@pytest.mark.parametrize(
    "text",
    [
        "招商银行", "招行", "CMB", "cmb", "招商银行股份有限公司", "招商銀行", "招商", "600036", "600036.SH",
        "600036.sh", "SH600036", "sh:600036", "SH.600036", "600036.SS", "600036.XSHG", "03968", "03968.HK", "3968.HK",
        "3968.hk", "HK3968", "HK:3968", "HK:03968", "03968-HK", "６０００３６", "ＣＭＢ", "６０００３６．ＳＨ",
        "China Merchants Bank", "china merchants bank", " 招商 银行 ", "03968 . HK",
    ],
)  # fmt: skip
def test_every_form_of_one_bank_finds_it(text: str) -> None:
    assert named(text) == "cmb"


@pytest.mark.parametrize(
    ("text", "bank_id"),
    [
        ("工行", "icbc"), ("农行", "abc"), ("中行", "boc"), ("建行", "ccb"), ("交行", "bocom"), ("邮储", "psbc"),
        ("中国邮政储蓄银行有限责任公司", "psbc"), ("中國銀行", "boc"), ("農業銀行", "abc"), ("01288-HK", "abc"),
        ("HK:1398", "icbc"), ("998.HK", "citic"), ("000001", "pab"), ("000001.SZ", "pab"), ("平银", "pab"),
        ("重庆银行", "cqcb"), ("渝农商行", "cqrcb"), ("重庆农商行", "cqrcb"), ("沪农商行", "shrcb"),
        ("上海银行", "bosc"), ("苏州银行", "szcb"), ("苏农银行", "snrcb"), ("苏州农商银行", "snrcb"),
        ("青岛银行", "qdcb"), ("青农商行", "qdrcb"),
        ("杭银", "hzcb"), ("宁波", "nbcb"), ("南银", "njcb"), ("002142", "nbcb"), ("国开行", "cdb"), ("农发行", "adbc"),
        ("汇丰银行（中国）", "hsbc_china"), ("汇丰银行(中国)有限公司", "hsbc_china"),
    ],
)  # fmt: skip
def test_near_names_keep_apart(text: str, bank_id: str) -> None:
    assert named(text) == bank_id


@pytest.mark.parametrize(
    "text", ["", "银行", "某某银行", "中国", "1988", "2016", "3968", "600036.SZ", "000001.SH", "999999", "12345678"]
)
def test_what_names_no_bank_finds_none(text: str) -> None:
    assert named(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("601658", "601658.SH"), ("sz000001", "000001.SZ"), ("XSHE", None), ("1.HK", "00001.HK"), ("000001.HK", None),
        ("SH600036.SH", None), ("900901", None), ("600036.US", None), ("00998", "00998.HK"), ("6000.SH", None),
    ],
)  # fmt: skip
def test_codes_have_one_canonical_form(text: str, code: str | None) -> None:
    assert canonical_code(text) == code


def test_every_name_and_code_of_every_bank_leads_back_to_it() -> None:
    for bank in REGISTRY:
        assert REGISTRY.get(bank.id) is bank
        for text in (*bank.strong_names, *bank.weak_names, *bank.codes):
            assert REGISTRY.by_name(text) is bank, text
        for code in bank.codes:
            assert REGISTRY.codes()[code] is bank
    assert REGISTRY.get("no_such_bank") is None


def test_names_and_codes_are_claimed_once() -> None:
    names = [fold_name(n) for bank in REGISTRY for n in {*bank.strong_names, *bank.weak_names}]
    codes = [code for bank in REGISTRY for code in bank.codes]
    assert len(names) == len(set(names))
    assert len(codes) == len(set(codes)) == len(REGISTRY.codes())


def test_weak_names_stay_out_of_the_strong_ones() -> None:
    strong, weak = REGISTRY.names(), REGISTRY.weak_names()
    assert not set(strong) & set(weak)
    assert {"北京", "上海", "南京", "宁波", "江苏", "平安", "光大", "中信", "民生", "苏银"} <= set(weak)
    assert {"招行", "招商银行", "招商银行股份有限公司", "China Merchants Bank", "浦发", "邮储"} <= set(strong)
    assert strong["汇丰银行（中国）"] is strong["汇丰银行(中国)"]


def test_a_bank_that_left_the_exchange_keeps_its_code() -> None:
    left = [bank for bank in REGISTRY if bank.codes and not bank.listed]
    assert {bank.id for bank in left} == {"jinzhou", "shengjing", "jiutai"}
    assert not set(left) & set(REGISTRY.groups()["上市银行"])


def test_groups_gather_the_banks_their_names_promise() -> None:
    groups = REGISTRY.groups()
    assert groups["六大行"] == groups["国有大行"]
    assert [bank.id for bank in groups["六大行"]] == ["icbc", "abc", "boc", "ccb", "bocom", "psbc"]
    assert {bank.id for bank in groups["六大行"]} - {bank.id for bank in groups["五大行"]} == {"psbc"}
    assert len(groups["股份行"]) == len(groups["股份制银行"]) == 12
    assert len(groups["A股上市银行"]) == 42
    assert len(groups["H股上市银行"]) == 30
    assert set(groups["上市银行"]) == set(groups["A股上市银行"]) | set(groups["H股上市银行"])
    assert {bank.type for bank in groups["城商行"]} == {"city"}
    assert {bank.type for bank in groups["农商行"]} == {"rural"}
    assert not set(groups) & (set(REGISTRY.names()) | set(REGISTRY.weak_names()))


def test_peers_are_the_declared_ones_or_the_listed_of_the_type() -> None:
    by_id = {bank.id: bank for bank in REGISTRY}
    assert [peer.id for peer in REGISTRY.peers(by_id["cmb"])] == ["cib", "citic", "spdb", "pab"]
    undeclared = REGISTRY.peers(by_id["gzcb"])
    assert by_id["nbcb"] in undeclared
    assert all(peer.listed and peer.type == BankType.CITY for peer in undeclared)


@pytest.mark.parametrize(
    ("text", "name", "stands"),
    [
        ("中国银行业绩稳健", "中国银行", True), ("中国银行业总资产", "中国银行", False),
        ("上海银行间同业拆放利率", "上海银行", False), ("上海银行2023年净利润", "上海银行", True),
        ("中国银行保险监督管理委员会", "中国银行", False), ("中国银行（香港）有限公司", "中国银行", False),
        ("其中行业贷款", "中行", False), ("2019年中行净利润", "中行", True), ("其中建行最高", "建行", True),
        ("福建行政区", "建行", False), ("成交行情", "交行", False), ("员工行为管理", "工行", False),
        ("中國銀行業", "中國銀行", False),
        ("工行和农行", "农行", True), ("在沙漠中行走", "中行", False), ("与法国兴业银行", "兴业银行", False),
        ("法国兴业银行", "兴业银行", False), ("与兴业银行相比", "兴业银行", True), ("招行业务及管理费", "招行", True),
    ],
)  # fmt: skip
def test_a_name_inside_another_word_does_not_stand(text: str, name: str, stands: bool) -> None:
    start = text.index(name)
    assert stands_as_name(text, start, start + len(name)) is stands


def test_simplifying_keeps_every_offset() -> None:
    text = "中國農業銀行與興業銀行、廈門銀行"
    assert simplify(text)[:6] == "中国农业银行"
    assert len(simplify(text)) == len(text)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A private copy of the two files, free to be damaged."""
    for name in (BANKS_FILE, GROUPS_FILE):
        shutil.copy(CATALOGUE / name, tmp_path / name)
    return tmp_path


def test_the_private_copy_loads_like_the_packaged_one(catalogue: Path) -> None:
    assert list(BankRegistry.load(catalogue)) == list(REGISTRY)


GOOD = "{id: new, legal_name: 新行股份有限公司, name: 新行, type: city, listed: false, headquarters: 新城}"


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (BANKS_FILE, "- {id: icbc", "- {id: icbc, id: [", "无法读取目录文件 banks.yaml"),
        (BANKS_FILE, "a_share: 600036.SH", "a_share: 600036.SZ", r"banks.yaml, entry 7 \(cmb\): a_share '600036.SZ'"),
        (BANKS_FILE, "h_share: 03968.HK", "h_share: 3968.HK", r"\(cmb\): h_share"),
        (BANKS_FILE, "a_share: 600036.SH", "a_share: 601398.SH", r"\(cmb\): 601398.SH is already taken by icbc"),
        (BANKS_FILE, "short_names: [招行]", "short_names: [工行]", r"\(cmb\): 工行 is already taken by icbc"),
        (BANKS_FILE, "short_names: [招行]", "short_names: [ＣＭＢ]", r"\(cmb\): CMB is already taken by cmb"),
        (BANKS_FILE, "weak_names: [招商, 招银]", "weak_names: [招行]", r"\(cmb\): 招行 is already taken by cmb"),
        (BANKS_FILE, "short_names: [招行]", "short_names: 招行", r"\(cmb\): short_names must be a list"),
        (BANKS_FILE, "short_names: [招行]", "nick_names: [招行]", r"\(cmb\): unknown key nick_names"),
        (BANKS_FILE, "{id: cmb,", "{id: icbc,", r"entry 7 \(icbc\): id icbc is already taken"),
        (BANKS_FILE, "name: 招商银行,", "name: 3968,", r"\(cmb\): name must be a text"),
        (BANKS_FILE, "type: joint_stock", "type: joint", r"\(cmb\): type 'joint' is not one of"),
        (BANKS_FILE, "listed: true", "listed: maybe", r"\(icbc\): listed must be true or false"),
        (BANKS_FILE, "peers: [cib, citic", "peers: [nobody, citic", r"\(cmb\): peer nobody"),
        (BANKS_FILE, "# Large", f"- {GOOD.replace('false', 'true')}\n# Large", r"\(new\): a listed bank needs a code"),
        (BANKS_FILE, "# Large", "- new\n# Large", "banks.yaml 应为条目列表"),
        (GROUPS_FILE, "ccb, bocom]", "nobody]", r"bank_groups.yaml, entry 2 \(state_five\): no bank has the id nobody"),
        (GROUPS_FILE, "members: [icbc, abc, boc, ccb, bocom]", "members: []", r"\(state_five\): the group holds no"),
        (GROUPS_FILE, "工农中建交", "六大行", r"\(state_five\): 六大行 is already taken"),
        (GROUPS_FILE, "工农中建交", "招行", r"\(state_five\): 招行 is already taken"),
        (GROUPS_FILE, "{type: state_large}", "{type: huge}", r"\(state_six\): select names no known type"),
        (GROUPS_FILE, "{type: state_large}", "{size: big}", r"\(state_six\), select: unknown key size"),
        (GROUPS_FILE, "{type: state_large}", "everything", r"\(state_six\): select must be a mapping"),
        (GROUPS_FILE, "market: a_share}", "market: nasdaq}", r"\(listed_a\): market 'nasdaq'"),
    ],
)  # fmt: skip
def test_a_damaged_catalogue_is_refused_by_name(catalogue: Path, file: str, old: str, new: str, complaint: str) -> None:
    path = catalogue / file
    text = path.read_text(encoding="utf-8")
    position = text.index(old)
    path.write_text(text[:position] + new + text[position + len(old) :], encoding="utf-8")
    with pytest.raises(CatalogueError, match=complaint):
        BankRegistry.load(catalogue)


def test_a_missing_or_empty_file_is_refused(catalogue: Path) -> None:
    (catalogue / GROUPS_FILE).write_text("", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"bank_groups\.yaml 应为条目列表"):
        BankRegistry.load(catalogue)
    (catalogue / BANKS_FILE).unlink()
    with pytest.raises(CatalogueError, match=r"无法读取目录文件 banks\.yaml"):
        BankRegistry.load(catalogue)


def test_a_bank_is_a_value() -> None:
    bank = REGISTRY.by_name("招行")
    assert isinstance(bank, Bank)
    with pytest.raises(AttributeError):
        bank.name = "另一家"  # type: ignore[misc]
