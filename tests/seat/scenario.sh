# shellcheck shell=bash
# Sourced by what is run in a booted system: how it says what came out, on the serial line, and what it asks facelogin.
exec >/dev/ttyS0 2>&1

count=0
wrong=0
# result NAME EXPECTED SEEN
result() {
    count=$((count + 1))
    if [ "$2" = "$3" ]; then
        echo "SEAT RESULT ok   $1: $3"
    else
        wrong=$((wrong + 1))
        echo "SEAT RESULT FAIL $1: $3, expected $2"
    fi
}
note() { echo "SEAT NOTE $*"; }
# The newest attempt on record, as verdict/reason. It is written after the answer.
newest() { facelogin-enroll --json audit --limit 1 2>/dev/null | tr -d '\n ' | sed 's/.*"id":\([0-9]*\).*"verdict":"\([a-z_]*\)","reason":"\([a-z_]*\)".*/\1 \2\/\3/'; }
# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 1
    done
}
vision_ready() { facelogin-enroll --json status | grep -q '"vision": *"ready"'; }
# Ends the system; with what the daemon said, if something was wrong.
finished() {
    if [ "$wrong" != 0 ]; then
        journalctl -b -u facelogind -u facelogin-vision --no-pager | tail -n 40
    fi
    echo "SEAT DONE $wrong wrong of $count"
    systemctl poweroff --force
}
