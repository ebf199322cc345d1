"""The encrypted file: private, whole, bound to its key, and never blanked."""

import os
import re
import signal
import stat
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.local_secrets import KEY, STORE, LocalSecrets
from adapters.secret_box import Damaged, Kept, WrongKey, decode, encode, new_key
from cns.errors import Unavailable
from tests.fakes.clock import FrozenClock

AT = datetime(2026, 5, 4, 10, 12, tzinfo=UTC)
CANARY = "canary-4f1b-value"
secrets = st.dictionaries(
    st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?", fullmatch=True),
    st.builds(
        Kept,
        value=st.text(st.characters(codec="utf-8"), max_size=50),
        updated_at=st.datetimes(timezones=st.just(UTC)),
    ),
    max_size=4,
)


def opened(folder: Path) -> LocalSecrets:
    return LocalSecrets(folder, None, FrozenClock())


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Unavailable) as caught:
        act()
    assert caught.value.code == "secrets_unavailable"
    return caught.value.detail


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With one secret in it."""
    opened(tmp_path).put("kagi", CANARY)
    return tmp_path


# --- the form ----------------------------------------------------------------------------------


@settings(max_examples=40)
@given(kept=secrets)
def test_what_is_encoded_is_decoded(kept: dict[str, Kept]) -> None:
    key = new_key()
    assert decode(encode(kept, key), key) == kept


@settings(max_examples=40)
@given(kept=secrets)
def test_another_key_is_told_from_damage(kept: dict[str, Kept]) -> None:
    with pytest.raises(WrongKey):
        decode(encode(kept, new_key()), new_key())


@settings(max_examples=40)
@given(kept=secrets, share=st.floats(0, 0.999))
def test_a_cut_file_is_damaged(kept: dict[str, Kept], share: float) -> None:
    key = new_key()
    content = encode(kept, key)
    with pytest.raises(Damaged):
        decode(content[: int(len(content) * share)], key)


@settings(max_examples=40)
@given(kept=secrets, share=st.floats(0, 0.999), flip=st.integers(1, 255))
def test_a_changed_byte_never_changes_a_secret(
    kept: dict[str, Kept], share: float, flip: int
) -> None:
    key = new_key()
    content = bytearray(encode(kept, key))
    content[int(len(content) * share)] ^= flip
    with suppress(Damaged, WrongKey):
        assert decode(bytes(content), key) == kept


def test_a_value_does_not_open_under_another_name() -> None:
    key = new_key()
    content = encode({"kagi": Kept(value=CANARY, updated_at=AT)}, key)
    with pytest.raises(Damaged):
        decode(content.replace(b'"kagi"', b'"groq"'), key)


def test_an_entry_cannot_be_taken_out() -> None:
    key = new_key()
    content = encode({n: Kept(value=n, updated_at=AT) for n in ("kagi", "groq")}, key).decode()
    without = re.sub(r'"groq": \{[^}]*\},', "", content)
    assert without != content
    with pytest.raises(Damaged):
        decode(without.encode(), key)


def test_nothing_shows_a_value() -> None:
    assert CANARY not in repr(Kept(value=CANARY, updated_at=AT))


# --- the files ---------------------------------------------------------------------------------


def test_nothing_is_made_before_the_first_secret(tmp_path: Path) -> None:
    opened(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_key_and_store_are_for_their_owner_alone(folder: Path) -> None:
    modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in ("keys", KEY, STORE)}
    assert modes == {"keys": 0o700, KEY: 0o600, STORE: 0o600}


def test_no_file_holds_the_value_in_plain(folder: Path) -> None:
    held = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert CANARY.encode() not in held
    assert b64encode(CANARY.encode()) not in held


def test_the_key_can_lie_elsewhere(tmp_path: Path) -> None:
    key = tmp_path / "apart" / "the.key"
    data = tmp_path / "data"
    data.mkdir()
    LocalSecrets(data, key, FrozenClock()).put("kagi", CANARY)
    assert key.is_file()
    assert not (data / "keys").exists()
    assert LocalSecrets(data, key, FrozenClock()).get("kagi") == CANARY


def test_another_process_s_secret_is_taken_up(folder: Path) -> None:
    mine, other = opened(folder), opened(folder)
    other.put("groq_key", "value")
    assert mine.get("groq_key") is None
    mine.refresh()
    assert mine.get("groq_key") == "value"


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    stores = [opened(tmp_path) for _ in range(4)]

    def write(number: int) -> None:
        for count in range(5):
            stores[number].put(f"tool/n{number}_{count}", "value")

    threads = [Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened(tmp_path).stored()) == 20


def test_what_a_lost_write_left_is_no_trouble(folder: Path) -> None:
    (folder / f"{STORE}.new").write_bytes(b"half a fi")
    store = opened(folder)
    assert store.get("kagi") == CANARY
    store.put("groq_key", "value")
    assert opened(folder).get("groq_key") == "value"


WRITER = """
import sys
from pathlib import Path
from adapters.clock import SystemClock
from adapters.local_secrets import LocalSecrets
store = LocalSecrets(Path(sys.argv[1]), None, SystemClock())
for number in range(100000):
    store.put("kagi", str(number))
    store.put("groq_key", str(number))
    print(number, flush=True)
"""


@pytest.mark.campaign
def test_a_kill_at_any_point_leaves_a_whole_store(tmp_path: Path, seed: int, *, long: bool) -> None:
    print(f"seed {seed}")  # noqa: T201 - shown when the campaign fails
    chance = Random(seed)
    for _ in range(100 if long else 3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        with writer.stdout as said:
            first = said.readline()
            Thread(target=killed, args=(writer, chance.random() * 0.05)).start()
            told = int(([first, *said])[-1] or 0)
        writer.wait()
        store = opened(tmp_path)
        assert int(store.get("kagi") or -1) in (told, told + 1)
        assert int(store.get("groq_key") or -1) in (told, told + 1)


def killed(process: subprocess.Popen[str], after: float) -> None:
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)


# --- what is refused ---------------------------------------------------------------------------


def test_a_missing_key_is_named_and_nothing_is_touched(folder: Path) -> None:
    before = (folder / STORE).read_bytes()
    (folder / KEY).unlink()
    said = refusal(lambda: opened(folder))
    assert str(folder / KEY) in said
    assert "MIRA_SECRETS__KEY_FILE" in said
    assert (folder / STORE).read_bytes() == before
    assert not (folder / KEY).exists()


def test_a_wrong_key_is_named_and_nothing_is_touched(folder: Path) -> None:
    before = (folder / STORE).read_bytes()
    (folder / KEY).write_bytes(b64encode(new_key()))
    assert "is not the key" in refusal(lambda: opened(folder))
    assert (folder / STORE).read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"nonsense!", b64encode(b"short"), b"\xff\x00"])
def test_a_damaged_key_is_told(folder: Path, content: bytes) -> None:
    (folder / KEY).write_bytes(content)
    assert "it holds no key" in refusal(lambda: opened(folder))


def test_a_key_that_others_may_read_is_refused_with_the_cure(folder: Path) -> None:
    (folder / KEY).chmod(0o644)
    assert f"chmod 600 '{folder / KEY}'" in refusal(lambda: opened(folder))


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"format": "mira-secrets-2"}'])
def test_a_damaged_store_is_told_and_kept(folder: Path, content: bytes) -> None:
    (folder / STORE).write_bytes(content)
    assert "is damaged" in refusal(lambda: opened(folder))
    assert (folder / STORE).read_bytes() == content


def test_a_store_damaged_while_running_serves_on_and_takes_nothing(folder: Path) -> None:
    store = opened(folder)
    (folder / STORE).write_bytes(b"damaged")
    assert "is damaged" in refusal(lambda: store.put("groq_key", "value"))
    assert "is damaged" in refusal(store.ping)
    assert store.get("kagi") == CANARY
    assert (folder / STORE).read_bytes() == b"damaged"


def test_a_store_that_vanished_while_running_is_not_begun_anew(folder: Path) -> None:
    store = opened(folder)
    (folder / STORE).unlink()
    assert "has gone" in refusal(lambda: store.put("groq_key", "value"))
    assert not (folder / STORE).exists()
    assert store.get("kagi") == CANARY


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("in the way", encoding="utf-8")
    said = refusal(lambda: opened(tmp_path).put("kagi", CANARY))
    assert str(tmp_path) in said
    assert CANARY not in said
    assert os.listdir(tmp_path)  # noqa: PTH208 - names alone
