//! One scan: the camera is opened, each picture is handed to a judge, and the camera is closed the moment the judge
//! has decided, time is up, or the caller is gone.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use facelogin_protocol::Deadline;
use facelogin_protocol::types::CameraKind;
use nix::poll::{PollFd, PollFlags, poll};

use crate::decision::Step;
use crate::vision::link::{Event, Link, VisionError};
use crate::vision::wire::Observation;

/// The longest silence before a camera counts as hung. Opening one takes up to a second or two, a dark room slows a
/// webcam to a few pictures a second, and an emulated processor takes six seconds for a picture.
pub const SILENCE: Duration = Duration::from_secs(8);

/// How often a scan that nobody wakes looks whether it is still wanted.
const GLANCE: Duration = Duration::from_millis(100);

/// Judges what a scan shows.
pub trait Judge {
    /// A camera is open: its identity, and what it sees.
    fn opened(&mut self, _camera: &str, _kind: CameraKind) {}
    /// Takes in one picture, `elapsed` after the request.
    fn observe(&mut self, elapsed: Duration, seen: &Observation) -> Step;
    /// Asked when no picture came: is time up, `elapsed` after the request?
    fn on_time(&mut self, elapsed: Duration) -> Step;
}

/// Who wants the scan, and who may end it.
pub struct Wanted<'a> {
    /// The moment of the request: what `elapsed` counts from.
    pub since: Instant,
    /// The caller's connection; its end cancels the scan.
    pub caller: BorrowedFd<'a>,
    /// How long the camera may be silent: [`SILENCE`].
    pub silence: Duration,
    /// Whether a session that takes precedence is waiting.
    pub give_way: &'a dyn Fn() -> bool,
}

/// How a scan ended.
#[derive(Debug)]
pub enum End {
    /// The judge has decided, or its time is up.
    Judged,
    /// The caller went away, or said something more.
    Cancelled,
    /// Another session takes precedence.
    Preempted,
    /// The camera or the vision process failed.
    Failed(VisionError),
}

/// Runs a scan that [`Link::start`] began to its end, and has the camera closed. Its caller answers first and calls
/// [`Link::settle`] then.
pub fn run(link: &mut Link, scan: u64, wanted: &Wanted<'_>, judge: &mut dyn Judge) -> End {
    let end = watch(link, scan, wanted, judge);
    if link.healthy() {
        link.stop(scan);
    }
    end
}

fn watch(link: &mut Link, scan: u64, wanted: &Wanted<'_>, judge: &mut dyn Judge) -> End {
    let mut heard = Instant::now();
    loop {
        if (wanted.give_way)() {
            return End::Preempted;
        }
        match glance(link.fd(), wanted.caller) {
            Glance::Caller => return End::Cancelled,
            Glance::Vision => match link.event(scan, Deadline::after(GLANCE)) {
                Ok(Event::Opened { camera, kind }) => {
                    heard = Instant::now();
                    judge.opened(&camera, kind);
                }
                Ok(Event::Observation(seen)) => {
                    heard = Instant::now();
                    if judge.observe(wanted.since.elapsed(), &seen) == Step::Done {
                        return End::Judged;
                    }
                }
                Err(VisionError::TimedOut) => {}
                Err(error) => return End::Failed(error),
            },
            Glance::Nothing => {}
        }
        if judge.on_time(wanted.since.elapsed()) == Step::Done {
            return End::Judged;
        }
        if heard.elapsed() >= wanted.silence {
            link.shut();
            return End::Failed(VisionError::TimedOut);
        }
    }
}

enum Glance {
    Vision,
    Caller,
    Nothing,
}

fn glance(vision: BorrowedFd<'_>, caller: BorrowedFd<'_>) -> Glance {
    let mut fds = [
        PollFd::new(vision, PollFlags::POLLIN),
        PollFd::new(caller, PollFlags::POLLIN),
    ];
    // An error of poll (a signal) is a glance that saw nothing; the caller's loop checks its clocks.
    let _ = poll(&mut fds, GLANCE.as_millis() as u16);
    let woke = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
    if woke(&fds[1]) {
        Glance::Caller
    } else if woke(&fds[0]) {
        Glance::Vision
    } else {
        Glance::Nothing
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
