#!/bin/bash
# Cameras are known by what they are and by where they are, not by their numbers: replugging, twins, docking, software.
# limit: 180 s
# long
# shellcheck source=../guest/lib.sh
. /usr/local/lib/facelogin-vm/lib.sh
work=$(mktemp -d)
config=/etc/facelogin/facelogin.toml
cp -p "$config" "$work/kept.toml"
others=()

restart() {
    systemctl restart facelogin-vision.service facelogind.service
    until_true 60 vision_ready
}
# Whatever happens, the others find the camera as they expect it.
restore() {
    exec 9<&-
    kill "${others[@]}"
    camera unplug
    camera plug
    cp -p "$work/kept.toml" "$config"
    restart
    rm -rf "$work"
} >/dev/null 2>&1
trap restore EXIT

# prefer ALLOW_VIRTUAL DEVICE: the rest of the configuration stays.
prefer() {
    sed '/^\[camera\]/,/^\[/{/^\[camera\]/d;/^\[/!d}' "$work/kept.toml" >"$work/new.toml"
    printf '[camera]\ndevice = %s\nallow_virtual = %s\n' "$2" "$1" >>"$work/new.toml"
    cat "$work/new.toml" >"$config"
    holds "the configuration is right" facelogin-enroll config check
    restart
}
# other NAME: a second camera, as the device file in standard input describes it.
other() {
    cat >"$work/$1.toml"
    usb-camera run --socket "$work/$1" --device "$work/$1.toml" --scene /srv/scenes/known >&2 &
    others+=($!)
    until_true 20 usb-camera tell "$work/$1" state plugged
}
list() { facelogin-enroll cameras; }
# used KIND: the nodes that are used for templates of the kind. known NODE: its identity. why NODE: and whether it is used.
used() { list | sed -n "s|^\* .*: $1, .*, \(/dev/video[0-9]*\).*|\1|p" | xargs; }
about() { list | grep -A 2 "^[*-] .*, $1\(,\|\$\)" | sed -n "$2s/^ *//p"; }
known() { about "$1" 2; }
why() { about "$1" 3; }
# scan USER: how a scan that root asks for ends, through the camera that is chosen for the user's templates.
scan() { facelogin-enroll --json test --user "$1" | tr -d '\n ' | sed 's/.*"reason":"\([a-z_]*\)".*/\1/'; }

# A device that comes from a program is refused, whatever it says of itself.
prefer false '"usb:04f2:b6d9"'
colour=$(camera state colour.node)
infrared=$(camera state infrared.node)
software="not used: it is made by software, and camera.allow_virtual is false"
result "made by software: colour" "$software" "$(why "$colour")"
result "made by software: infrared" "$software" "$(why "$infrared")"
result "made by software: used" "" "$(used '[a-z]*')"
enrolled alice
result "made by software: no scan" camera_unavailable "$(scan alice)"

# Its two nodes are told apart by what they see. Its serial number, 0001, is everybody's: it goes by its port.
prefer true '"usb:04f2:b6d9"'
place=platform-vhci_hcd.0-usb-0:1
result "colour is" "usb:04f2:b6d9 kind=colour path=$place" "$(known "$colour")"
result "infrared is" "usb:04f2:b6d9 kind=infrared path=$place" "$(known "$infrared")"
result "udev calls its place" "$place:1.0" "$(udevadm info --query property --property ID_PATH --value "$colour")"
result "used for colour" "$colour" "$(used colour)"
result "used for infrared" "$infrared" "$(used infrared)"

# Under another number it is the same.
exec 9<"$colour"
camera unplug
result "unplugged" "" "$(used '[a-z]*')"
camera plug >/dev/null
exec 9<&-
another=$(camera state colour.node)
result "another number" yes "$([ "$another" != "$colour" ] && echo yes)"
result "another number: the same identity" "usb:04f2:b6d9 kind=colour path=$place" "$(known "$another")"
result "another number: used" "$another" "$(used colour)"

# A clone beside it: nobody can tell which is which, but by the port.
other twin <<'TOML'
[colour]
[infrared]
TOML
twin=$(usb-camera tell "$work/twin" state colour.node)
colour=$(camera state colour.node)
ambiguous="not used: usb:04f2:b6d9: it can mean more than one camera that is there: name one by its identity, with path= or, if it is built in, with built-in, as \`facelogin-enroll cameras\` shows it"
result "a clone: neither is used" "" "$(used '[a-z]*')"
result "a clone: why not" "$ambiguous" "$(why "$colour")"
result "a clone: why not the other" "$ambiguous" "$(why "$twin")"
result "a clone: no scan" camera_unavailable "$(scan alice)"
prefer true "\"usb:04f2:b6d9 path=$place\""
result "by its port: used" "$colour" "$(used colour)"
result "by its port: the face is known" matched "$(scan alice)"
kill "${others[@]}"
until_true 20 test ! -e "$twin"
others=()

# A dock's camera goes first while it is there, in whatever port, and the other one is used while it is not.
prefer true "[\"usb:046d:085e serial=7A8B9C\", \"usb:04f2:b6d9\"]"
result "without the dock" "$(camera state colour.node)" "$(used colour)"
for port in 3 5; do
    other dock <<TOML
vendor = 0x046d
product = 0x085e
serial = "7A8B9C"
name = "Dock"
port = $port
[colour]
TOML
    dock=$(usb-camera tell "$work/dock" state colour.node)
    result "docked at $port: used" "$dock" "$(used colour)"
    result "docked at $port: identity" "usb:046d:085e serial=7A8B9C kind=colour" "$(known "$dock")"
    result "docked at $port: used for infrared" "$(camera state infrared.node)" "$(used infrared)"
    result "docked at $port: the face is known" matched "$(scan alice)"
    kill "${others[@]}"
    until_true 20 test ! -e "$dock"
    others=()
done
result "undocked" "$(camera state colour.node)" "$(used colour)"
result "undocked: the face is known" matched "$(scan alice)"
