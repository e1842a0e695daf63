#!/bin/sh
# Makes .venv from requirements.lock with a pinned uv, all inside the checkout; nothing else is
# touched but Debian's python3-venv where Python came without it, and that is said first.
set -eu
cd "$(dirname "$0")/.."

# Not to standard output: `eval "$(make -s cluster-env)"` must get variables alone.
say() { printf 'setup: %s\n' "$*" >&2; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian's first: the images have it, so what is tested and measured is what is shipped, with its
# defaults and faults; and it is optimized by profile, as those compiled from source often are not.
python=""
for candidate in ${PYTHON:-} /usr/bin/python3.11 python3.14 python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    say "Python 3.11 to 3.14 is needed and none was found; install it (Debian 12: apt-get install python3) or name it: make PYTHON=/path/to/python3 ..."
    exit 1
fi

key=$(cat tools/uv.lock.txt requirements.lock pyproject.toml operator/pyproject.toml processor-image/pyproject.toml | sha256sum | cut -c1-16)
key="$key $("$python" -c 'import sys; print(sys.executable, sys.version.split()[0])')"
if [ -x .venv/bin/python ] && [ "$(cat .venv/.setup-key 2>/dev/null)" = "$key" ]; then
    exit 0
fi
started=$(date +%s)

if ! .tools/uv/bin/uv --version 2>/dev/null | grep -q "$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' tools/uv.lock.txt)"; then
    say "installing the pinned uv into .tools/uv"
    rm -rf .tools/uv
    if ! "$python" -m venv .tools/uv >/dev/null 2>&1; then
        rm -rf .tools/uv
        say "this Python has no venv module: installing Debian's python3-venv"
        as_root apt-get update -q >/dev/null
        as_root apt-get install -y -q python3-venv >/dev/null
        "$python" -m venv .tools/uv
    fi
    .tools/uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r tools/uv.lock.txt
fi

say "installing $(grep -c '==' requirements.lock) locked packages into .venv"
export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.venv
[ -x .venv/bin/python ] && [ "$(cut -d' ' -f2- .venv/.setup-key 2>/dev/null)" = "${key#* }" ] ||
    .tools/uv/bin/uv venv -q --clear --python "$python" .venv
.tools/uv/bin/uv pip sync -q --require-hashes requirements.lock
.tools/uv/bin/uv pip install -q --no-deps -e operator -e processor-image
printf '%s' "$key" >.venv/.setup-key
say "done in $(($(date +%s) - started)) s"
