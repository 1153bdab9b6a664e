#!/bin/bash
# The made camera behaves on this kernel's uvcvideo as a laptop's does: formats, rates, faults, plugging.
# limit: 300 s
# long
# Conditions are evaluated again and again.
# shellcheck disable=SC2016
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh
work=$(mktemp -d)
second=$work/second.sock
spare=$work/spare.sock
others=()
nodrop=/sys/module/uvcvideo/parameters/nodrop

# Whatever happens, the others find the camera as they expect it.
restore() {
    exec 9<&-
    kill "${others[@]}"
    echo 0 >"$nodrop"
    camera fault none
    camera unplug
    camera plug
    in_front known
    rm -rf "$work"
} >/dev/null 2>&1
trap restore EXIT

# other SOCKET: a second camera, as the device file in standard input describes it.
other() {
    cat >"$1.toml"
    usb-camera run --socket "$1" --device "$1.toml" --scene /srv/scenes/known >&2 &
    others+=($!)
    until_true 20 usb-camera tell "$1" state plugged
}
# formats NODE, offers NODE
formats() { v4l2-ctl -d "$1" --list-formats | sed -n "s/.*\]: '\(....\)'.*/\1/p" | xargs; }
offers() {
    v4l2-ctl -d "$1" --list-formats-ext |
        sed -n "s/.*\]: '\(....\)'.*/\1/p; s/.*Size: Discrete //p; s/.*(\(.*\) fps).*/\1/p" | xargs
}
# stream NODE SIZE FORMAT COUNT [SECONDS]: frames into $work/frames, a line each into $work/said.
# FORMAT: a name, or the number of it in the list, as v4l2-ctl cannot take names with a space.
stream() {
    v4l2-ctl -d "$1" --set-fmt-video="width=${2%x*},height=${2#*x},pixelformat=$3" >/dev/null
    timeout "${5:-30}" v4l2-ctl -d "$1" --stream-mmap --stream-count="$4" --stream-to="$work/frames" --verbose 2>&1 |
        grep dqbuf >"$work/said"
    return 0
}
# What the frames of the last stream were: how many bytes each, which flags, how far their numbers lie apart.
bytes() { sed 's/.*bytesused: *\([0-9]*\).*/\1/' "$work/said" | sort -u | xargs; }
errors() { grep -c '(error' "$work/said"; }
gaps() { sed 's/.*seq: *\([0-9]*\).*/\1/' "$work/said" | awk 'NR > 1 { print $1 - was } { was = $1 }' | sort -u | xargs; }
# The shortest time between two of them, in whole milliseconds.
shortest() { sed -n 's/.*delta: *\([0-9]*\)\..*/\1/p' "$work/said" | sort -n | head -n 1; }
# but_for VALUES: how many bytes of the frames are none of these, for tr.
but_for() { tr -d "$1" <"$work/frames" | wc -c; }
# one N BYTES: the sum of a frame.
# among SUM SCENE: how many of the scene's pictures have it.
one() { tail -c "+$(($1 * $2 + 1))" "$work/frames" | head -c "$2" | md5sum; }
among() { for picture in "/srv/scenes/$2"/*.jpg; do md5sum <"$picture"; done | grep -c "^${1%% *}"; }

colour=$(camera state colour.node)
infrared=$(camera state infrared.node)

# What it offers.
rates="640x480 30.000 15.000"
result "colour offers" "MJPG $rates 1280x720 30.000 15.000 YUYV $rates 1280x720 10.000 5.000 1.000" "$(offers "$colour")"
result "infrared offers" "GREY $rates" "$(offers "$infrared")"
result "the driver" uvcvideo "$(v4l2-ctl -d "$colour" --info | sed -n 's/.*Driver name *: //p' | head -n 1)"

# What it sends.
stream "$colour" 640x480 YUYV 12
result "YUYV: frames, their bytes" "12 614400" "$(wc -l <"$work/said") $(bytes)"
stream "$colour" 1280x720 YUYV 3
result "YUYV 1280x720: frames, their bytes" "3 1843200" "$(wc -l <"$work/said") $(bytes)"
stream "$infrared" 640x480 GREY 12
result "GREY: frames, their bytes" "12 307200" "$(wc -l <"$work/said") $(bytes)"
camera fault frozen
stream "$colour" 640x480 MJPG 4
camera fault none
length=$(bytes)
result "frozen: frames of one length" "4 1" "$(wc -l <"$work/said") $(wc -w <<<"$length")"
result "frozen: the same frame" "$(one 0 "$length")" "$(one 3 "$length")"
result "frozen: under another number" 1 "$(gaps)"
sum=$(one 0 "$length")
result "a JPEG arrives as it is on the disk, byte for byte" 1 "$(among "$sum" known)"
in_front stranger
stream "$colour" 640x480 MJPG 1
in_front known
sum=$(one 0 "$(bytes)")
result "another scene is another JPEG" 1 "$(among "$sum" stranger)"

# Its pace: never faster than agreed.
v4l2-ctl -d "$colour" --set-fmt-video=width=640,height=480,pixelformat=MJPG --set-parm=15 >/dev/null
v4l2-ctl -d "$colour" --stream-mmap --stream-count=100 >/dev/null 2>&1 &
until_true 20 eval '[ "$(camera state colour.streaming)" = true ]'
result "agreed on" "MJPG [640,480] 15.0 1" "$(for what in format size fps setting; do camera state "colour.$what"; done | xargs)"
result "somebody has it open" "true false" "$(camera state colour.open) $(camera state infrared.open)"
kill %%
wait %% 2>/dev/null
result "nobody has it open" "false false" "$(camera state colour.streaming) $(camera state colour.open)"
camera fault slow
stream "$colour" 640x480 MJPG 5
camera fault none
holds "slow: 150 ms between frames at least" test "$(shortest)" -ge 150

# What is black, white, damaged.
camera fault black
stream "$colour" 640x480 YUYV 2
result "black: other bytes" 0 "$(but_for '\020\200')"
camera fault white
stream "$infrared" 640x480 GREY 2
result "white: other bytes" 0 "$(but_for '\377')"
camera fault corrupt
stream "$colour" 640x480 MJPG 1
camera fault none
sum=$(one 0 "$(bytes)")
result "corrupt: comes without a flag" "1 0" "$(wc -l <"$work/said") $(errors)"
result "corrupt: and is none of the pictures" 0 "$(among "$sum" known)"
camera fault flagged 2
stream "$colour" 640x480 YUYV 2
result "after two flagged frames, whole ones" "614400 0" "$(bytes) $(errors)"
camera fault silent
stream "$colour" 640x480 YUYV 1 2
result "silent: frames" 0 "$(wc -l <"$work/said")"
camera fault silent 10
stream "$colour" 640x480 YUYV 1
result "silent for a while: frames" 1 "$(wc -l <"$work/said")"
camera fault none

# What this kernel drops by itself, and what newer ones hand over with a flag.
for keeps in 0 1; do
    echo "$keeps" >"$nodrop"
    camera unplug
    camera plug >/dev/null
    colour=$(camera state colour.node)
    for fault in short flagged; do
        camera fault "$fault"
        stream "$colour" 640x480 YUYV 3 2
        seen="$(bytes) $([ "$(errors)" = 0 ] || echo flagged)"
        case "$keeps $fault" in
        "0 "*) result "$fault YUYV, dropped by the driver" " " "$seen" ;;
        "1 short") result "$fault YUYV, handed over" "307200 flagged" "$seen" ;;
        "1 flagged") result "$fault YUYV, handed over" "614400 flagged" "$seen" ;;
        esac
    done
    # Of a JPEG, no driver knows how long it should be.
    camera fault short
    stream "$colour" 640x480 MJPG 1
    result "short MJPG: comes without a flag, nodrop $keeps" "1 0" "$(wc -l <"$work/said") $(errors)"
    result "short MJPG: and without its end" 0 "$(tail -c 2 "$work/frames" | tr -d '\377' | tr -dc '\331' | wc -c)"
    camera fault none
done
echo 0 >"$nodrop"

# Plugging.
v4l2-ctl -d "$colour" --set-fmt-video=width=640,height=480,pixelformat=YUYV --stream-mmap --stream-count=100000 >/dev/null 2>&1 &
streamer=$!
until_true 20 eval '[ "$(camera state colour.streaming)" = true ]'
camera unplug
result "unplugged in mid-stream: the node" gone "$([ -e "$colour" ] || echo gone)"
holds "unplugged in mid-stream: the stream ends" until_true 10 eval "! kill -0 $streamer"
kill "$streamer" 2>/dev/null
result "unplugged: what it says" "false null false" "$(for what in plugged port colour.streaming; do camera state "$what"; done | xargs)"
camera plug >/dev/null
stream "$colour" 640x480 YUYV 2
result "plugged in again: frames" "2 614400" "$(wc -l <"$work/said") $(bytes)"
result "plugged in twice" refused "$(camera plug >/dev/null 2>&1 || echo refused)"
# Whoever still has the old node open keeps its number.
exec 9<"$colour"
camera unplug
camera plug >/dev/null
another=$(camera state colour.node)
result "plugged in again under another number" yes "$([ "$another" != "$colour" ] && echo yes)"
exec 9<&-
stream "$another" 640x480 YUYV 2
result "and it streams" "2 614400" "$(wc -l <"$work/said") $(bytes)"
bus=$(camera state device)
camera unplug
camera plug 5 >/dev/null
result "at another port: another path" "5 ${bus%-*}-6" "$(camera state port) $(camera state device)"

# Two alike, at once.
other "$second" <<'TOML'
serial = "0001"
[colour]
[infrared]
TOML
colour=$(camera state colour.node)
twin=$(usb-camera tell "$second" state colour.node)
name() { v4l2-ctl -d "$1" --info | sed -n 's/.*Card type *: //p' | head -n 1; }
identity() {
    local device
    device=$(readlink -f "/sys/class/video4linux/${1##*/}/device/..")
    cat "$device"/{idVendor,idProduct,serial} | xargs
}
result "two of a kind have one identity" "04f2 b6d9 0001" "$(identity "$colour")"
result "two of a kind have one identity" "$(identity "$colour") $(name "$colour")" "$(identity "$twin") $(name "$twin")"
v4l2-ctl -d "$twin" --set-fmt-video=width=640,height=480,pixelformat=MJPG --stream-mmap --stream-count=100000 >/dev/null 2>&1 &
streamer=$!
until_true 20 eval '[ "$(usb-camera tell "$second" state colour.streaming)" = true ]'
stream "$colour" 640x480 MJPG 10
result "both stream at once" "10 true" "$(wc -l <"$work/said") $(usb-camera tell "$second" state colour.streaming)"
kill "$streamer"

# A camera with every format, and one whose emitter strobes by itself.
other "$spare" <<'TOML'
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
light = "alternate"
TOML
colour=$(usb-camera tell "$spare" state colour.node)
infrared=$(usb-camera tell "$spare" state infrared.node)
result "a range of rates" "NV12 640x480 5.000-30.000 MJPG 640x480 5.000-30.000" "$(offers "$colour")"
result "every format" "GREY Y10 Y12 Y16 NV12 YUYV" "$(formats "$infrared")"
usb-camera tell "$spare" fault white
number=0
for expected in 'GREY 307200 \377' 'Y10 614400 \377\003' 'Y12 614400 \377\017' 'Y16 614400 \377' 'NV12 460800 \353\200' 'YUYV 614400 \353\200'; do
    read -r format length values <<<"$expected"
    stream "$infrared" 640x480 "$number" 2
    result "$format: bytes, values that are not white's" "$length 0" "$(bytes) $(but_for "$values")"
    number=$((number + 1))
done
# middle N: how bright the middle of that GREY frame is
middle() { tail -c "+$(($1 * 307200 + 240 * 640 + 289))" "$work/frames" | head -c 64 | od -An -v -tu1 -w1 | awk '{ sum += $1 } END { print int(sum / NR) }'; }
pairs() {
    local n
    for n in 1 2 3; do [ "$(middle $((n - 1)))" -gt "$((3 * $(middle "$n")))" ] && printf 'down ' || printf 'not '; done
}
usb-camera tell "$spare" fault none
tries=0
until stream "$infrared" 640x480 GREY 4; [ "$(gaps)" = 1 ] || [ "$((tries += 1))" -gt 10 ]; do :; done
case $(pairs) in
'down not down ' | 'not down not ') seen=alternate ;;
*) seen=$(pairs) ;;
esac
result "lit and dark frames" alternate "$seen"
usb-camera tell "$spare" fault flat
stream "$infrared" 640x480 GREY 4
result "before a screen, none is brighter in the middle" "not not not " "$(pairs)"
usb-camera tell "$spare" fault none
v4l2-ctl -d "$colour" --set-fmt-video=width=640,height=480,pixelformat=MJPG --set-parm=12.5 >/dev/null
stream "$colour" 640x480 MJPG 2
result "JPEGs without Huffman tables" 0 "$(LC_ALL=C grep -c -a -P '\xff\xc4' "$work/frames")"

result "writes to controls that are nobody's business" "[] []" "$(camera state violations) $(usb-camera tell "$spare" state violations)"
