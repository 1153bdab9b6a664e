#!/bin/bash
# A reboot as people do it: another boot, the same faces, and the units are up without anybody's help.
# limit: 90 s
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh
# shellcheck source=../guest/people.sh
. /usr/local/lib/facelogin-vm/people.sh

# Over the reboot.
kept=$state/reboot
mkdir -p "$kept"
boot_id=$(cat /proc/sys/kernel/random/boot_id)
faces() { facelogin-enroll --json list --user alice; }
case ${1:-} in
"")
    started
    last=$(newest)
    log_in before "expect $question" "send" "$in_shell"
    result "by face, before" match/matched "$(attempt_after "$last")"
    result "a face is enrolled" yes "$(faces | grep -q '"id"' && echo yes)"
    printf '%s\n' "$boot_id" >"$kept/boot_id"
    faces >"$kept/faces"
    reboot_to after
    ;;
after)
    result "it is another boot" another "$([ "$boot_id" = "$(cat "$kept/boot_id")" ] && echo "the same" || echo another)"
    for unit in facelogind.socket facelogind.service facelogin-vision.socket; do
        until_true 20 systemctl is-active "$unit"
        result "$unit" active "$(systemctl is-active "$unit")"
    done
    holds "the vision process becomes ready" until_true 30 vision_ready
    result "the faces are those from before" "$(cat "$kept/faces")" "$(faces)"
    last=$(newest)
    log_in after "expect $question" "send" "$in_shell"
    result "by face, after: the session opens" 0 $?
    result "by face, after: on record" match/matched "$(attempt_after "$last")"
    ;;
esac
