"""Guards in front of the parsers: size limits, and zip containers (docx, xlsx) that are damaged, locked or a bomb."""

from __future__ import annotations

import re
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path

from data.errors import DocumentError

MAX_FILE_BYTES = 300 * 2**20
MAX_ARCHIVE_BYTES = 1024 * 2**20
MAX_MEMBER_BYTES = 512 * 2**20
MAX_MEMBERS = 20_000
# Real sheets and documents deflate 5 to 30 times; a megabyte of zeros more than a thousand times.
MAX_RATIO = 250
_RATIO_FROM = 4 * 2**20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_OLD_FORMATS = {"xlsx": "xlsx（在 Excel 或 WPS 中“另存为 .xlsx”）", "docx": "docx（在 Word 或 WPS 中“另存为 .docx”）"}


def file_key(path: Path) -> str:
    """sha256 of a file's bytes, as hexadecimal digits.

    Raises:
        DocumentError: the file cannot be read, is empty, or is larger than MAX_FILE_BYTES.
    """
    digest = sha256()
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise DocumentError(f"“{path.name}”有 {size >> 20} MB，超过 {MAX_FILE_BYTES >> 20} MB 的上限：请拆分后再导入")
        if not size:
            raise DocumentError(f"“{path.name}”是空文件：请检查是否保存完整")
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise DocumentError(f"“{path.name}”打不开（{error.strerror or error}）：请检查路径与权限") from error
    return digest.hexdigest()


def check_archive(path: Path, wanted: str) -> None:
    """Let a docx or xlsx pass only where it is a whole zip of a sane size, without document type definitions.

    Raises:
        DocumentError: it is an old binary file or locked by a password, damaged, or would unpack past the limits.
    """
    with path.open("rb") as file:
        head = file.read(8)
    if head == _OLE:
        raise DocumentError(_old_format(path, wanted))
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive.infolist(), path)
            _check_markup(archive, path)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, zlib.error) as error:
        raise DocumentError(f"“{path.name}”已损坏或不是 {wanted} 文件：请重新下载，或打开后另存一份再导入") from error


def _old_format(path: Path, wanted: str) -> str:
    with path.open("rb") as file:
        locked = "EncryptedPackage".encode("utf-16-le") in file.read(1 << 20)
    if locked:
        return f"“{path.name}”有打开密码：请去掉密码后再导入"
    return f"“{path.name}”是旧版二进制格式：请另存为 {_OLD_FORMATS.get(wanted, wanted)}后再导入"


def _check_members(members: list[zipfile.ZipInfo], path: Path) -> None:
    """Declared sizes: zipfile itself stops at them when it reads, so that they cannot lie."""
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if len(members) > MAX_MEMBERS or total > MAX_ARCHIVE_BYTES or any(member.file_size > MAX_MEMBER_BYTES for member in members):
        raise DocumentError(f"“{path.name}”解压后过大（{total >> 20} MB）：请拆分，或删去图片与多余工作表后再导入")
    if total > _RATIO_FROM and total > MAX_RATIO * packed:
        raise DocumentError(f"“{path.name}”的压缩比异常（{total // packed} 倍），疑似压缩炸弹，未予读取：请打开后另存一份再导入")


def _check_markup(archive: zipfile.ZipFile, path: Path) -> None:
    """Office files carry no DTD; one that does would expand entities."""
    for member in archive.infolist():
        if member.filename.endswith((".xml", ".rels")):
            with archive.open(member) as part:
                if _DTD.search(part.read(2048)):
                    raise DocumentError(f"“{path.name}”含有文档类型定义（DTD），未予读取：请打开后另存一份再导入")
