"""The quality gate: what is wrong with the text of a page, said so that a reader knows what to do.

Text always comes from pypdfium2. A CJK font embedded as CFF gives other readers no characters at all on some files, so
nothing here depends on pdfplumber's characters; it only sees the lines of ruled tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage

from retrieval.parsers.pdf.chars import Word

NO_TEXT = "没有文字层（疑似扫描页）：请安装 OCR 组件（caizhi[ocr]）后重新导入，或换有文字层的 PDF"
BLANK = "空白页"
DAMAGED = "本页已损坏，内容未读入：请核对原文，或重新下载后再导入"
TWO_COLUMNS = "正文分两栏排版：已按先左栏后右栏阅读，引用前请核对原文顺序"
# Fewer characters than this beside a picture are a stamp on a scan.
_FEW = 15
_BAD_SHARE = 0.03


def page_warnings(page: PdfPage, words: Sequence[Word], two_columns: bool) -> tuple[str, ...]:
    """The warnings of one page, in Chinese; () for a sound one."""
    found: list[str] = []
    count = sum(len(word.text) for word in words)
    if count < _FEW and _has_picture(page):
        found.append(NO_TEXT)
    elif not count:
        found.append(BLANK)
    bad = sum(1 for word in words for char in word.text if is_garbled(char))
    if bad > _BAD_SHARE * count:
        found.append(f"{bad * 100 // count}% 的字符无法识别（字体缺少编码）：数字与名称可能有误，请核对原文或改用 OCR")
    if two_columns:
        found.append(TWO_COLUMNS)
    return tuple(found)


def is_garbled(char: str) -> bool:
    """A replacement character, a private-use one, or a control character."""
    return char == "\ufffd" or "\ue000" <= char <= "\uf8ff" or char >= "\U000f0000" or char < " " or "\x7f" <= char < "\xa0"


def _has_picture(page: PdfPage) -> bool:
    for index in range(min(200, pdfium.FPDFPage_CountObjects(page.raw))):
        kind = pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page.raw, index))
        if kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM):
            return True
    return False


def summary(pages: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """What to say of the whole document: how many pages lack text or hold garbled text."""
    found = []
    missing = sum(1 for warnings in pages if NO_TEXT in warnings)
    if missing:
        found.append(f"{missing}/{len(pages)} 页{NO_TEXT}")
    damaged = sum(1 for warnings in pages if DAMAGED in warnings)
    if damaged:
        found.append(f"{damaged}/{len(pages)} 页已损坏，内容未读入：请核对原文，或重新下载后再导入")
    garbled = sum(1 for warnings in pages if any("无法识别" in text for text in warnings))
    if garbled:
        found.append(f"{garbled}/{len(pages)} 页有无法识别的字符：数字与名称可能有误，请核对原文")
    return tuple(found)
