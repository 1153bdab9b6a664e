//! Accounts, as the name service has them.

use facelogin_protocol::types::Reason;
use nix::errno::Errno;
use nix::unistd::{Uid, User};

use crate::lockout::EntryClass;
use crate::server::failure::Failure;

/// The uid of an account; `None` when there is none.
///
/// # Errors
/// The name service failed: whether there is such an account is not known.
pub fn uid_of(name: &str) -> Result<Option<u32>, Errno> {
    if !plausible(name) {
        return Ok(None);
    }
    Ok(User::from_name(name)?.map(|user| user.uid.as_raw()))
}

/// The uid of an account that must exist.
pub fn require(name: &str) -> Result<u32, Failure> {
    match uid_of(name) {
        Ok(Some(uid)) => Ok(uid),
        Ok(None) => Err(Failure::UnknownUser(name.into())),
        Err(errno) => {
            let why = format!("the name service does not answer ({errno})");
            Err(Failure::Unavailable(Reason::StoreUnavailable, why))
        }
    }
}

/// Whose presence counts for an attempt on the account `user`: more rights are asked for by somebody who is there already,
/// `ruser` where that is named. `None`: nobody knows who.
pub fn asker(class: EntryClass, ruser: &str, user: Option<u32>) -> Option<u32> {
    match (class, ruser) {
        (EntryClass::Elevation, name) if !name.is_empty() => uid_of(name).ok().flatten(),
        _ => user,
    }
}

/// The account of a uid.
pub fn name_of(uid: u32) -> Option<String> {
    User::from_uid(Uid::from_raw(uid))
        .ok()
        .flatten()
        .map(|user| user.name)
}

/// Whether a name can be an account's at all (R14): directory services allow more than `useradd`, but nothing of this.
fn plausible(name: &str) -> bool {
    !name.is_empty() && name.len() <= 256 && !name.contains(|c: char| c.is_control() || c == ':' || c == '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r14_r17_names_that_cannot_be_accounts_are_not_looked_up() {
        assert_eq!(uid_of("root"), Ok(Some(0)));
        assert_eq!(name_of(0).as_deref(), Some("root"));
        for name in [
            "",
            "no-such-user-here",
            "a\nb",
            "root:x",
            "../root",
            "\0",
            &"a".repeat(257),
        ] {
            assert_eq!(uid_of(name), Ok(None), "{name:?}");
        }
    }
}
