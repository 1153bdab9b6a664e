#!/bin/bash
# Presence for real: boots Debian's own kernel, systemd and logind in qemu, where a seat, virtual terminals and sessions
# are real, installs what was built there, and lets `inside.sh` log in. The processor is emulated, so a look at a picture takes
# seconds; nothing here is about speed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../packaging/common.sh"

is_root || die "this must be run as root"
for tool in qemu-system-x86_64 mkfs.ext4; do
    command -v "$tool" >/dev/null || die "$tool is not there; packaging/deps.sh qemu-system-x86 e2fsprogs installs it"
done
[ "$(uname -m)" = x86_64 ] || die "this boots x86_64 only"

place=$(mktemp -d)
qemu=
finish() {
    [ -z "$qemu" ] || kill "$qemu" 2>/dev/null || true
    rm -rf "$place"
}
trap finish EXIT

base=$("$here/root.sh")
say "Installing into a copy of $base"
cp -a --reflink=auto "$base" "$place/root"
DESTDIR=$place/root PREFIX=/usr "$here/../../packaging/install.sh" >"$place/install.log"
install -D -m 0755 "$bins/pam-try" "$place/root/usr/local/bin/pam-try"
install -D -m 0755 "$here/inside.sh" "$place/root/usr/local/lib/facelogin-seat/inside.sh"
# Small ones: an emulated processor takes six seconds for a frame of 640x480, and the daemon gives a camera eight.
"$bins/scene" "$cache/pictures" "$place/root/srv/scenes" 400
mkdir -p "$place/root/srv/pictures" "$place/root/srv/camera"
install -m 0644 "$cache"/pictures/obama.jpg "$cache"/pictures/obama2.jpg "$place/root/srv/pictures/"
"$here/furnish.sh" "$place/root"
kernel=$(echo "$place"/root/boot/vmlinuz-*)
initrd=$(echo "$place"/root/boot/initrd.img-*)
cp "$kernel" "$place/vmlinuz"
cp "$initrd" "$place/initrd"
truncate -s 3G "$place/disk"
mkfs.ext4 -q -d "$place/root" "$place/disk"
rm -rf "$place/root"

: >"$place/serial"
say "Booting"
# Emulated, although it is slow: where this runs in a virtual machine itself, its KVM is not to be relied on.
qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -no-reboot \
    -kernel "$place/vmlinuz" -initrd "$place/initrd" \
    -append "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0" \
    -drive "file=$place/disk,format=raw,if=virtio,cache=unsafe" -nic none -vga std -display none \
    -serial "file:$place/serial" -monitor "unix:$place/monitor,server,nowait" </dev/null >"$place/qemu.log" 2>&1 &
qemu=$!

# What the system inside wants typed on its keyboard stands in its serial line as "KEYS word"; a word is letters,
# digits and - with ret for the Enter key.
outcome='it ended before its time'
type_keys() {
    python3 - "$place/monitor" "$@" <<'PY'
import socket, sys, time
with socket.socket(socket.AF_UNIX) as monitor:
    monitor.connect(sys.argv[1])
    for word in sys.argv[2:]:
        keys = ["ret"] if word == "ENTER" else [{" ": "spc", "-": "minus", "/": "slash", ".": "dot"}.get(c, c) for c in word]
        if word == "SPACE":
            keys = ["spc"]
        for key in keys:
            monitor.sendall(f"sendkey {key}\n".encode())
            time.sleep(0.3)
PY
}
deadline=$((SECONDS + ${FACELOGIN_SEAT_SECONDS:-1500}))
shown=0
while kill -0 "$qemu" 2>/dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || die "the system inside did not end in time; its last lines: $(tail -n 20 "$place/serial")"
    sleep 1
    mapfile -t lines < <(tr -d '\r' <"$place/serial" 2>/dev/null | grep -aE '^SEAT (KEYS|RESULT|DONE|NOTE)' || true)
    while [ "$shown" -lt "${#lines[@]}" ]; do
        line=${lines[$shown]}
        shown=$((shown + 1))
        case $line in
        "SEAT KEYS "*)
            # shellcheck disable=SC2086 # words
            type_keys ${line#SEAT KEYS }
            ;;
        "SEAT RESULT "*) say "  ${line#SEAT RESULT }" ;;
        "SEAT NOTE "*) say "    ${line#SEAT NOTE }" ;;
        "SEAT DONE "*) outcome=${line#SEAT DONE } ;;
        esac
    done
done
qemu=
case $outcome in
"0 wrong of "*) say "Presence in a booted system: $outcome" ;;
*) die "presence in a booted system: $outcome; $(tail -n 40 "$place/qemu.log" "$place/serial" 2>&1)" ;;
esac
