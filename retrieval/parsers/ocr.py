"""Scans: pages without text are drawn, recognised, and put together from the boxes of the recognised texts.

The recogniser is any function of an image. The one that is used without a choice is rapidocr, an extra: pip install caizhi[ocr].
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from data.errors import DocumentError
from data.text import normalise
from retrieval.documents import Box, Document, Page
from retrieval.parsers.aligned import Token, aligned_cells, caption_lines, runs
from retrieval.parsers.assembly import Assembly, one_line, unwrapped
from retrieval.parsers.headings import numbered_level
from retrieval.tables.units import unit_in

if TYPE_CHECKING:
    from PIL.Image import Image

DPI = 200
DOUBTFUL = 0.8
MAX_PIXELS = 40_000_000
_POINTS = 72.0
_FOLIO = re.compile(r"[-–—·\s]*(?:第\s*)?(\d{1,4})(?:\s*页)?[-–—·\s]*")
_END = "。！？：；:;"
# A line that reaches this share of the widest one goes on in the next.
_FULL = 0.94


class Reading(NamedTuple):
    """One recognised text: its box in pixels (left, top, right, bottom) and how sure the recogniser is, 0 to 1."""

    text: str
    box: Box
    score: float


class Recogniser(Protocol):
    """Recognises the texts of one page image, in any order."""

    def __call__(self, image: Image) -> Sequence[Reading]: ...


def rapidocr_recogniser() -> Recogniser:
    """rapidocr with its own models.

    Raises:
        DocumentError: the extra is not installed.
    """
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise DocumentError("扫描件需要文字识别：请先运行 pip install 'caizhi[ocr]'（rapidocr），或改用带文字层的 PDF") from error
    engine = RapidOCR()

    def recognise(image: Image) -> list[Reading]:
        found = engine(image)
        if found.boxes is None or not found.txts:
            return []
        return [Reading(str(text), _upright(box), float(score)) for text, box, score in zip(found.txts, found.boxes, found.scores, strict=True)]

    return recognise


def _upright(corners: Sequence[Sequence[float]]) -> Box:
    """The upright box around four corners."""
    across, down = [float(point[0]) for point in corners], [float(point[1]) for point in corners]
    return (min(across), min(down), max(across), max(down))


def read_scan(path: Path, recogniser: Recogniser | None = None, pages: Collection[int] | None = None) -> Document:
    """A scanned PDF or a picture (PNG, JPEG, TIFF of several pages) as a document. pages: only these, counted from 1.

    Raises:
        DocumentError: no recogniser is installed, or the file cannot be drawn.
    """
    assembly = Assembly(path, "scan")
    recognise = recogniser or rapidocr_recogniser()
    for number, image, scale in page_images(path, pages):
        assembly.page = number
        add_page(assembly, image.size, recognise(image), scale)
    return assembly.finish()


def page_images(path: Path, pages: Collection[int] | None = None) -> Iterator[tuple[int, Image, float]]:
    """The pages (all, or those given) drawn at DPI: number, image, and points per pixel.

    Raises:
        DocumentError: the file is damaged, has a password, or is too large to draw.
    """
    with path.open("rb") as file:
        is_pdf = b"%PDF-" in file.read(1024)
    return _pdf_images(path, pages) if is_pdf else _picture_images(path, pages)


def _pdf_images(path: Path, pages: Collection[int] | None) -> Iterator[tuple[int, Image, float]]:
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(path)
        for index in range(len(pdf)):
            if pages is not None and index + 1 not in pages:
                continue
            page = pdf[index]
            width, height = page.get_size()
            scale = min(DPI / _POINTS, (MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
            image: Image = page.render(scale=scale).to_pil()
            page.close()
            yield index + 1, image, 1 / scale
        pdf.close()
    except pypdfium2.PdfiumError as error:
        raise DocumentError(f"“{path.name}”的页面画不出来（已损坏或有密码）：请用阅读器另存一份再导入") from error


def _picture_images(path: Path, pages: Collection[int] | None) -> Iterator[tuple[int, Image, float]]:
    from PIL import Image as Images
    from PIL import ImageSequence

    try:
        with Images.open(path) as picture:
            if picture.width * picture.height > MAX_PIXELS * 4:
                raise DocumentError(f"“{path.name}”有 {picture.width}×{picture.height} 像素，过大：请缩小到 200 dpi 后再导入")
            dots = float(picture.info.get("dpi", (DPI, DPI))[0]) or DPI
            for number, frame in enumerate(ImageSequence.Iterator(picture), start=1):
                if pages is None or number in pages:
                    yield number, frame.convert("RGB"), _POINTS / max(dots, 36.0)
    except (OSError, ValueError, SyntaxError) as error:
        raise DocumentError(f"“{path.name}”不是能打开的图片或 PDF：请转成 PNG、JPEG 或 PDF 后再导入") from error


def add_page(assembly: Assembly, size: tuple[int, int], readings: Sequence[Reading], scale: float) -> None:
    """Puts one recognised page into an assembly, at its current page: tables by columns, the rest as headings and paragraphs.

    size: of the image in pixels. scale: points per pixel.
    """
    lines = lines_of(readings, scale)
    width, height = size[0] * scale, size[1] * scale
    printed, lines = _folio(lines, height)
    doubtful = sum(1 for reading in readings if reading.score < DOUBTFUL)
    notes = ["由扫描图像识别，请以原件为准"] + ([f"{doubtful} 处文字识别把握不足"] if doubtful else []) if readings else ["没有识别出文字"]
    assembly.describe(Page(assembly.page, "", printed, width, height, tuple(notes)))
    spans = dict(runs(lines))
    index = 0
    while index < len(lines):
        if index in spans:
            rows = lines[index : spans[index]]
            captions = caption_lines(rows)
            for token in chain.from_iterable(rows[:captions]):
                assembly.paragraph(token.text)
            assembly.table(aligned_cells(rows[captions:], assembly.page), ruled=False)
            index = spans[index]
        else:
            index = _add_text(assembly, lines, index, spans)


def lines_of(readings: Sequence[Reading], scale: float = 1.0) -> list[list[Token]]:
    """The readings as lines from top to bottom, each from left to right, in points."""
    lines: list[list[Token]] = []
    for reading in sorted(readings, key=lambda reading: (reading.box[1] + reading.box[3], reading.box[0])):
        left, top, right, bottom = (edge * scale for edge in reading.box)
        token = Token(reading.text.strip(), left, right, (left, top, right, bottom))
        if token.text:
            _line_for(token, lines).append(token)
    return [sorted(line, key=lambda token: token.left) for line in lines]


def _line_for(token: Token, lines: list[list[Token]]) -> list[Token]:
    """The last line, if the middle of the token lies within its height; else a new one."""
    if lines and token.box and (last := lines[-1][0].box):
        middle = (token.box[1] + token.box[3]) / 2
        if last[1] <= middle <= last[3]:
            return lines[-1]
    lines.append([])
    return lines[-1]


def _folio(lines: list[list[Token]], height: float) -> tuple[str, list[list[Token]]]:
    """The printed page number, where the first or last line is only that, and the other lines."""
    for place in (-1, 0):
        if lines and len(lines[place]) == 1 and (match := _FOLIO.fullmatch(normalise(lines[place][0].text))):
            box = lines[place][0].box
            if box and (box[1] > height * 0.85 or box[3] < height * 0.1):
                return match[1], lines[:-1] if place else lines[1:]
    return "", lines


def _add_text(assembly: Assembly, lines: Sequence[Sequence[Token]], start: int, spans: dict[int, int]) -> int:
    """One heading or paragraph from a line on; the index of the next line."""
    text = " ".join(token.text for token in lines[start])
    if level := numbered_level(text):
        assembly.heading(one_line(text), level)
        return start + 1
    widest = max(line[-1].right for line in lines)
    end = start + 1
    while end < len(lines) and end not in spans and _goes_on(lines[end - 1], lines[end], widest):
        text += "\n" + " ".join(token.text for token in lines[end])
        end += 1
    assembly.paragraph(unwrapped(text))
    return end


def _goes_on(line: Sequence[Token], following: Sequence[Token], widest: float) -> bool:
    nearly = line[-1].right >= widest * _FULL and line[-1].text[-1:] not in _END and len(line) == 1
    return nearly and not numbered_level(following[0].text) and not unit_in(line[-1].text)
