//! Who runs this, and about whom a command is when it names nobody.
//!
//! The variables that sudo and its like set choose a default and nothing else: what the caller may do is decided by
//! the daemon, from the peer's uid.

use std::ffi::OsString;

use nix::unistd::{Uid, User, geteuid};

use crate::error::CliError;

/// The caller, as far as a default user depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The effective uid: the one that the daemon sees.
    pub uid: u32,
    /// `SUDO_UID`, then `PKEXEC_UID`.
    pub invoker_uids: Vec<String>,
    /// `SUDO_USER`, then `DOAS_USER`.
    pub invoker_names: Vec<String>,
}

/// The accounts of this machine.
pub trait Accounts {
    /// The name of a uid.
    fn name_of(&self, uid: u32) -> Option<String>;
    /// The uid of a name.
    fn uid_of(&self, name: &str) -> Option<u32>;
}

/// The accounts as the name service gives them.
pub struct System;

impl Accounts for System {
    fn name_of(&self, uid: u32) -> Option<String> {
        User::from_uid(Uid::from_raw(uid)).ok()?.map(|user| user.name)
    }

    fn uid_of(&self, name: &str) -> Option<u32> {
        User::from_name(name).ok()?.map(|user| user.uid.as_raw())
    }
}

impl Caller {
    /// This process's.
    pub fn current() -> Self {
        let named = |names: [&str; 2]| {
            let values = names.into_iter().filter_map(std::env::var_os);
            values.filter_map(|value| value.into_string().ok()).collect()
        };
        Self {
            uid: geteuid().as_raw(),
            invoker_uids: named(["SUDO_UID", "PKEXEC_UID"]),
            invoker_names: named(["SUDO_USER", "DOAS_USER"]),
        }
    }

    /// Whether it is root.
    pub fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// Refuses everybody but root, with the command line to use instead.
    pub fn needs_root(&self) -> Result<(), CliError> {
        if self.is_root() {
            return Ok(());
        }
        Err(CliError::NeedsRoot {
            command_line: sudo_line(std::env::args_os().skip(1)),
        })
    }

    /// The user a command is about: the one it names, else the invoking user, else the caller.
    pub fn user(&self, named: Option<String>, accounts: &impl Accounts) -> Result<String, CliError> {
        match named.or_else(|| self.invoker(accounts)) {
            Some(name) => Ok(name),
            None => accounts.name_of(self.uid).ok_or(CliError::Nameless(self.uid)),
        }
    }

    /// As [`Caller::user`], but root that nobody invoked has to name one: few people mean root's own face.
    pub fn user_to_change(
        &self,
        named: Option<String>,
        accounts: &impl Accounts,
    ) -> Result<String, CliError> {
        match named.or_else(|| self.invoker(accounts)) {
            Some(name) => Ok(name),
            None if self.is_root() => Err(CliError::WhichUser),
            None => accounts.name_of(self.uid).ok_or(CliError::Nameless(self.uid)),
        }
    }

    /// Who became root to run this. A uid is better than a name, which may have changed hands.
    fn invoker(&self, accounts: &impl Accounts) -> Option<String> {
        if !self.is_root() {
            return None;
        }
        let by_uid = self.invoker_uids.iter().filter_map(|uid| uid.parse().ok());
        let mut by_name = self.invoker_names.iter();
        by_uid
            .filter(|uid| *uid != 0)
            .find_map(|uid| accounts.name_of(uid))
            .or_else(|| {
                by_name
                    .find(|name| accounts.uid_of(name).is_some_and(|uid| uid != 0))
                    .cloned()
            })
    }
}

/// The command line that does the same as root, quoted for a shell.
fn sudo_line(arguments: impl Iterator<Item = OsString>) -> String {
    let mut line = "sudo facelogin-enroll".to_string();
    for argument in arguments {
        let argument = argument.to_string_lossy().into_owned();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,@+".contains(&byte);
        line.push(' ');
        if !argument.is_empty() && argument.bytes().all(plain) {
            line.push_str(&argument);
        } else {
            // No backslash: printing would escape it.
            line.push_str(&format!("'{}'", argument.replace('\'', r#"'"'"'"#)));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Two;

    impl Accounts for Two {
        fn name_of(&self, uid: u32) -> Option<String> {
            match uid {
                0 => Some("root".into()),
                1000 => Some("alice".into()),
                _ => None,
            }
        }
        fn uid_of(&self, name: &str) -> Option<u32> {
            match name {
                "root" => Some(0),
                "alice" => Some(1000),
                _ => None,
            }
        }
    }

    fn caller(uid: u32, uids: &[&str], names: &[&str]) -> Caller {
        let owned = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect();
        Caller {
            uid,
            invoker_uids: owned(uids),
            invoker_names: owned(names),
        }
    }

    #[test]
    fn the_default_user_is_the_invoking_one_then_the_caller() {
        for (caller, expected) in [
            (caller(1000, &[], &[]), Some("alice")),
            // Not root: the variables are anybody's, and not even a default.
            (caller(1000, &["0"], &["root"]), Some("alice")),
            (caller(0, &["1000"], &["root"]), Some("alice")),
            (caller(0, &["77"], &["alice"]), Some("alice")),
            (caller(0, &["x"], &["nobody-here", "alice"]), Some("alice")),
            (caller(0, &["77", "1000"], &[]), Some("alice")),
            (caller(0, &["0"], &["root"]), None),
            (caller(0, &["77"], &["mallory"]), None),
            (caller(0, &[], &[]), None),
            (caller(77, &[], &[]), None),
        ] {
            let found = caller.user_to_change(None, &Two).ok();
            assert_eq!(found.as_deref(), expected, "{caller:?}");
        }
    }

    #[test]
    fn a_named_user_wins_and_root_may_ask_about_itself() {
        let root = caller(0, &[], &[]);
        assert!(matches!(
            root.user_to_change(None, &Two),
            Err(CliError::WhichUser)
        ));
        assert_eq!(root.user_to_change(Some("bob".into()), &Two).unwrap(), "bob");
        assert_eq!(root.user(None, &Two).unwrap(), "root");
        assert!(matches!(
            caller(77, &[], &[]).user(None, &Two),
            Err(CliError::Nameless(77))
        ));
    }

    #[test]
    fn the_command_line_to_copy_is_quoted() {
        let arguments = ["add", "--image", "my face.png", "it's", ""].map(OsString::from);
        assert_eq!(
            sudo_line(arguments.into_iter()),
            r#"sudo facelogin-enroll add --image 'my face.png' 'it'"'"'s' ''"#
        );
    }
}
