#!/usr/bin/env bash
# tools/venv.sh DIRECTORY [WHAT...]: make a virtual environment there, if there is none, and install WHAT into it.
# Needs Python >= 3.11 (PYTHON names one that is not on PATH), or uv, which brings one.
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
    uv=uv
    [ -x "$venv/bin/python" ] || uv venv --quiet --python "${PYTHON:->=3.11}" "$venv"
else
    if ! [ -x "$venv/bin/pip" ]; then
        python=$(find_python)
        "$python" -m venv "$venv" || {
            echo "outcry: $python cannot make a virtual environment (on Debian: apt install python3-venv)" >&2
            exit 1
        }
    fi
    # Five times faster than pip; where only pip knows the way to the packages, pip goes.
    uv=$venv/bin/uv
    [ -x "$uv" ] || "$venv/bin/pip" install --quiet --disable-pip-version-check uv || uv=
fi

[ $# -gt 0 ] || exit 0
if [ -n "$uv" ] && "$uv" pip install --quiet --python "$venv/bin/python" "$@"; then
    exit 0
fi
echo "outcry: installing with pip" >&2
[ -x "$venv/bin/pip" ] || "$venv/bin/python" -m ensurepip >/dev/null
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
