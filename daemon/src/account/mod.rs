//! Whether an account is one that a face may open: not locked, not expired, and with a home that a face can enter.
//!
//! The password phase of a login knows none of this by itself: `pam_unix` looks at a locked password only when one is
//! typed, and lock screens skip the phase that looks at expiry. A home that only the password decrypts would give a
//! session that ends at once, again and again.

mod home;
mod homed;
mod shadow;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use facelogin_protocol::Deadline;
use facelogin_protocol::types::Reason;

use self::shadow::ShadowError;
use crate::lockout::EntryClass;

/// How long the file system and systemd-homed have to answer. A local one needs a millisecond; the home of a server
/// that is away needs for ever.
const PATIENCE: Duration = Duration::from_secs(1);

/// Threads that may wait for such a home at a time.
const MOST_WAITING: usize = 4;

/// Where this machine keeps what is asked here.
#[derive(Clone, Debug)]
struct Places {
    shadow: PathBuf,
    homed: PathBuf,
    machine_id: PathBuf,
    logind_users: PathBuf,
}

/// An account as the name service has it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: u32,
    /// `pw_dir`.
    pub home: PathBuf,
}

/// The accounts of this machine.
#[derive(Debug)]
pub struct Accounts {
    places: Places,
    waiting: Arc<AtomicUsize>,
    remarked: AtomicBool,
}

impl Accounts {
    /// Those of `/etc`, `/run` and the homes.
    pub fn system() -> Self {
        Self::at(Places {
            shadow: "/etc/shadow".into(),
            homed: homed::SOCKET.into(),
            machine_id: "/etc/machine-id".into(),
            logind_users: "/run/systemd/users".into(),
        })
    }

    fn at(places: Places) -> Self {
        Self {
            places,
            waiting: Arc::default(),
            remarked: AtomicBool::new(false),
        }
    }

    /// Why a face may not open this account at this kind of door; `None` when it may. What cannot be told and ought to
    /// be is a refusal, and `remark` is told of it.
    pub fn hindrance(&self, account: &Account, class: EntryClass, remark: &dyn Fn(&str)) -> Option<Reason> {
        self.lock(&account.name, remark)
            .or_else(|| opens_session(class).then(|| self.home(account, remark))?)
    }

    /// The account's entry in `/etc/shadow`.
    fn lock(&self, user: &str, remark: &dyn Fn(&str)) -> Option<Reason> {
        match shadow::may_enter(&self.places.shadow, user, today()) {
            Ok(true) => None,
            Ok(false) => Some(Reason::AccountLocked),
            // Fedora keeps it from root without capabilities: there the account phase is all there is. Once is enough.
            Err(error @ (ShadowError::Forbidden(_) | ShadowError::Missing(_))) => {
                if !self.remarked.swap(true, Ordering::Relaxed) {
                    remark(&format!("locked and expired accounts cannot be told: {error}"));
                }
                None
            }
            Err(error) => {
                remark(&format!("whether an account is locked is not known: {error}"));
                Some(Reason::AccountLocked)
            }
        }
    }

    /// The home, asked in a thread of its own: nothing else ends a wait for a file system.
    fn home(&self, account: &Account, remark: &dyn Fn(&str)) -> Option<Reason> {
        let (places, account) = (self.places.clone(), account.clone());
        let name = account.name.clone();
        let asked = within(&self.waiting, PATIENCE, move || {
            let deadline = Deadline::after(PATIENCE);
            if homed::is_closed(&places.homed, &places.machine_id, &account.name, deadline)
                .map_err(|error| error.to_string())?
            {
                return Ok(true);
            }
            home::is_closed(&account.home, || {
                home::has_session(&places.logind_users, account.uid)
            })
            .map_err(|error| format!("{}: {error}", account.home.display()))
        });
        match asked {
            Some(Ok(false)) => None,
            Some(Ok(true)) => Some(Reason::HomeLocked),
            Some(Err(why)) => {
                remark(&format!("whether the home of {name} is open is not known: {why}"));
                Some(Reason::HomeLocked)
            }
            None => {
                remark(&format!(
                    "whether the home of {name} is open is not known: no answer in time"
                ));
                Some(Reason::HomeLocked)
            }
        }
    }
}

/// Whether what lies behind this kind of door is a new session: the others are for people whose home is open.
fn opens_session(class: EntryClass) -> bool {
    match class {
        EntryClass::Greeter | EntryClass::Tty => true,
        EntryClass::Elevation | EntryClass::Locker | EntryClass::Unprivileged => false,
    }
}

/// The day, in days since 1970, as `/etc/shadow` counts. The one place where the wall clock matters: an expiry is a
/// date.
fn today() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| {
        i64::try_from(since.as_secs() / 86_400).unwrap_or(i64::MAX)
    })
}

/// What `ask` answers; `None` when it has not by then, or too many are waiting already.
fn within<T: Send + 'static>(
    waiting: &Arc<AtomicUsize>,
    patience: Duration,
    ask: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let taken = Waiting(waiting.clone());
    if taken.0.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
        return None;
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("home".into())
        .spawn(move || {
            let _taken = taken;
            // Nobody waits any more: then nobody wants to know.
            let _ = sender.send(ask());
        })
        .ok()?;
    receiver.recv_timeout(patience).ok()
}

/// One of those that wait, counted until dropped.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The text of a small file of the system's; `None` when there is none.
fn small_file(path: &Path) -> std::io::Result<Option<String>> {
    use std::io::{ErrorKind, Read};
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(64 * 1024).read_to_string(&mut text)?;
    Ok(Some(text))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
