#!/bin/sh
# The first program in the booted system, from the host's folder, which is mounted already: lays what the host brings over
# the disk when that has not been done, and goes on as systemd.
set -eu
state=/var/lib/facelogin-vm
if [ ! -e $state/furnished ]; then
    mount -t proc none /proc
    cp -a /srv/host/root/. /
    mkdir -p $state
    /usr/local/lib/facelogin-vm/furnish.sh >/srv/host/out/furnish.log 2>&1 || {
        echo "VM BROKEN furnish.sh failed: $(tail -n 3 /srv/host/out/furnish.log)"
        exec /sbin/poweroff -ff
    }
    umount /proc
    : >$state/furnished
fi
exec /sbin/init
