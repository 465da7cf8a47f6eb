"""How many wrong calculator results the validator finds in a published finance sample (DISC-FinLLM, computing_part.json).

    CAIZHI_DISC_FILE=path/to/computing_part.json python -m tests.benchmarks.disc_check

Prints the checkable calls, those whose printed result is not the value of its expression, and those off by more than one percent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from data.errors import ExpressionError
from finetune.rows.arithmetic import value_of
from finetune.rows.claims import Claim, claims_of, is_number
from finetune.rows.formats import read_rows
from finetune.rows.record import Row
from finetune.rows.validate import check_row

VARIABLE = "CAIZHI_DISC_FILE"
_PERCENT = Decimal("0.01")


def wrong_rows(rows: list[Row]) -> list[int]:
    """Places of the rows in which a result is wrong."""
    return [at for at, row in enumerate(rows) if any(problem.code == "wrong_result" for problem in check_row(row))]


def values(rows: list[Row]) -> Iterator[tuple[Claim, Decimal]]:
    """Every calculator mark that can be computed, with its value."""
    for row in rows:
        for claim in claims_of(row):
            if claim.form == "mark" and is_number(claim.right):
                try:
                    yield claim, value_of(claim.left)
                except ExpressionError:
                    continue


def main() -> int:
    """Print the findings; 0 where the file is absent, with the reason."""
    path = Path(os.environ.get(VARIABLE, ""))
    if not path.is_file():
        print(f"skipped: set {VARIABLE} to the file computing_part.json of DISC-FinLLM")
        return 0
    rows = list(read_rows(path))
    checked = list(values(rows))
    far = [claim for claim, value in checked if abs(Decimal(claim.right) - value) > abs(value) * _PERCENT]
    print(f"rows {len(rows)}, checkable calls {len(checked)}, rows with a wrong result {len(wrong_rows(rows))}, calls off by more than 1% {len(far)}")
    for claim in far:
        print(f"  {claim.left[:70]} -> {claim.right}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
