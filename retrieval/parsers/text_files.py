"""The text of a file whose encoding nobody says: UTF-8, UTF-16 with a mark, GB18030 (which covers GBK and GB2312), Big5."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from data.errors import DocumentError

MAX_TEXT_BYTES = 100 * 2**20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMON = re.compile(r"[的一是在有和年月日行资产款利率银额公司中本不业务]")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def read_text(path: Path) -> str:
    """The whole file as text, line ends as \\n.

    Raises:
        DocumentError: it cannot be read, is too large, is binary, or is in none of the known encodings.
    """
    try:
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise DocumentError(f"“{path.name}”超过 {MAX_TEXT_BYTES >> 20} MB：请拆分后再导入")
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"“{path.name}”打不开（{error.strerror or error}）：请检查路径与权限") from error
    return decode(data, path.name).replace("\r\n", "\n").replace("\r", "\n")


def decode(data: bytes, name: str) -> str:
    """Bytes as text; `name` is for the message.

    Raises:
        DocumentError: the bytes are text in none of the known encodings.
    """
    marked = [encoding for mark, encoding in _MARKS if data.startswith(mark)]
    tried = [text for encoding in (marked or ("utf-8", "gb18030", "big5")) if (text := _decoded(data, encoding)) is not None]
    if not tried or "\x00" in tried[0][:4096]:
        raise DocumentError(f"“{name}”不是 UTF-8、UTF-16 或 GB18030 编码的文本：请另存为 UTF-8 后再导入")
    if not marked and _decoded(data, "utf-8") is None and len(tried) == 2:
        return max(tried, key=_readable)  # Big5 bytes are valid GB18030 too, but read as rare characters
    return tried[0]


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _readable(text: str) -> float:
    """The share of everyday characters among the Chinese ones."""
    han = _HAN.findall(text[:20000])
    return len(_COMMON.findall(text[:20000])) / len(han) if han else 0.0
