//! What is known of PAM services by name.

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

/// Services that hand out somebody else's rights. A face is no consent (CVE-2024-37408), and this version cannot yet
/// ask for it.
pub const NEEDS_CONSENT: &[&str] = &[
    "chfn",
    "chsh",
    "doas",
    "passwd",
    "pkexec",
    "polkit-1",
    "runuser",
    "runuser-l",
    "su",
    "su-l",
    "sudo",
    "sudo-i",
];

/// The longest service name accepted, in bytes. Debian's longest is under thirty.
pub const MAX_NAME: usize = 64;

/// Whether a name can be a PAM service: libpam opens a file of that name.
pub fn is_name(name: &str) -> bool {
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@' | b'+');
    !name.is_empty() && name.len() <= MAX_NAME && !name.starts_with('.') && name.bytes().all(sane)
}
