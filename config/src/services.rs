//! What is known of PAM services by name.

use crate::Trigger;

/// The services that the installed file lists: display managers, lock screens, and the text console's `login`.
pub const DEFAULT: &[&str] = &[
    "cinnamon-screensaver",
    "gdm-password",
    "greetd",
    "gtklock",
    "hyprlock",
    "i3lock",
    "kde-face",
    "lightdm",
    "login",
    "mate-screensaver",
    "sddm",
    "swaylock",
    "waylock",
    "xfce4-screensaver",
];

/// Services whose user is not in front of this machine's camera, or nobody is. Howdy let Apache logins in by whoever
/// sat at the machine. The face is never asked for these, whatever the file says (R6).
pub const NEVER: &[&str] = &[
    "apache2",
    "atd",
    "cockpit",
    "cron",
    "crond",
    "cups",
    "dovecot",
    "exim4",
    "ftp",
    "httpd",
    "imap",
    "imapd",
    "mosh",
    "nginx",
    "openvpn",
    "other",
    "pop3",
    "postfix",
    "ppp",
    "proftpd",
    "pure-ftpd",
    "pwauth",
    "remote",
    "rlogin",
    "rsh",
    "samba",
    "slapd",
    "smtp",
    "squid",
    "ssh",
    "sshd",
    "systemd-user",
    "telnet",
    "vsftpd",
    "webmin",
    "xrdp",
    "xrdp-sesman",
];

/// Services that hand out somebody else's rights. A face is no consent (CVE-2024-37408): they are off until the file
/// turns them on, and ask at a prompt before they look (R26).
pub const NEEDS_CONSENT: &[&str] = &["doas", "su", "su-l", "sudo", "sudo-i"];

/// Services that change what proves who somebody is, that ask for a password as such, or that only root calls. The
/// face is never asked for these either.
pub const NOT_BY_FACE: &[&str] = &[
    "chfn",
    "chpasswd",
    "chsh",
    "facelogin-enroll",
    "newusers",
    "passwd",
    "pkexec",
    "runuser",
    "runuser-l",
];

/// Services that start PAM by themselves when somebody may be in front of them, not when a password was submitted.
/// polkit is among them because GNOME's dialog does not submit an empty field. Not among them, by their sources: swaylock,
/// i3lock, gtklock, waylock and hyprlock call PAM only when a password, or an empty one, was submitted.
const IMMEDIATE: &[&str] = &[
    "cinnamon-screensaver",
    "cosmic-greeter",
    "gdm-password",
    "greetd",
    "kde-face",
    "lightdm",
    "mate-screensaver",
    "polkit-1",
    "xfce4-screensaver",
];

/// What begins a scan where the file does not say: `immediate` for greeters and lock screens that start PAM before
/// anybody typed, `enter` for everything else.
pub fn default_trigger(service: &str) -> Trigger {
    if IMMEDIATE.contains(&service) {
        Trigger::Immediate
    } else {
        Trigger::Enter
    }
}

/// The longest service name accepted, in bytes. Debian's longest is under thirty.
pub const MAX_NAME: usize = 64;

/// Whether a name can be a PAM service: libpam opens a file of that name.
pub fn is_name(name: &str) -> bool {
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@' | b'+');
    !name.is_empty() && name.len() <= MAX_NAME && !name.starts_with('.') && name.bytes().all(sane)
}
