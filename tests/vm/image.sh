#!/bin/bash
# Prints the file of the disk that the kernel of kernel.sh boots, as yet without facelogin: Debian with systemd, udev,
# logind, D-Bus, sudo, login and what our programs link. Made once and kept in the cache. With --cached: only if it is
# there already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../packaging/common.sh"
. "$here/../root.sh"

libraries=$(libraries_of "$bins/facelogind" "$bins/facelogin-enroll" "$bins/pam-try")
packages="systemd systemd-sysv udev dbus libpam-systemd libpam-runtime sudo login passwd kmod procps psmisc util-linux
    e2fsprogs jq v4l-utils"
image=$cache/vm-$(key_of "$packages" "$libraries" "$(cat "$0" "$here/../root.sh")").ext4
if [ ! -f "$image" ]; then
    [ "${1:-}" != --cached ] || die "the system to boot is still to be made: make vm-base"
    command -v mkfs.ext4 >/dev/null || die "mkfs.ext4 is not there; packaging/deps.sh e2fsprogs installs it"
    mkdir -p "$cache"
    # Not in /tmp, where device files may be forbidden.
    work=$(mktemp -d "$cache/vm.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    printf 'Making a Debian to boot, a minute or two; %s tells how far it is\n' "$cache/vm.log" >&2
    # shellcheck disable=SC2046,SC2086 # lists of names
    debian "$work/root" "$cache/vm.log" $packages $(packages_of $libraries)
    rm -rf "$work"/root/usr/share/{doc,man,locale,info}/* "$work"/root/var/cache/*
    printf 'facelogin-vm\n' >"$work/root/etc/hostname"
    printf '127.0.0.1 localhost facelogin-vm\n' >"$work/root/etc/hosts"
    printf '/dev/ubda / ext4 rw 0 0\n' >"$work/root/etc/fstab"
    mkdir "$work/root/srv/host"
    # What the kernel starts first. All else comes from the host, so that this disk need not be made again for it.
    cat >"$work/root/usr/local/sbin/facelogin-first" <<'FIRST'
#!/bin/sh
set -eu
mount -t hostfs -o "$FACELOGIN_HOST" none /srv/host
unset FACELOGIN_HOST
exec /srv/host/first.sh
FIRST
    chmod 0755 "$work/root/usr/local/sbin/facelogin-first"
    # Room for many builds' programs; what is not written takes no place.
    truncate -s 3G "$image.$$"
    mkfs.ext4 -q -F -m 0 -E lazy_itable_init=0,lazy_journal_init=0 -d "$work/root" "$image.$$"
    mv "$image.$$" "$image"
fi
forget 'vm-*' "$image"
printf '%s\n' "$image"
