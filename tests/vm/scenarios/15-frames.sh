#!/bin/bash
# Frames that are short, flagged, repeated or late: what nokhwa hands over of them, and what facelogin takes of them; then
# every format.
# limit: 180 s
# long
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh
work=$(mktemp -d)
nodrop=/sys/module/uvcvideo/parameters/nodrop

restore() {
    [ -z "${spare:-}" ] || kill "$spare"
    echo 0 >"$nodrop"
    camera fault none
    camera unplug
    camera plug
    in_front known
    rm -rf "$work"
} >/dev/null 2>&1
trap restore EXIT

# took COUNT ARGUMENT...: has camera-look take pictures; what it says is in $work/said.
took() {
    local node=$1
    shift
    timeout 30 camera-look "$node" "$@" >"$work/said" 2>&1
}
good() { sed -n 's/^good \([0-9]*\);.*/\1/p' "$work/said"; }
# thrown CAUSE: how many, as camera-look words it.
thrown() { sed -n "s/^good.* \([0-9]*\) $1.*/\1/p" "$work/said"; }
why() { sed -n 's/^camera-look: the camera [^ ]* //p' "$work/said" | sed 's/: [0-9].*//'; }
streams() { [ "$(camera state colour.streaming)" = true ]; }
# Of eight frames that nokhwa hands over, the most rows that are new in one of the last four: the scene begins anew after
# twelve, and its buffers are empty before.
nokhwa() { timeout 30 nokhwa-look "$1" 8 2>&1 | tail -n 4 | sed -n 's/.*new rows \([0-9]*\) of.*/\1/p' | sort -n | tail -n 1; }

in_front known
# What newer kernels do by themselves: damaged frames are handed over with a flag.
echo 1 >"$nodrop"
camera unplug
camera plug >/dev/null
colour=$(camera state colour.node)

took "$colour" 10 colour YUYV
result "r24 whole frames are taken" "10 0 0 0" "$(good) $(thrown 'cut short') $(thrown flagged) $(thrown repeated)"
result "nokhwa: each row of a whole frame is new" 480 "$(nokhwa "$colour")"

camera fault short
took "$colour" 1 colour YUYV
result "r24 short frames are not taken" "0 gives only damaged pictures" "$(good) $(why)"
result "nokhwa: half a frame is an earlier one's" 240 "$(nokhwa "$colour")"
took "$colour" 1 colour MJPG
result "r24 half JPEGs are not taken" "0 gives only damaged pictures" "$(good) $(why)"
camera fault corrupt
# A JPEG has no check sum: one in five still decodes, to something that is no face.
took "$colour" 6 colour MJPG
holds "r24 most corrupt JPEGs are not taken" test "$(thrown 'cut short')" -gt "$(good)"
note "corrupt JPEGs: $(good) taken, $(thrown 'cut short') not"
camera fault flagged
took "$colour" 1 colour YUYV
result "r24 flagged frames are not taken" "0 gives only damaged pictures" "$(good) $(why)"
result "nokhwa: flagged frames are handed over like others" 480 "$(nokhwa "$colour")"
camera fault flagged 3
took "$colour" 5 colour YUYV
result "r24 after three flagged ones, five good ones" "5 3" "$(good) $(thrown flagged)"

camera fault frozen
took "$colour" 3 colour YUYV
result "r24 a frozen camera shows one picture" "1 stopped giving pictures: it shows the same one again and again" "$(good) $(why)"
took "$colour" 3 colour MJPG
result "r24 a frozen camera shows one JPEG" "1 stopped giving pictures: it shows the same one again and again" "$(good) $(why)"
camera fault black
took "$colour" 5 colour YUYV
result "a covered lens is black again and again" "5 0" "$(good) $(thrown repeated)"
camera fault silent
took "$colour" 1
result "r25 a silent camera is given up" "0 stopped giving pictures: none came for 3 seconds" "$(good) $(why)"
camera fault slow
took "$colour" 5
result "a slow camera is waited for" 5 "$(good)"
camera fault none

(sleep 1 && camera unplug) &
took "$colour" 1000
result "r25 unplugged in mid-stream" "stopped giving pictures: it was unplugged" "$(why)"
wait
camera plug >/dev/null
colour=$(camera state colour.node)
timeout 20 camera-look "$colour" 200 >/dev/null 2>&1 &
until_true 10 streams
took "$colour" 1
result "r24 held by another program" "camera-look: another program is using the camera $colour" "$(cat "$work/said")"
wait

# Every format that a camera may have, on uvcvideo.
cat >"$work/spare.toml" <<'TOML'
vendor = 0x30c9
product = 0x000e
serial = ""
[colour]
formats = ["NV12", "MJPG"]
sizes = [[640, 480]]
fps = [30, 5]
continuous = true
tables = false
[infrared]
formats = ["GREY", "Y10", "Y12", "Y16", "NV12", "YUYV"]
fps = [29.97]
emitter = false
TOML
usb-camera run --socket "$work/spare.sock" --device "$work/spare.toml" --scene /srv/scenes/known >&2 &
spare=$!
until_true 20 usb-camera tell "$work/spare.sock" state plugged
visible=$(usb-camera tell "$work/spare.sock" state colour.node)
infrared=$(usb-camera tell "$work/spare.sock" state infrared.node)
took "$visible" 5
result "the cheapest format comes first" "NV12 640x480 at 30.00" "$(sed -n '1s/ a second.*//p' "$work/said")"
took "$visible" 5 colour MJPG
result "JPEGs without Huffman tables" 5 "$(good)"
took "$infrared" 5 infrared
result "an infrared camera is read in its own format" "GREY 640x480 at 29.97" "$(sed -n '1s/ a second.*//p' "$work/said")"
usb-camera tell "$work/spare.sock" fault white
for expected in GREY:1.000 Y10:1.000 Y12:1.000 Y16:1.000 NV12:0.922 YUYV:0.922; do
    took "$infrared" 2 infrared "${expected%:*}"
    result "${expected%:*}: white" "2 ${expected#*:}" "$(good) $(sed -n 's/.*brightness \([0-9.]*\),.*/\1/p' "$work/said" | sort -u)"
done
