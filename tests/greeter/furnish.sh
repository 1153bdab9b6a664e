#!/bin/bash
# Configuration of the system that `run.sh` boots, into the folder of its root. GDM's PAM files stay as its package
# has them, but for one line that writes down what the module is told.
set -euo pipefail
root=$1

cat >"$root/etc/facelogin/facelogin.toml" <<'EOF'
presence = "seat"
lock_grace_seconds = 20
# An emulated processor needs seconds for a picture.
frames = 1
timeout_ms = 30000
no_face_timeout_ms = 20000
[camera]
# What is plugged into vhci_hcd is software, and a camera that can be unplugged must be named.
allow_virtual = true
device = "/dev/v4l/by-path/platform-vhci_hcd.0-usb-0:1:1.0-video-index0"
[services.gdm-password]
enabled = true
trigger = "immediate"
EOF
sed -i '0,/^auth/s||auth optional pam_exec.so quiet /usr/local/lib/facelogin-scenarios/told.sh\n&|' "$root/etc/pam.d/gdm-password"
cat >"$root/usr/local/lib/facelogin-scenarios/told.sh" <<'EOF'
#!/bin/sh
# What a PAM module of this stack is told; an item that is not set is not in the environment either.
env | grep '^PAM_' | sort | tr '\n' ' ' >>/run/gdm-told
echo >>/run/gdm-told
EOF
chmod 0755 "$root/usr/local/lib/facelogin-scenarios/told.sh"

# The camera: small pictures and few of them, for an emulated processor takes six seconds for a frame of 640x480, and the
# daemon gives a camera eight.
cat >"$root/etc/usb-camera.toml" <<'EOF'
[colour]
formats = ["MJPG", "YUYV"]
sizes = [[400, 300]]
fps = [5]
warm_up = 0
EOF
cat >"$root/etc/systemd/system/usb-camera.service" <<'EOF'
[Unit]
Description=A made USB camera
After=systemd-modules-load.service

[Service]
Type=notify
TimeoutStartSec=300
Restart=on-failure
ExecStart=/usr/local/bin/usb-camera run --socket /run/usb-camera.sock --device /etc/usb-camera.toml --scene /srv/scenes/frontal
EOF
ln -sf ../usb-camera.service "$root/etc/systemd/system/multi-user.target.wants/usb-camera.service"
printf 'vhci-hcd\nuvcvideo\n' >"$root/etc/modules-load.d/usb-camera.conf"
# What has to be in time comes before what draws: a desktop takes all that an emulated processor has, and facelogind gives
# logind 200 ms to answer and a camera eight seconds for a picture.
for unit in dbus systemd-logind facelogind facelogin-vision usb-camera; do
    mkdir -p "$root/etc/systemd/system/$unit.service.d"
    printf '[Service]\nNice=-15\n' >"$root/etc/systemd/system/$unit.service.d/first.conf"
done
# The display manager is started when faces are enrolled.
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"

# As a notification would reach somebody: in every desktop session, as packages and installer turn it on.
chroot "$root" systemctl --global enable facelogin-notify.service

# Nothing that moves, blanks or greets: every pixel is drawn by the emulated processor.
settings='[org/gnome/desktop/interface]
enable-animations=false
[org/gnome/desktop/session]
idle-delay=uint32 0
[org/gnome/desktop/screensaver]
lock-delay=uint32 0
[org/gnome/settings-daemon/plugins/power]
sleep-inactive-ac-type="nothing"
[org/gnome/desktop/background]
picture-options="none"
[org/gnome/shell]
welcome-dialog-last-shown-version="99"'
printf '%s\n' "$settings" >>"$root/etc/gdm3/greeter.dconf-defaults"
mkdir -p "$root/etc/dconf/profile" "$root/etc/dconf/db/local.d"
printf 'user-db:user\nsystem-db:local\n' >"$root/etc/dconf/profile/user"
printf '%s\n' "$settings" >"$root/etc/dconf/db/local.d/00-still"
chroot "$root" dconf update
