"""Settings: explicit over environment over default, read once, wrong values in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import ModelSettings, Settings
from app.wiring import open_assistant
from data.errors import SettingsError, mapping_for


def test_defaults_need_no_environment() -> None:
    settings = Settings.load({})
    assert settings == Settings(home=Path("var"), database_url="", collection="", cache=True, debug=False, models=())
    assert settings.ledger_url == f"sqlite:///{Path('var').absolute() / 'caizhi.db'}"


def test_environment_over_default_and_explicit_over_environment() -> None:
    environment = {"CAIZHI_HOME": "/srv/caizhi", "CAIZHI_COLLECTION": "内部", "CAIZHI_CACHE": "off", "CAIZHI_DEBUG": "1"}
    read = Settings.load(environment)
    assert (read.home, read.collection, read.cache, read.debug) == (Path("/srv/caizhi"), "内部", False, True)
    assert Settings.load(environment, home=Path("/tmp/x"), cache=True).home == Path("/tmp/x")
    assert Settings.load(environment, home=Path("/tmp/x"), cache=True).cache is True
    assert Settings.load(environment, collection=None).collection == "内部", "an option that was not given leaves the environment's"


def test_an_empty_home_is_no_home_and_an_empty_collection_is_one() -> None:
    read = Settings.load({"CAIZHI_HOME": "", "CAIZHI_COLLECTION": ""})
    assert (read.home, read.collection) == (Path("var"), "")


def test_names_without_the_prefix_are_not_read() -> None:
    assert Settings.load({"HOME": "/root", "DATABASE_URL": "postgresql://x", "DEBUG": "1"}) == Settings()


def test_the_process_environment_is_read_when_none_is_given(home: Path) -> None:
    assert Settings.load().home == home


@pytest.mark.parametrize("text", ["1", "true", "YES", "on", "On"])
def test_a_switch_reads_true(text: str) -> None:
    assert Settings.load({"CAIZHI_DEBUG": text}).debug is True


@pytest.mark.parametrize("text", ["0", "false", "no", "OFF", ""])
def test_a_switch_reads_false(text: str) -> None:
    assert Settings.load({"CAIZHI_CACHE": text}).cache is False


@pytest.mark.parametrize(("environment", "words"), [
    ({"CAIZHI_CACHE": "perhaps"}, "perhaps"),
    ({"CAIZHI_GENERAL_BASE_URL": "http://127.0.0.1:1/v1"}, "CAIZHI_GENERAL_MODEL"),
    ({"CAIZHI_GENERAL_MODEL": "m", "CAIZHI_GENERAL_TIMEOUT_S": "soon"}, "soon"),
    ({"CAIZHI_GENERAL_MODEL": "m", "CAIZHI_GENERAL_TIMEOUT_S": "0"}, "必须为正"),
    ({"CAIZHI_GENERAL_MODEL": "m", "CAIZHI_GENERAL_TIMEOUT_S": "-3"}, "必须为正"),
    ({"CAIZHI_FINETUNED_MODEL": "m", "CAIZHI_FINETUNED_LOCAL": "maybe"}, "maybe"),
])
def test_a_value_that_cannot_be_read_is_one_clear_line(environment: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(environment)
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert mapping_for(caught.value).exit_code == 2


def test_an_unknown_explicit_name_is_refused() -> None:
    with pytest.raises(SettingsError, match="homes"):
        Settings.load({}, homes="x")


def test_models_by_role_with_their_server() -> None:
    read = Settings.load({
        "CAIZHI_GENERAL_MODEL": "gpt-4-turbo", "CAIZHI_GENERAL_API_KEY": "sk-secret",
        "CAIZHI_FINETUNED_MODEL": "financial_llm_lora_v1.0.0", "CAIZHI_FINETUNED_BASE_URL": "http://127.0.0.1:8000/v1",
        "CAIZHI_FINETUNED_LOCAL": "1", "CAIZHI_FINETUNED_TIMEOUT_S": "12.5", "CAIZHI_LONG_CONTEXT_MODEL": "",
    })
    assert read.models == (
        ModelSettings("general", "gpt-4-turbo", api_key="sk-secret"),
        ModelSettings("finetuned", "financial_llm_lora_v1.0.0", "http://127.0.0.1:8000/v1", local=True, timeout_s=12.5),
    )


def test_a_key_never_shows() -> None:
    read = Settings.load({"CAIZHI_GENERAL_MODEL": "gpt-4-turbo", "CAIZHI_GENERAL_API_KEY": "sk-secret"})
    assert "sk-secret" not in repr(read)


def test_the_ledger_can_live_elsewhere(tmp_path: Path) -> None:
    assert Settings.load({"CAIZHI_DATABASE_URL": "postgresql+psycopg://h/caizhi"}).ledger_url == "postgresql+psycopg://h/caizhi"
    with open_assistant(Settings.load({}, home=tmp_path / "home", database_url=f"sqlite:///{tmp_path / 'other.db'}")) as assistant:
        assert assistant.store.collections()
    assert (tmp_path / "other.db").exists() and not (tmp_path / "home" / "caizhi.db").exists()


def test_a_home_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="CAIZHI_HOME"), open_assistant(Settings.load({}, home=tmp_path / "file" / "home")):
        pass


def test_a_preset_keeps_what_the_settings_do_not_name(home: Path) -> None:
    preset = Settings.load({"CAIZHI_LONG_CONTEXT_MODEL": "deepseek-chat", "CAIZHI_LONG_CONTEXT_API_KEY": "sk-x"})
    with open_assistant(Settings.load({}, home=home, models=preset.models)) as assistant:
        assert [(status.role, status.model) for status in assistant.models.status()] == [("long_context", "deepseek-chat")]


def test_a_model_with_a_broken_address_is_a_settings_error(home: Path) -> None:
    models = (ModelSettings("general", "m", base_url="localhost:8000"),)
    with pytest.raises(SettingsError, match="http"), open_assistant(Settings.load({}, home=home, models=models)):
        pass


def test_a_model_without_an_address_that_is_no_preset_is_named(home: Path) -> None:
    """Nothing is loaded at the start; the question is answered by the deterministic writer, and the receipt says why."""
    models = (ModelSettings("general", "no-such-preset"),)
    with open_assistant(Settings.load({}, home=home, models=models)) as assistant:
        answer = assistant.ask("招商银行2023年不良率是多少？")
    assert answer["model"]["served_by"] == "template" and answer["answers"]
    assert [attempt["outcome"] for attempt in answer["model"]["attempts"]] == ["load_failed"]
