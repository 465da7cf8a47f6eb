"""Chinese names of what the reports show."""

from __future__ import annotations

AXIS_NAMES = {
    "kind": "题型", "family": "题目族", "digits": "数字大小", "held_out": "是否在训练中见过", "template": "句式",
    "bank": "银行", "formula×template": "公式×句式", "formula": "公式",
}  # fmt: skip
VALUE_NAMES = {
    "qa": "财报问答", "calculation": "指标计算", "method": "分析方法", "narration": "叙述", "small": "小数字",
    "usual": "常见数字", "large": "大数字", "in_training": "训练内的组合", "formula_template": "未见过的公式×句式", "ratio": "比率",
    "growth": "增长率", "percentage_points": "个百分点", "lookup": "查数", "share": "占比", "dupont": "杜邦分析",
    "dupont_two": "两因素杜邦", "dupont_steps": "杜邦分步", "average": "平均", "average_of_banks": "多家平均", "sum": "合计",
    "multiple": "倍数", "difference": "变动额", "comparison": "同业比较", "trend": "多期走势", "cagr": "复合增速",
    "refusal": "缺数", "contribution": "贡献度", "contribution_points": "拉动", "regulation": "监管标准", "lookup_change": "水平与变动",
    "change": "变动", "two_periods": "两期对比", "compound_growth": "复合增速", "two_banks": "两家对比", "peers": "同业",
    "ranking": "排名", "total": "合计", "several": "多指标", "several_changes": "多指标变动", "margin": "息差",
    "quality": "资产质量", "capital": "资本", "section": "分析段落", "structure": "结构", "formula": "公式",
    "indicators": "指标解释", "share_change": "占比变动", "attribution": "归因",
}  # fmt: skip
_HELD = {"template": "未见过的句式", "bank": "未见过的银行", "digits": "未见过的数字范围", "unseen_wording": "另写的、未见过的问法"}
VERDICTS = {"better": "后者显著更好", "worse": "后者显著更差", "alike": "差异不显著"}


def value_name(axis: str, value: str) -> str:
    """A slice's value in words, as it is where it has none."""
    if axis == "held_out" and value in _HELD:
        return _HELD[value]
    return VALUE_NAMES.get(value, value)
