#!/usr/bin/env bash
# tools/venv.sh DIRECTORY [WHAT...]: make a virtual environment there, if there is none, and install WHAT into it.
# Takes uv if it is on PATH; otherwise needs only Python >= 3.11 (PYTHON names one that is not on PATH).
set -euo pipefail

venv=$1
shift

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "outcry: needs Python 3.11 or newer; set PYTHON to one" >&2
    exit 1
}

if command -v uv >/dev/null; then
    [ -x "$venv/bin/python" ] || uv venv --quiet --python "${PYTHON:->=3.11}" "$venv"
    [ $# -eq 0 ] || uv pip install --quiet --python "$venv/bin/python" "$@"
else
    if ! [ -x "$venv/bin/pip" ]; then
        python=$(find_python)
        "$python" -m venv "$venv" || {
            echo "outcry: $python cannot make a virtual environment (on Debian: apt install python3-venv)" >&2
            exit 1
        }
    fi
    [ $# -eq 0 ] || "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"
fi
