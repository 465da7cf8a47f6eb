"""The table of formulas: each ratio of a bank with its definition, its inputs, its source and a pure function.

Functions take inputs in base units (元, 1 for ratios, 元/股, 股) and give the result in the base unit of the formula's unit.
A few results can be reached in a second way (拨贷比 = 不良贷款率 × 拨备覆盖率); those are formulas of their own with the same indicator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from data.units import Dimension

Values = Mapping[str, Decimal]
When = Literal["current", "opening", "average"]

CORE_2005 = "商业银行风险监管核心指标（试行）（银监发〔2005〕89号）"
CAPITAL_2023 = "商业银行资本管理办法（国家金融监督管理总局令2023年第4号）"
LIQUIDITY_2018 = "商业银行流动性风险管理办法（银保监会令2018年第3号）"
ALLOWANCE_2011 = "商业银行贷款损失准备管理办法（银监会令2011年第4号）"
RULE_9 = "公开发行证券的公司信息披露编报规则第9号（2010年修订）"
RULE_26 = "公开发行证券的公司信息披露编报规则第26号——商业银行信息披露特别规定"
STATEMENTS = "金融企业财务报表格式（财政部）"
DUPONT = "杜邦分析法"
PRACTICE = "银行财务分析通行口径"


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a formula.

    ids: acceptable indicators, best first. when: this period, its opening balance, or the mean of both. stock: a balance at
    a date. average_ids: indicators that report the average balance itself, used before the mean. measure: the dimension it
    must have. expense: a cost, whose layout may print it negative; its size is taken. optional: counts as zero when absent.
    """

    name: str
    label: str
    ids: tuple[str, ...]
    when: When = "current"
    stock: bool = True
    average_ids: tuple[str, ...] = ()
    measure: Dimension = Dimension.AMOUNT
    expense: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula. unit: symbol of the result, "" for the unit of the first input. indicator_id: what it computes.

    flow: the input whose span decides annualisation ("" where it has no meaning). point: the result is read at a date.
    tolerance: how a recomputed value may differ from the reported one. note: shown beside every result.
    """

    id: str
    name: str
    definition: str
    inputs: tuple[Input, ...]
    unit: str
    source: str
    compute: Callable[[Values], Decimal]
    indicator_id: str = ""
    flow: str = ""
    point: bool = True
    tolerance: str = "应在四舍五入范围内一致"
    note: str = ""


def _over(top: str, bottom: str) -> Callable[[Values], Decimal]:
    return lambda v: v[top] / v[bottom]


def _times(one: str, other: str) -> Callable[[Values], Decimal]:
    return lambda v: v[one] * v[other]


def _less(first: str, *others: str) -> Callable[[Values], Decimal]:
    return lambda v: v[first] - sum((v[other] for other in others), Decimal(0))


def _plus(*names: str) -> Callable[[Values], Decimal]:
    return lambda v: sum((v[name] for name in names), Decimal(0))


def _stock(name: str, label: str, *more: str, when: When = "current", average_ids: tuple[str, ...] = ()) -> Input:
    return Input(name, label, (name, *more), when, average_ids=average_ids)


def _flow(name: str, label: str, *more: str, expense: bool = False, optional: bool = False) -> Input:
    return Input(name, label, (name, *more), stock=False, expense=expense, optional=optional)


def _rate(name: str, label: str, *more: str, stock: bool = False) -> Input:
    return Input(name, label, (name, *more), stock=stock, measure=Dimension.RATIO)


_LOANS = _stock("total_loans", "贷款总额")
_NPL = _stock("npl_balance", "不良贷款余额")
_ALLOWANCE = _stock("loan_allowance", "贷款损失准备")
_DEPOSITS = _stock("total_deposits", "存款总额")
_ASSETS = _stock("total_assets", "总资产")
_LIABILITIES = _stock("total_liabilities", "总负债")
_RWA = _stock("rwa", "风险加权资产")
_EQUITY = _stock("equity_attributable", "归属于母公司股东权益", "total_equity")
_TIER1 = _stock("tier1_capital_net", "一级资本净额")
_SHARES = Input("ordinary_shares", "普通股股数", ("ordinary_shares",), measure=Dimension.COUNT)
_STAFF = Input("staff", "员工人数", ("staff",), measure=Dimension.COUNT)
_INCOME = _flow("operating_income", "营业收入")
_NII = _flow("net_interest_income", "利息净收入")
_FEES = _flow("net_fee_income", "手续费及佣金净收入")
_PROFIT = _flow("net_profit", "净利润")
_OWN_PROFIT = _flow("net_profit_attributable", "归属于母公司股东的净利润", "net_profit")
_ADMIN = _flow("operating_expenses", "业务及管理费", expense=True)
_INTEREST_IN = _flow("interest_income", "利息收入")
_INTEREST_OUT = _flow("interest_expense", "利息支出", expense=True)
_MEAN_ASSETS = _stock("total_assets", "总资产", when="average", average_ids=("assets_average",))
_MEAN_EQUITY = _stock("equity_attributable", "归属于母公司股东权益", "total_equity", when="average", average_ids=("equity_average",))
_MEAN_LOANS = _stock("total_loans", "贷款总额", when="average", average_ids=("loans_average",))
_MEAN_DEPOSITS = _stock("total_deposits", "存款总额", when="average", average_ids=("deposits_average",))
_WEIGHTED = "重算用期初期末简单平均，与按月或按日加权的披露值可有小差异"

_ASSET_QUALITY = (
    Formula("npl_ratio", "不良贷款率", "不良贷款率 = 不良贷款余额 ÷ 贷款总额 × 100%", (_NPL, _LOANS), "%", CORE_2005, _over("npl_balance", "total_loans")),
    Formula(
        "npl_ratio_from_provisions", "不良贷款率", "不良贷款率 = 拨贷比 ÷ 拨备覆盖率 × 100%",
        (_rate("loan_provision_ratio", "拨贷比", stock=True), _rate("provision_coverage", "拨备覆盖率", stock=True)), "%", ALLOWANCE_2011,
        _over("loan_provision_ratio", "provision_coverage"), "npl_ratio", tolerance="由两个已四舍五入的比率相除，末位可有差异",
    ),
    Formula(
        "provision_coverage", "拨备覆盖率", "拨备覆盖率 = 贷款损失准备 ÷ 不良贷款余额 × 100%", (_ALLOWANCE, _NPL), "%", ALLOWANCE_2011,
        _over("loan_allowance", "npl_balance"),
    ),
    Formula(
        "provision_coverage_from_ratios", "拨备覆盖率", "拨备覆盖率 = 拨贷比 ÷ 不良贷款率 × 100%",
        (_rate("loan_provision_ratio", "拨贷比", stock=True), _rate("npl_ratio", "不良贷款率", stock=True)), "%", ALLOWANCE_2011,
        _over("loan_provision_ratio", "npl_ratio"), "provision_coverage", tolerance="由两个已四舍五入的比率相除，可有数个百分点差异",
    ),
    Formula(
        "loan_provision_ratio", "拨贷比", "拨贷比 = 贷款损失准备 ÷ 贷款总额 × 100%", (_ALLOWANCE, _LOANS), "%", ALLOWANCE_2011,
        _over("loan_allowance", "total_loans"),
    ),
    Formula(
        "loan_provision_ratio_from_ratios", "拨贷比", "拨贷比 = 不良贷款率 × 拨备覆盖率",
        (_rate("npl_ratio", "不良贷款率", stock=True), _rate("provision_coverage", "拨备覆盖率", stock=True)), "%", ALLOWANCE_2011,
        _times("npl_ratio", "provision_coverage"), "loan_provision_ratio", tolerance="由两个已四舍五入的比率相乘，末位可有差异",
    ),
    Formula(
        "npl_balance", "不良贷款余额", "不良贷款余额 = 次级类 + 可疑类 + 损失类",
        (_stock("substandard_loans", "次级类贷款"), _stock("doubtful_loans", "可疑类贷款"), _stock("loss_loans", "损失类贷款")), "", CORE_2005,
        _plus("substandard_loans", "doubtful_loans", "loss_loans"),
    ),
    Formula(
        "npl_balance_from_ratio", "不良贷款余额", "不良贷款余额 = 贷款总额 × 不良贷款率", (_LOANS, _rate("npl_ratio", "不良贷款率", stock=True)), "", CORE_2005,
        _times("total_loans", "npl_ratio"), "npl_balance", tolerance="不良贷款率已四舍五入，只能给出近似余额", note="由四舍五入后的不良贷款率推算，为近似值",
    ),
    Formula(
        "special_mention_ratio", "关注类贷款占比", "关注类贷款占比 = 关注类贷款 ÷ 贷款总额 × 100%", (_stock("special_mention_loans", "关注类贷款"), _LOANS), "%", CORE_2005,
        _over("special_mention_loans", "total_loans"),
    ),
    Formula(
        "overdue_ratio", "逾期贷款率", "逾期贷款率 = 逾期贷款 ÷ 贷款总额 × 100%", (_stock("overdue_loans", "逾期贷款"), _LOANS), "%", RULE_26, _over("overdue_loans", "total_loans")
    ),
    Formula(
        "overdue_90_loans", "逾期90天以上贷款", "逾期90天以上贷款 = 逾期贷款 − 逾期1天至90天贷款",
        (_stock("overdue_loans", "逾期贷款"), _stock("overdue_1_90_loans", "逾期1天至90天贷款")), "", PRACTICE, _less("overdue_loans", "overdue_1_90_loans"),
    ),
    Formula(
        "overdue_npl_deviation", "逾期90天以上贷款与不良贷款之比", "逾期90天以上贷款与不良贷款之比 = 逾期90天以上贷款 ÷ 不良贷款余额 × 100%",
        (_stock("overdue_90_loans", "逾期90天以上贷款"), _NPL), "%", PRACTICE, _over("overdue_90_loans", "npl_balance"),
    ),
    Formula(
        "overdue_npl_deviation_from_buckets", "逾期90天以上贷款与不良贷款之比", "逾期90天以上贷款与不良贷款之比 = (逾期贷款 − 逾期1天至90天贷款) ÷ 不良贷款余额 × 100%",
        (_stock("overdue_loans", "逾期贷款"), _stock("overdue_1_90_loans", "逾期1天至90天贷款"), _NPL), "%", PRACTICE,
        lambda v: (v["overdue_loans"] - v["overdue_1_90_loans"]) / v["npl_balance"], "overdue_npl_deviation",
    ),
    Formula(
        "npl_formation_rate", "不良贷款生成率", "不良贷款生成率 = (期末不良贷款 − 期初不良贷款 + 本期核销及处置) ÷ 期初贷款总额 × 100%",
        (
            _NPL, Input("npl_opening", "期初不良贷款余额", ("npl_balance",), "opening"), _flow("npl_disposal", "本期不良核销及处置", "loan_write_offs", "allowance_write_off", expense=True),
            Input("loans_opening", "期初贷款总额", ("total_loans",), "opening"),
        ),
        "%", PRACTICE, lambda v: (v["npl_balance"] - v["npl_opening"] + v["npl_disposal"]) / v["loans_opening"], flow="npl_disposal", point=False,
        tolerance="各行口径不一，与披露值可有差异", note="各行不良生成率口径不一，此处以核销及处置还原新生成不良",
    ),
    Formula(
        "npl_formation", "不良贷款生成额", "不良贷款生成额 = 期末不良贷款 − 期初不良贷款 + 本期核销及处置",
        (
            _NPL, Input("npl_opening", "期初不良贷款余额", ("npl_balance",), "opening"),
            _flow("npl_disposal", "本期不良核销及处置", "loan_write_offs", "allowance_write_off", expense=True),
        ),
        "百万元", PRACTICE, lambda v: v["npl_balance"] - v["npl_opening"] + v["npl_disposal"], flow="npl_disposal", point=False,
        tolerance="各行口径不一，与披露值可有差异", note="粗略还原：只加回核销及处置，未加回现金清收等",
    ),
    Formula(
        "credit_cost", "信用成本", "信用成本 = 贷款信用减值损失 ÷ 平均贷款总额 × 100%",
        (_flow("loan_impairment_loss", "贷款信用减值损失", "credit_impairment_loss", "asset_impairment_loss", expense=True), _MEAN_LOANS), "%", PRACTICE,
        _over("loan_impairment_loss", "total_loans"), flow="loan_impairment_loss", point=False, tolerance=_WEIGHTED,
    ),
    Formula(
        "allowance_increase", "贷款损失准备增加额", "贷款损失准备增加额 = 期末贷款损失准备 − 期初贷款损失准备",
        (_ALLOWANCE, Input("allowance_opening", "期初贷款损失准备", ("loan_allowance",), "opening")), "", PRACTICE,
        _less("loan_allowance", "allowance_opening"), point=False,
    ),
)

_PROFITABILITY = (
    Formula(
        "net_interest_margin", "净息差", "净息差(净利息收益率) = 利息净收入 ÷ 生息资产平均余额 × 100%",
        (_NII, Input("interest_earning_assets_average", "生息资产平均余额", ("interest_earning_assets_average",), stock=False)), "%", RULE_26,
        _over("net_interest_income", "interest_earning_assets_average"), flow="net_interest_income", point=False,
    ),
    Formula(
        "net_interest_spread", "净利差", "净利差 = 生息资产平均收益率 − 计息负债平均成本率",
        (_rate("earning_asset_yield", "生息资产平均收益率"), _rate("interest_bearing_liability_cost", "计息负债平均成本率")), "%", RULE_26,
        _less("earning_asset_yield", "interest_bearing_liability_cost"), point=False,
    ),
    Formula(
        "cost_income_ratio", "成本收入比", "成本收入比 = 业务及管理费 ÷ 营业收入 × 100%", (_ADMIN, _INCOME), "%", RULE_26,
        _over("operating_expenses", "operating_income"), point=False,
    ),
    Formula(
        "roa", "平均总资产回报率", "平均总资产回报率(ROA) = 净利润 ÷ [(期初总资产 + 期末总资产) ÷ 2] × 100%", (_PROFIT, _MEAN_ASSETS), "%", CORE_2005,
        _over("net_profit", "total_assets"), flow="net_profit", point=False, tolerance=_WEIGHTED,
    ),
    Formula(
        "roe_average", "净资产收益率（期初期末平均）", "净资产收益率(期初期末平均) = 归母净利润 ÷ [(期初归母净资产 + 期末归母净资产) ÷ 2] × 100%", (_OWN_PROFIT, _MEAN_EQUITY), "%", DUPONT,
        _over("net_profit_attributable", "equity_attributable"), flow="net_profit_attributable", point=False,
        tolerance="披露的加权平均净资产收益率按月加权并扣除其他权益工具，与此值不同",
        note="按期初期末简单平均重算，未按月加权、未扣除优先股和永续债，与披露的加权平均净资产收益率口径不同",
    ),
    Formula(
        "roe_year_end", "全面摊薄净资产收益率", "全面摊薄净资产收益率 = 归母净利润 ÷ 期末归母净资产 × 100%", (_OWN_PROFIT, _EQUITY), "%", RULE_9,
        _over("net_profit_attributable", "equity_attributable"), flow="net_profit_attributable", point=False, note="以期末净资产为分母，与加权平均净资产收益率口径不同",
    ),
    Formula("net_profit_margin", "净利率", "净利率 = 净利润 ÷ 营业收入 × 100%", (_PROFIT, _INCOME), "%", DUPONT, _over("net_profit", "operating_income"), point=False),
    Formula(
        "asset_turnover", "资产周转率", "资产周转率 = 营业收入 ÷ 平均总资产 × 100%", (_INCOME, _MEAN_ASSETS), "%", DUPONT,
        _over("operating_income", "total_assets"), flow="operating_income", point=False,
    ),
    Formula(
        "equity_multiplier", "权益乘数", "权益乘数 = 平均总资产 ÷ 平均归母净资产", (_MEAN_ASSETS, _MEAN_EQUITY), "倍", DUPONT,
        _over("total_assets", "equity_attributable"), point=False,
    ),
    Formula(
        "net_interest_income_share", "利息净收入占比", "利息净收入占比 = 利息净收入 ÷ 营业收入 × 100%", (_NII, _INCOME), "%", PRACTICE,
        _over("net_interest_income", "operating_income"), point=False,
    ),
    Formula(
        "non_interest_income_share", "非利息收入占比", "非利息收入占比 = (营业收入 − 利息净收入) ÷ 营业收入 × 100%", (_INCOME, _NII), "%", PRACTICE,
        lambda v: (v["operating_income"] - v["net_interest_income"]) / v["operating_income"], point=False,
    ),
    Formula(
        "fee_income_share", "手续费及佣金净收入占比", "手续费及佣金净收入占比 = 手续费及佣金净收入 ÷ 营业收入 × 100%", (_FEES, _INCOME), "%", PRACTICE,
        _over("net_fee_income", "operating_income"), point=False,
    ),
    Formula(
        "net_interest_income", "利息净收入", "利息净收入 = 利息收入 − 利息支出", (_INTEREST_IN, _INTEREST_OUT), "", STATEMENTS,
        _less("interest_income", "interest_expense"), point=False,
    ),
    Formula(
        "non_interest_income", "非利息净收入", "非利息净收入 = 营业收入 − 利息净收入", (_INCOME, _NII), "", STATEMENTS,
        _less("operating_income", "net_interest_income"), point=False,
    ),
    Formula(
        "interest_expense_ratio", "利息支出占利息收入比", "利息支出占利息收入比 = 利息支出 ÷ 利息收入 × 100%", (_INTEREST_OUT, _INTEREST_IN), "%", PRACTICE,
        _over("interest_expense", "interest_income"), point=False,
    ),
    Formula(
        "pre_provision_profit", "拨备前利润", "拨备前利润 = 营业收入 − 税金及附加 − 业务及管理费 − 其他业务成本",
        (
            _INCOME, _flow("taxes_and_surcharges", "税金及附加", expense=True), _ADMIN,
            _flow("other_operating_costs", "其他业务成本", expense=True, optional=True),
        ),
        "", PRACTICE, _less("operating_income", "taxes_and_surcharges", "operating_expenses", "other_operating_costs"), point=False,
    ),
    Formula(
        "effective_tax_rate", "实际所得税率", "实际所得税率 = 所得税费用 ÷ 利润总额 × 100%",
        (_flow("income_tax", "所得税费用", expense=True), _flow("total_profit", "利润总额")), "%", PRACTICE, _over("income_tax", "total_profit"), point=False,
    ),
    Formula(
        "loan_yield", "贷款收益率", "贷款收益率 = 贷款利息收入 ÷ 贷款平均余额 × 100%", (_flow("interest_income_loans", "贷款利息收入"), _MEAN_LOANS), "%", RULE_26,
        _over("interest_income_loans", "total_loans"), flow="interest_income_loans", point=False, tolerance=_WEIGHTED,
    ),
    Formula(
        "deposit_cost", "存款付息率", "存款付息率 = 存款利息支出 ÷ 存款平均余额 × 100%",
        (_flow("interest_expense_deposits", "存款利息支出", expense=True), _MEAN_DEPOSITS), "%", RULE_26,
        _over("interest_expense_deposits", "total_deposits"), flow="interest_expense_deposits", point=False, tolerance=_WEIGHTED,
    ),
    Formula(
        "eps_basic", "基本每股收益", "基本每股收益 = 归属于普通股股东的净利润 ÷ 发行在外普通股加权平均数",
        (
            _flow("net_profit_ordinary", "归属于普通股股东的净利润", "net_profit_attributable"),
            Input("weighted_average_shares", "普通股加权平均数", ("weighted_average_shares", "ordinary_shares"), stock=False, measure=Dimension.COUNT),
        ),
        "元/股", RULE_9, _over("net_profit_ordinary", "weighted_average_shares"), point=False,
    ),
    Formula(
        "bvps", "每股净资产", "每股净资产 = 归属于普通股股东的权益 ÷ 期末普通股股数",
        (_stock("equity_common", "归属于普通股股东的权益", "equity_attributable"), _SHARES), "元/股", RULE_9, _over("equity_common", "ordinary_shares"),
    ),
    Formula(
        "bvps_from_equity", "每股净资产", "每股净资产 = (归母净资产 − 其他权益工具) ÷ 期末普通股股数",
        (_EQUITY, _stock("other_equity_instruments", "其他权益工具"), _SHARES), "元/股", RULE_9,
        lambda v: (v["equity_attributable"] - v["other_equity_instruments"]) / v["ordinary_shares"], "bvps",
    ),
    Formula(
        "profit_per_employee", "人均净利润", "人均净利润 = 净利润 ÷ 员工人数", (_PROFIT, _STAFF), "万元", PRACTICE, _over("net_profit", "staff"), flow="net_profit",
        point=False, tolerance="员工人数取期末数，与按平均人数或含劳务派遣人员的披露值可有差异",
    ),
    Formula(
        "income_per_employee", "人均营业收入", "人均营业收入 = 营业收入 ÷ 员工人数", (_INCOME, _STAFF), "万元", PRACTICE, _over("operating_income", "staff"),
        flow="operating_income", point=False, tolerance="员工人数取期末数，与按平均人数或含劳务派遣人员的披露值可有差异",
    ),
    Formula(
        "dividend_payout", "分红率", "分红率 = 现金分红总额 ÷ 归属于普通股股东的净利润 × 100%", (_flow("dividend_total", "现金分红总额"), _flow("net_profit_ordinary", "归属于普通股股东的净利润", "net_profit_attributable")), "%", PRACTICE,
        _over("dividend_total", "net_profit_ordinary"), point=False, tolerance="部分银行以归母净利润为分母",
    ),
)

_CAPITAL_AND_LIQUIDITY = (
    Formula(
        "capital_adequacy_ratio", "资本充足率", "资本充足率 = 总资本净额 ÷ 风险加权资产 × 100%", (_stock("capital_net", "总资本净额"), _RWA), "%", CAPITAL_2023,
        _over("capital_net", "rwa"), "car",
    ),
    Formula(
        "tier1_ratio", "一级资本充足率", "一级资本充足率 = 一级资本净额 ÷ 风险加权资产 × 100%", (_TIER1, _RWA), "%", CAPITAL_2023,
        _over("tier1_capital_net", "rwa"),
    ),
    Formula(
        "cet1_ratio", "核心一级资本充足率", "核心一级资本充足率 = 核心一级资本净额 ÷ 风险加权资产 × 100%",
        (_stock("cet1_capital_net", "核心一级资本净额"), _RWA), "%", CAPITAL_2023, _over("cet1_capital_net", "rwa"),
    ),
    Formula(
        "leverage_ratio", "杠杆率", "杠杆率 = 一级资本净额 ÷ 调整后的表内外资产余额 × 100%", (_TIER1, _stock("leverage_exposure", "调整后的表内外资产余额")), "%", CAPITAL_2023,
        _over("tier1_capital_net", "leverage_exposure"),
    ),
    Formula("rwa_density", "风险加权资产密度", "风险加权资产密度 = 风险加权资产 ÷ 总资产 × 100%", (_RWA, _ASSETS), "%", PRACTICE, _over("rwa", "total_assets")),
    Formula(
        "lcr", "流动性覆盖率", "流动性覆盖率 = 合格优质流动性资产 ÷ 未来30天现金净流出量 × 100%",
        (_stock("hqla", "合格优质流动性资产"), _stock("net_cash_outflow_30d", "未来30天现金净流出量")), "%", LIQUIDITY_2018, _over("hqla", "net_cash_outflow_30d"),
    ),
    Formula(
        "nsfr", "净稳定资金比例", "净稳定资金比例 = 可用的稳定资金 ÷ 所需的稳定资金 × 100%",
        (_stock("available_stable_funding", "可用的稳定资金"), _stock("required_stable_funding", "所需的稳定资金")), "%", LIQUIDITY_2018,
        _over("available_stable_funding", "required_stable_funding"),
    ),
    Formula(
        "liquidity_ratio", "流动性比例", "流动性比例 = 流动性资产余额 ÷ 流动性负债余额 × 100%",
        (_stock("liquid_assets", "流动性资产"), _stock("liquid_liabilities", "流动性负债")), "%", LIQUIDITY_2018, _over("liquid_assets", "liquid_liabilities"),
    ),
    Formula(
        "loan_deposit_ratio", "存贷比", "存贷比 = 贷款总额 ÷ 存款总额 × 100%", (_LOANS, _DEPOSITS), "%", PRACTICE, _over("total_loans", "total_deposits"),
        tolerance="监管口径的存贷款比例对分子分母有扣减，与此值可有差异", note="按账面贷款总额与存款总额计算，非监管口径",
    ),
)

_STRUCTURE = (
    Formula(
        "liability_asset_ratio", "资产负债率", "资产负债率 = 总负债 ÷ 总资产 × 100%", (_LIABILITIES, _ASSETS), "%", PRACTICE,
        _over("total_liabilities", "total_assets"), note="银行以负债经营，资产负债率高属行业常态，本身不代表风险",
    ),
    Formula("loan_share_of_assets", "贷款占总资产比重", "贷款占总资产比重 = 贷款总额 ÷ 总资产 × 100%", (_LOANS, _ASSETS), "%", PRACTICE, _over("total_loans", "total_assets")),
    Formula(
        "deposit_share_of_liabilities", "存款占总负债比重", "存款占总负债比重 = 存款总额 ÷ 总负债 × 100%", (_DEPOSITS, _LIABILITIES), "%", PRACTICE,
        _over("total_deposits", "total_liabilities"),
    ),
    Formula(
        "personal_loan_share", "个人贷款占比", "个人贷款占比 = 个人贷款 ÷ 贷款总额 × 100%", (_stock("personal_loans", "个人贷款"), _LOANS), "%", PRACTICE,
        _over("personal_loans", "total_loans"),
    ),
    Formula(
        "corporate_loan_share", "公司贷款占比", "公司贷款占比 = 公司贷款 ÷ 贷款总额 × 100%", (_stock("corporate_loans", "公司贷款"), _LOANS), "%", PRACTICE,
        _over("corporate_loans", "total_loans"),
    ),
    Formula(
        "demand_deposit_share", "活期存款占比", "活期存款占比 = 活期存款 ÷ 存款总额 × 100%", (_stock("demand_deposits", "活期存款"), _DEPOSITS), "%", PRACTICE,
        _over("demand_deposits", "total_deposits"),
    ),
    Formula(
        "personal_deposit_share", "个人存款占比", "个人存款占比 = 个人存款 ÷ 存款总额 × 100%", (_stock("personal_deposits", "个人存款"), _DEPOSITS), "%", PRACTICE,
        _over("personal_deposits", "total_deposits"),
    ),
)

FORMULAS: Mapping[str, Formula] = {formula.id: formula for formula in (*_ASSET_QUALITY, *_PROFITABILITY, *_CAPITAL_AND_LIQUIDITY, *_STRUCTURE)}
