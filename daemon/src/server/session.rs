//! The one session that has the camera: getting it, giving way to root, and having it closed afterwards.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use facelogin_protocol::Deadline;
use facelogin_protocol::types::Reason;

use crate::scan::{self, End, Judge, Wanted};
use crate::server::Daemon;
use crate::server::connection::Peer;
use crate::server::failure::{Failure, reason_of};
use crate::vision::keeper::Borrowed;

/// How long a caller waits for a vision process that is starting: within this a person notices nothing, beyond it the
/// password is the better answer.
const STARTING: Duration = Duration::from_millis(200);

/// Who has the camera, and how to ask for it.
#[derive(Debug, Default)]
pub struct Current(Mutex<Option<Holder>>);

#[derive(Debug)]
struct Holder {
    root: bool,
    preempted: Arc<AtomicBool>,
}

impl Current {
    fn set(&self, holder: Option<Holder>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = holder;
    }

    /// Root's requests end an unprivileged peer's scan (R22).
    fn give_way(&self) {
        let guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(holder) = guard.as_ref().filter(|holder| !holder.root) {
            holder.preempted.store(true, Ordering::Relaxed);
        }
    }
}

/// The camera, for one scan.
#[derive(Debug)]
pub struct Session<'a> {
    daemon: &'a Daemon,
    line: Borrowed<'a>,
    preempted: Arc<AtomicBool>,
}

impl<'a> Session<'a> {
    /// Waits for the vision process, for `patience` at most if another session has it.
    pub fn begin(daemon: &'a Daemon, peer: &Peer, patience: Duration) -> Result<Self, Failure> {
        if peer.is_root() {
            daemon.current.give_way();
        }
        let line = daemon
            .vision
            .borrow(Deadline::after(STARTING.min(patience)), Deadline::after(patience))?
            .ok_or_else(|| Failure::Unavailable(Reason::Busy, "somebody else's scan is running".into()))?;
        let preempted = Arc::new(AtomicBool::new(false));
        daemon.current.set(Some(Holder {
            root: peer.is_root(),
            preempted: preempted.clone(),
        }));
        Ok(Self {
            daemon,
            line,
            preempted,
        })
    }

    /// The engine's name.
    pub fn engine(&self) -> &str {
        self.line.engine()
    }

    /// SHA-256 over its model files.
    pub fn model(&self) -> &str {
        self.line.model()
    }

    /// The line to the vision process.
    pub fn line(&mut self) -> &mut Borrowed<'a> {
        &mut self.line
    }

    /// Runs one scan for `peer`, whose request came at `since`.
    pub fn scan(&mut self, peer: &Peer, since: Instant, judge: &mut dyn Judge) -> End {
        let preempted = self.preempted.clone();
        let wanted = Wanted {
            since,
            caller: peer.fd(),
            preempted: &preempted,
        };
        scan::run(&mut self.line, &wanted, judge)
    }
}

impl Drop for Session<'_> {
    /// Waits until the camera is closed, so that the next session finds it so. By now the caller has their answer.
    fn drop(&mut self) {
        if self.line.healthy() {
            // A camera that does not close has had its line shut: the process is replaced.
            let _ = self.line.settle();
        }
        self.daemon.current.set(None);
    }
}

/// What a scan that was not judged comes down to for the caller; `None` when it was judged.
pub fn reason_of_end(end: &End) -> Option<Reason> {
    match end {
        End::Judged => None,
        End::Cancelled => Some(Reason::Cancelled),
        End::Preempted => Some(Reason::Busy),
        End::Failed(error) => Some(reason_of(error)),
    }
}
