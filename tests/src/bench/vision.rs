//! The real vision process with this program in the supervisor's place: when a camera is open, when pictures arrive, and
//! when what they show is known.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use facelogin_protocol::Deadline;
use facelogin_protocol::types::Camera;
use facelogin_tests::bins;
use facelogind::vision::link::{Event, Link};
use facelogind::vision::wire::{Observation, Wanted};

use super::Failed;
use super::report::ms;

/// Frames that the shipped configuration fuses.
pub const NEEDED: usize = 3;

/// The longest silence of a scan: some cameras take seconds to open.
const SILENCE: Duration = Duration::from_secs(8);

/// The process. Dropping it kills it.
pub struct Process {
    child: Child,
    link: Link,
    /// From its start to loaded models, in milliseconds.
    pub ready_ms: f64,
}

/// One scan. Times are in milliseconds from its order.
pub struct Scan {
    /// When its camera was open.
    pub opened: f64,
    /// Its pictures.
    pub seen: Vec<Seen>,
    /// From the order to stop to the word that the camera is closed.
    pub closing: f64,
}

/// One picture of a scan.
pub struct Seen {
    /// When its bytes were handed over.
    pub arrived: f64,
    /// When the observation was here.
    pub known: f64,
    /// The observation.
    pub observation: Observation,
}

impl Process {
    /// As the supervisor starts it.
    pub fn start(config: &Path) -> Result<Self, Failed> {
        let begun = Instant::now();
        let (ours, theirs) = UnixStream::pair()?;
        let child = Command::new(bins::daemon())
            .args(["vision".as_ref(), "--config".as_ref(), config.as_os_str()])
            .env_clear()
            .env("OPENBLAS_NUM_THREADS", "1")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .spawn()?;
        let link = Link::greet(ours.into(), Deadline::after(Duration::from_secs(30)))?;
        Ok(Self {
            child,
            link,
            ready_ms: ms(begun.elapsed()),
        })
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The cameras of this machine, as the configuration has them.
    pub fn cameras(&mut self) -> Result<Vec<Camera>, Failed> {
        Ok(self.link.cameras()?)
    }

    /// A scan of `count` pictures, whatever they show.
    pub fn scan(&mut self, wanted: &Wanted, count: usize) -> Result<Scan, Failed> {
        let asked = Instant::now();
        let number = self.link.start(wanted.clone())?;
        let mut scan = Scan {
            opened: 0.0,
            seen: Vec::new(),
            closing: 0.0,
        };
        while scan.seen.len() < count {
            let event = self.link.event(number, Deadline::after(SILENCE))?;
            let known = ms(asked.elapsed());
            match event {
                Event::Opened { .. } => scan.opened = known,
                Event::Observation(observation) => scan.seen.push(Seen {
                    arrived: known - observation.latency_us as f64 / 1000.0,
                    known,
                    observation,
                }),
            }
        }
        self.link.stop(number);
        let stopped = Instant::now();
        self.link.settle()?;
        scan.closing = ms(stopped.elapsed());
        Ok(scan)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
