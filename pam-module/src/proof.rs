//! What a transaction was proven by, as far as this module saw: its one PAM datum (R12), with the uid it is about. After a typed password
//! `setcred`, which is called only after success, lets the daemon forget the mismatches (R21).

use std::ffi::CStr;

use nix::unistd::{Uid, User, geteuid};
use pamsm::{LogLvl, Pam, PamFlags, PamLibExt};

use crate::args::Settings;
use crate::ask::{report_password, uid_of};
use crate::caller::{Caller, shown};
use crate::conversation::tell;
use crate::{ffi, words};

/// The name of the datum.
const NAME: &CStr = c"facelogin_proof";

/// The name of a second one: the uid that the first is about, and one. sudo names another user, the one that the
/// command will run as, before it calls `setcred`.
const ABOUT: &CStr = c"facelogin_proof_about";

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
    /// The same for more rights, and the user has not been told yet: the host wanted silence.
    FaceUntold = 3,
}

impl Proof {
    fn of(pam: &Pam) -> Self {
        match ffi::number(pam, NAME) {
            Some(1) => Self::Password,
            Some(2) => Self::Face,
            Some(3) => Self::FaceUntold,
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

/// Notes this about the user who is asked for now.
pub fn note_about(pam: &Pam, user: &str, proof: Proof) {
    let number = uid_of(user)
        .ok()
        .and_then(|uid| usize::try_from(uid).ok()?.checked_add(1));
    if number.is_some_and(|number| ffi::set_number(pam, ABOUT, number).is_ok()) {
        proof.note(pam);
    }
}

/// The user whom the note is about.
fn about(pam: &Pam) -> Option<String> {
    let uid = u32::try_from(ffi::number(pam, ABOUT)?.checked_sub(1)?).ok()?;
    Some(User::from_uid(Uid::from_raw(uid)).ok()??.name)
}

/// The line `note_password`: the modules before it have let the user in, and a password is there. Whether it is the
/// one that let them in cannot be seen, but for a face that did. Says what is noted now.
pub fn note_password(pam: &Pam) -> Proof {
    let typed = pam.get_cached_authtok().ok().flatten();
    let by_face = matches!(Proof::of(pam), Proof::Face | Proof::FaceUntold);
    if typed.is_some_and(|password| !password.is_empty()) && !by_face {
        // Here libpam must not ask for a name.
        if let Ok(Some(user)) = pam.get_cached_user() {
            note_about(pam, &user.to_string_lossy(), Proof::Password);
        }
    }
    Proof::of(pam)
}

/// In `setcred`: tells the user once what sudo wanted no word about before: that the face gave more rights (R26).
pub fn tell_late(pam: &Pam, flags: PamFlags) {
    if flags.contains(PamFlags::DELETE_CRED)
        || flags.contains(PamFlags::SILENT)
        || Proof::of(pam) != Proof::FaceUntold
    {
        return;
    }
    Proof::Face.note(pam);
    if let (Some(user), Ok(Some(service))) = (about(pam), pam.get_service()) {
        tell(pam, &words::approved(&user, &service.to_string_lossy()));
    }
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
    let Some(user) = about(pam) else {
        return;
    };
    let sent = Caller::read(pam)
        .map_err(Into::into)
        .and_then(|caller| report_password(&Caller { user, ..caller }, settings));
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
