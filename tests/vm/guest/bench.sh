#!/bin/bash
# Measures the made cameras: the laptop's infrared one, and a colour one in each of the two formats that webcams have.
# What `bench` prints comes to lie in the host's folder.
set -u
# shellcheck source=lib.sh
. /usr/local/lib/facelogin-vm/lib.sh
out=/srv/host/out
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# bench starts a daemon of its own, and this machine has one processor.
until_true 60 vision_ready
systemctl stop facelogind.socket facelogin-vision.socket facelogind.service facelogin-vision.service

# Where it looks for what is installed.
mkdir "$work/bin"
# shellcheck source=../../../packaging/layout.sh
. /usr/local/lib/facelogin-vm/layout.sh
ln -s "$daemon" "$cli" "$work/bin/"
# As cargo names it.
ln -s "$module" "$work/bin/libpam_facelogin.so"
export FACELOGIN_BIN_DIR=$work/bin FACELOGIN_TEST_MODELS=$models FACELOGIN_TEST_PICTURES=/srv/pictures

# made NAME SERIAL FORMAT: one more camera, of colour alone; its socket and identity go on record.
sockets=(--made "$camera")
cameras=(--camera "usb:04f2:b6d9 kind=infrared")
made() {
    printf 'serial = "%s"\n[colour]\nformats = ["%s"]\nsizes = [[640, 480]]\nfps = [30]\n' "$2" "$3" >"$work/$1.toml"
    usb-camera run --socket "$work/$1" --device "$work/$1.toml" --scene /srv/scenes/known >>"$out/usb-camera.log" 2>&1 &
    until_true 20 usb-camera tell "$work/$1" state colour.node
    sockets+=(--made "$work/$1")
    cameras=(--camera "usb:04f2:b6d9 serial=$2 kind=colour" "${cameras[@]}")
}
made yuyv 0102 YUYV
made mjpg 0101 MJPG
udevadm settle

mapfile -t arguments < <(grep . /srv/host/scenarios)
bench "${cameras[@]}" --allow-virtual --scenes /srv/scenes "${sockets[@]}" "${arguments[@]}" >"$out/bench.txt" 2>"$out/bench.errors"
printf '%s\n' $? >"$out/bench.code"
# shellcheck disable=SC2046 # the numbers of the cameras
kill $(jobs -p)
