"""The script as a stranger meets it, in a checkout of its own, on tiny packages."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters import doctor
from config.settings import CHECKOUT
from tests.deploy.wheels import Index, serving

SCRIPTS = ("deploy.sh", ".ci/run")
CHECKS_MODELS = "import sys; sys.stderr.write('models checked')\n"
EXPORTS_MODEL = """
import pathlib, sys
folder = pathlib.Path(sys.argv[1])
folder.mkdir(exist_ok=True)
folder.joinpath("all-MiniLM-L6-v2.onnx").write_text("graph")
"""
MAIN = "import json, os, sys; print(json.dumps([sys.argv[1:], os.getcwd()]))\n"


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder with the script and just enough around it."""

    folder: Path
    index: Index
    environment: Mapping[str, str]

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    def deploy(self, *words: str, **changed: str) -> subprocess.CompletedProcess[str]:
        """Run the script from the folder above."""
        return subprocess.run(
            [f"{self.folder.name}/deploy.sh", *words],
            cwd=self.folder.parent,
            env={**self.environment, **changed},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def want(self, name: str, version: str, sha256: str) -> None:
        """Make a package of the index the one that the lock asks for."""
        line = f"{name}=={version} \\\n    --hash=sha256:{sha256}\n"
        self.folder.joinpath("requirements.lock").write_text(line, encoding="utf-8")

    def version(self, package: str) -> str:
        """The version that is installed, or an empty string."""
        found = self.venv.glob(f"lib/python3.*/site-packages/{package}-*.dist-info")
        return "".join(path.name.split("-")[1].removesuffix(".dist") for path in found)


def cloned(folder: Path, index: Index, python: Path) -> Checkout:
    folder.joinpath("adapters").mkdir(parents=True)
    for name in ("deploy.sh", "requirements-torch.txt"):
        shutil.copy2(CHECKOUT / name, folder)
    for name, content in {
        "main.py": MAIN,
        "adapters/__init__.py": "",
        "adapters/models.py": CHECKS_MODELS,
        "adapters/embedding_export.py": EXPORTS_MODEL,
    }.items():
        folder.joinpath(name).write_text(content, encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHON": str(python),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
        "PIP_INDEX_URL": f"{index.url}/usual",
        "TORCH_CPU_INDEX": f"{index.url}/cpu",
    }
    made = Checkout(folder, index, environment)
    made.want("small", "1.0", index.offer("usual", "small", "1.0"))
    return made


@dataclass(frozen=True, slots=True)
class SetUp:
    """A checkout that was set up by the real Python from pip's usual index, and how that went."""

    checkout: Checkout
    done: subprocess.CompletedProcess[str]
    asked: tuple[str, ...]


@pytest.fixture(scope="module")
def set_up_once(tmp_path_factory: pytest.TempPathFactory) -> SetUp:
    folder = tmp_path_factory.mktemp("once")
    with serving(folder / "served") as index:
        index.offer("usual", "torch", "2.13.0+cpu")
        index.offer("usual", "torch", "2.13.0")
        checkout = cloned(folder / "a checkout", index, Path(sys.executable))
        return SetUp(checkout, checkout.deploy("setup"), tuple(index.asked))


@pytest.fixture(scope="module")
def quick_python(set_up_once: SetUp, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that copies an empty environment rather than making one, which takes seconds."""
    folder = tmp_path_factory.mktemp("python")
    bare = folder / "bare"
    shutil.copytree(set_up_once.checkout.venv, bare, symlinks=True)
    packages = next(bare.glob("lib/python3.*/site-packages"))
    for extra in [*packages.glob("torch*"), *packages.glob("small*"), bare / "models"]:
        shutil.rmtree(extra)
    for stamp in bare.glob(".stamp-*"):
        stamp.unlink()
    python = folder / "python"
    python.write_text(
        f"""#!/bin/sh
        [ "$1 $2" != "-m venv" ] || {{ rm -rf "$4" && exec cp -R '{bare}' "$4"; }}
        exec '{sys.executable}' "$@"
        """,
        encoding="utf-8",
    )
    python.chmod(0o755)
    return python


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with serving(tmp_path / "served") as index:
        yield index


@pytest.fixture
def new(tmp_path: Path, index: Index, quick_python: Path) -> Checkout:
    """As cloned: no environment yet; the lock asks for one package, torch is for the asking."""
    index.offer("cpu", "torch", "2.13.0+cpu")
    index.offer("cpu", "torch", "2.13.0")  # a Mac asks for this one
    return cloned(tmp_path / "a checkout", index, quick_python)


@pytest.fixture
def ready(new: Checkout, set_up_once: SetUp) -> Checkout:
    """A checkout that has been set up."""
    shutil.copytree(set_up_once.checkout.venv, new.venv, symlinks=True)
    return new


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_script_is_clean_for_shellcheck(script: str) -> None:
    shellcheck = Path(sys.executable).parent / "shellcheck"
    found = subprocess.run(
        [shellcheck, script], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert found.stdout == ""
    assert found.returncode == 0


def test_the_script_stays_short() -> None:
    lines = CHECKOUT.joinpath("deploy.sh").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 200


def test_setup_ends_well_and_says_each_step_on_standard_error_alone(set_up_once: SetUp) -> None:
    done = set_up_once.done
    assert done.returncode == 0, done.stderr
    steps = [line[1:4] for line in done.stderr.splitlines() if line.startswith("[")]
    assert steps == ["1/5", "2/5", "3/5", "4/5", "5/5"]
    assert done.stdout == ""


def test_setup_installs_the_lock_and_exports_the_model(set_up_once: SetUp) -> None:
    checkout = set_up_once.checkout
    assert checkout.version("small") == "1.0"
    assert checkout.venv.joinpath("models/all-MiniLM-L6-v2.onnx").read_text() == "graph"


def test_setup_takes_torch_from_pips_own_configuration_first(set_up_once: SetUp) -> None:
    assert set_up_once.checkout.version("torch").startswith("2.13.0")
    assert not [path for path in set_up_once.asked if path.startswith("/cpu")]


@pytest.mark.skipif(sys.platform == "darwin", reason="there the plain version is a CPU build")
def test_setup_takes_torch_from_the_cpu_index_when_pip_offers_no_cpu_build(new: Checkout) -> None:
    new.index.offer("usual", "torch", "2.13.0")
    done = new.deploy("setup")
    assert done.returncode == 0, done.stderr
    assert new.version("torch") == "2.13.0+cpu"


def test_setup_says_what_to_install_when_no_python_fits(new: Checkout) -> None:
    done = new.deploy("setup", PYTHON="/nowhere/python3.13")
    assert done.returncode == 1
    assert "found no Python 3.11, 3.12 or 3.13" in done.stderr
    assert "/nowhere/python3.13" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr


def test_setup_stops_and_says_what_to_do_when_nobody_offers_torch(new: Checkout) -> None:
    done = new.deploy("setup", TORCH_CPU_INDEX=f"{new.index.url}/nothing")
    assert done.returncode == 1
    assert "No CPU build of torch" in done.stderr
    assert "set TORCH_CPU_INDEX to an index that has it" in done.stderr
    assert new.version("small") == ""


def test_setup_goes_on_from_where_a_failure_stopped_it(new: Checkout) -> None:
    new.want("small", "1.0", "0" * 64)
    refused = new.deploy("setup")
    assert refused.returncode == 1
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert new.version("small") == ""
    assert new.version("torch")
    new.index.asked.clear()
    new.want("small", "1.0", new.index.offer("usual", "small", "1.0"))
    assert new.deploy("setup").returncode == 0
    assert not [path for path in new.index.asked if "torch" in path]


def test_a_second_setup_does_nothing_and_is_quick(ready: Checkout) -> None:
    started = time.monotonic()
    done = ready.deploy("setup", PYTHON="/nowhere/python3.13")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - started < 2
    assert ready.index.asked == []


def test_a_changed_lock_is_installed(ready: Checkout) -> None:
    ready.want("small", "1.1", ready.index.offer("usual", "small", "1.1"))
    assert ready.deploy("setup").returncode == 0
    assert ready.version("small") == "1.1"


def test_an_install_that_was_killed_is_begun_anew(ready: Checkout) -> None:
    half_written = ready.venv / "half written"
    half_written.touch()
    ready.venv.joinpath(".unfinished").touch()
    done = ready.deploy("setup")
    assert done.returncode == 0, done.stderr
    assert not half_written.exists()
    assert ready.version("small") == "1.0"


def test_a_venv_whose_python_is_gone_is_made_again(ready: Checkout) -> None:
    for interpreter in ready.venv.glob("bin/python*"):
        interpreter.unlink()
    done = ready.deploy("setup")
    assert done.returncode == 0, done.stderr
    assert ready.version("small") == "1.0"


def test_a_lost_embedding_model_is_exported_again(ready: Checkout) -> None:
    model = ready.venv / "models" / "all-MiniLM-L6-v2.onnx"
    model.unlink()
    ready.deploy("setup")
    assert model.exists()


def test_no_words_mean_run(ready: Checkout) -> None:
    words, _ = json.loads(ready.deploy().stdout)
    assert words == ["run"]


def test_other_words_go_to_the_program_as_they_are(ready: Checkout) -> None:
    words, _ = json.loads(ready.deploy("backup", "my file", "--quick").stdout)
    assert words == ["backup", "my file", "--quick"]


def test_the_program_runs_where_the_caller_stands(ready: Checkout) -> None:
    _, cwd = json.loads(ready.deploy("backup", "file").stdout)
    assert Path(cwd) == ready.folder.parent.resolve()


def test_doctor_names_the_next_step_before_anything_is_set_up(new: Checkout) -> None:
    done = new.deploy("doctor")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == f"Next step: {doctor.SET_UP}"


def test_doctor_asks_for_setup_when_the_lock_has_changed(ready: Checkout) -> None:
    ready.want("small", "1.1", "0" * 64)
    assert "Next step: ./deploy.sh setup" in ready.deploy("doctor").stdout


def test_doctor_goes_to_the_program_once_set_up(ready: Checkout) -> None:
    words, _ = json.loads(ready.deploy("doctor").stdout)
    assert words == ["doctor"]


def test_the_stamp_is_the_one_that_the_doctor_reads(ready: Checkout) -> None:
    assert doctor.install(ready.venv, ready.folder).ok


def test_help_lists_the_commands(new: Checkout) -> None:
    said = new.deploy("help").stdout
    for word in ("setup", "test --long [NAME]", "doctor", "lock", "backup FILE", "restore FILE"):
        assert word in said


@pytest.fixture
def tested(ready: Checkout, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """How `test` went where there is neither a browser, nor a way to one, nor any of the tools."""
    ready.folder.joinpath("requirements-dev.lock").write_text("", encoding="utf-8")
    programs = tmp_path / "programs"
    programs.mkdir()
    for program in [*Path("/bin").iterdir(), *Path("/usr/bin").iterdir()]:
        if not program.name.startswith(("chrom", "google-chrome", "apt")):
            programs.joinpath(program.name).unlink(missing_ok=True)
            programs.joinpath(program.name).symlink_to(program)
    return ready.deploy("test", PATH=str(programs))


def test_a_missing_browser_is_said_loudly_and_stops_nothing(
    tested: subprocess.CompletedProcess[str],
) -> None:
    assert "BROWSER TESTS WILL BE SKIPPED" in tested.stderr
    assert "== ruff check" in tested.stderr


def test_every_gate_that_fails_is_reported_and_none_hides_the_next(
    tested: subprocess.CompletedProcess[str],
) -> None:
    assert tested.returncode == 1
    assert "FAILED: ruff check, ruff format, mypy, import contracts, deptry" in tested.stderr
    assert "pytest, full coverage of the domain" in tested.stderr


def test_an_unknown_word_after_test_is_refused(new: Checkout) -> None:
    done = new.deploy("test", "everything")
    assert done.returncode == 1
    assert "got: everything" in done.stderr
