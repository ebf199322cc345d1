"""What every store of secrets promises: the fake and the real ones alike."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.local_secrets import LocalSecrets
from adapters.vault import VaultSecrets
from adapters.vault_login import VaultLogin
from cns.errors import NotFound
from cns.secrets import SecretStore
from tests.fakes.clock import FrozenClock
from tests.fakes.secrets import FakeSecretStore
from tests.vaults import OpenBao


@pytest.fixture(params=["fake", "local", "vault"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FrozenClock
) -> Iterator[SecretStore]:
    if request.param == "fake":
        yield FakeSecretStore(clock)
        return
    if request.param == "vault":
        bao: OpenBao = request.getfixturevalue("bao")
        vault = VaultSecrets(VaultLogin(bao.settings(), SystemClock()))
        clock.move(datetime.now(UTC) - clock.now())
        yield vault
        vault.close()
        return
    local = LocalSecrets(tmp_path, None, clock)
    yield local
    local.close()


def test_what_was_put_is_found(store: SecretStore) -> None:
    store.put("anthropic_key", "sk-é\n\U0001f511")
    assert store.get("anthropic_key") == "sk-é\n\U0001f511"


def test_what_was_never_put_is_not_found(store: SecretStore) -> None:
    assert store.get("anthropic_key") is None
    assert store.stored() == {}


def test_a_second_value_replaces_the_first(store: SecretStore) -> None:
    store.put("kagi", "first")
    store.put("kagi", "second")
    assert store.get("kagi") == "second"


def test_each_name_has_its_own_value(store: SecretStore) -> None:
    names = ("kagi", "weather/key", "weather/other", "database/service_url", "services/app_url")
    for name in names:
        store.put(name, f"value of {name}")
    assert {name: store.get(name) for name in names} == {name: f"value of {name}" for name in names}
    assert set(store.stored()) == set(names)


def test_what_was_deleted_is_gone_alone(store: SecretStore) -> None:
    store.put("kagi", "first")
    store.put("groq_key", "second")
    store.delete("kagi")
    assert store.get("kagi") is None
    assert list(store.stored()) == ["groq_key"]


def test_deleting_what_is_not_there_is_refused(store: SecretStore) -> None:
    with pytest.raises(NotFound) as caught:
        store.delete("kagi")
    assert caught.value.code == "secret_not_found"


def test_it_says_when_a_secret_was_set(store: SecretStore, clock: FrozenClock) -> None:
    store.put("kagi", "value")
    assert abs((store.stored()["kagi"] - clock.now()).total_seconds()) < 10


def test_a_refresh_keeps_what_is_there(store: SecretStore) -> None:
    store.put("kagi", "value")
    store.refresh()
    assert store.get("kagi") == "value"
    assert "value" not in store.ping()
