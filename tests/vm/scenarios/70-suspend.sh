#!/bin/bash
# The machine sleeps (logind's suspend, the kernel's, and its own clock's alarm to wake it), and the camera loses its power
# meanwhile.
# limit: 120 s
# long
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh
# shellcheck source=../guest/people.sh
. /usr/local/lib/facelogin-vm/people.sh

# As a laptop's port does: without power the camera is gone, and comes back as a new device. (The made camera's port would
# keep the kernel awake.)
hook=/usr/lib/systemd/system-sleep/camera
trap 'rm -f "$hook"' EXIT
cat >"$hook" <<'HOOK'
#!/bin/sh
case $1 in
pre)
    usb-camera tell /run/usb-camera.sock unplug
    # Last, so that it does not ring before everything sleeps.
    echo 0 >/sys/class/rtc/rtc0/wakealarm
    echo +4 >/sys/class/rtc/rtc0/wakealarm
    ;;
post) usb-camera tell /run/usb-camera.sock plug ;;
esac
HOOK
chmod 0755 "$hook"
slept() { cat /sys/power/suspend_stats/success; }
# asleep: through logind, until the alarm, and until the camera is back.
asleep() {
    local before
    before=$(slept)
    systemctl suspend
    until_true 30 eval "[ \$(slept) -gt $before ]" || return 1
    # shellcheck disable=SC2016 # asked again and again
    until_true 10 eval '[ "$(camera state plugged)" = true ]' && until_true 10 eval 'test -c "$(camera state colour.node)"'
}
started
boots=$(cat /proc/sys/kernel/random/boot_id)
asleep
result "the kernel slept and woke" 0 $?
result "it is the same boot" "$boots" "$(cat /proc/sys/kernel/random/boot_id)"
last=$(newest)
log_in after "expect $question" "send" "$in_shell"
result "after sleep: by face" 0 $?
result "after sleep: on record" match/matched "$(attempt_after "$last")"
holds "the camera is closed" closed

# In the middle of a scan: it must end, and nothing may be left of it.
in_front nobody
(
    until_true 20 streams colour
    asleep
) >/dev/null 2>&1 &
sleeping=$!
last=$(newest)
log_in through "expect $question" "send" "expect Password:" "secret alice-password" "$in_shell"
result "r25 asleep in mid-scan: the password lets in" 0 $?
wait "$sleeping"
result "the kernel slept in mid-scan and woke" 0 $?
note "asleep in mid-scan: $(attempt_after "$last")"
in_front known
last=$(newest)
log_in mended "expect $question" "send" "$in_shell"
result "and then the face" 0 $?
result "on record" match/matched "$(attempt_after "$last")"
holds "the camera is closed in the end" closed
result "units that failed" "" "$(systemctl --failed --no-legend --plain | cut -d ' ' -f 1 | tr '\n' ' ')"
