#!/bin/bash
# GDM's own greeter on Debian's own kernel, in qemu: boots it, and lets `inside.sh` log in there with a made USB camera,
# from the package's PAM files up to the session. Pictures of the screen stay in target/release/greeter.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../seat/machine.sh"

shots=$bins/greeter
rm -rf "$shots"
mkdir -p "$shots"
base=$("$seat/root.sh" greeter gdm3 gnome-shell gnome-session gnome-session-bin gnome-settings-daemon xwayland libgl1-mesa-dri \
    policykit-1 adwaita-icon-theme fonts-dejavu-core dbus-user-session accountsservice libglib2.0-bin dconf-cli)
machine_root "$base" "$here" 400
install -D -m 0755 "$bins/usb-camera" "$place/root/usr/local/bin/usb-camera"
machine_boot 5G 4096 -device VGA,xres=1024,yres=768
machine_follow "${FACELOGIN_GREETER_SECONDS:-3000}" "$shots"
tr -d '\r' <"$place/serial" >"$shots/serial.log"
case $outcome in
"0 wrong of "[1-9]*) say "GDM's greeter: $outcome; pictures of its screen are in $shots" ;;
*) die "GDM's greeter: $outcome; see $shots, and $(tail -n 20 "$place/qemu.log" "$place/serial" 2>&1)" ;;
esac
