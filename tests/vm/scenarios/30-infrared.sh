#!/bin/bash
# The infrared camera with an emitter that strobes when it is told to: enrolled and logged in with, the emitter on for as
# long and then as before, whatever happens in between; and no other control is ever written.
# limit: 240 s
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh

conf=/etc/facelogin/facelogin.toml
kept=$(mktemp -d)
cp -a "$conf" "$kept/facelogin.toml"
# Whatever happens, the others find the camera and the configuration as they expect them.
restore() {
    cp -a "$kept/facelogin.toml" "$conf"
    facelogin-enroll clear --yes --unattended --user alice
    systemctl restart facelogind.service
    camera fault none
    rm -rf "$kept"
    fresh
} >/dev/null 2>&1
trap restore EXIT

# "off" is 1, every other picture lit 2.
mode() { camera state emitter.mode; }
is_mode() { [ "$(mode)" = "$1" ]; }
# Every mode that the emitter was told since the last time this was asked.
told_before=0
told() {
    local all
    mapfile -t all < <(camera state emitter.set | tr -d '[] \n' | tr ',' '\n')
    now_told=${all[*]:told_before}
    told_before=${#all[@]}
}
closed() { [ "$(camera state infrared.open)" = false ]; }
# strobe_of: of one look through the camera: the face against what is around it, in thousandths.
strobe_of() {
    facelogin-enroll --json test --user alice | tr -d ' \n' | sed -n 's/.*"strobe":\(-\{0,1\}[0-9.]*\).*/\1/p' |
        awk '{ printf "%d\n", $1 * 1000 }'
}
test_reason() { facelogin-enroll --json test --user alice | tr -d ' \n' | sed -n 's/.*"reason":"\([a-z_]*\)".*/\1/p'; }

fresh
sed -i -e 's|^device = .*|device = "usb:04f2:b6d9 kind=infrared"|' -e '/^allow_virtual/d' -e 's|^\[camera\]|&\nallow_virtual = true|' "$conf"
systemctl restart facelogind.service facelogin-vision.service
until_true 60 vision_ready
facelogin-enroll clear --yes --unattended --user alice >/dev/null 2>&1

cameras=$(facelogin-enroll --json cameras | tr -d ' \n')
result "its emitter is known" true "$(sed -n 's/.*"kind":"infrared"[^}]*"emitter":\([a-z]*\).*/\1/p' <<<"$cameras")"
result "the emitter is off before" 1 "$(mode)"
told

# Enrolled and logged in with, as somebody looks who enrols: the lit scene is made from a picture in colour, and a face that is
# turned away in it is no measure of infrared.
in_front frontal
said=$(facelogin-enroll add --unattended --user alice --camera infrared 2>&1)
result "enrols in infrared" 0 "$?" || note "$said"
result "the template is for infrared" yes "$(facelogin-enroll --json list --user alice | tr -d ' \n' | grep -q '"kind":"infrared"' && echo yes)"
until_true 10 closed
told
result "the emitter was on for it and is off again" "2 1" "$now_told"
before=$(newest)
at_line 'expect login:
send alice
expect assword
send 
expect $
send exit
expect login:'
result "logs in at the line" 0 "$?"
result "by face" match/matched "$(attempt_after "$before")"
until_true 10 closed
told
result "and again" "2 1" "$now_told"
in_front stranger
result "a stranger is nobody" not_matching "$(test_reason)"
in_front frontal

# What the flash does to a face, and to a screen.
until_true 10 closed
near=$(strobe_of)
holds "a face lights up more than what is around it ($near thousandths)" [ "${near:-0}" -ge 50 ]
camera fault flat
screen=$(strobe_of)
camera fault none
holds "a screen less ($screen thousandths)" [ "${screen:-999}" -le 0 ]
until_true 10 closed
result "the emitter is off" 1 "$(mode)"
told

# The process dies with the emitter on: the next one does not take that for what was there before.
in_front nobody
facelogin-enroll test --user alice >/dev/null 2>&1 &
until_true 10 is_mode 2
systemctl kill --signal SIGKILL facelogin-vision.service
wait
until_true 10 closed
result "a process that is killed leaves it on" 2 "$(mode)"
in_front frontal
until_true 60 vision_ready
result "the next one sees the face" matched "$(test_reason)"
until_true 10 closed
told
result "and leaves it off" "2 2 1" "$now_told"

# Power is lost in suspend: a camera that is plugged in anew is as one that was resumed.
camera unplug
camera plug
until_true 20 test -e "$(camera state infrared.node)"
result "after the power was away the emitter is as the camera has it" 1 "$(mode)"
result "the face is seen as before" matched "$(test_reason)"
until_true 10 closed
told
result "the emitter was set anew, and off again" "2 1" "$now_told"

# Pulled out in mid-scan: nothing is left to be put back, and nothing else is tried.
in_front nobody
facelogin-enroll test --user alice >/dev/null 2>&1 &
until_true 10 is_mode 2
camera unplug
wait
camera plug
until_true 20 test -e "$(camera state infrared.node)"
in_front frontal
result "and after it was pulled out" matched "$(test_reason)"

result "controls that are nobody's to write" "[]" "$(camera state violations)"
