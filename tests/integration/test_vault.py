"""Secrets in a real OpenBao: read, written, kept through its loss, and every refusal in words."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import hvac
import pytest
from pydantic import SecretStr

import main
from adapters.vault import VaultSecrets
from adapters.vault_login import VaultLogin
from cns.errors import Forbidden, Misconfigured, Unavailable
from cns.ports import Part
from cns.services.secrets import SecretService, SecretUpkeep
from composition.house import Given
from composition.secrets import opened_secrets, service_of, with_secrets
from config.settings import LLMSettings, Settings, Vault
from tests.application import CHECKOUT, free_port
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import FakeLLM, Says
from tests.servers import temporary_folder
from tests.vaults import OpenBao, openbao
from tests.waiting import until

NOWHERE = Path("nowhere")


@pytest.fixture
def opened(bao: OpenBao, clock: FrozenClock) -> Iterator[VaultSecrets]:
    bao.write("api_keys", kagi="of the vault")
    store = VaultSecrets(VaultLogin(bao.settings(), clock))
    yield store
    store.close()


def started(vault: Vault) -> SecretService:
    """As at the start of the program."""
    with ExitStack() as stack:
        settings = Settings(vault=vault)
        store = opened_secrets(stack, settings, NOWHERE, FrozenClock())
        return service_of(store, settings, {}, lambda _: None)


def refusal(vault: Vault) -> str:
    with pytest.raises(Misconfigured) as caught:
        started(vault)
    return caught.value.detail


def token_of(store: VaultSecrets) -> str:
    token: str = store._login._client.token
    return token


def told_of(token: str, bao: OpenBao) -> dict[str, Any]:
    told: dict[str, Any] = bao.root.auth.token.lookup(token)["data"]
    return told


# --- what is read and written ------------------------------------------------------------------


def test_the_paths_of_a_vault_are_read(bao: OpenBao) -> None:
    bao.write("api_keys", anthropic_key="a", openai_key="o", mira_api="m")
    bao.write("database", service_url="postgresql://h/d", admin_url="postgresql://a@h/d")
    bao.write("services", valkey_url="redis://h", app_url="http://h")
    bao.write("auth", jwt="j")

    secrets = started(bao.settings())

    found = {state.name: state.source for state in secrets.list() if state.stored}
    assert set(found.values()) == {"vault"}
    assert found.keys() >= {"anthropic_key", "database/admin_url", "services/app_url", "auth/jwt"}
    settings = with_secrets(Settings(), secrets)
    assert settings.database.url == SecretStr("postgresql://h/d")
    assert settings.cache.url == SecretStr("redis://h")
    assert settings.llm.anthropic_api_key == SecretStr("a")


def test_what_is_no_text_is_taken_as_json(bao: OpenBao, clock: FrozenClock) -> None:
    values = {"number": 5, "list": ["a"]}
    bao.root.secrets.kv.v2.create_or_update_secret("mira/auth", values, mount_point="secret")
    store = VaultSecrets(VaultLogin(bao.settings(), clock))
    assert (store.get("auth/number"), store.get("auth/list")) == ("5", '["a"]')


def test_what_is_written_lies_beside_what_was_there(opened: VaultSecrets, bao: OpenBao) -> None:
    bao.write("api_keys", kagi="changed outside", groq_key="added outside")
    opened.put("openai_key", "new")
    opened.put("weather/key", "of a tool")

    def held(path: str) -> dict[str, str]:
        told = bao.root.secrets.kv.v2.read_secret_version(
            f"mira/{path}", mount_point="secret", raise_on_deleted_version=True
        )
        values: dict[str, str] = told["data"]["data"]
        return values

    assert held("api_keys") == {
        "kagi": "changed outside",
        "groq_key": "added outside",
        "openai_key": "new",
    }
    assert held("tools") == {"weather/key": "of a tool"}


def test_what_was_deleted_in_the_vault_can_be_set_again(opened: VaultSecrets, bao: OpenBao) -> None:
    bao.root.secrets.kv.v2.delete_latest_version_of_secret("mira/api_keys", mount_point="secret")
    opened.refresh()
    assert opened.get("kagi") is None
    opened.put("kagi", "again")
    assert opened.get("kagi") == "again"


def test_what_others_write_is_taken_up_by_the_upkeep(opened: VaultSecrets, bao: OpenBao) -> None:
    secrets, told = SecretService(opened, {}, {}, lambda _: None), list[str]()
    secrets.watch(told.append)
    bao.write("api_keys", kagi="of the vault", openai_key="new")
    assert SecretUpkeep(secrets=secrets).run() == {"changed": 1}
    assert (told, secrets.get("openai_key")) == (["openai_key"], "new")


def test_a_role_that_may_only_read_is_told_so_when_it_writes(
    bao: OpenBao, clock: FrozenClock
) -> None:
    bao.root.sys.create_or_update_policy(
        "reader", 'path "secret/data/mira/*" { capabilities = ["read"] }'
    )
    bao.role("reader", policy="reader")
    store = VaultSecrets(VaultLogin(bao.settings("reader"), clock))
    with pytest.raises(Forbidden) as caught:
        store.put("kagi", "canary-value")
    assert "writing secret/data/mira/api_keys" in caught.value.detail
    assert "canary-value" not in caught.value.detail
    assert store.get("kagi") is None


def test_two_writers_of_one_path_lose_nothing(bao: OpenBao, clock: FrozenClock) -> None:
    stores = [VaultSecrets(VaultLogin(bao.settings(), clock)) for _ in range(2)]

    def write(number: int) -> None:
        for count in range(5):  # fewer than one writer tries, so that it must come through
            stores[number].put(f"key_{number}_{count}", "value")

    threads = [Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stores[0].refresh()
    assert len(stores[0].stored()) == 10


# --- the token ---------------------------------------------------------------------------------


def test_a_token_is_renewed_well_inside_its_life(
    opened: VaultSecrets, bao: OpenBao, clock: FrozenClock
) -> None:
    token = token_of(opened)
    clock.move(timedelta(seconds=20))
    opened.refresh()
    assert "last_renewal" not in told_of(token, bao) or not told_of(token, bao)["last_renewal"]
    clock.move(timedelta(seconds=10))  # half of its 60 seconds
    opened.refresh()
    assert token_of(opened) == token
    assert told_of(token, bao)["last_renewal"]


def test_a_token_whose_longest_life_nears_gives_way_to_a_new_one(
    bao: OpenBao, clock: FrozenClock
) -> None:
    bao.role("short", life="8s", most="8s")
    store = VaultSecrets(VaultLogin(bao.settings("short"), clock))
    token = token_of(store)
    until(lambda: told_of(token, bao)["ttl"] <= 6)
    clock.move(timedelta(seconds=4))
    store.refresh()
    assert token_of(store) != token


@pytest.mark.parametrize("due", [True, False], ids=["when it is due", "before"])
def test_a_token_that_was_revoked_is_replaced(
    opened: VaultSecrets, bao: OpenBao, clock: FrozenClock, *, due: bool
) -> None:
    token = token_of(opened)
    bao.root.auth.token.revoke(token)
    clock.move(timedelta(seconds=40 if due else 0))
    opened.refresh()
    assert token_of(opened) != token
    assert opened.get("kagi") == "of the vault"


def test_the_token_is_given_back_at_the_end(bao: OpenBao, clock: FrozenClock) -> None:
    store = VaultSecrets(VaultLogin(bao.settings(), clock))
    token = token_of(store)
    store.close()
    with pytest.raises((hvac.exceptions.Forbidden, hvac.exceptions.InvalidPath)):
        told_of(token, bao)


def test_a_denial_is_told_as_one_though_no_new_login_is_possible(
    bao: OpenBao, clock: FrozenClock
) -> None:
    bao.root.sys.create_or_update_policy(
        "reader", 'path "secret/data/mira/*" { capabilities = ["read"] }'
    )
    bao.role("reader", policy="reader")
    settings = bao.settings("reader")
    store = VaultSecrets(VaultLogin(settings, clock))
    bao.root.auth.approle.delete_role("reader")
    with pytest.raises(Forbidden, match="writing secret/data/mira/api_keys"):
        store.put("kagi", "value")


# --- what is refused at the start --------------------------------------------------------------


def test_a_wrong_role_is_told(bao: OpenBao) -> None:
    said = refusal(bao.settings(role_id=SecretStr("nobody")))
    assert "MIRA_VAULT__ROLE_ID" in said
    assert bao.addr in said


def test_a_wrong_secret_id_is_told_without_it(bao: OpenBao) -> None:
    said = refusal(bao.settings(secret_id=SecretStr("s3cret-id")))
    assert "MIRA_VAULT__SECRET_ID" in said
    assert "s3cret-id" not in said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mount": "elsewhere"}, "MIRA_VAULT__MOUNT"),
        ({"auth_mount": "elsewhere"}, "MIRA_VAULT__AUTH_MOUNT"),
        ({"namespace": "elsewhere"}, "MIRA_VAULT__NAMESPACE"),
        ({"role_id": None}, "MIRA_VAULT__ROLE_ID"),
        ({"addr": "vault.example"}, "is no address"),
        ({"addr": f"http://127.0.0.1:{free_port()}"}, "cannot be reached"),
        ({"ca_file": Path("/nowhere.pem"), "addr": "https://127.0.0.1:1"}, "MIRA_VAULT__CA_FILE"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_setting_that_does_not_fit_is_named(
    changed: dict[str, object], said: str, bao: OpenBao
) -> None:
    assert said in refusal(bao.settings().model_copy(update=changed))


def test_https_where_none_is_spoken_is_told(bao: OpenBao) -> None:
    addr = bao.addr.replace("http", "https")
    assert "MIRA_VAULT__CA_FILE" in refusal(bao.settings(addr=addr))


def test_an_engine_of_another_kind_is_told(bao: OpenBao) -> None:
    bao.root.sys.enable_secrets_engine("kv", path="old", options={"version": "1"})
    bao.root.sys.create_or_update_policy("old", 'path "old/*" { capabilities = ["read", "list"] }')
    bao.role("old", policy="old")
    assert "KV version 2" in refusal(bao.settings("old", mount="old"))


def test_a_policy_that_grants_nothing_is_told(bao: OpenBao) -> None:
    bao.root.sys.create_or_update_policy(
        "little", 'path "secret/data/other" { capabilities = ["read"] }'
    )
    bao.role("little", policy="little")
    said = refusal(bao.settings("little"))
    assert "reading secret/data/mira/api_keys" in said
    assert "policy" in said


def test_a_certificate_is_checked_against_the_given_authority() -> None:
    with openbao("-dev-tls", "-dev-tls-cert-dir={folder}", scheme="https") as bao:
        bao.write("api_keys", kagi="over tls")
        assert started(bao.settings()).get("kagi") == "over tls"
        assert "not trusted" in refusal(bao.settings(ca_file=None))
        plain = bao.addr.replace("https", "http")  # it says so, and may hang up before it is heard
        assert "MIRA_VAULT__ADDR" in refusal(bao.settings(addr=plain))


def test_a_start_without_its_vault_ends_with_one_line_and_exit_code_2() -> None:
    addr = f"http://127.0.0.1:{free_port()}"
    with temporary_folder() as folder:
        environment = {
            "MIRA_DATA_DIR": str(folder / "data"),
            "MIRA_SERVER__PORT": str(free_port()),
            "MIRA_VAULT__ADDR": addr,
            "MIRA_VAULT__ROLE_ID": "role",
            "MIRA_VAULT__SECRET_ID": "s3cret-id",
        }
        ended = subprocess.run(
            [sys.executable, "main.py"],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"mira: The Vault at {addr} cannot be reached")
    assert "s3cret-id" not in line


# --- when it is lost later ---------------------------------------------------------------------


def test_a_sealed_vault_is_told_at_the_start_and_serves_on_while_running(
    opened: VaultSecrets, bao: OpenBao
) -> None:
    settings = bao.settings()
    bao.seal()
    try:
        assert "is sealed" in refusal(settings)
        assert opened.get("kagi") == "of the vault"
        for asked in (opened.ping, opened.refresh, lambda: opened.put("kagi", "new")):
            with pytest.raises(Unavailable, match="sealed") as caught:
                asked()
            assert caught.value.code == "vault_sealed"
        assert opened.get("kagi") == "of the vault"
    finally:
        bao.unseal()

    def reads() -> bool:
        try:
            opened.refresh()
        except Unavailable:
            return False
        return True

    until(reads)
    assert "in the Vault at" in opened.ping()


def test_a_vault_that_goes_away_leaves_what_was_read(clock: FrozenClock) -> None:
    with openbao() as bao:
        bao.write("api_keys", kagi="of the vault")
        store = VaultSecrets(VaultLogin(bao.settings(), clock))
        bao.stop()
        with pytest.raises(Unavailable, match=r"cannot be reached.*What was read before") as lost:
            store.ping()
        assert lost.value.code == "vault_unreachable"
        clock.move(timedelta(hours=2))
        with pytest.raises(Unavailable, match="cannot be reached"):
            store.refresh()
        assert store.get("kagi") == "of the vault"
        store.close()


def test_the_program_stands_on_what_the_vault_holds_and_outlasts_it(
    dsn: str, valkey_url: str
) -> None:
    with openbao() as bao, temporary_folder() as folder:
        bao.write("database", service_url=dsn)
        bao.write("services", valkey_url=valkey_url)
        settings = Settings(
            data_dir=folder / "data", vault=bao.settings(), llm=LLMSettings(provider="local")
        )
        with main.build(settings, Given(llm=FakeLLM([Says("Hello.")]))) as mira:
            assert mira.services.about()["parts"] == {
                "database": "external",
                "cache": "external",
                "text_index": "embedded",
            }
            assert secrets_of(mira).ok
            bao.stop()
            lost = secrets_of(mira)
            assert (lost.ok, lost.required) == (False, False)
            assert "What was read before still serves." in lost.detail
            assert mira.house.secrets.get("database/service_url") == dsn


def secrets_of(mira: main.Mira) -> Part:
    """How the secrets are said to be, as at /health/ready."""
    return next(part for part in mira.services.parts() if part.name == "secrets")
