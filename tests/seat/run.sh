#!/bin/bash
# Presence for real: boots Debian's own kernel, systemd and logind in qemu, where a seat, virtual terminals and sessions
# are real, installs what was built there, and lets `inside.sh` log in.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/machine.sh"

base=$("$here/root.sh")
# Small ones: an emulated processor takes six seconds for a frame of 640x480, and the daemon gives a camera eight.
machine_root "$base" "$here" 400
install -D -m 0755 "$bins/pam-try" "$place/root/usr/local/bin/pam-try"
machine_boot 3G 2048 -vga std
machine_follow "${FACELOGIN_SEAT_SECONDS:-1500}" "$place"
case $outcome in
"0 wrong of "[1-9]*) say "Presence in a booted system: $outcome" ;;
*) die "presence in a booted system: $outcome; $(tail -n 40 "$place/qemu.log" "$place/serial" 2>&1)" ;;
esac
