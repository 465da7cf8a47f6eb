"""The one error tree of the product, and the one table that maps it to exit codes and HTTP statuses.

    CaizhiError                     anything the product raises on purpose
    ├── UsageError                  the caller's words are off: what to write instead is in the message
    │   ├── UnitError               a unit is unknown, or two units cannot be combined
    │   ├── PeriodError             a text names no period, or a period cannot be moved that way
    │   ├── ExpressionError         a free expression is not arithmetic, or is too large
    │   └── UnknownReferenceError   a draft refers to a figure that the fact sheet lacks
    ├── CatalogueError              a bundled or user-given catalogue file is malformed
    ├── FactError                   a row of the facts table breaks a rule
    ├── DocumentError               a file cannot be read as a document
    ├── FormulaError                a formula cannot be computed from these figures
    ├── LedgerError                 the figure store cannot be opened or written
    ├── RetrievalError              an index or an embedding model cannot be read, or does not fit
    ├── ModelUnavailableError       no language model could serve; carries the receipt of what was tried
    ├── TrainingError               training data, a training run or an evaluation cannot go on
    ├── ReleaseError                a model version cannot be exported, registered or promoted
    ├── BudgetError                 a run went past its calls, tokens or time
    └── SettingsError               a setting is missing or contradicts another

Refusals are not errors: they are results (see data.refusals).
"""

from __future__ import annotations

from dataclasses import dataclass


class CaizhiError(Exception):
    """Base of everything raised on purpose; the message says what to do, in one line."""


class UsageError(CaizhiError):
    """The caller's input cannot be taken as it is."""


class UnitError(UsageError):
    """A unit is unknown, or a quantity cannot be converted or combined that way."""


class PeriodError(UsageError):
    """A text names no period, or the period asked of another does not exist."""


class ExpressionError(UsageError):
    """A free expression is not plain arithmetic, or exceeds its bounds."""


class UnknownReferenceError(UsageError):
    """A draft refers to a figure, field or name that the fact sheet does not hold."""


class CatalogueError(CaizhiError):
    """A catalogue file is malformed; the message names the file and the entry."""


class FactError(CaizhiError):
    """A row of a facts table breaks a rule; the message names the row and the rule."""


class DocumentError(CaizhiError):
    """A file cannot be read as a document; the message names the file and says what to do instead."""


class FormulaError(CaizhiError):
    """A formula cannot be computed from the figures at hand (a missing input, a zero denominator)."""


class LedgerError(CaizhiError):
    """The figure store cannot be opened, migrated or written."""


class RetrievalError(CaizhiError):
    """A search index or an embedding model cannot be read, or the two do not fit together."""


class ModelUnavailableError(CaizhiError):
    """No language model could serve the request; `receipt` tells what was tried."""

    def __init__(self, message: str, receipt: object | None = None) -> None:
        super().__init__(message)
        self.receipt = receipt


class TrainingError(CaizhiError):
    """Training rows, a training run or an evaluation cannot go on; the message names the row, file or setting."""


class ReleaseError(CaizhiError):
    """A model version cannot be exported, registered, promoted or rolled back; the message gives the reason."""


class BudgetError(CaizhiError):
    """A run went past its budget of calls, tokens or time."""


class SettingsError(CaizhiError):
    """A setting is missing, malformed, or contradicts another."""


@dataclass(frozen=True, slots=True)
class ErrorMapping:
    """How one error class leaves the program: process exit code and HTTP status."""

    error: type[CaizhiError]
    exit_code: int
    http_status: int


ERROR_TABLE: tuple[ErrorMapping, ...] = (
    ErrorMapping(UsageError, 2, 422),
    ErrorMapping(UnitError, 2, 422),
    ErrorMapping(PeriodError, 2, 422),
    ErrorMapping(ExpressionError, 2, 422),
    ErrorMapping(UnknownReferenceError, 2, 422),
    ErrorMapping(CatalogueError, 1, 500),
    ErrorMapping(FactError, 1, 422),
    ErrorMapping(DocumentError, 1, 422),
    ErrorMapping(FormulaError, 1, 422),
    ErrorMapping(LedgerError, 1, 503),
    ErrorMapping(RetrievalError, 1, 503),
    ErrorMapping(ModelUnavailableError, 1, 503),
    ErrorMapping(TrainingError, 1, 422),
    ErrorMapping(ReleaseError, 1, 409),
    ErrorMapping(BudgetError, 1, 429),
    ErrorMapping(SettingsError, 2, 500),
    ErrorMapping(CaizhiError, 1, 500),
)


def mapping_for(error: CaizhiError) -> ErrorMapping:
    """The row of ERROR_TABLE for an error: its own class, else the nearest base class."""
    table = {row.error: row for row in ERROR_TABLE}
    return next(table[base] for base in type(error).__mro__ if base in table)
