#!/bin/bash
# Accounts, configuration and stacks of the system that `run.sh` boots, into the folder of its root.
set -euo pipefail
root=$1

printf 'facelogin-seat\n' >"$root/etc/hostname"
printf '127.0.0.1 localhost facelogin-seat\n' >"$root/etc/hosts"
printf '/dev/vda / ext4 rw 0 1\n' >"$root/etc/fstab"
chroot "$root" useradd --create-home --shell /bin/bash alice
chroot "$root" useradd --create-home --shell /bin/bash bob
# Only ever known to this image.
printf 'alice:alice-password\nbob:bob-password\nroot:root-password\n' | chroot "$root" chpasswd --crypt-method SHA512
printf 'alice ALL=(ALL:ALL) ALL\n' >"$root/etc/sudoers.d/alice"
chmod 0440 "$root/etc/sudoers.d/alice"

chroot "$root" systemd-sysusers
cat >"$root/etc/facelogin/facelogin.toml" <<'EOF'
presence = "seat"
lock_grace_seconds = 20
# An emulated processor needs seconds for a picture.
frames = 1
timeout_ms = 30000
no_face_timeout_ms = 20000
[camera]
allow_virtual = true
replay = "/srv/camera"
replay_fps = 5
[services.login]
enabled = true
trigger = "enter"
[services.sudo]
enabled = true
trigger = "enter"
[services.hyprlock]
enabled = true
trigger = "immediate"
[services.gdm-password]
enabled = true
trigger = "immediate"
EOF
# As an administrator would turn it on; the module's own time is longer than a person would wait.
DEBIAN_FRONTEND=noninteractive chroot "$root" pam-auth-update --enable facelogin
sed -i 's/pam_facelogin\.so$/& timeout=30/' "$root/etc/pam.d/common-auth"
for service in hyprlock gdm-password; do
    printf 'auth include common-auth\naccount required pam_permit.so\n' >"$root/etc/pam.d/$service"
done

# login's own limit is for people at a real processor.
sed -i 's/^LOGIN_TIMEOUT.*/LOGIN_TIMEOUT 600/' "$root/etc/login.defs"
mkdir -p "$root/home/alice/.ssh" "$root/etc/systemd/system/multi-user.target.wants"
ssh-keygen -q -t ed25519 -N '' -f "$root/root/key"
cat "$root/root/key.pub" >"$root/home/alice/.ssh/authorized_keys"
chroot "$root" chown -R alice:alice /home/alice/.ssh
cat >"$root/etc/systemd/system/facelogin-seat.service" <<'EOF'
[Unit]
Description=The scenarios of presence
After=multi-user.target getty@tty1.service ssh.service

[Service]
Type=exec
ExecStart=/usr/local/lib/facelogin-seat/inside.sh
StandardOutput=file:/dev/ttyS0
StandardError=file:/dev/ttyS0
EOF
ln -sf ../facelogin-seat.service "$root/etc/systemd/system/multi-user.target.wants/facelogin-seat.service"
for unit in facelogind.socket facelogin-vision.socket; do
    mkdir -p "$root/etc/systemd/system/sockets.target.wants"
    ln -sf "/usr/lib/systemd/system/$unit" "$root/etc/systemd/system/sockets.target.wants/$unit"
done
ln -sf /usr/lib/systemd/system/facelogind.service "$root/etc/systemd/system/multi-user.target.wants/facelogind.service"
# Nothing here speaks to a serial terminal but the scenarios.
ln -sf /dev/null "$root/etc/systemd/system/serial-getty@ttyS0.service"
