#!/bin/bash
# What breaks while somebody logs in, in the booted system: the camera, who holds it, either process. The password lets in
# every time, and the face again afterwards.
# limit: 240 s
# long
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh
# shellcheck source=../guest/people.sh
. /usr/local/lib/facelogin-vm/people.sh

# during SECONDS COMMAND...: once the camera streams, and so long after.
during() {
    local pause=$1
    shift
    (
        until_true 20 streams colour
        sleep "$pause"
        "$@"
    ) >/dev/null 2>&1 &
}
# broken NAME VERDICT: Enter for the face, and then the password; afterwards the fault is over and the face lets in.
broken() {
    local name=$1 verdict=$2 last
    last=$(newest)
    log_in "${name// /-}" "expect $question" "send" "expect Password:" "secret alice-password" "$in_shell"
    result "r25 $name: the password lets in" 0 $?
    result "r25 $name: on record" "$verdict" "$(attempt_after "$last")"
}
mended() {
    local name=$1 last
    until_true 40 vision_ready
    in_front known >/dev/null
    last=$(newest)
    log_in "${name// /-}-mended" "expect $question" "send" "$in_shell"
    result "$name, mended: by face" 0 $?
    result "$name, mended: on record" match/matched "$(attempt_after "$last")"
    holds "$name, mended: the camera is closed" closed
}
started
in_front nobody
during 0.3 camera unplug
broken "unplugged in mid-scan" unavailable/camera_unavailable
broken "not there" unavailable/camera_unavailable
camera plug
mended "plugged in again"

node=$(camera state colour.node)
v4l2-ctl --device "$node" --stream-mmap --stream-count=100000 --stream-to=/dev/null >/dev/null 2>&1 &
holder=$!
until_true 5 streams colour
broken "held by another program" unavailable/camera_unavailable
kill "$holder"
wait "$holder" 2>/dev/null
mended "let go of by the other program"

camera fault silent
broken "silent" unavailable/camera_unavailable
camera fault none
mended "silent"
camera fault black
broken "black" unavailable/nobody_seen
camera fault none
mended "black"
camera fault frozen
# One picture counts, and that is too few: which of the two is up first depends on how long opening took.
last=$(newest)
log_in frozen "expect $question" "send" "expect Password:" "secret alice-password" "$in_shell"
result "r25 frozen: the password lets in" 0 $?
case $(attempt_after "$last") in
unavailable/poor_view | unavailable/camera_unavailable) result "r25 frozen: on record" unavailable unavailable ;;
*) result "r25 frozen: on record" unavailable "$(newest)" ;;
esac
camera fault none
mended "frozen"
camera fault slow
last=$(newest)
log_in slow "expect $question" "send" "$in_shell"
result "five pictures a second: by face" 0 $?
camera fault none

vision() { systemctl show --property MainPID --value facelogin-vision.service; }
in_front nobody
# shellcheck disable=SC2016 # asked when it is time
during 0.3 eval 'kill -KILL $(systemctl show --property MainPID --value facelogin-vision.service)'
broken "the process that sees is killed in mid-scan" unavailable/vision_unavailable
mended "the process that sees is killed in mid-scan"
result "the camera's group may not be lost over it" "facelogin" "$(stat --format %U "/proc/$(vision)" 2>/dev/null)"
in_front nobody
# shellcheck disable=SC2016 # asked when it is time
during 0.3 eval 'kill -STOP $(systemctl show --property MainPID --value facelogin-vision.service)'
last=$(newest)
log_in stopped "expect $question" "send" "expect Password:" "secret alice-password" "$in_shell"
result "r25 the process that sees is stopped in mid-scan: the password lets in" 0 $?
kill -KILL "$(vision)" 2>/dev/null
mended "the process that sees is stopped in mid-scan"

in_front nobody
during 0.3 systemctl restart facelogind.service
log_in restarted "expect $question" "send" "expect Password:" "secret alice-password" "$in_shell"
result "r25 the daemon is restarted in mid-scan: the password lets in" 0 $?
mended "the daemon is restarted in mid-scan"
in_front nobody
during 0.3 systemctl kill --signal=KILL facelogind.service
log_in killed "expect $question" "send" "expect Password:" "secret alice-password" "$in_shell"
result "r25 the daemon is killed in mid-scan: the password lets in" 0 $?
mended "the daemon is killed in mid-scan"

systemctl stop facelogind.socket facelogind.service
log_in down "expect assword" "secret alice-password" "$in_shell"
result "r25 no daemon at all: the password lets in" 0 $?
systemctl start facelogind.socket
mended "no daemon at all"
result "units that failed" "" "$(systemctl --failed --no-legend --plain | cut -d ' ' -f 1 | tr '\n' ' ')"
