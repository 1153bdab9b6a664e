//! The supervisor's end of the line: one scan, one picture, one list at a time.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use facelogin_engine::Face;
use facelogin_protocol::Deadline;
use facelogin_protocol::socket::{SocketError, send_all};
use facelogin_protocol::types::{Camera, CameraKind};
use nix::sys::socket::{Shutdown, shutdown};

use crate::vision::wire::{
    FromVision, MAX_PICTURE, Observation, ToVision, Wanted, WireError, receive_message, send,
};

/// How long the vision process may take to say anything that needs no camera, and to finish a message it began.
pub const ANSWER: Duration = Duration::from_millis(1500);

/// How long it may take to close a camera: it may just be opening it, or be at work on a picture, which takes seconds
/// on an emulated processor.
pub const CLOSING: Duration = Duration::from_secs(6);

/// How long it may take for one picture file of the largest size.
pub const PICTURE: Duration = Duration::from_secs(20);

/// Why the vision process did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// It is starting, or was lost.
    #[error("{0}")]
    NotReady(String),
    /// It works, the camera does not.
    #[error("{0}")]
    Camera(String),
    /// It works, the picture cannot be read.
    #[error("{0}")]
    Picture(String),
    /// It hung, crashed, or broke the protocol; it is being replaced.
    #[error("the vision process was lost: {0}")]
    Lost(#[from] WireError),
    /// It answered something else than it was asked.
    #[error("the vision process answered out of turn; it is being replaced")]
    OutOfTurn,
    /// A camera is being waited for, and time is up.
    #[error("the camera gave no picture in time")]
    TimedOut,
}

/// A working line. Whoever drops it after an error has it shut, which ends the process behind it.
#[derive(Debug)]
pub struct Link {
    fd: OwnedFd,
    engine: String,
    model: String,
    liveness: bool,
    next_scan: u64,
    /// A camera was opened for the scan that is running.
    opened: bool,
    closing: Option<u64>,
    healthy: bool,
}

/// What came from the camera.
#[derive(Debug)]
pub enum Event {
    /// It is open.
    Opened {
        /// Its identity.
        camera: String,
        /// What it sees.
        kind: CameraKind,
    },
    /// A picture was looked at.
    Observation(Observation),
}

impl Link {
    /// Waits for the process behind `fd` to have loaded its models.
    pub fn greet(fd: OwnedFd, deadline: Deadline) -> Result<Self, VisionError> {
        match receive_message(&fd, deadline)? {
            FromVision::Hello {
                engine,
                model,
                liveness,
                ..
            } => Ok(Self {
                fd,
                engine,
                model,
                liveness,
                next_scan: 1,
                opened: false,
                closing: None,
                healthy: true,
            }),
            FromVision::Broken { why } => Err(VisionError::NotReady(why)),
            _ => Err(VisionError::OutOfTurn),
        }
    }

    /// The engine's name.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// SHA-256 over its model files.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether faces in colour are looked at for signs of life.
    pub fn liveness(&self) -> bool {
        self.liveness
    }

    /// Whether it can be used again.
    pub fn healthy(&self) -> bool {
        self.healthy
    }

    /// For polling.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Ends the line; the process behind it ends itself or is ended by its keeper.
    pub fn shut(&mut self) {
        self.healthy = false;
        // It may be shut already.
        let _ = shutdown(self.fd.as_raw_fd(), Shutdown::Both);
    }

    /// Has a camera opened; returns the scan's number.
    pub fn start(&mut self, wanted: Wanted) -> Result<u64, VisionError> {
        self.settle()?;
        let scan = self.next_scan;
        self.next_scan += 1;
        self.opened = false;
        self.tell(&ToVision::Start { scan, wanted }, Deadline::after(ANSWER))?;
        Ok(scan)
    }

    /// The next event of a scan. [`VisionError::TimedOut`] and [`VisionError::Camera`] leave the line usable.
    pub fn event(&mut self, scan: u64, deadline: Deadline) -> Result<Event, VisionError> {
        if deadline
            .wait(self.fd.as_fd(), nix::poll::PollFlags::POLLIN)
            .is_ok_and(|ready| ready.is_none())
        {
            return Err(VisionError::TimedOut);
        }
        // Something arrived: the rest of the message must follow within its own time, whatever the scan's.
        match self.hear(Deadline::after(ANSWER))? {
            FromVision::Opened {
                scan: of,
                camera,
                kind,
            } if of == scan && !self.opened => {
                self.opened = true;
                Ok(Event::Opened { camera, kind })
            }
            FromVision::Observation(seen) if seen.scan == scan && self.opened => Ok(Event::Observation(seen)),
            FromVision::Failed { scan: of, why } if of == scan => Err(VisionError::Camera(why)),
            _ => Err(self.out_of_turn()),
        }
    }

    /// Tells the process to close the camera, and does not wait for it: the verdict must not either.
    pub fn stop(&mut self, scan: u64) {
        if self
            .tell(&ToVision::Stop { scan }, Deadline::after(ANSWER))
            .is_ok()
        {
            self.closing = Some(scan);
        }
    }

    /// Waits until the camera is closed. What the process still says of that scan is thrown away.
    pub fn settle(&mut self) -> Result<(), VisionError> {
        let Some(scan) = self.closing.take() else {
            return Ok(());
        };
        let deadline = Deadline::after(CLOSING);
        loop {
            match self.hear(deadline)? {
                FromVision::Stopped { scan: of } if of == scan => return Ok(()),
                FromVision::Opened { scan: of, .. } | FromVision::Failed { scan: of, .. } if of == scan => {}
                FromVision::Observation(seen) if seen.scan == scan => {}
                _ => return Err(self.out_of_turn()),
            }
        }
    }

    /// The faces in a picture file.
    pub fn picture(&mut self, bytes: &[u8]) -> Result<Vec<Face>, VisionError> {
        if bytes.len() > MAX_PICTURE {
            return Err(VisionError::Picture(format!(
                "it is larger than {} MiB",
                MAX_PICTURE >> 20
            )));
        }
        self.settle()?;
        let deadline = Deadline::after(PICTURE);
        self.tell(&ToVision::Picture { length: bytes.len() }, deadline)?;
        if let Err(error) = send_all(&self.fd, bytes, deadline) {
            return Err(self.lost(error.into()));
        }
        match self.hear(deadline)? {
            FromVision::Picture(Ok(faces)) => Ok(faces),
            FromVision::Picture(Err(why)) => Err(VisionError::Picture(why)),
            _ => Err(self.out_of_turn()),
        }
    }

    /// The cameras of this machine.
    pub fn cameras(&mut self) -> Result<Vec<Camera>, VisionError> {
        self.settle()?;
        let deadline = Deadline::after(ANSWER);
        self.tell(&ToVision::Cameras {}, deadline)?;
        match self.hear(deadline)? {
            FromVision::Cameras { cameras } => Ok(cameras),
            _ => Err(self.out_of_turn()),
        }
    }

    fn tell(&mut self, message: &ToVision, deadline: Deadline) -> Result<(), VisionError> {
        send(&self.fd, message, deadline).map_err(|error| self.lost(error))
    }

    fn hear(&mut self, deadline: Deadline) -> Result<FromVision, VisionError> {
        receive_message(&self.fd, deadline).map_err(|error| self.lost(error))
    }

    fn lost(&mut self, error: WireError) -> VisionError {
        self.shut();
        VisionError::Lost(error)
    }

    fn out_of_turn(&mut self) -> VisionError {
        self.shut();
        VisionError::OutOfTurn
    }
}

impl VisionError {
    /// Whether it is a wait that ended, rather than a fault.
    pub fn timed_out(&self) -> bool {
        matches!(
            self,
            Self::TimedOut | Self::Lost(WireError::Socket(SocketError::TimedOut))
        )
    }
}
