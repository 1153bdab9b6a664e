#!/bin/bash
# What the booted system is there for: a shell for somebody at the console, or the scenarios that the host named, one after
# another, over reboots.
set -u
here=/usr/local/lib/facelogin-vm
state=/var/lib/facelogin-vm
out=/srv/host/out
. "$here/lib.sh"

# Somebody sits at the other end of the serial line from here on: while it is closed, what comes there is lost. And what
# comes there is not to be sent back as if it were typed.
stty -F /dev/ttyS1 raw -echo
exec 9<>/dev/ttyS1

if grep -qw facelogin.vm=shell /proc/cmdline; then
    stty sane
    printf '\nLinux %s; the user alice has the password alice-password. Ctrl-D turns it off.\n' "$(uname -r)"
    in_front known
    export HOME=/root TERM=${TERM:-linux}
    cd /root && bash -l -i
    systemctl poweroff --force
    exit
fi
if grep -qw facelogin.vm=bench /proc/cmdline; then
    "$here/bench.sh"
    systemctl poweroff --force
    exit
fi

# As it comes, so that it is there whatever ends this.
journalctl --boot --follow --no-tail --output short-monotonic >>"$out/journal.txt" 2>/dev/null &
# The first line of what is left to do is what is being done.
[ -e "$state/left" ] || cp /srv/host/scenarios "$state/left"
say "VM BOOT $(systemctl --version | head -n 1), Linux $(uname -r), $(cut -d ' ' -f 1 /proc/uptime) s after its start"
if [ -e "$state/running" ] && [ ! -e "$state/stage" ]; then
    scenario=$(head -n 1 "$state/left")
    result "the system stays up" yes "it went down"
    say "VM END $scenario"
    sed -i 1d "$state/left"
fi
while scenario=$(head -n 1 "$state/left"); [ -n "$scenario" ]; do
    file=$here/scenarios/$scenario.sh
    limit=$(sed -n 's/^# limit: \([0-9]*\) s$/\1/p' "$file")
    stage=$(cat "$state/stage" 2>/dev/null)
    rm -f "$state/stage"
    : >"$state/running"
    # On the disk before anything that takes the system down.
    sync
    export scenario
    if [ -z "$stage" ]; then
        say "VM START $scenario"
        fresh
    else
        fresh_line
    fi
    timeout --kill-after=5 "${limit:-60}" bash "$file" "$stage" </dev/null
    code=$?
    # What goes on behind it is a reboot.
    [ ! -e "$state/stage" ] || exec sleep infinity
    case $code in
    0) ;;
    124 | 137) result "it ends within ${limit:-60} s" yes no ;;
    *) result "the script ends well" 0 "$code" ;;
    esac
    say "VM END $scenario"
    rm -f "$state/running"
    sed -i 1d "$state/left"
done
say "VM DONE"
systemctl poweroff --force
