"""`caizhi schema`: the JSON Schema of `ask --json`, as committed in docs/ask.schema.json."""

from __future__ import annotations

import json


def schema() -> None:
    """输出 ask --json 的 JSON Schema"""
    from app.contract import answer_schema

    print(json.dumps(answer_schema(), ensure_ascii=False, indent=2))
