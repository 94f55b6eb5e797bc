#!/bin/sh
# Causeway's one command: `./cw --help` lists what it does. All logic is in tools/cw; this file only makes sure
# that there is a Python to run it, because a minimal Debian has none.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

install_python() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "cw: python3 (3.11 or newer) is missing and there is no apt-get here; install it and run this again" >&2
        exit 1
    fi
    if [ "$(id -u)" -eq 0 ]; then
        as_root=''
    elif command -v sudo >/dev/null 2>&1; then
        as_root='sudo'
    else
        echo "cw: python3 is missing; as root, run: apt-get update && apt-get install python3" >&2
        exit 1
    fi
    echo "cw: installing python3 (apt-get update and install, below a minute)" >&2
    mkdir -p "$root/build/log"
    log=$root/build/log/install-python.txt
    # shellcheck disable=SC2086 # $as_root is empty or one word.
    if ! { $as_root env DEBIAN_FRONTEND=noninteractive apt-get update &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "cw: could not install python3; the log is $log" >&2
        exit 1
    fi
}

command -v python3 >/dev/null 2>&1 || install_python
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "cw: $(python3 --version) is too old; Causeway's tools need Python 3.11 or newer (Debian 12 has it)" >&2
    exit 1
fi
exec python3 "$root/tools/cw" "$@"
