#!/bin/bash
# A hundred logins in a row through the module: every one lets in, and neither process keeps a descriptor, a thread or memory.
# limit: 180 s
# long
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh
# shellcheck source=../guest/people.sh
. /usr/local/lib/facelogin-vm/people.sh

started
configured 's/^presence = .*/presence = "off"/; /^\[services.login\]/,/^trigger/s/^trigger = .*/trigger = "immediate"/'
pids() { systemctl show --property MainPID --value facelogind.service facelogin-vision.service | grep .; }
# held WHAT: of the supervisor and of the vision process.
held() {
    local pid
    for pid in $(pids); do
        case $1 in
        descriptors) find "/proc/$pid/fd" -mindepth 1 | wc -l ;;
        threads) find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l ;;
        kilobytes) awk '/^RssAnon:/ { print $2 }' "/proc/$pid/status" ;;
        esac
    done | xargs
}
# logins COUNT: how many of them let in.
logins() {
    local number ok=0
    for ((number = 0; number < $1; number++)); do
        if pam-try --confdir "$kept/pam.d" --service login --user alice >"$kept/said" 2>&1; then ok=$((ok + 1)); else note "login $number: $(tail -n 1 "$kept/said")"; fi
    done
    printf '%s\n' "$ok"
}
mkdir -p "$kept/pam.d"
printf 'auth required pam_facelogin.so\naccount required pam_permit.so\n' >"$kept/pam.d/login"
opened=$(starts)
result "the first ten let in" 10 "$(logins 10)"
closed
same_before="$(pids | xargs)" descriptors=$(held descriptors) threads=$(held threads) memory=$(held kilobytes)
result "a hundred more let in" 100 "$(logins 100)"
closed
result "the processes are the same" "$same_before" "$(pids | xargs)"
result "their descriptors" "$descriptors" "$(held descriptors)"
result "their threads" "$threads" "$(held threads)"
after=$(held kilobytes)
note "anonymous memory in kB before and after: $memory and $after"
grown() {
    # shellcheck disable=SC2086 # two numbers each
    set -- $memory $after
    # Two megabytes in a hundred logins would be a leak of 20 kB each.
    [ $(($3 - $1)) -lt 2048 ] && [ $(($4 - $2)) -lt 2048 ]
}
holds "neither has grown by two megabytes" grown
result "the camera was opened" "110 times" "$(($(starts) - opened)) times"
result "the camera says that nothing was done to it that it does not advertise" "[]" "$(camera state violations)"
