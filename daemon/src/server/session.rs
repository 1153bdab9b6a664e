//! The one session that has the camera: getting it, giving way to root, and having it closed afterwards.

use std::time::{Duration, Instant};

use facelogin_protocol::Deadline;
use facelogin_protocol::types::Reason;
use facelogin_score::EngineId;

use crate::scan::{self, End, Judge, Wanted};
use crate::server::Daemon;
use crate::server::connection::Peer;
use crate::server::failure::{Failure, reason_of};
use crate::vision::link::VisionError;
use crate::vision::loan::Borrowed;
use crate::vision::wire;

/// How long a caller waits for a vision process that is starting: within this a person notices nothing, beyond it the
/// password is the better answer.
const STARTING: Duration = Duration::from_millis(200);

/// The camera, for one scan.
#[derive(Debug)]
pub struct Session<'a> {
    daemon: &'a Daemon,
    line: Borrowed<'a>,
    /// Begun, and not yet run.
    scan: Option<Result<u64, VisionError>>,
}

impl<'a> Session<'a> {
    /// Waits for the vision process, for `patience` at most if another session has it. Root goes first (R22).
    pub fn begin(daemon: &'a Daemon, peer: &Peer, patience: Duration) -> Result<Self, Failure> {
        Self::begin_as(daemon, peer.is_root(), patience)
    }

    /// The same in root's place or in everybody's.
    pub fn begin_as(daemon: &'a Daemon, root: bool, patience: Duration) -> Result<Self, Failure> {
        let ready_by = Deadline::after(STARTING.min(patience));
        let line = daemon
            .vision
            .borrow(root, ready_by, Deadline::after(patience))?
            .ok_or_else(|| Failure::Unavailable(Reason::Busy, "somebody else's scan is running".into()))?;
        Ok(Self {
            daemon,
            line,
            scan: None,
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

    /// Who makes the encodings.
    pub fn made_by(&self) -> EngineId {
        EngineId {
            name: self.engine().into(),
            model: self.model().into(),
        }
    }

    /// Whether faces in colour are looked at for signs of life.
    pub fn liveness(&self) -> bool {
        self.line.liveness()
    }

    /// The line to the vision process.
    pub fn line(&mut self) -> &mut Borrowed<'a> {
        &mut self.line
    }

    /// Has a camera opened, which takes a while: what else there is to be done for the scan can be done meanwhile.
    /// How that went is told by [`Self::scan`].
    pub fn open(&mut self, wanted: wire::Wanted) {
        self.scan = Some(self.line.start(wanted));
    }

    /// Has the camera closed that [`Self::open`] had opened, without waiting for it.
    pub fn close(&mut self) {
        if let Some(Ok(scan)) = self.scan.take() {
            self.line.stop(scan);
        }
    }

    /// Runs the scan that [`Self::open`] began for `peer`, whose request came at `since`.
    pub fn scan(&mut self, peer: &Peer, since: Instant, judge: &mut dyn Judge) -> End {
        let scan = match self.scan.take() {
            Some(Ok(scan)) => scan,
            Some(Err(error)) => return End::Failed(error),
            None => return End::Failed(VisionError::Camera("no camera was opened".into())),
        };
        let root_waits = || !peer.is_root() && self.daemon.vision.root_waits();
        scan::run(
            &mut self.line,
            scan,
            &Wanted {
                since,
                caller: peer.fd(),
                silence: scan::SILENCE,
                give_way: &root_waits,
            },
            judge,
        )
    }
}

impl Drop for Session<'_> {
    /// Waits until the camera is closed, so that the next session finds it so. By now the caller has their answer.
    fn drop(&mut self) {
        self.close();
        if self.line.healthy() {
            // A camera that does not close has had its line shut: the process is replaced.
            let _ = self.line.settle();
        }
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
