# Sourced by the commands beside it: makes .venv and installs exactly what is locked, without root where possible.
# shellcheck shell=bash
set -euo pipefail

CLONE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
cd "$CLONE"
EHR_VAR="${EHR_VAR:-$CLONE/var}"
mkdir -p "$EHR_VAR"
EHR_VAR="$(cd "$EHR_VAR" && pwd -P)"
export EHR_VAR
export EHR_BEGAN="${EHR_BEGAN:-$(date +%s.%N)}"
VENV="$CLONE/.venv"
PYTHON="$VENV/bin/python"

# Nothing but .venv and var is written into the clone: compiled files and the tools' caches go under var.
export PYTHONPYCACHEPREFIX="$EHR_VAR/cache/python"
export PYTHONUNBUFFERED=1
unset PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# step TITLE COMMAND…: runs it with its output in a log, prints the seconds; on failure the log's end as well.
# The command runs outside of any condition: inside one, bash would go on after a failed line of it.
step() {
    local title="$1" log="$EHR_VAR/log/install.log" began=$EPOCHREALTIME code
    shift
    mkdir -p "$EHR_VAR/log"
    set +e
    (set -e; "$@") >"$log" 2>&1 </dev/null
    code=$?
    set -e
    if [ "$code" -ne 0 ]; then
        tail -n 30 "$log" >&2
        fail "✗ $title — xem / see $log"
    fi
    printf '  %6.1f s  %s\n' "$(seconds_since "$began")" "$title"
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }

is_root() { [ "$(id -u)" -eq 0 ]; }

find_python() {
    local name
    for name in python3.11 python3 /usr/bin/python3; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "Cần Python 3.11 (Debian 12: apt-get install python3) / Python 3.11 is needed."
}

# Debian splits ensurepip off into python3-venv, which only root can install. Anybody can download the package that
# holds pip's wheel, with package lists of their own, and pip runs from a wheel.
borrow_pip() {
    local folder="$EHR_VAR/cache/apt"
    mkdir -p "$folder/lists/partial" "$folder/archives/partial"
    local options=(-o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder" -o APT::Sandbox::User=)
    (
        cd "$folder"
        apt-get "${options[@]}" update
        apt-get "${options[@]}" download python3-pip-whl
        dpkg-deb --extract python3-pip-whl_*.deb "$folder/pip"
    )
    "$PYTHON" "$(echo "$folder"/pip/usr/share/python-wheels/pip-*.whl)/pip" install --no-index --no-compile \
        "$(echo "$folder"/pip/usr/share/python-wheels/pip-*.whl)"
    rm -rf "$folder"
}

make_venv() {
    local python
    python="$(find_python)"
    rm -rf "$VENV"
    if ! "$python" -m ensurepip --version >/dev/null 2>&1 && is_root; then
        apt-get update
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv
    fi
    if "$python" -m ensurepip --version >/dev/null 2>&1; then
        "$python" -m venv "$VENV"
    else
        "$python" -m venv --without-pip "$VENV"
        borrow_pip
    fi
}

has_venv() { [ -x "$PYTHON" ] && "$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; }

locked_hash() { sha256sum "$CLONE/$1" | cut -d' ' -f1; }

is_installed() { [ "$(cat "$VENV/.installed-$1" 2>/dev/null)" = "$(locked_hash "$1")" ]; }

# The hashes of the lock are all that is trusted: an altered download does not install.
pip_install() {
    "$PYTHON" -m pip install --disable-pip-version-check --no-input --no-compile --require-hashes --prefer-binary -r "$CLONE/$1"
}

# install_locked FILE: nothing to do when this very file is installed already.
install_locked() {
    if is_installed "$1" && has_venv; then
        return
    fi
    exec 9>"$EHR_VAR/install.lock"
    flock 9
    has_venv || step "Tạo môi trường Python / make .venv" make_venv
    if ! is_installed "$1"; then
        step "Cài thư viện đã khoá / install $1" pip_install "$1"
        locked_hash "$1" >"$VENV/.installed-$1"
    fi
    exec 9>&-
}
