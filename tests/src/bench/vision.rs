//! The real vision process with this program in the supervisor's place: when frames arrive, and when what they show
//! is known.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use facelogin_protocol::Deadline;
use facelogin_protocol::types::CameraKind;
use facelogin_tests::bins;
use facelogind::vision::link::{Event, Link};
use facelogind::vision::wire::Wanted;

use super::Failed;
use super::report::{Report, median, ms};

/// Frames that the shipped configuration fuses.
pub const NEEDED: usize = 3;

struct Process {
    child: Child,
    link: Link,
}

impl Process {
    /// As the supervisor starts it.
    fn start(config: &Path) -> Result<Self, Failed> {
        let (ours, theirs) = UnixStream::pair()?;
        let child = Command::new(bins::daemon())
            .args(["vision".as_ref(), "--config".as_ref(), config.as_os_str()])
            .env_clear()
            .env("OPENBLAS_NUM_THREADS", "1")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .spawn()?;
        let link = Link::greet(ours.into(), Deadline::after(Duration::from_secs(30)))?;
        Ok(Self { child, link })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `runs` scans of as many frames as a login needs, of the face that is before the camera. Returns the median
/// time from the order to the first frame's arrival, in milliseconds.
pub fn scans(report: &mut Report, config: &Path, fps: u32, runs: usize) -> Result<f64, Failed> {
    let section = format!("Vision process, replay at {fps} fps, {NEEDED} frames");
    let begun = Instant::now();
    let mut process = Process::start(config)?;
    let ready = ms(begun.elapsed());
    let (mut first, mut last, mut latencies, mut closing) = (vec![], vec![], vec![], vec![]);
    let mut final_latencies = vec![];
    for _ in 0..runs {
        let asked = Instant::now();
        let scan = process.link.start(Wanted::any(CameraKind::Colour))?;
        let mut arrivals = Vec::new();
        while arrivals.len() < NEEDED {
            let event = process
                .link
                .event(scan, Deadline::after(Duration::from_secs(3)))?;
            if let Event::Observation(seen) = event {
                let latency = seen.latency_us as f64 / 1000.0;
                arrivals.push(ms(asked.elapsed()) - latency);
                latencies.push(latency);
            }
        }
        final_latencies.extend(latencies.last().copied());
        process.link.stop(scan);
        let stopped = Instant::now();
        process.link.settle()?;
        closing.push(ms(stopped.elapsed()));
        if let [one, .., three] = arrivals[..] {
            first.push(one);
            last.push(three - one);
        }
        sleep(Duration::from_millis(50));
    }
    report.add(&section, "start to ready (models loaded)", "ms", &[ready]);
    report.add(&section, "asked to the first frame's arrival", "ms", &first);
    report.add(&section, "a frame's arrival to its observation", "ms", &latencies);
    report.add(&section, "first to last needed frame's arrival", "ms", &last);
    let name = "the last needed frame's, before the verdict";
    report.add_with_target(&section, name, "ms", &final_latencies, "40, with the answer");
    report.add(&section, "stop to camera closed", "ms", &closing);
    Ok(median(&first).unwrap_or(0.0))
}
