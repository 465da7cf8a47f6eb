"""Outcome rules and redaction."""

from __future__ import annotations

from agents.llm import failures


def test_every_outcome_has_a_rule() -> None:
    assert set(failures.OUTCOME_RULES) == set(failures.Outcome.__args__)  # type: ignore[attr-defined]


def test_redaction_of_key_shapes() -> None:
    text = "GET http://user:pa55@host/v1?api_key=abc123 Bearer xyz sk-proj-12345678 plain"
    cleaned = failures.redact(text + " my-own-key", ("my-own-key", ""))
    for secret in ("pa55", "abc123", "xyz", "12345678", "my-own-key"):
        assert secret not in cleaned
    assert cleaned.endswith("plain [redacted]") and len(failures.redact("长" * 999)) == 300
