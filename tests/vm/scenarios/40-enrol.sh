#!/bin/bash
# Enrolling from the V4L2 camera, by the tool that people use.
# limit: 120 s
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh
# shellcheck source=../guest/people.sh
. /usr/local/lib/facelogin-vm/people.sh

started
# clear asks for a password, and removing by root of a root login is unattended, too.
for user in alice bob; do facelogin-enroll clear --yes --unattended --user "$user" >/dev/null 2>&1; done
chosen=$(facelogin-enroll --json cameras | jq -r '[.cameras[] | select(.chosen and .kind == "colour")][0].id')
note "the camera: $chosen"
in_front frontal
facelogin-enroll --json add --unattended --user alice --camera colour --label desk >"$kept/added" 2>&1
result "r19 the known person enrols" 0 $?
template() { facelogin-enroll --json list --user alice | jq -r ".templates[0].$1"; }
result "r18 the template says which camera made it" "$chosen" "$(template camera)"
result "its kind" colour "$(template kind)"
result "its label" desk "$(template label)"
holds "at least five pictures were fused" test "$(template encodings)" -ge 5
holds "the camera is closed afterwards" closed

# In another picture than the one that was enrolled.
in_front known
facelogin-enroll --json test --user alice >"$kept/test" 2>&1
result "a test of the enrolled face" match "$(jq -r .verdict "$kept/test")"
result "it says which camera" "$chosen" "$(jq -r .detail.camera "$kept/test")"
result "who is it" alice "$(facelogin-enroll --json identify 2>/dev/null | jq -r '.candidates[0].user')"
in_front stranger
result "a stranger is not alice" no_match "$(facelogin-enroll --json test --user alice 2>/dev/null | jq -r .verdict)"
result "and nobody" null "$(facelogin-enroll --json identify 2>/dev/null | jq -r '.candidates[0].user')"
facelogin-enroll --json add --unattended --user bob --camera colour >"$kept/bob" 2>&1
result "somebody else enrols for themselves" 0 $?
result "without a warning" 0 "$(jq '.warnings | length' "$kept/bob")"
in_front frontal
facelogin-enroll --json add --unattended --user bob --camera colour --label again >"$kept/again" 2>&1
holds "alice's face for bob is remarked on" grep -qa alice "$kept/again"
holds "the camera is closed in the end" closed
facelogin-enroll clear --yes --unattended --user bob >/dev/null 2>&1
