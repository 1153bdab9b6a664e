#!/bin/bash
# Configuration and stacks of the system that `run.sh` boots, into the folder of its root.
set -euo pipefail
root=$1

printf 'alice ALL=(ALL:ALL) ALL\n' >"$root/etc/sudoers.d/alice"
chmod 0440 "$root/etc/sudoers.d/alice"
mkdir -p "$root/srv/camera"
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
for service in hyprlock gdm-password; do
    printf 'auth include common-auth\naccount required pam_permit.so\n' >"$root/etc/pam.d/$service"
done

# login's own limit is for people at a real processor.
sed -i 's/^LOGIN_TIMEOUT.*/LOGIN_TIMEOUT 600/' "$root/etc/login.defs"
mkdir -p "$root/home/alice/.ssh"
ssh-keygen -q -t ed25519 -N '' -f "$root/root/key"
cat "$root/root/key.pub" >"$root/home/alice/.ssh/authorized_keys"
chroot "$root" chown -R alice:alice /home/alice/.ssh
