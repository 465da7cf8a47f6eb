"""Reading prompts: strict variables, read once, hashed."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from string import Template

from data.errors import CatalogueError

FOLDER = Path(__file__).parent


def prompt(name: str, **variables: str) -> str:
    """A prompt with its variables filled in.

    Raises:
        CatalogueError: there is no such prompt, or the variables are not exactly those that it names.
    """
    template = _template(name)
    wanted, given = set(template.get_identifiers()), set(variables)
    if wanted != given:
        raise CatalogueError(f"提示词 {name} 的变量应为 {sorted(wanted)}，收到 {sorted(given)}")
    return template.substitute(variables)


def prompt_version(name: str) -> str:
    """First 12 hex digits of the SHA-256 of a prompt's text."""
    return sha256(_template(name).template.encode()).hexdigest()[:12]


@lru_cache(maxsize=32)
def _template(name: str) -> Template:
    try:
        return Template((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError(f"没有提示词 {name}：{error}") from error
