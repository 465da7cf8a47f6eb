"""第八章 公司治理: people, pay in 千元, employees; and 第九章 环境与社会责任."""

from __future__ import annotations

from tests.golden_report.bank.business import EDUCATION, POSTS
from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Row, Table, share, value, words
from tests.golden_report.tables import TableSetter, tables_side_by_side

PEOPLE = (
    ("周砚秋", "董事长、执行董事", "男", "56", "2021.06—2024.06", 1862, "否"), ("林知远", "行长、执行董事", "男", "52", "2022.03—2024.06", 1794, "否"),
    ("沈既白", "执行董事、董事会秘书", "女", "49", "2021.06—2024.06", 1536, "否"), ("陶云深", "非执行董事", "男", "54", "2021.06—2024.06", 0, "是"),
    ("贺兰舟", "非执行董事", "女", "47", "2021.06—2024.06", 0, "是"), ("马叙白", "非执行董事", "男", "58", "2021.06—2024.06", 0, "是"), ("顾长庚", "独立董事", "男", "61", "2021.06—2024.06", 280, "否"),
    ("秦未央", "独立董事", "女", "55", "2021.06—2024.06", 280, "否"), ("白执衡", "独立董事", "男", "59", "2022.11—2024.06", 280, "否"), ("赵临溪", "监事长、职工监事", "女", "53", "2021.06—2024.06", 1648, "否"),
    ("孙望舒", "外部监事", "男", "57", "2021.06—2024.06", 220, "否"), ("杜若川", "副行长、首席风险官", "男", "50", "2020.09至今", 1512, "否"), ("韩霁月", "副行长", "女", "48", "2021.12至今", 1487, "否"),
    ("何清越", "财务总监、计划财务部总经理", "女", "46", "2022.05至今", 1320, "否"), ("邵知行", "首席信息官", "男", "45", "2022.05至今", 1405, "否"),
)  # fmt: skip


def write(flow: Flow) -> None:
    """Both chapters."""
    flow.chapter("第八章 公司治理")
    flow.heading("一、公司治理架构", 2)
    flow.say(
        "本行建立了股东大会、董事会、监事会和高级管理层各司其职、有效制衡的治理架构。董事会由十三名董事组成，其中独立董事五名；下设战略与可持续发展、风险管理、审计、提名与薪酬、关联交易控制五个专门委员会。下文列示现任主要人员。",
        "报告期内召开股东大会2次、董事会会议9次、监事会会议7次。独立董事现场工作时间均不少于15个工作日。",
        topics=("公司治理架构", "董事会运作"),
    )
    flow.heading("二、董事、监事和高级管理人员", 2)
    columns = (words(("职务",), 110), words(("性别",), 30, "center"), words(("年龄",), 30, "center"), words(("任期",), 92, "center"), words(("报告期内税前报酬（千元）",), 72, "right"), words(("是否在股东单位领薪",), 60, "center"))
    rows = tuple(Row(name, cells=(post, sex, age, term, f"{pay:,}" if pay else "-", outside)) for name, post, sex, age, term, pay, outside in PEOPLE)
    rows += (Row("合计", cells=("", "", "", "", f"{sum(person[5] for person in PEOPLE):,}", ""), bold=True),)
    TableSetter(flow, Table("", columns, rows, stub="姓名", path="董事监事高管", size=8, continued="header", topics=("高管薪酬", "董监高"), golden=True)).draw()
    flow.say("高级管理人员绩效薪酬的延期支付比例不低于50%，延期期限为三年；报告期内因风险暴露追索扣回绩效薪酬3,260千元。", topics=("薪酬延期支付", "高管薪酬"))
    flow.heading("三、员工情况", 2, keep=220)
    flow.say(
        "期末本集团在职员工{员工人数.23|人}，其中本行{母公司在职员工数量.23|人}、附属机构{附属机构员工人数.23|人}；本行承担费用的离退休人员{离退休职工人数.23|人}。人均净利润{人均净利润.23|万元}。",
        topics=("员工情况",),
    )
    _people(flow)
    _society(flow)


def _people(flow: Flow) -> None:
    flow.need(190)
    columns = (value(("人数",), "23", 54), share(("占比(%)",), "23", "母公司在职员工数量", 54))
    first = Table("按学历划分", columns, (*(Row(name, f"员工学历：{name}") for name in EDUCATION), Row("合计", "母公司在职员工数量", bold=True)), stub="学历", size=8, path="员工学历", topics=("员工情况",))
    second = Table("按条线划分", columns, (*(Row(name, f"员工条线：{name}") for name in POSTS), Row("合计", "母公司在职员工数量", bold=True)), stub="条线", size=8, path="员工条线", topics=("员工情况",))
    tables_side_by_side(flow, first, second)
    flow.say("本行实行以岗位价值为基础、以绩效为导向的薪酬制度；全年组织培训1,926期，人均培训68学时。女性员工占比57.3%，中层管理者中女性占31.2%。", topics=("员工培训", "薪酬政策", "员工情况"))


def _society(flow: Flow) -> None:
    flow.chapter("第九章 环境和社会责任")
    flow.heading("一、环境责任", 2)
    flow.say(
        "本行制定《碳达峰碳中和行动方案》，明确2030年前实现自身运营碳达峰。全年人均用电量同比下降4.6%，视频会议替代差旅约1.3万人次；建成“零碳网点”三家。",
        "将环境与社会风险纳入授信全流程，对环保“一票否决”客户不予准入；开展火电、钢铁两个行业的气候风险压力测试，结果显示对资本充足率的影响在0.2个百分点以内。",
        topics=("环境责任", "碳中和", "气候风险"),
    )
    flow.heading("二、社会责任", 2)
    flow.say(
        "全年公益捐赠{公益捐赠.23|千元}，同比{公益捐赠.23^22|增长}，主要投向乡村教育、抗旱救灾与医疗帮扶；派驻驻村干部46名，帮扶县脱贫成果持续巩固。",
        "消费者权益保护方面，全年受理投诉18,604件，办结率100%，每万户客户投诉量同比下降12.4%；客户满意度{客户满意度.23|%}。开展金融知识普及活动2,300余场，触达逾420万人次。",
        topics=("社会责任", "消费者权益保护", "公益捐赠"),
    )
