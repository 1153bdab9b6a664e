//! Accounts, as the name service has them.

use nix::unistd::{Uid, User};

/// The uid of an account; `None` when there is none, or the name service fails: nobody is let in on a doubt.
pub fn uid_of(name: &str) -> Option<u32> {
    if !plausible(name) {
        return None;
    }
    User::from_name(name).ok().flatten().map(|user| user.uid.as_raw())
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
        assert_eq!(uid_of("root"), Some(0));
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
            assert_eq!(uid_of(name), None, "{name:?}");
        }
    }
}
