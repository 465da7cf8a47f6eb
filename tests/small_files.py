"""Tiny files as analysts bring them: reports of banks that do not exist, in formats that are read in no time."""

from __future__ import annotations

from pathlib import Path

REPORT = """# {bank}股份有限公司{year}年年度报告

## 主要财务数据

（单位：百万元）

| 项目 | {year}年 | {before}年 |
|---|---|---|
| 营业收入 | {income} | 11,800 |
| 净利润 | 3,210 | 3,050 |
| 资产总额 | 900,000 | 850,000 |
| 负债总额 | {liabilities} | 782,000 |
| 股东权益 | 70,000 | 68,000 |

## 贷款按地区划分

（单位：百万元）

| 地区 | {year}年末 | {before}年末 |
|---|---|---|
| 长三角地区 | 1,000 | 900 |
| 珠三角地区 | 800 | 700 |

## 资产质量

报告期内，{bank}持续加强信用风险管理，资产质量保持稳定。
"""
SHEET = "{bank}股份有限公司{year}年年度报告,,\n主要财务数据,,\n单位：百万元,,\n项目,{year}年,{before}年\n营业收入,\"{income}\",\"11,800\"\n净利润,\"3,210\",\"3,050\"\n"
PAGE = (
    "<html><head><title>{bank}股份有限公司{year}年年度报告</title></head><body><h1>主要财务数据</h1><p>单位：百万元</p><table>"
    "<tr><th>项目</th><th>{year}年</th><th>{before}年</th></tr><tr><td>营业收入</td><td>{income}</td><td>11,800</td></tr>"
    "<tr><td>净利润</td><td>3,210</td><td>3,050</td></tr></table></body></html>"
)
_FORMS = {".md": REPORT, ".csv": SHEET, ".html": PAGE}


def report_file(path: Path, bank: str = "青禾银行", *, year: int = 2023, income: str = "12,345", liabilities: str = "830,000") -> Path:
    """A report in the format of the path's suffix. Liabilities of 830,000 balance, others do not."""
    text = _FORMS[path.suffix].format(bank=bank, year=year, before=year - 1, income=income, liabilities=liabilities)
    path.write_text(text, encoding="utf-8")
    return path


def workbook(path: Path, bank: str = "青禾银行") -> Path:
    """The same in an Excel workbook of one sheet."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "主要财务数据"
    for line in ((f"{bank}股份有限公司2023年年度报告",), ("单位：百万元",), ("项目", "2023年", "2022年"), ("营业收入", 12345, 11800), ("净利润", 3210, 3050)):
        sheet.append(line)
    book.save(path)
    return path
