//! What a transaction was proven by, as far as this module saw: its one PAM datum (R12). After a typed password
//! `setcred`, which is called only after success, lets the daemon forget the mismatches (R21).

use std::ffi::CStr;

use nix::unistd::geteuid;
use pamsm::{LogLvl, Pam, PamFlags, PamLibExt};

use crate::args::Settings;
use crate::ask::report_password;
use crate::caller::{Caller, shown};
use crate::ffi;

/// The name of the datum.
const NAME: &CStr = c"facelogin_proof";

/// What the datum says; where there is none, nothing was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Proof {
    /// Nothing yet.
    Nothing = 0,
    /// A password was typed.
    Password = 1,
    /// The face matched: whatever password was typed before has not been enough.
    Face = 2,
}

impl Proof {
    fn of(pam: &Pam) -> Self {
        match ffi::number(pam, NAME) {
            Some(1) => Self::Password,
            Some(2) => Self::Face,
            _ => Self::Nothing,
        }
    }

    /// Replaces what was seen before.
    pub fn note(self, pam: &Pam) {
        // A handle without a datum says `Nothing` already, and most never get one.
        if Self::of(pam) != self && ffi::set_number(pam, NAME, self as usize).is_err() {
            let _ = pam.syslog(
                LogLvl::WARNING,
                "no memory for a note; a typed password is not reported",
            );
        }
    }
}

/// The line `note_password`: the modules before it have let the user in, and a password is there. Whether it is the
/// one that let them in cannot be seen, but for a face that did. Says what is noted now.
pub fn note_password(pam: &Pam) -> Proof {
    let typed = pam.get_cached_authtok().ok().flatten();
    if typed.is_some_and(|password| !password.is_empty()) && Proof::of(pam) != Proof::Face {
        Proof::Password.note(pam);
    }
    Proof::of(pam)
}

/// In `setcred`: tells the daemon once that a password was typed and accepted. Nobody but root is heard there.
pub fn report(pam: &Pam, flags: PamFlags, settings: &Settings) {
    if flags.contains(PamFlags::DELETE_CRED) || Proof::of(pam) != Proof::Password || !geteuid().is_root() {
        return;
    }
    Proof::Nothing.note(pam);
    // Here libpam must not ask for a name.
    if !matches!(pam.get_cached_user(), Ok(Some(_))) {
        return;
    }
    let sent = Caller::read(pam)
        .map_err(Into::into)
        .and_then(|caller| report_password(&caller, settings));
    let _ = match sent {
        Ok(()) => pam.syslog(LogLvl::INFO, "the typed password was reported"),
        Err(error) => {
            let line = format!(
                "the typed password was not reported: {}",
                shown(&error.to_string())
            );
            pam.syslog(LogLvl::INFO, &line)
        }
    };
}
