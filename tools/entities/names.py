"""Companies in a sentence: banks, share codes, companies by suffix or by list, abbreviations in lists, self references."""

from __future__ import annotations

import re
from functools import lru_cache

from data.banks import bank_registry, canonical_code, stands_as_name
from tools.entities.spans import EntitySpan, EntityType, entity_words, word_at
from tools.word_index import WordIndex, cuts_a_word

_SUFFIX = re.compile(
    r"(?:\([一-鿿]{2,4}\))?(?:集团)?(?:股份有限公司|有限责任公司|控股有限公司|有限公司|集团公司|总公司|会计师事务所|会计师行|律师事务所)(?:\(特殊普通合伙\)|\(有限合伙\))?"
)
_LOCAL_BANK = re.compile(r"[一-鿿]{2,8}?(?:农村商业银行|农商银行|村镇银行|农村合作银行|农商行)")
_LONE_BANK = re.compile(r"(?<![一-鿿\d])[一-鿿]{2,5}?(?:市商业|商业)?银行(?:\((?:中国|香港|澳门)\))?(?=[^一-鿿]|$|[和与及等的将在拟因净营总资不拨核一贷存发获为率成本披公]|(?:[一-鿿]{2,6}银行))")
_NO_BANK = re.compile(
    r"中央|人民|世界|投资|私人|手机|网上|网络|零售|交易|数字|电子|政策|开放|^商业|系统|影子|直销|头部|托管|代理|国际|结算|保荐|其他|多家|这家|专业|传统|^农村|^村镇|"
    r"公司|流量|绿色|智慧|科技|普惠|社区|综合|现代|主流|主要|优秀|最佳|最|一流|轻型|价值|财富|合作|存管|主办|承销|监管|海外|清算|储蓄银行|不同|所有|部分|家银|大行"
)
_NO_NAME = re.compile(r"[的在是占以和与及为由向对从等各家个类全多将被有了其这该些数]|股份制|国有|上市|中小|大型|区域|城市|民营|外资|我国|国内|本土|地方|部分|头部")
# What no name begins with: a stop word before it stands inside the name (越秀金融控股集团, 仁和人寿保险).
_GENERIC = re.compile(r"集团|控股|股份|有限|人寿|财产|保险|科技|投资|金融|租赁|证券|信托|实业|贸易|工程|商贸|发展|资信|能源|管理")
_NAME_RUN = re.compile(r"(?:[一-鿿]|[A-Za-z&·]|\([一-鿿]{2,4}\))+$")
_CODE = re.compile(
    r"(?<![A-Za-z\d.])(?:\d{6}\s?[.\-]\s?(?:SH|SZ|SS|BJ)|\d{4,5}\s?[.\-]\s?HK|(?:SH|SZ|HK|SEHK|SSE)\s?[:.]?\s?\d{4,6}|\d{6}|0\d{4})(?![A-Za-z\d.%]|,\d{3}(?!\d)|\s?[股户人元万亿])",
    re.IGNORECASE,
)
_CODE_CONTEXT = re.compile(r"(?:[(、,;/:]|代[码号]为?|[AH]股)\s?:?\s?$")
_BRACKETED = re.compile(r"[一-鿿]\($")
_LISTED = ("60", "68", "00", "30", "0")  # How codes of listed shares begin.
_SELF = re.compile(r"本(?:集团|公司|银行|行(?![业为动程使政列情当权]))|该(?:银行|公司|集团|行(?![业为动程使政列情]))|我(?:行(?![业为动程])|司(?![法机]))|贵行|全行(?![业程])")
_BARE_SELF = re.compile(
    r"(?<![一-鿿])(?:集团|公司)|(?:(?<=预计|维持|看好|认为|由于|以及|显示|来看|给予|判断|考虑|目前|当前|此外|同时)|(?<=[但且而令使因]))公司"
)
_OWNER = re.compile(r"归属于?$")
_SELF_NOT_AFTER = re.compile(
    r"(?:类|债|法|章程|条线|板块|化|军|有限|总部|客户|业务|银行|存款|治理|金融|股东|间|层面的|型|股权|名称|简介|概况|信息|秘书|业绩|代码|网站|网址|地址|"
    r"贷款(?!损失|拨备率|减值|总额|和垫款|及垫款)|授信|理财|信贷|活期|定期|票据|短期|中长期|及|或|和|与|、|都|们|成员|内部交易)"
)
_LIST_GAP = r"\s?[、,和及与以]\s?"
_SEVERAL = r"(?:[两二三四五六七八九十\d]+[大家]|等|国有|大|上市|股份)"
_QUOTED = re.compile(r"《[^》]*》")


@lru_cache(maxsize=1)
def _known() -> WordIndex[bool]:
    """Every name that stands for a company wherever it is found."""
    words = entity_words()
    lines = (prefix + line for prefix in words.company_prefixes for line in words.company_lines)
    return WordIndex(dict.fromkeys((*bank_registry().names(), *words.companies, *lines), True))


@lru_cache(maxsize=1)
def _short_list() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A list of banks by short names that a word for several banks closes, and one name inside such a list."""
    names = {name for name in bank_registry().weak_names() if not name.isascii()} | {"邮储", *"工农中建交"}
    one = f"(?:{word_at(frozenset(names)).pattern})(?:银行|行)?"
    run = rf"(?<![一-鿿]){one}(?:{_LIST_GAP}{one})+(?=\s?{_SEVERAL}[一-鿿]{{0,6}}?银?行)|(?<![一-鿿])工农中建交?(?:邮储)?(?=\s?{_SEVERAL}|[,、,等])"
    return re.compile(run), re.compile(one)


def find_companies(text: str) -> list[EntitySpan]:
    """Every company named in a prepared text (self references aside), left to right, none overlapping."""
    taken = [*_registered(text), *_codes(text)]
    taken = _over(taken, _by_suffix(text))
    taken += _lone_banks(text, taken)
    taken = _over(_short_lists(text), taken)
    return sorted(EntitySpan(start, end, EntityType.COMPANY) for start, end in taken if not _owner(text, start))


def find_self_references(text: str) -> list[EntitySpan]:
    """本行, 本集团, 该行 … in a prepared text; never inside an owner's clause (归属于本行股东的净利润)."""
    return [EntitySpan(*match.span(), EntityType.COMPANY) for match in _SELF.finditer(text) if not _owner(text, match.start())]


def find_bare_self_references(text: str) -> list[EntitySpan]:
    """公司 and 集团 alone at the head of a clause, where the other entities are masked; never inside a book title."""
    titles = [match.span() for match in _QUOTED.finditer(text)]
    return [
        EntitySpan(*match.span(), EntityType.COMPANY) for match in _BARE_SELF.finditer(text)
        if not _SELF_NOT_AFTER.match(text, match.end()) and not any(start < match.start() < end for start, end in titles)
    ]  # fmt: skip


def _owner(text: str, start: int) -> bool:
    return _OWNER.search(text, max(0, start - 3), start) is not None


def _over(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Both lists, where they overlap the longer span, of equals the second list's."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted([*second, *first], key=lambda span: span[0] - span[1]):
        if all(end <= low or start >= high for low, high in kept):
            kept.append((start, end))
    return kept


def _registered(text: str) -> list[tuple[int, int]]:
    """Names from the registry and the company list, where they stand as names."""
    spans = ((start, end) for start, end, _ in _known().spans(text))
    return [(start, end) for start, end in spans if not cuts_a_word(text, start, end) and stands_as_name(text, start, end) and not text.startswith("行业", end)]


def _codes(text: str) -> list[tuple[int, int]]:
    """Share codes: with their exchange anywhere, bare ones only where a code is expected and the registry knows them."""
    known, found = bank_registry().codes(), []
    for match in _CODE.finditer(text):
        code = canonical_code(match[0])
        bracketed = _BRACKETED.search(text, max(0, match.start() - 2), match.start()) and text[match.end() : match.end() + 1] == ")"
        if not match[0].isdigit() or (bracketed and match[0].startswith(_LISTED)) or (code in known and _CODE_CONTEXT.search(text[: match.start()])):
            found.append(match.span())
    return found


def _by_suffix(text: str) -> list[tuple[int, int]]:
    """Names that end in a legal form, grown leftwards to the nearest word that cannot be part of a name."""
    found, last = list[tuple[int, int]](), 0
    for match in _SUFFIX.finditer(text):
        start = _left_edge(text, max(last, match.start() - 24), match.start())
        last = match.end()
        if match.start() - start >= 2 and "交易所" not in text[start:last]:
            found += _split_repeats(text, start, last)
    found += [match.span() for match in _LOCAL_BANK.finditer(text) if not _NO_NAME.search(match[0][:-3])]
    return found


def _lone_banks(text: str, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Banks that the registry does not know, at the head of a clause or in a list, apart from the names already found."""
    return [
        match.span() for match in _LONE_BANK.finditer(text)
        if not _NO_NAME.search(match[0]) and not _NO_BANK.search(match[0]) and all(match.end() <= low or match.start() >= high for low, high in taken)
    ]  # fmt: skip


def _left_edge(text: str, low: int, high: int) -> int:
    """Where the run of name characters before `high` begins: after punctuation, a stop word or a masked entity."""
    run = _NAME_RUN.search(text[low:high])
    if run is None:
        return high
    start = high - len(run[0])
    for match in word_at(entity_words().company_stops).finditer(text, start, high):
        if (match.end() < high - 1 or len(match[0]) > 1) and not _GENERIC.match(text, match.end()):
            start = max(start, match.end())
    return start


def _split_repeats(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A short name run together with the full name that repeats it (招银国际招银国际金融控股有限公司) is two names."""
    name = text[start:end]
    for size in range(len(name) // 2, 1, -1):
        if name[size : size + 2] == name[:2] and size >= 3:
            return [(start, start + size), (start + size, end)]
    return [(start, end)]


def _short_lists(text: str) -> list[tuple[int, int]]:
    """工、农、中、建、邮储、交通六大国有银行: each name of a list that a word for several banks closes."""
    run, one = _short_list()
    found = []
    for match in run.finditer(text):
        if match[0].startswith("工农中建"):
            found += [(match.start() + at, match.start() + at + 1) for at in range(5 if match[0][4:5] == "交" else 4)]
        else:
            found += [item.span() for item in one.finditer(text, match.start(), match.end())]
    return found

