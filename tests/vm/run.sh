#!/bin/bash
# Boots the system: `run.sh shell` for a root shell in it on this terminal, `run.sh scenarios NAME...` to have these
# scenarios run, their results on standard output (README.md says how to read them). Kernel and disk are made if they are missing.
# `run.sh bench ARGUMENTS...` has the cameras measured: see bench.sh.
# What the system leaves behind comes to lie in the folder `vm` beside the programs that were built.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../packaging/common.sh"

is_root || die "this must be run as root"
what=${1:-shell}
[ "$#" = 0 ] || shift
kernel=$("$here/kernel.sh")
image=$("$here/image.sh")

place=$(mktemp -d)
out=$bins/vm
guest=
finish() {
    # It leads a session of its own, with a process for each of its programs.
    [ -z "$guest" ] || kill -KILL -- "-$guest" 2>/dev/null || kill -KILL "$guest" 2>/dev/null || true
    [ ! -t 0 ] || stty sane
    cp -r "$place/share/out/." "$out/" 2>/dev/null || true
    rm -rf "$place"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

rm -rf "$out"
mkdir -p "$out" "$place/share/out"
"$here/bring.sh" "$place/share/root" >"$out/install.log" 2>&1 || die "$(tail -n 5 "$out/install.log")"
install -m 0755 "$here/guest/first.sh" "$place/share/first.sh"
printf '%s\n' "$@" >"$place/share/scenarios"
[ "$what" != bench ] || install -D -m 0755 -s -t "$place/share/root/usr/local/bin" "$bins/bench"

# Its memory is a file without a name: on a disk the kernel outside would write it there, again and again.
for folder in /dev/shm /tmp; do
    if [ "$(df --output=avail -k "$folder" 2>/dev/null | tail -n 1)" -gt 1400000 ] 2>/dev/null; then
        export TMPDIR=$folder
        break
    fi
done
# Two serial lines with a cable between them: what is typed into ttyS1 is read at ttyS0, and back.
mkfifo "$place/there" "$place/back"
exec 5<>"$place/there" 6<>"$place/back" 7<>"$place/there" 8<>"$place/back"
# It lasts as long as this script, over reboots of the guest.
cp --reflink=auto --sparse=always "$image" "$place/disk"
# It starts itself anew for a reboot, whatever has become of the cache.
cp "$kernel" "$place/linux"
# shellcheck disable=SC2054 # the commas are the kernel's
arguments=(
    "ubd0=$place/disk" root=/dev/ubda rootfstype=ext4 rw mem=1024M "uml_dir=$place" umid=guest
    init=/usr/local/sbin/facelogin-first "FACELOGIN_HOST=$place/share" "facelogin.vm=$what"
    quiet loglevel=4 panic=-1 systemd.show_status=0 con=null ssl=null ssl0=fd:5,fd:6 ssl1=fd:8,fd:7
    vivid.n_devs=2 vivid.node_types=0x1,0x1
)
# What runs beside this script is not given its standard input.
exec 9<&0
# It runs one thing at a time, itself or one of its programs, by turns that are several times slower from one processor to
# another.
processor=$(taskset --cpu-list --pid $$ | grep -o '[0-9]*$')
case $what in
shell) taskset --cpu-list "$processor" "$place/linux" "${arguments[@]}" con0=fd:9,fd:1 2>"$out/kernel.log" & ;;
scenarios | bench) taskset --cpu-list "$processor" "$place/linux" "${arguments[@]}" con0=null,fd:1 </dev/null 2>"$out/kernel.log" & ;;
*) die "shell, scenarios or bench, not $what" ;;
esac
guest=$!
# A signal to this script ends the wait.
wait "$guest"
