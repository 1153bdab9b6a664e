//! Who became root.

use std::env::{self, VarError};
use std::fs;
use std::io;

use crate::caller::Accounts;

/// `loginuid` of a process that no login stands behind: -1.
const UNSET: u32 = u32::MAX;

/// The traces that sudo, pkexec, doas and the login itself leave. Whoever is root can wipe them; nobody else can forge
/// them for somebody else's root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invoker {
    sudo_uid: Option<String>,
    sudo_user: Option<String>,
    pkexec_uid: Option<String>,
    doas_user: Option<String>,
    login_uid: Option<u32>,
}

/// Why it is not clear who became root.
#[derive(Debug, thiserror::Error)]
pub enum InvokerError {
    /// Two traces of sudo, two people.
    #[error("SUDO_UID and SUDO_USER do not name the same user")]
    Disagree,
    /// A trace of nobody.
    #[error("{0} does not name a user of this machine")]
    Nobody(&'static str),
    /// The login's trace cannot be read.
    #[error("/proc/self/loginuid cannot be read: {0}")]
    LoginUid(io::Error),
}

impl Invoker {
    /// Of this process.
    pub fn current() -> Result<Self, InvokerError> {
        let variable = |name| match env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(InvokerError::Nobody(name)),
        };
        Ok(Self {
            sudo_uid: variable("SUDO_UID")?,
            sudo_user: variable("SUDO_USER")?,
            pkexec_uid: variable("PKEXEC_UID")?,
            doas_user: variable("DOAS_USER")?,
            login_uid: login_uid().map_err(InvokerError::LoginUid)?,
        })
    }

    /// The user that became root; `None` for root that nobody became. sudo's trace first, then pkexec's, doas's, and
    /// last the login's, which survives `su -`. One that leads to root leads on.
    pub fn find(&self, accounts: &impl Accounts) -> Result<Option<String>, InvokerError> {
        let candidates = [
            self.by_sudo(accounts)?,
            by_uid("PKEXEC_UID", self.pkexec_uid.as_deref(), accounts)?,
            self.by_doas(accounts)?,
            self.by_login(accounts)?,
        ];
        Ok(candidates
            .into_iter()
            .flatten()
            .find(|(uid, _)| *uid != 0)
            .map(|(_, name)| name))
    }

    fn by_sudo(&self, accounts: &impl Accounts) -> Result<Option<(u32, String)>, InvokerError> {
        let by_uid = by_uid("SUDO_UID", self.sudo_uid.as_deref(), accounts)?;
        match (by_uid, &self.sudo_user) {
            (None, None) => Ok(None),
            // Several names may have one uid: the one that sudo was called by has the password.
            (Some((uid, _)), Some(name)) if accounts.uid_of(name) == Some(uid) => {
                Ok(Some((uid, name.clone())))
            }
            _ => Err(InvokerError::Disagree),
        }
    }

    fn by_doas(&self, accounts: &impl Accounts) -> Result<Option<(u32, String)>, InvokerError> {
        let Some(name) = &self.doas_user else {
            return Ok(None);
        };
        let uid = accounts.uid_of(name).ok_or(InvokerError::Nobody("DOAS_USER"))?;
        Ok(Some((uid, name.clone())))
    }

    fn by_login(&self, accounts: &impl Accounts) -> Result<Option<(u32, String)>, InvokerError> {
        match self.login_uid {
            None | Some(0 | UNSET) => Ok(None),
            Some(uid) => named("/proc/self/loginuid", uid, accounts).map(Some),
        }
    }
}

fn by_uid(
    trace: &'static str,
    value: Option<&str>,
    accounts: &impl Accounts,
) -> Result<Option<(u32, String)>, InvokerError> {
    let Some(value) = value else {
        return Ok(None);
    };
    let uid = value.parse().map_err(|_| InvokerError::Nobody(trace))?;
    named(trace, uid, accounts).map(Some)
}

fn named(trace: &'static str, uid: u32, accounts: &impl Accounts) -> Result<(u32, String), InvokerError> {
    let name = accounts.name_of(uid).ok_or(InvokerError::Nobody(trace))?;
    Ok((uid, name))
}

/// The uid that a login session began with. A kernel without auditing has no such file.
fn login_uid() -> io::Result<Option<u32>> {
    match fs::read_to_string("/proc/self/loginuid") {
        Ok(text) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| io::ErrorKind::InvalidData.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Few;

    impl Accounts for Few {
        fn name_of(&self, uid: u32) -> Option<String> {
            let name = match uid {
                0 => "root",
                1000 => "alice",
                1001 => "bob",
                _ => return None,
            };
            Some(name.into())
        }
        fn uid_of(&self, name: &str) -> Option<u32> {
            match name {
                "root" => Some(0),
                // Two names, one uid.
                "alice" | "alicia" => Some(1000),
                "bob" => Some(1001),
                _ => None,
            }
        }
    }

    fn sudo(uid: Option<&str>, user: Option<&str>) -> Invoker {
        Invoker {
            sudo_uid: uid.map(Into::into),
            sudo_user: user.map(Into::into),
            ..Invoker::default()
        }
    }

    fn login(uid: u32) -> Invoker {
        Invoker {
            login_uid: Some(uid),
            ..Invoker::default()
        }
    }

    #[test]
    fn r19_the_password_asked_for_is_that_of_whoever_became_root() {
        let pkexec = |uid: &str| Invoker {
            pkexec_uid: Some(uid.into()),
            ..login(1001)
        };
        let doas = |name: &str| Invoker {
            doas_user: Some(name.into()),
            ..login(1001)
        };
        for (traces, expected) in [
            (Invoker::default(), None),
            (login(UNSET), None),
            (login(0), None),
            (login(1000), Some("alice")),
            (sudo(Some("1000"), Some("alice")), Some("alice")),
            (sudo(Some("1000"), Some("alicia")), Some("alicia")),
            (sudo(Some("0"), Some("root")), None),
            (
                // sudo from `su -` of a login: the login is left, and it was alice's.
                Invoker {
                    login_uid: Some(1000),
                    ..sudo(Some("0"), Some("root"))
                },
                Some("alice"),
            ),
            (
                // sudo was called by bob, whoever logged in.
                Invoker {
                    login_uid: Some(1000),
                    ..sudo(Some("1001"), Some("bob"))
                },
                Some("bob"),
            ),
            (pkexec("1000"), Some("alice")),
            (doas("alice"), Some("alice")),
        ] {
            let found = traces.find(&Few).unwrap();
            assert_eq!(found.as_deref(), expected, "{traces:?}");
        }
    }

    #[test]
    fn r19_r23_traces_that_lead_to_nobody_are_an_error_and_not_root_itself() {
        for traces in [
            sudo(Some("1000"), Some("bob")),
            sudo(Some("1000"), Some("root")),
            sudo(Some("1000"), None),
            sudo(None, Some("alice")),
            sudo(Some("77"), Some("alice")),
            sudo(Some(""), Some("alice")),
            sudo(Some("-1"), Some("alice")),
            login(77),
            Invoker {
                pkexec_uid: Some("x".into()),
                ..Invoker::default()
            },
            Invoker {
                doas_user: Some("mallory".into()),
                ..Invoker::default()
            },
        ] {
            assert!(traces.find(&Few).is_err(), "{traces:?}");
        }
    }
}
