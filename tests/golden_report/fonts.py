"""Finds Noto Sans CJK and cuts it down to the characters used, as TrueType outlines (some readers cannot read PostScript ones)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDERS = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto-cjk", "/usr/share/fonts/opentype/noto-cjk", "~/.local/share/fonts", "/Library/Fonts")
FILES = {False: "NotoSansCJK-Regular.ttc", True: "NotoSansCJK-Bold.ttc"}
FAMILY = "Noto Sans CJK SC"
VARIABLE = "GOLDEN_REPORT_FONTS"


class FontMissing(FileNotFoundError):
    """No Noto Sans CJK on this machine; names the variable that points to one."""


def font_file(bold: bool, environment: Mapping[str, str] | None = None) -> Path:
    """The font file; GOLDEN_REPORT_FONTS (a folder) comes before the usual places.

    Raises:
        FontMissing: in none of them.
    """
    override = (os.environ if environment is None else environment).get(VARIABLE)
    for folder in (override, *FOLDERS) if override else FOLDERS:
        path = Path(folder).expanduser() / FILES[bold]
        if path.is_file():
            return path
    raise FontMissing(f"no {FILES[bold]} in {', '.join(FOLDERS)}; set {VARIABLE} to its folder")


def collection_number(path: Path) -> int:
    """The place of the simplified Chinese face in the collection."""
    from fontTools.ttLib import TTCollection  # type: ignore[import-untyped]

    for number, face in enumerate(TTCollection(path, lazy=True).fonts):
        if face["name"].getDebugName(1) == FAMILY:
            return number
    raise FontMissing(f"{path} has no {FAMILY}")


def subset(path: Path, number: int, characters: str, target: Path, *, outlines: str = "truetype") -> None:
    """Write a font with only these characters; outlines: truetype or postscript."""
    from fontTools import subset as cut  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont

    font = TTFont(path, fontNumber=number, recalcTimestamp=False)
    options = cut.Options()
    options.layout_features, options.hinting, options.notdef_outline, options.name_IDs = [], False, True, [1, 2, 4, 6]
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "GPOS", "GSUB", "GDEF"]
    cutter = cut.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(font)
    if outlines == "truetype":
        _to_truetype(font)
    font.save(target)


def _to_truetype(font: Any) -> None:
    from fontTools.pens.cu2quPen import Cu2QuPen  # type: ignore[import-untyped]
    from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
    from fontTools.ttLib import newTable

    order, glyphs, drawn = font.getGlyphOrder(), font.getGlyphSet(), {}
    for name in order:
        pen = TTGlyphPen(None)
        glyphs[name].draw(Cu2QuPen(pen, max_err=1.5, reverse_direction=True))
        drawn[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = table = newTable("glyf")
    table.glyphOrder, table.glyphs = order, drawn
    for glyph in drawn.values():
        glyph.recalcBounds(table)
    font["hmtx"].metrics = {name: (advance, getattr(drawn[name], "xMin", 0)) for name, (advance, _) in font["hmtx"].metrics.items()}
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    for field in ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements", "maxSizeOfInstructions",
                  "maxComponentElements", "maxPoints", "maxContours", "maxCompositePoints", "maxCompositeContours", "maxComponentDepth"):  # fmt: skip
        setattr(maxp, field, 1 if field == "maxZones" else 0)
    for name in ("CFF ", "VORG"):
        if name in font:
            del font[name]
    font["post"].formatType, font["post"].extraNames, font["post"].mapping, font["post"].glyphOrder = 2.0, [], {}, order
    font.sfntVersion = "\000\001\000\000"
