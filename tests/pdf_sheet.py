"""A tiny writer of PDF files for tests: Chinese text at a place (a standard font, not embedded), lines, bookmarks, turned pages."""

from __future__ import annotations

from dataclasses import dataclass, field

WIDTH, HEIGHT = 595.0, 842.0
_FONT = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [<< /Type /Font "
    b"/Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> "
    b"/DW 1000 /W [1 95 500] /FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [0 -120 1000 880] "
    b"/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>] >>"
)
_STRAY = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Type /Encoding /Differences [65 /uniE001 /uniE002 /uniE003] >> >>"


def text_width(text: str, size: float) -> float:
    """How wide a text is set: a Chinese character one size, others half."""
    return sum(1.0 if char > "\u2e80" or char in "“”—…" else 0.5 for char in text) * size


@dataclass(slots=True)
class PdfSheet:
    """Pages under construction; places are points from the top left corner as shown, `top` the top of the characters."""

    pages: list[list[str]] = field(default_factory=lambda: [[]])
    turns: dict[int, int] = field(default_factory=dict)
    marks: list[tuple[str, int]] = field(default_factory=list)

    def page(self, turned: int = 0) -> None:
        """Start another page, shown turned by 0 or 90 degrees; text is set so that it reads upright."""
        if self.pages[-1] or len(self.pages) > 1:
            self.pages.append([])
        self.turns[len(self.pages) - 1] = turned

    def text(self, x: float, top: float, text: str, size: float = 10.0) -> None:
        """A text from x on."""
        coded = text.encode("utf-16-be").hex()
        turned = self.turns.get(len(self.pages) - 1) == 90
        place = f"0 1 -1 0 {top + 0.88 * size:.2f} {x} Tm" if turned else f"{x} {HEIGHT - top - 0.88 * size:.2f} Td"
        self.pages[-1].append(f"BT /F1 {size} Tf {place} <{coded}> Tj ET")

    def right(self, x: float, top: float, text: str, size: float = 10.0) -> None:
        """A text that ends at x."""
        self.text(x - text_width(text, size), top, text, size)

    def middle(self, x: float, top: float, text: str, size: float = 10.0) -> None:
        """A text centred at x."""
        self.text(x - text_width(text, size) / 2, top, text, size)

    def garbled(self, x: float, top: float, count: int) -> None:
        """Characters of a private code."""
        self.pages[-1].append(f"BT /F2 10 Tf {x} {HEIGHT - top - 9} Td ({'ABC' * count}) Tj ET")

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A thin line."""
        self.pages[-1].append(f"0.5 w {x0} {HEIGHT - y0} m {x1} {HEIGHT - y1} l S")

    def picture(self) -> None:
        """A picture over the page, as a scan is."""
        self.pages[-1].append("q 500 0 0 700 40 40 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x00 EI Q")

    def grid(self, xs: list[float], ys: list[float], skip: tuple[tuple[str, int, int], ...] = ()) -> None:
        """A ruled grid. skip: pieces left out, ("h", row, column) above a cell or ("v", row, column) at its left."""
        for row, y in enumerate(ys):
            for column in range(len(xs) - 1):
                if ("h", row, column) not in skip:
                    self.line(xs[column], y, xs[column + 1], y)
        for row in range(len(ys) - 1):
            for column, x in enumerate(xs):
                if ("v", row, column) not in skip:
                    self.line(x, ys[row], x, ys[row + 1])

    def content(self) -> bytes:
        """The bytes of the file."""
        objects: list[bytes] = [b"", b"", _FONT, _STRAY]
        kids = []
        for index, content in enumerate(self.pages):
            stream = "\n".join(content).encode("latin-1")
            objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
            turned = self.turns.get(index, 0)
            box = f"/MediaBox [0 0 {WIDTH:g} {HEIGHT:g}] /Rotate {turned}".encode()
            objects.append(
                b"<< /Type /Page /Parent 2 0 R %s /Contents %d 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>" % (box, len(objects))
            )
            kids.append(len(objects))
        outline = self._outline(objects, kids)
        objects[0] = b"<< /Type /Catalog /Pages 2 0 R%s >>" % outline
        objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
        return _file(objects)

    def _outline(self, objects: list[bytes], kids: list[int]) -> bytes:
        if not self.marks:
            return b""
        root = len(objects) + 1
        count = len(self.marks)
        objects.append(b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % (root + 1, root + count, count))
        for index, (title, page) in enumerate(self.marks):
            near = b""
            if index:
                near += b" /Prev %d 0 R" % (root + index)
            if index + 1 < count:
                near += b" /Next %d 0 R" % (root + index + 2)
            coded = ("\ufeff" + title).encode("utf-16-be").hex().encode()
            objects.append(b"<< /Title <%s> /Parent %d 0 R /Dest [%d 0 R /Fit]%s >>" % (coded, root, kids[page - 1], near))
        return b" /Outlines %d 0 R" % root


def _file(objects: list[bytes]) -> bytes:
    out = b"%PDF-1.7\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
