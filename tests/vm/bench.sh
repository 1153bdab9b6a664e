#!/bin/bash
# Prints what `bench` measures of the made cameras in the booted system; arguments are those of `bench`. Where it cannot be
# booted it says so, and that is all.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../packaging/common.sh"

printf '\nCameras made by software, in a kernel in user mode on one processor of this machine: %s, load %s at the start\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(cut -d ' ' -f 1 /proc/loadavg)"
if ! is_root || [ "$(uname -m)" != x86_64 ]; then
    printf 'not measured: this takes root, and x86_64\n'
    exit 0
fi
console=$(mktemp)
trap 'rm -f "$console"' EXIT
"$here/run.sh" bench "$@" >"$console" 2>&1 || die "$(tail -n 5 "$console")"
out=$bins/vm
cp "$console" "$out/console.log"
[ -f "$out/bench.code" ] || die "it did not get to its end: $(tail -n 5 "$console")"
cat "$out/bench.txt"
cat "$out/bench.errors" >&2
exit "$(cat "$out/bench.code")"
