"""资产负债表分析: what the sheet is made of, loans by term, investments, liabilities, deposits, equity, off-balance items."""

from __future__ import annotations

from tests.golden_report.bank.interest import DEPOSIT_PARTS
from tests.golden_report.chapters.quality import amount_and_share
from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Row, Table, change, value
from tests.golden_report.tables import TableSetter


def write(flow: Flow) -> None:
    """The section."""
    flow.heading("三、资产负债表分析", 2)
    _assets(flow)
    _liabilities(flow)
    _equity(flow)


def _assets(flow: Flow) -> None:
    flow.heading("（一）资产", 3)
    flow.say(
        "截至报告期末，本集团资产总额{资产总额.23|亿元}，较上年末{资产总额.23^22|增加}，{资产总额.23^22|增长}，主要由于信贷投放和债券投资增加。资产总额首次突破一万五千亿元。",
        topics=("资产结构",),
    )
    labels = (("发放贷款和垫款净额", "客户贷款净额"), ("金融投资", "金融投资"), ("现金及存放中央银行款项", "现金及存放中央银行款项"), ("存放同业款项", "存放同业款项"), ("拆出资金", "拆出资金"),
              ("买入返售金融资产", "买入返售金融资产"), ("固定资产", "固定资产"), ("递延所得税资产", "递延所得税资产"))  # fmt: skip
    rows = [Row(label, key) for label, key in labels]
    other = tuple(_rest(flow, [key for _, key in labels], "资产总额", when) for when in ("23", "22"))
    rows += [Row("其他(1)", cells=(*other[0], *other[1])), Row("资产总计", "资产总额", bold=True)]
    TableSetter(flow, Table("资产构成", amount_and_share("资产总额"), tuple(rows), unit_line="人民币百万元，百分比除外", topics=("资产结构",), golden=True, continued="bare",
                            notes=("注：(1) 包括衍生金融资产、使用权资产、无形资产及其他资产。",))).draw()  # fmt: skip
    flow.heading("1. 贷款", 4)
    flow.say(
        "公司贷款余额{公司贷款.23|亿元}，较上年末{公司贷款.23^22|增长}，投放重点为先进制造、绿色能源和基础设施；个人贷款余额{个人贷款.23|亿元}，较上年末{个人贷款.23^22|增长}，其中个人住房贷款{个人住房贷款.23|亿元}、"
        "个人经营性贷款{个人经营性贷款.23|亿元}、信用卡贷款{信用卡贷款.23|亿元}；票据贴现余额{票据贴现.23|亿元}。",
        topics=("贷款投向",),
    )
    flow.heading("2. 金融投资", 4)
    flow.say("金融投资坚持以利率债为主，适度配置高等级信用债，久期控制在四年左右。非标准化债权资产余额持续压降，期末占金融投资比重不足百分之三。", topics=("债券投资策略",))
    kinds = (("交易性金融资产", "交易性金融资产"), ("债权投资", "债权投资"), ("其他债权投资", "其他债权投资"), ("其他权益工具投资", "其他权益工具投资"), ("金融投资合计", "金融投资"))
    rows = [Row(label, key, bold=key == "金融投资") for label, key in kinds]
    TableSetter(flow, Table("", amount_and_share("金融投资"), tuple(rows), unit_line="人民币百万元，百分比除外", style="banded", path="金融投资按类别", topics=("金融投资",))).draw()


def _rest(flow: Flow, keys: list[str], total: str, when: str) -> tuple[str, str]:
    rest = flow.book.number(total, when) - sum(flow.book.number(key, when) for key in keys)
    return f"{rest:,}", f"{rest / flow.book.number(total, when) * 100:.2f}"


def _liabilities(flow: Flow) -> None:
    flow.heading("（二）负债", 3)
    flow.say("截至报告期末，本集团负债总额{负债总额.23|亿元}，较上年末{负债总额.23^22|增长}。", topics=("负债结构",))
    labels = (("吸收存款", "吸收存款"), ("应付债券", "应付债券"), ("向中央银行借款", "向中央银行借款"), ("同业及其他金融机构存放款项", "同业及其他金融机构存放款项"), ("拆入资金", "拆入资金"), ("卖出回购金融资产款", "卖出回购金融资产款"))
    rest = tuple(_rest(flow, [key for _, key in labels], "负债总额", when) for when in ("23", "22"))
    rows = [*(Row(label, key) for label, key in labels), Row("其他负债项目", cells=(*rest[0], *rest[1])), Row("负债合计", "负债总额", bold=True)]
    TableSetter(flow, Table("负债构成", amount_and_share("负债总额"), tuple(rows), unit_line="人民币百万元，百分比除外", continued="header", golden=True, topics=("负债结构",))).draw()
    flow.say(
        "客户存款方面，活期存款占比{活期存款占比.23|%}，较上年末{活期存款占比.23^22|百分点}，存款定期化趋势仍较明显。公司存款{公司存款.23|亿元}，个人存款{个人存款.23|亿元}，存贷款比例{存贷比.23|%}。",
        topics=("存款结构", "存款定期化"),
    )
    rows = [Row("公司存款", "公司存款"), Row("活期存款", "公司活期存款", 1), Row("定期存款", "公司定期存款", 1), Row("个人存款", "个人存款"), Row("活期存款", "个人活期存款", 1),
            Row("定期存款", "个人定期存款", 1), *(Row(name, name) for name in DEPOSIT_PARTS if name[:2] not in ("公司", "个人")), Row("存款本金合计", "存款总额", bold=True)]  # fmt: skip
    TableSetter(flow, Table("按产品及客户划分的存款", amount_and_share("存款总额"), tuple(rows), unit_line="人民币百万元，百分比除外", topics=("存款结构",), golden=True, continued="repeat")).draw()


def _equity(flow: Flow) -> None:
    flow.heading("（三）股东权益", 3)
    flow.say("股东权益合计{股东权益合计.23|亿元}，较上年末{股东权益合计.23^22|增长}；未分配利润{未分配利润.23|亿元}。报告期内提取盈余公积{盈余公积本年提取.23|亿元}，提取一般风险准备{一般风险准备本年提取.23|亿元}。", topics=("股东权益",))
    labels = ("股本", "其他权益工具", "资本公积", "其他综合收益", "盈余公积", "一般风险准备", "未分配利润")
    keys = {"其他综合收益": "其他综合收益余额"}
    columns = (value(("2023年末",), "23", 76), value(("2022年末",), "22", 76), change(("增减(%)",), "23", "22", "rate", 66))
    rows = [*(Row(name, keys.get(name, name)) for name in labels), Row("归属于本行股东权益", "归母股东权益", bold=True), Row("少数股东权益", "少数股东权益"), Row("股东权益合计", "股东权益合计", bold=True)]
    TableSetter(flow, Table("", columns, tuple(rows), unit_line="人民币百万元", style="open", path="股东权益构成", topics=("股东权益",))).draw()
    flow.heading("（四）表外项目", 3)
    flow.say("表外项目主要包括信贷承诺和委托业务。期末信贷承诺余额{信贷承诺.23|亿元}，较上年末{信贷承诺.23^22|增长}；委托贷款余额{委托贷款.23|亿元}。", topics=("表外业务",))
    names = ("银行承兑汇票", "未使用的信用卡额度", "开出保函", "开出信用证", "贷款承诺")
    rows = [*(Row(name, name) for name in names), Row("信贷承诺合计", "信贷承诺", bold=True)]
    TableSetter(flow, Table("信贷承诺", columns, tuple(rows), unit_line="人民币百万元", topics=("表外业务",))).draw()
