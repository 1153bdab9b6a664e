//! The supervisor: who is on the socket, what they may ask, and the answer.

mod authenticate;
mod connection;
mod enrol;
mod failure;
mod introspect;
mod listen;
mod look;
mod manage;
mod quota;
mod session;
mod users;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use facelogin_config::Config;

use crate::audit::Audit;
use crate::store::Store;
use crate::vision::keeper::Vision;

pub use listen::{ListenError, Listener};

/// Between two scans that an unprivileged peer asks for (R22). A lock screen that asks again at once waits this long
/// at most; malware that loops keeps the camera at most half of the time.
const PACE: Duration = Duration::from_secs(1);

/// All that the connections share.
#[derive(Debug)]
pub struct Daemon {
    config: Config,
    store: Mutex<Store>,
    vision: Vision,
    audit: Audit,
    next_allowed: Mutex<HashMap<u32, Instant>>,
    current: session::Current,
}

impl Daemon {
    /// Puts the parts together.
    pub fn new(config: Config, store: Store, vision: Vision, audit: Audit) -> Self {
        Self {
            config,
            store: Mutex::new(store),
            vision,
            audit,
            next_allowed: Mutex::default(),
            current: session::Current::default(),
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // SQLite's transactions leave nothing half-done behind a panic.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `uid` asks too often; when not, the moment counts as asked. Root never does.
    fn too_often(&self, uid: u32) -> bool {
        if uid == 0 {
            return false;
        }
        let mut next = self.next_allowed.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        // Nobody's entry outlives its use.
        next.retain(|_, allowed| *allowed > now);
        next.contains_key(&uid)
    }

    /// Notes that a scan for `uid` has just ended.
    fn scanned(&self, uid: u32) {
        if uid != 0 {
            let mut next = self.next_allowed.lock().unwrap_or_else(PoisonError::into_inner);
            next.insert(uid, Instant::now() + PACE);
        }
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
                    .spawn(move || {
                        connection::serve(&daemon, fd, uid);
                        drop(place);
                    });
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
