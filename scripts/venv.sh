# Sourced by the scripts beside it: `prepare_venv EXTRA` makes .venv, with this checkout installed in it.

# The first Python that is new enough, 3.10 or the 3.N that is asked for, or nothing; $PYTHON may name another.
find_python() {
    for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python3.10; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, '"${1:-10}"'))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# Installs only when pyproject.toml, the place or the Python is another than last time.
prepare_venv() {
    python=$(find_python) || { echo "No Python of at least 3.10 is on PATH." >&2; return 1; }
    wanted=$(pwd; "$python" -V; cksum pyproject.toml)
    stamp=.venv/installed-$1
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && [ -x .venv/bin/wandb ] && return
    # Ours from another place or another Python is of no use; one that somebody else made is not ours to remove.
    made=$(pwd; "$python" -V)
    [ -e .venv/made ] && [ "$(cat .venv/made)" != "$made" ] && rm -rf .venv
    if ! [ -e .venv/bin/python ]; then
        "$python" -m venv .venv || { echo "On Debian, venv is in the package python3-venv." >&2; return 1; }
        echo "$made" >.venv/made
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".${1:+[$1]}" || return
    echo "$wanted" >"$stamp"
}
