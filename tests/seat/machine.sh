# shellcheck shell=bash disable=SC2034 # outcome is for who sources this
# Sourced: how a Debian of `root.sh` with facelogin on it is booted in qemu, spoken to and listened to. The processor is
# emulated, although it is slow: where this runs in a virtual machine itself, its KVM is not to be relied on. So a look at
# a picture takes seconds, and nothing here is about speed.
. "${BASH_SOURCE[0]%/*}/../../packaging/common.sh"

is_root || die "this must be run as root"
for tool in qemu-system-x86_64 mkfs.ext4; do
    command -v "$tool" >/dev/null || die "$tool is not there; packaging/deps.sh qemu-system-x86 e2fsprogs installs it"
done
[ "$(uname -m)" = x86_64 ] || die "this boots x86_64 only"

seat=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
place=$(mktemp -d)
qemu=
machine_finish() {
    [ -z "$qemu" ] || kill "$qemu" 2>/dev/null || true
    rm -rf "$place"
}
trap machine_finish EXIT

# machine_root BASE SCENARIO WIDTH: a copy of BASE with facelogin, what inside.sh in the folder SCENARIO runs, and scenes
# of this width in pixels; in $place/root.
machine_root() {
    say "Installing into a copy of $1"
    cp -a --reflink=auto "$1" "$place/root"
    DESTDIR=$place/root PREFIX=/usr "$seat/../../packaging/install.sh" >"$place/install.log"
    install -D -m 0755 "$2/inside.sh" "$place/root/usr/local/lib/facelogin-scenarios/inside.sh"
    install -D -m 0644 "$seat/scenario.sh" "$place/root/usr/local/lib/facelogin-scenarios/scenario.sh"
    "$bins/scene" "$cache/pictures" "$place/root/srv/scenes" "$3"
    mkdir -p "$place/root/srv/pictures"
    install -m 0644 "$cache"/pictures/obama{,2}.jpg "$place/root/srv/pictures/"
    "$seat/accounts.sh" "$place/root"
    "$2/furnish.sh" "$place/root"
}

# machine_boot SIZE MEGABYTES OPTION...: $place/root on a disk of this size, with qemu's own options.
machine_boot() {
    local size=$1 memory=$2
    shift 2
    cp "$place"/root/boot/vmlinuz-* "$place/vmlinuz"
    cp "$place"/root/boot/initrd.img-* "$place/initrd"
    truncate -s "$size" "$place/disk"
    mkfs.ext4 -q -d "$place/root" "$place/disk"
    rm -rf "$place/root"
    : >"$place/serial"
    say "Booting"
    # Without AVX2: qemu 7.2 gets its gathers wrong, and what draws a desktop without a graphics card (llvmpipe) crashes.
    qemu-system-x86_64 -accel tcg,thread=multi -cpu max,-avx2 -smp 2 -m "$memory" -no-reboot \
        -kernel "$place/vmlinuz" -initrd "$place/initrd" \
        -append "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0" \
        -drive "file=$place/disk,format=raw,if=virtio,cache=unsafe" -nic none -display none \
        -serial "file:$place/serial" -monitor "unix:$place/monitor,server,nowait" "$@" </dev/null >"$place/qemu.log" 2>&1 &
    qemu=$!
}

# machine_follow SECONDS FOLDER: does what the system inside asks for on its serial line, shows what it says, until it is
# off; $outcome is what it ended with, "N wrong of M". It asks with "SEAT KEYS WORD..." (a word is typed as it stands, or
# names a key) and with "SEAT SHOT NAME", a picture of the screen as FOLDER/NAME.png.
machine_follow() {
    local deadline=$((SECONDS + $1)) shown=0 line lines
    outcome='it ended before its time'
    while kill -0 "$qemu" 2>/dev/null; do
        [ "$SECONDS" -lt "$deadline" ] || die "the system inside did not end in time; its last lines: $(tail -n 20 "$place/serial")"
        sleep 1
        mapfile -t lines < <(tr -d '\r' <"$place/serial" 2>/dev/null | grep -aE '^SEAT (KEYS|SHOT|RESULT|DONE|NOTE)' || true)
        while [ "$shown" -lt "${#lines[@]}" ]; do
            line=${lines[$shown]}
            shown=$((shown + 1))
            case $line in
            "SEAT KEYS "*)
                # shellcheck disable=SC2086 # words
                python3 "$seat/monitor.py" "$place/monitor" keys ${line#SEAT KEYS }
                ;;
            "SEAT SHOT "*) python3 "$seat/monitor.py" "$place/monitor" shot "$2/${line#SEAT SHOT }.png" ;;
            "SEAT RESULT "*) say "  ${line#SEAT RESULT }" ;;
            "SEAT NOTE "*) say "    ${line#SEAT NOTE }" ;;
            "SEAT DONE "*) outcome=${line#SEAT DONE } ;;
            esac
        done
    done
    qemu=
}
