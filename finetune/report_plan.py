"""What a generated report is made of: its chapters, the phrases around figures, and the families of indicators that share a table."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from data.indicators import Indicator, indicator_catalogue

# A row under a caption that says the rest is labelled by what is left: 制造业 for 制造业贷款.
SHORT = (
    "贷款不良贷款余额", "贷款不良贷款率", "不良贷款余额", "不良贷款率", "手续费收入", "利息收入", "利息支出", "贷款", "存款", "平均余额",
    "收益率", "付息率",
)
REASONS = (
    "主要是由于规模增长和结构优化所致", "主要得益于业务稳步发展", "主要由于市场利率下行的影响", "主要是受宏观经济环境影响",
    "主要是本行加大了相关业务的拓展力度", "主要是由于上年基数较低", "反映了审慎经营的一贯策略", "主要是因为客户需求回升", "主要原因是监管政策调整",
    "与业务规模增长基本匹配", "主要是{other}增加", "主要由于{other}下降", "其中{other}的影响较大",
)
CAPTIONS = (
    "{name}构成情况", "{name}按类别划分", "下表列示所示日期{name}的构成情况", "{name}明细", "{name}分布情况", "{name}结构", "按类型划分的{name}",
    "{name}情况表",
    "{name}", "按期限划分的{name}", "下表列出{name}及其占比",
)
# Sentences that name an indicator and state no value of the bank's: what misleads a search by words.
PASSING = (
    "本行持续关注{a}和{b}的变化。", "上述安排与{a}、{b}相关。", "有关{a}的说明详见附注。", "并合理确定{a}的计量方法。",
    "加强对{a}的监测，定期向管理层报告。",
    "有关{a}的风险分析参见“风险管理”一节。", "董事会听取了关于{a}的报告，审议了{b}管理办法。", "将{a}纳入绩效考核指标体系。",
    "{a}按照监管机构的规定计算。",
)
OTHERS_VALUES = (
    "商业银行平均{a}为{v}，较上年有所变化。", "{firm}{year}年末{a}{v}，净利润{amt}亿元。", "据监管机构统计，全行业{a}{v}。", "附属公司{a}为{v}。",
    "根据监管要求，{a}不得低于{v}。",
)
POLICY = (
    "{a}按照成本与可变现净值孰低计量。", "{a}在初始确认时以公允价值计量，相关交易费用计入当期损益。", "本集团于资产负债表日对{a}进行评估。",
    "当{a}满足终止确认条件时，账面价值与收到对价的差额计入当期损益。", "{a}的会计处理涉及管理层的重大判断和估计。", "{a}采用实际利率法核算。",
    "以前年度确认的{a}不予转回。", "{a}列示于资产负债表或利润表的相应项目。", "如有客观证据表明{a}的账面价值无法收回，则确认减值损失。",
)
# What fills the pages between the figures: much said, nothing stated; its words are those of questions all the same.
VERBS = (
    "持续优化 不断完善 深入推进 全面加强 积极拓展 稳步提升 着力强化 加快建设 统筹推进 严格落实 有效控制 合理安排 动态调整 密切关注 切实防范 "
    "充分发挥"
).split()
OBJECTS = (
    "授权授信机制 资产负债期限结构 客户服务效率 风险偏好传导 产品创新能力 渠道协同 绩效考核体系 信贷作业流程 资金来源稳定性 利率定价能力 收入结构 "
    "资本使用效率 回报水平 成本管控 队伍建设 重点区域布局 行业限额 押品管理 客户基础 负债成本 运营集约化 资金运用效率 期限错配管理 "
    "减值计提的审慎性 "
    "核心客户经营 场景生态 消费信贷业务 对公客户营销 机构网点转型 代理业务规范 投资组合久期 外币敞口管理 贷款投向 还款能力评估 逾期催收 "
    "不良资产处置 "
    "表外业务管理 承诺履约 股东回报 市值管理 人才培养 科技投入 客户体验 数据质量 模型验证 额度管理 交易对手管理 税务筹划 租赁物业管理 关联方名录"
).split()
AIMS = (
    "，整体保持稳定", "，取得积极成效", "，为高质量发展奠定基础", "，各项工作有序开展", "，水平明显提升", "，余额和占比保持合理",
    "，规模稳步增长", "，风险总体可控",
    "，影响控制在可接受范围内", "，变动情况符合预期", "",
)
SECTIONS = (
    "管理措施", "机制建设", "业务发展策略", "主要工作", "体系建设", "经营举措", "重点工作推进情况", "能力建设", "管理提升", "转型发展",
)
CHAPTERS = (
    ("front", ""), ("discussion", "经营情况讨论与分析"), ("business", "业务综述"), ("risk", "风险管理"), ("governance", "公司治理"),
    ("statements", "财务报表"), ("policies", "重要会计政策和会计估计"), ("notes", "财务报表项目附注"), ("risk_notes", "金融风险管理"),
)
TOPICS = {
    "front": "contents definitions chairman company_profile honours",
    "business": "personal_banking wealth cards payment corporate_banking transaction_banking treasury custody agency inclusive rural green fintech "
                "subsidiaries macro outlook",
    "risk": "risk_framework credit_risk market_risk irrbb fx_risk liquidity_risk operational_risk compliance reputation_risk it_risk top_borrowers "
            "capital_mgmt",
    "governance": "share_changes top_shareholders controller share_price dividend_policy raised_funds bonds_issue preferred_shares directors "
                  "supervisors executives remuneration staff branches board_meetings committees auditor internal_control internal_audit "
                  "related_party "
                  "litigation penalties esg poverty consumer_rights investor_relations",
    "policies": "audit_opinion key_audit_matters policy_consolidation policy_instruments policy_ecl policy_revenue policy_tax policy_lease",
    "notes": "bond_holdings fixed_assets_note employee_benefits loan_allowance_move overdue_note cashflow_note commitments pledged segment "
    "geo_segment "
             "epidemic nonrecurring gaap_difference",
    "risk_notes": "fair_value irrbb fx_risk liquidity_risk capital_composition",
}
CATEGORIES = {
    "discussion": "income_statement balance_sheet loans deposits rates profitability per_share",
    "business": "business loans", "risk": "asset_quality market_risk liquidity capital", "statements": "balance_sheet income_statement",
    "notes": "balance_sheet income_statement loans asset_quality deposits", "risk_notes": "liquidity market_risk asset_quality capital",
}


@lru_cache(maxsize=1)
def families() -> dict[str, list[list[Indicator]]]:
    """By category: a parent with up to eleven neighbouring children, or a run of indicators without a parent."""
    catalogue = indicator_catalogue()
    children: dict[str, list[Indicator]] = defaultdict(list)
    for indicator in catalogue:
        children[indicator.parents[0] if indicator.parents else f"-{indicator.category}-{indicator.kind}"].append(indicator)
    found: dict[str, list[list[Indicator]]] = defaultdict(list)
    for parent, members in children.items():
        for start in range(0, len(members), 11):
            run = members[start : start + 11]
            heads = [] if parent.startswith("-") else [catalogue.get(parent)]
            found[run[0].category].append([*heads, *run])
    return found


@lru_cache(maxsize=1)
def headline_indicators() -> list[Indicator]:
    """What a page of highlights may list."""
    shown = {"income_statement", "balance_sheet", "profitability", "asset_quality", "capital", "per_share"}
    return [indicator for indicator in indicator_catalogue() if indicator.category in shown and not indicator.parents]
