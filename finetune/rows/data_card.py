"""The card of a data set: what it holds, how it was made, what may be done with it, what it does not cover, and its certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from data.errors import TrainingError
from finetune.rows.certificate import Certificate
from finetune.rows.split import SPLITS, SplitReport
from finetune.rows.stats import Stats

LICENCES: Mapping[str, str] = {
    "CC0": "由程序生成，不含他人文本，可自由使用",
    "Apache-2.0": "本项目自己的知识库与指标目录，按 Apache-2.0 使用",
    "published-facts": "银行公开披露的数据，引用时注明出处",
    "internal-documents": "取自用户自己的文档，仅供内部训练，不得对外分发",
}
LIMITS: tuple[str, ...] = (
    "生成的数字合乎量级与勾稽关系，但不是任何一家银行的真实数据；不能当作事实引用。",
    "问法来自有限的模板及其改写；真实分析师的问法更杂，评测应另用未见过的问法。",
    "只覆盖中国的商业银行、人民币与中文；保险、证券与境外会计准则不在其内。",
    "定义与监管要求以写作时的口径为准，法规修订后须更新。",
)


def data_card(
    stats: Stats, *, name: str, made: str, version: str = "", files: Mapping[str, str] | None = None, rejects: Mapping[str, int] | None = None,
    duplicates: Mapping[str, int] | None = None, split: SplitReport | None = None, certificates: Sequence[Certificate] = (),
    limits: Sequence[str] = LIMITS, licences: Mapping[str, str] = LICENCES,
) -> str:
    """The card in Markdown.

    made: how it was made (the command, the seed). files: SHA-256 by file name. rejects, duplicates: rows put aside, by reason.
    licences: what each licence of the rows means; a licence without an explanation is named as unknown, never passed over.
    """
    parts = [
        f"# 数据卡：{name}{f' {version}' if version else ''}", "", f"- 行数：{stats.rows}", f"- 数据指纹：`{stats.digest}`",
        *([f"- 含内部文档：{stats.internal} 行（**不得对外分发**）"] if stats.internal else []), *_files(files or {}),
        "", "## 怎样做成的", "", made.strip(), "", "## 内容", "", stats.markdown().rstrip(),
        *_split(split), *_dropped("不合格而剔除的行", rejects), *_dropped("重复而剔除的行", duplicates),
        "", "## 许可", "", *_licences(stats, licences), "", "## 污染检查", "", *_certificates(certificates),
        "", "## 已知的局限", "", *(f"- {limit}" for limit in limits),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def write_card(path: Path, text: str) -> None:
    """Write a card.

    Raises:
        TrainingError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"无法写入数据卡 {path.name}：{error.strerror or error}") from error


def _files(files: Mapping[str, str]) -> list[str]:
    return ["", "| 文件 | SHA-256 |", "|---|---|", *(f"| {name} | `{hashed}` |" for name, hashed in files.items())] if files else []


def _split(split: SplitReport | None) -> list[str]:
    if split is None:
        return []
    lines = ["", "## 切分", "", "同一组（银行、年份、问法）只在一侧。", "", f"| 类别 | {' | '.join(SPLITS)} |", "|---|---:|---:|---:|"]
    for kind in ("", *split.rows):
        tables = list(split.rows.values()) if not kind else [split.rows[kind]]
        cells = [f"{sum(table.get(side, 0) for table in tables)}（{split.share(side, kind):.1%}）" for side in SPLITS]
        lines.append(f"| {kind or '全部'} | {' | '.join(cells)} |")
    return lines


def _dropped(title: str, counts: Mapping[str, int] | None) -> list[str]:
    if counts is None:
        return []
    if not any(counts.values()):
        return ["", f"## {title}", "", "没有。"]
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    return ["", f"## {title}", "", "| 原因 | 行数 |", "|---|---:|", *(f"| {why} | {count} |" for why, count in ranked)]


def _licences(stats: Stats, licences: Mapping[str, str]) -> list[str]:
    return [
        f"- {name or '（未注明）'}，{count} 行：{licences.get(name) or '**含义未知，使用前请确认**'}"
        for name, count in stats.by["license"].most_common()
    ]  # fmt: skip


def _certificates(certificates: Sequence[Certificate]) -> list[str]:
    if not certificates:
        return ["**没有做过污染检查**，用它训练的模型的评测结果不可信。"]
    lines = ["| 评测集 | 结论 | 评测行 | 精确 | 近似 | 13 字片段 | 仅模板相同 | 评测集指纹 |", "|---|---|---:|---:|---:|---:|---:|---|"]
    for paper in certificates:
        found = [str(paper.counts[test].train) if test in paper.counts else "未查" for test in ("exact", "near", "ngram", "template")]
        verdict = {"clean": "通过", "contaminated": "**不通过**", "empty": "**无效**"}[paper.verdict]
        lines.append(f"| {paper.name or '评测集'} | {verdict} | {paper.evaluation_rows} | {' | '.join(found)} | `{paper.evaluation_digest}` |")
    return lines
