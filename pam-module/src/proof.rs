//! What a transaction was proven by, as far as this module saw, and whose it was: its one PAM datum (R12). After a typed
//! password `setcred`, which is called only after success, lets the daemon forget the mismatches (R21).

use std::ffi::CStr;

use nix::unistd::{Uid, User, geteuid};
use pamsm::{LogLvl, Pam, PamFlags, PamLibExt};

use crate::args::Settings;
use crate::ask::{report_password, uid_of};
use crate::caller::{Caller, shown};
use crate::conversation::tell;
use crate::{ffi, words};

/// The name of the datum. It is a number: four times the uid that it is about and one, or 0 for nobody; plus the
/// [`Proof`].
const NAME: &CStr = c"facelogin_proof";

/// What was seen; where there is no datum, nothing.
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
        match ffi::number(pam, NAME).map(|number| number % 4) {
            Some(1) => Self::Password,
            Some(2) => Self::Face,
            Some(3) => Self::FaceUntold,
            _ => Self::Nothing,
        }
    }

    /// Replaces what was seen before, by something that is about nobody.
    pub fn note(self, pam: &Pam) {
        // A handle without a datum says `Nothing` already, and most never get one.
        if Self::of(pam) != self {
            keep(pam, self as usize);
        }
    }
}

/// Notes this about the user who is asked for now: sudo names another, the one that the command will run as, before it
/// calls `setcred`.
pub fn note_about(pam: &Pam, user: &str, proof: Proof) {
    // A uid that does not fit, on a machine of 32 bits, is a note that is not taken.
    let number = uid_of(user)
        .ok()
        .and_then(|uid| usize::try_from(uid).ok()?.checked_add(1)?.checked_mul(4));
    if let Some(number) = number {
        keep(pam, number + proof as usize);
    }
}

fn keep(pam: &Pam, number: usize) {
    if ffi::set_number(pam, NAME, number).is_err() {
        let _ = pam.syslog(
            LogLvl::WARNING,
            "no memory for a note; a typed password is not reported",
        );
    }
}

/// The user whom the note is about.
fn about(pam: &Pam) -> Option<String> {
    let uid = u32::try_from((ffi::number(pam, NAME)? / 4).checked_sub(1)?).ok()?;
    // Several names may have one uid; here libpam must not ask for a name.
    if let Ok(Some(user)) = pam.get_cached_user() {
        let user = user.to_string_lossy();
        if uid_of(&user).ok() == Some(uid) {
            return Some(user.into_owned());
        }
    }
    Some(User::from_uid(Uid::from_raw(uid)).ok()??.name)
}

/// The line `note_password`: the modules before it have let the user in, and a password is there. Whether it is the
/// one that let them in cannot be seen, but for a face that did. Says what is noted now.
pub fn note_password(pam: &Pam) -> Proof {
    let typed = pam.get_cached_authtok().ok().flatten();
    let typed = typed.is_some_and(|password| !password.is_empty());
    match Proof::of(pam) {
        Proof::Face | Proof::FaceUntold => {}
        // Of an earlier call, in which it was not enough; in this one something else was, before our first line.
        Proof::Password if !typed => Proof::Nothing.note(pam),
        Proof::Password | Proof::Nothing if typed => {
            // Here libpam must not ask for a name.
            if let Ok(Some(user)) = pam.get_cached_user() {
                note_about(pam, &user.to_string_lossy(), Proof::Password);
            }
        }
        Proof::Password | Proof::Nothing => {}
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
    let user = about(pam);
    Proof::Face.note(pam);
    if let (Some(user), Ok(Some(service))) = (user, pam.get_service()) {
        tell(pam, &words::approved(&user, &service.to_string_lossy()));
    }
}

/// In `setcred`: tells the daemon once that a password was typed and accepted. Nobody but root is heard there.
pub fn report(pam: &Pam, flags: PamFlags, settings: &Settings) {
    if flags.contains(PamFlags::DELETE_CRED) || Proof::of(pam) != Proof::Password || !geteuid().is_root() {
        return;
    }
    let user = about(pam);
    Proof::Nothing.note(pam);
    // Here libpam must not ask for a name.
    if !matches!(pam.get_cached_user(), Ok(Some(_))) {
        return;
    }
    let Some(user) = user else {
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
