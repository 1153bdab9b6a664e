//! Lockout after mismatches (R21): pure rules, and the one clock they use.
//!
//! A mismatch is a face that was seen and did not match; the caller counts one an attempt, and none for an empty
//! scene. Records are kept per uid and [`EntryClass`], so that somebody who can make `sudo` fail cannot lock the
//! login screen.
//!
//! Time is `CLOCK_BOOTTIME`, which runs during suspend and which nobody can set, together with the boot it was read
//! in. Nothing here knows the date. A record of another boot says nothing about how long the machine was off, so its
//! wait starts again in full: see [`reanchor`], which must be called and its result saved once a boot, or that wait
//! would never end.

use std::io;

use nix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// By which kind of door somebody asks; each has its own counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryClass {
    /// A display manager: GDM, SDDM, LightDM, greetd.
    Greeter,
    /// A login on a text terminal, and any PAM service not known here: of those only one that the administrator has
    /// listed gets as far as a scan. If that is one that everybody can start, its mismatches count for the terminal; they
    /// never count for the login screen.
    Tty,
    /// More rights for somebody logged in: sudo, su, polkit.
    Elevation,
    /// A lock screen whose PAM conversation runs as root.
    Locker,
    /// Any peer that is not root, whatever service it names.
    Unprivileged,
}

/// Services by exact name, beside the prefixes `gdm` and `kde`.
const GREETERS: &[&str] = &[
    "sddm",
    "sddm-autologin",
    "sddm-greeter",
    "lightdm",
    "lightdm-autologin",
    "lightdm-greeter",
    "greetd",
    "greetd-greeter",
    "cosmic-greeter",
    "plasmalogin",
    "lxdm",
    "xdm",
    "kdm",
    "slim",
    "ly",
    "emptty",
];
const ELEVATIONS: &[&str] = &[
    "sudo",
    "sudo-i",
    "su",
    "su-l",
    "doas",
    "polkit-1",
    "pkexec",
    "runuser",
    "runuser-l",
];
const LOCKERS: &[&str] = &[
    "swaylock",
    "hyprlock",
    "i3lock",
    "i3lock-color",
    "xscreensaver",
    "gtklock",
    "waylock",
    "cinnamon-screensaver",
    "mate-screensaver",
    "xfce4-screensaver",
    "gnome-screensaver",
    "xsecurelock",
    "xlock",
    "vlock",
    "physlock",
];

impl EntryClass {
    /// Every class.
    pub const ALL: [EntryClass; 5] = [
        EntryClass::Greeter,
        EntryClass::Tty,
        EntryClass::Elevation,
        EntryClass::Locker,
        EntryClass::Unprivileged,
    ];

    /// The class of a PAM service asked for by a peer. Only root's word about the service counts.
    pub fn of(service: &str, peer_is_root: bool) -> EntryClass {
        if !peer_is_root {
            EntryClass::Unprivileged
        } else if service.starts_with("gdm") || GREETERS.contains(&service) {
            EntryClass::Greeter
        } else if ELEVATIONS.contains(&service) {
            EntryClass::Elevation
        } else if service.starts_with("kde") || LOCKERS.contains(&service) {
            EntryClass::Locker
        } else {
            EntryClass::Tty
        }
    }

    /// The name the store and the audit trail use.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryClass::Greeter => "greeter",
            EntryClass::Tty => "tty",
            EntryClass::Elevation => "elevation",
            EntryClass::Locker => "locker",
            EntryClass::Unprivileged => "unprivileged",
        }
    }

    /// The class of that name.
    pub fn from_name(name: &str) -> Option<EntryClass> {
        EntryClass::ALL.into_iter().find(|class| class.as_str() == name)
    }
}

/// A moment: which boot, and how many seconds into it (suspend included).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// The kernel's random name of this boot.
    pub boot_id: String,
    /// `CLOCK_BOOTTIME`, in whole seconds.
    pub boottime_secs: u64,
}

/// What is kept of one uid and class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LockoutRecord {
    /// Mismatches since the last match or reset.
    pub failures: u32,
    /// The wait that was left at `at_boottime_secs`, in seconds; 0 while not locked.
    pub remaining_secs: u64,
    /// The boot in which `at_boottime_secs` was read.
    pub boot_id: String,
    /// `CLOCK_BOOTTIME` when this was written, in seconds.
    pub at_boottime_secs: u64,
}

/// How many mismatches are allowed, and how long the waits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutRules {
    /// The mismatch that starts the first wait; 0 counts as 1.
    pub failures: u32,
    /// The first wait, in seconds. Each further mismatch doubles it.
    pub first_wait_secs: u64,
    /// The longest wait, in seconds.
    pub max_wait_secs: u64,
}

impl Default for LockoutRules {
    /// NIST SP 800-63B-3, section 5.2.3: at most 5 consecutive failed biometric attempts, then a delay of at least
    /// 30 s that grows exponentially (its example: 1 minute, 2 minutes). The hour's ceiling is ours: the password
    /// works all the while, so a longer wait protects nothing more.
    fn default() -> LockoutRules {
        LockoutRules {
            failures: 5,
            first_wait_secs: 60,
            max_wait_secs: 3600,
        }
    }
}

impl LockoutRules {
    /// The wait that the `failures`-th consecutive mismatch starts, in seconds.
    fn wait(&self, failures: u32) -> u64 {
        match failures.checked_sub(self.failures.max(1)) {
            None => 0,
            Some(further) => {
                let factor = 1_u64.checked_shl(further).unwrap_or(u64::MAX);
                self.first_wait_secs
                    .saturating_mul(factor)
                    .min(self.max_wait_secs)
            }
        }
    }
}

/// Seconds still to wait; 0 if an attempt is allowed.
///
/// A clock that went backwards within a boot (it cannot) ends no wait early, and a record of another boot counts in
/// full.
pub fn remaining(record: &LockoutRecord, now: &Now) -> u64 {
    if record.boot_id != now.boot_id {
        return record.remaining_secs;
    }
    record
        .remaining_secs
        .saturating_sub(now.boottime_secs.saturating_sub(record.at_boottime_secs))
}

/// The record to save after one more mismatch. A wait that is still running is never shortened.
pub fn after_mismatch(record: Option<&LockoutRecord>, rules: &LockoutRules, now: &Now) -> LockoutRecord {
    let failures = record.map_or(0, |r| r.failures).saturating_add(1);
    let running = record.map_or(0, |r| remaining(r, now));
    LockoutRecord {
        failures,
        remaining_secs: rules.wait(failures).max(running),
        boot_id: now.boot_id.clone(),
        at_boottime_secs: now.boottime_secs,
    }
}

/// The record to save after a match, or after a password: none.
pub fn after_match() -> Option<LockoutRecord> {
    None
}

/// A record of another boot, moved into this one with its wait in full; `None` if it is of this boot already.
///
/// The result must be saved: otherwise the record stays one of another boot, and its wait never runs down.
pub fn reanchor(record: &LockoutRecord, now: &Now) -> Option<LockoutRecord> {
    (record.boot_id != now.boot_id).then(|| LockoutRecord {
        boot_id: now.boot_id.clone(),
        at_boottime_secs: now.boottime_secs,
        ..record.clone()
    })
}

/// Why the boot clock could not be read. Without it no lockout can be judged, so nobody is let in by face.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// `/proc` is not mounted, or hidden.
    #[error("cannot read /proc/sys/kernel/random/boot_id: {0}; the daemon needs /proc")]
    BootId(io::Error),
    /// The file does not hold a boot id.
    #[error("/proc/sys/kernel/random/boot_id does not hold a boot id; is /proc the kernel's own?")]
    NoBootId,
    /// The kernel has no such clock.
    #[error("cannot read CLOCK_BOOTTIME: {0}")]
    Clock(nix::Error),
}

/// The clock that lockouts are measured with.
#[derive(Debug, Clone)]
pub struct BootClock {
    boot_id: String,
}

impl BootClock {
    /// Reads which boot this is: once, for it cannot change while we run, and later there may be no descriptor left
    /// to read it with.
    pub fn new() -> Result<BootClock, ClockError> {
        let boot_id =
            std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map_err(ClockError::BootId)?;
        let boot_id = boot_id.trim_end();
        if boot_id.len() != 36 || !boot_id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()) {
            return Err(ClockError::NoBootId);
        }
        Ok(BootClock {
            boot_id: boot_id.to_owned(),
        })
    }

    /// The time.
    pub fn now(&self) -> Result<Now, ClockError> {
        let time = clock_gettime(ClockId::CLOCK_BOOTTIME).map_err(ClockError::Clock)?;
        // Negative only in a time namespace with an offset; zero then keeps every wait at its full length.
        let boottime_secs = u64::try_from(time.tv_sec()).unwrap_or(0);
        Ok(Now {
            boot_id: self.boot_id.clone(),
            boottime_secs,
        })
    }
}

#[cfg(test)]
#[path = "lockout_tests.rs"]
mod tests;
