"""Secrets in the environment: from files too, and not left for child processes."""

from pathlib import Path

import pytest

from config.environment import forget_secrets, secrets_of, with_files
from config.loader import load
from config.names import BadSettings, secret_variables
from config.redaction import IN_ITS_PLACE, Redaction


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "the.key"
    path.write_text("s3cret-of-a-file\n", encoding="utf-8")
    return path


def refusal(environment: dict[str, str]) -> str:
    with pytest.raises(BadSettings) as caught:
        load(environment)
    return str(caught.value)


@pytest.mark.parametrize("variable", sorted(secret_variables()))
def test_every_secret_can_come_from_a_file(variable: str, file: Path) -> None:
    found = with_files({f"{variable}_FILE": str(file), "PATH": "x"})
    assert found == {variable: "s3cret-of-a-file", "PATH": "x"}


def test_the_settings_take_a_secret_from_its_file(file: Path, tmp_path: Path) -> None:
    given = {"MIRA_DATA_DIR": str(tmp_path), "MIRA_LLM__API_KEY_FILE": str(file)}
    key = load(given).llm.api_key
    assert key is not None
    assert key.get_secret_value() == "s3cret-of-a-file"


def test_what_is_no_secret_has_no_file() -> None:
    assert "MIRA_SERVER__PORT_FILE is not a setting" in refusal({"MIRA_SERVER__PORT_FILE": "x"})


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b" \n", "is empty"), (b"\xff", "no text")]
)
def test_a_file_that_holds_no_secret_is_named(content: bytes, said: str, file: Path) -> None:
    file.write_bytes(content)
    told = refusal({"ANTHROPIC_API_KEY_FILE": str(file)})
    assert told.startswith("ANTHROPIC_API_KEY_FILE")
    assert str(file) in told
    assert said in told


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    told = refusal({"OPENAI_API_KEY_FILE": str(tmp_path / "none")})
    assert "OPENAI_API_KEY_FILE" in told
    assert str(tmp_path / "none") in told


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path) in refusal({"OPENAI_API_KEY_FILE": str(tmp_path)})


def test_a_file_too_large_for_a_secret_is_refused(file: Path) -> None:
    file.write_bytes(b"x" * 70_000)
    told = refusal({"OPENAI_API_KEY_FILE": str(file)})
    assert "larger" in told
    assert "xxx" not in told


def test_a_secret_given_twice_is_refused(file: Path) -> None:
    told = refusal({"OPENAI_API_KEY_FILE": str(file), "OPENAI_API_KEY": "s3cret"})
    assert "both set" in told
    assert "s3cret" not in told


def test_secrets_are_found_by_their_names_in_the_store() -> None:
    found = secrets_of({"OPENROUTER_API_KEY": "r", "MIRA_DATABASE__URL": "d", "GROQ_API_KEY": ""})
    assert found == {"openrouter_key": "r", "database/service_url": "d"}


def test_secrets_do_not_stay_in_the_environment() -> None:
    secret = {
        "ANTHROPIC_API_KEY": "x",
        "OPENAI_API_KEY_FILE": "x",
        "MIRA_DATABASE__URL": "x",
        "MIRA_VAULT__SECRET_ID": "x",
        "VAULT_TOKEN": "x",
        "GITHUB_TOKEN": "x",
        "DB_PASSWORD": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    harmless = {"PATH": "x", "HOME": "x", "MIRA_SERVER__PORT": "1", "PGPASSWORD": "x"}
    environment = {**secret, **harmless}
    forget_secrets(environment)
    assert environment == harmless


# --- the second net ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        'key is pass"wörd/\\n1',
        r"key is pass\"w\u00f6rd/\\n1",
        r"key is pass\"wörd/\\n1",
        "key is pass%22w%C3%B6rd%2F%5Cn1",
        r"""key is pass"wörd/\\n1""",
    ],
)
def test_a_known_secret_is_hidden_however_it_is_written(written: str) -> None:
    redact = Redaction()
    redact.learn('pass"wörd/\\n1')
    assert redact(written) == f"key is {IN_ITS_PLACE}"


def test_the_password_of_an_address_is_hidden_alone_too() -> None:
    redact = Redaction()
    redact.learn("postgresql://mira:s3cret-word@host/db")
    assert redact("no entry for s3cret-word") == f"no entry for {IN_ITS_PLACE}"


def test_a_plain_word_as_password_is_left_in_innocent_places() -> None:
    redact = Redaction()
    redact.learn("postgresql://postgres:postgres@host/db")
    assert redact("embedded postgres") == "embedded postgres"


def test_each_line_of_a_long_secret_is_hidden() -> None:
    redact = Redaction()
    redact.learn("first-line-of-it\nsecond-line-of-it\n")
    assert redact("see second-line-of-it") == f"see {IN_ITS_PLACE}"


def test_a_short_word_is_no_secret_to_be_found_everywhere() -> None:
    redact = Redaction()
    redact.learn("x")
    redact.learn("")
    assert redact("fox") == "fox"


def test_what_is_no_address_is_learned_all_the_same() -> None:
    redact = Redaction()
    redact.learn("http://[broken-address")
    assert redact("http://[broken-address") == IN_ITS_PLACE
