//! The supervisor: who is on the socket, what they may ask, and the answer.

mod accounts;
mod attempt;
mod authenticate;
mod circumstances;
mod conclude;
mod connection;
mod enrol;
mod failure;
mod history;
mod introspect;
mod listen;
mod look;
mod manage;
mod pace;
mod password;
mod quota;
mod session;
mod standing;
mod users;
mod watch;
mod whereabouts;
mod witness;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use facelogin_config::Config;

use crate::account::Accounts;
use crate::audit::Audit;
use crate::lockout::{BootClock, EntryClass};
use crate::server::pace::Pace;
use crate::server::watch::Watchers;
use crate::store::Store;
use crate::vision::loan::Desk;

pub use listen::{ListenError, Listener, keep_descriptors};
pub use whereabouts::Whereabouts;

/// All that the connections share.
#[derive(Debug)]
pub struct Daemon {
    config: Config,
    store: Mutex<Store>,
    vision: Arc<Desk>,
    audit: Audit,
    clock: BootClock,
    pace: Pace,
    accounts: Accounts,
    watchers: Watchers,
    whereabouts: Option<Whereabouts>,
    /// Mismatches that the store could not take, by uid and entry: it may be full, which anybody can bring about.
    uncounted: Mutex<HashSet<(u32, EntryClass)>>,
}

impl Daemon {
    /// Puts the parts together.
    pub fn new(
        config: Config,
        store: Store,
        vision: Arc<Desk>,
        audit: Audit,
        clock: BootClock,
        whereabouts: Option<Whereabouts>,
    ) -> Self {
        Self {
            config,
            store: Mutex::new(store),
            vision,
            audit,
            clock,
            pace: Pace::default(),
            accounts: Accounts::system(),
            watchers: Watchers::default(),
            whereabouts,
            uncounted: Mutex::default(),
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // SQLite's transactions leave nothing half-done behind a panic.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn uncounted(&self) -> MutexGuard<'_, HashSet<(u32, EntryClass)>> {
        self.uncounted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts connections for ever, each in a thread of its own within the quota.
pub fn serve(daemon: &Arc<Daemon>, listener: &Listener) -> ListenError {
    let quota = quota::Quota::default();
    loop {
        match listener.accept() {
            Ok(Some((fd, uid))) => {
                // Over the quota: closed without a word; every client takes that as "unavailable".
                let Some(place) = quota.take(uid) else { continue };
                let daemon = daemon.clone();
                let served = std::thread::Builder::new()
                    .name(format!("peer-{uid}"))
                    .spawn(move || connection::serve(&daemon, fd, uid, place));
                if let Err(error) = served {
                    // Out of threads: the connection closes, and the next may do better.
                    std::thread::sleep(Duration::from_millis(50));
                    let _ = error;
                }
            }
            Ok(None) => {}
            Err(error) => return error,
        }
    }
}
