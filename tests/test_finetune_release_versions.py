"""Names, versions and references to versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import ReleaseError
from finetune.release.versions import Reference, Version, checked_name, full_name


def test_versions_are_ordered_by_number_and_not_by_letter() -> None:
    assert Version.of("1.10.0") > Version.of("v1.9.9") > Version.of("1.9.0") > Version.of("0.99.99")


@pytest.mark.parametrize("text", ["1.0", "1.0.0.0", "01.0.0", "1.0.0-rc1", "", "latest", "1.０.0", "-1.0.0", "1.0.9999999"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ReleaseError, match="三段数字"):
        Version.of(text)


@given(st.tuples(*[st.integers(0, 99_999)] * 3))
def test_a_full_name_is_read_back(parts: tuple[int, int, int]) -> None:
    version = Version(*parts)
    assert Reference.of(full_name("financial_llm_lora", version), "other") == Reference("financial_llm_lora", version)
    assert Reference.of(str(version)) == Reference("financial_llm_lora", version)


def test_aliases_with_and_without_a_name() -> None:
    assert Reference.of("champion") == Reference("financial_llm_lora", alias="champion")
    assert Reference.of("caizhi_ner@challenger") == Reference("caizhi_ner", alias="challenger")


@pytest.mark.parametrize("text", ["Champion!", "@champion", "a@b@c", "financial_llm_lora_v1.0", "最新", ""])
def test_references_that_are_neither_are_refused(text: str) -> None:
    with pytest.raises(ReleaseError):
        Reference.of(text)


@pytest.mark.parametrize("name", ["", "Financial", "a b", "a__b", "a_", "1a", "a-b", "a/b", "模型", "a" * 61, "lora_v1", "a'; drop"])
def test_names_that_may_not_be(name: str) -> None:
    with pytest.raises(ReleaseError, match="不可用"):
        checked_name(name)
