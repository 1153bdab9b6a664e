//! A camera of this machine, from its opening to the answer.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use facelogin_protocol::types::Camera;
use facelogin_tests::pam_host::code;
use facelogind::vision::wire::{Light, Observation, Wanted};

use super::Failed;
use super::alone::{self, Alone};
use super::daemon::Daemon;
use super::front::{Front, Who};
use super::logins::{Case, ENROLLED, Logins, PAUSE, SERVICE};
use super::node::{Watch, What};
use super::report::{Report, median, ms};
use super::room::Room;
use super::vision::{NEEDED, Process, Scan};

/// Between two scans.
const BETWEEN: Duration = Duration::from_millis(100);

/// The camera's rate as it is asked for, where it has it.
const FPS: u32 = 30;

/// Measures the camera that `device` names in the configuration, with `logins` scans and logins of each kind.
pub fn measure(
    report: &mut Report,
    device: &str,
    allow_virtual: bool,
    front: &Front,
    logins: usize,
) -> Result<(), Failed> {
    let room = Room::new()?;
    let config = room.camera_config(device, allow_virtual)?;
    let mut process = Process::start(&config)?;
    let camera = chosen(process.cameras()?, device)?;
    front.wants(Who::User)?;
    let read = read(report, &camera, logins)?;
    let label = format!("{}, {}", camera.kind.name(), read.mode);
    report
        .notes
        .push(format!("{label}: {}, {}", camera.name, camera.id));

    let wanted = Wanted::any(camera.kind);
    let mut scans = Vec::new();
    for _ in 0..logins {
        sleep(BETWEEN);
        scans.push(process.scan(&wanted, NEEDED)?);
    }
    drop(process);
    let due = due(&read, &scans);
    vision(report, &label, &scans, due);
    let measured = Measured {
        camera,
        label,
        due,
        front,
        logins,
    };
    with_daemon(report, &room, &config, &measured)
}

/// A camera, and what is known of it by now.
struct Measured<'a> {
    camera: Camera,
    label: String,
    due: f64,
    front: &'a Front,
    logins: usize,
}

/// The first camera that the configuration uses.
fn chosen(cameras: Vec<Camera>, device: &str) -> Result<Camera, Failed> {
    let mut said = format!("{device}: no camera can be used by this name");
    for camera in &cameras {
        said += &format!("; {}: {}", camera.id, camera.note);
    }
    cameras
        .into_iter()
        .find(|camera| camera.chosen)
        .ok_or(said.into())
}

fn read(report: &mut Report, camera: &Camera, runs: usize) -> Result<Alone, Failed> {
    let number = camera.device.trim_start_matches("/dev/video").parse()?;
    let read = alone::ours(number, &camera.id, camera.kind, runs)?;
    let section = format!("Camera, {}, {}, read alone", camera.kind.name(), read.mode);
    report.add(&section, "open, to its stream's start", "ms", &read.opened);
    report.add(&section, "open to first picture", "ms", &read.first);
    report.add(&section, "from one picture to the next", "ms", &read.pace);
    match alone::by_nokhwa(number, &read, FPS, runs) {
        Ok(first) => report.add(&section, "open to first frame, by nokhwa", "ms", &first),
        Err(error) => report
            .notes
            .push(format!("nokhwa does not read {}: {error}", camera.id)),
    }
    Ok(read)
}

/// When the last needed picture is due after the camera began to be opened, in milliseconds: of a strobing camera every
/// needed one has a dark one before it.
fn due(read: &Alone, scans: &[Scan]) -> f64 {
    let mut seen = scans.iter().flat_map(|scan| &scan.seen);
    let strobes = seen.any(|seen| seen.observation.light == Light::Lit);
    let pictures = if strobes { 2 * NEEDED } else { NEEDED };
    let (first, pace) = (median(&read.first), median(&read.pace));
    first.unwrap_or(0.0) + (pictures - 1) as f64 * pace.unwrap_or(0.0)
}

/// One stage's time in an observation.
type Micros = fn(&Observation) -> u64;

fn vision(report: &mut Report, label: &str, scans: &[Scan], due: f64) {
    let section = format!("Camera, {label}, vision process, {NEEDED} pictures");
    let mut add = |what: &str, unit, samples: &[f64]| report.add(&section, what, unit, samples);
    let of_scans = |value: fn(&Scan) -> Option<f64>| scans.iter().filter_map(value).collect::<Vec<f64>>();
    add("asked to open", "ms", &of_scans(|scan| Some(scan.opened)));
    let first = of_scans(|scan| Some(scan.seen.first()?.arrived));
    add("asked to the first picture's arrival", "ms", &first);
    let number = of_scans(|scan| Some(f64::from(scan.seen.last()?.observation.sequence) + 1.0));
    add("pictures of the camera until the 3rd", "pictures", &number);
    let span = of_scans(|scan| Some(scan.seen.last()?.arrived - scan.seen.first()?.arrived));
    add("first to 3rd picture's arrival", "ms", &span);

    let seen = || scans.iter().flat_map(|scan| &scan.seen);
    let latency: Vec<f64> = seen().map(|seen| seen.known - seen.arrived).collect();
    add("a picture's arrival to its observation", "ms", &latency);
    let stages: [(&str, Micros); 5] = [
        ("  decode", |of| of.decode_us),
        ("  detect", |of| of.times.detect_us),
        ("  landmarks", |of| of.times.landmarks_us),
        ("  encode", |of| of.times.encode_us),
        ("  quality", |of| of.times.quality_us),
    ];
    for (name, micros) in stages {
        let samples: Vec<f64> = seen()
            .map(|seen| micros(&seen.observation) as f64 / 1000.0)
            .collect();
        add(name, "ms", &samples);
    }

    let last = of_scans(|scan| Some(scan.seen.last()?.known));
    let beyond: Vec<f64> = last.iter().map(|known| known - due).collect();
    add("asked to the 3rd observation", "ms", &last);
    add("  the 3rd picture is due after", "ms", &[due]);
    add("  beyond that moment", "ms", &beyond);
    add(
        "stop to camera closed",
        "ms",
        &of_scans(|scan| Some(scan.closing)),
    );
}

fn with_daemon(
    report: &mut Report,
    room: &Room,
    config: &Path,
    measured: &Measured<'_>,
) -> Result<(), Failed> {
    let Measured { camera, front, .. } = measured;
    let section = format!("Camera, {}, PAM call to answer", measured.label);
    let daemon = Daemon::start(room, config)?;
    front.wants(Who::Enrolling)?;
    daemon.enrol_live(ENROLLED, camera.kind)?;
    let logins = Logins::at(daemon.socket())?;
    let case = |name, expected, runs| Case {
        name,
        user: ENROLLED,
        service: SERVICE,
        expected,
        runs,
        pause: PAUSE,
    };

    front.wants(Who::User)?;
    let watch = Watch::on(Path::new(&camera.device))?;
    let spans = all(
        report,
        &daemon,
        &logins,
        &case("match", code::SUCCESS, measured.logins),
    )?;
    let node = Node::of(&spans, &watch.seen());
    drop(watch);
    let times = took(&spans);
    let beyond: Vec<f64> = times.iter().map(|time| time - measured.due).collect();
    report.add(&section, "match", "ms", &times);
    report.add(&section, "  the 3rd picture is due after", "ms", &[measured.due]);
    report.add_with_target(&section, "  beyond that moment", "ms", &beyond, "40");
    report.add(
        &section,
        "  pictures looked at",
        "pictures",
        &pictures(&daemon, &spans)?,
    );
    report.add(
        &section,
        "  call to the camera's node being opened",
        "ms",
        &node.opened,
    );
    report.add(
        &section,
        "  answer to the camera's node being closed",
        "ms",
        &node.closed,
    );

    if front.wants(Who::Stranger)? {
        let case = case("mismatch (12 pictures)", code::AUTH_ERR, measured.logins);
        let spans = all(report, &daemon, &logins, &case)?;
        report.add(&section, case.name, "ms", &took(&spans));
    }
    if front.wants(Who::Nobody)? {
        let runs = measured.logins.div_ceil(6);
        let case = case("nobody seen (waits 1500)", code::AUTHINFO_UNAVAIL, runs);
        let spans = all(report, &daemon, &logins, &case)?;
        report.add(&section, case.name, "ms", &took(&spans));
    }
    Ok(())
}

/// A case, until all of it is on record and the camera closed. What ended otherwise is told with the daemon's reason.
fn all(
    report: &mut Report,
    daemon: &Daemon,
    logins: &Logins,
    case: &Case,
) -> Result<Vec<(Instant, Instant)>, Failed> {
    let wrong = report.wrong.len();
    let spans = logins.spans(report, case, || daemon.unlock(ENROLLED))?;
    sleep(PAUSE);
    if let (Some(wrong), Some(last)) = (report.wrong.get_mut(wrong), daemon.attempts(1)?.first()) {
        *wrong += &format!(
            "; run {}: {}, {} pictures in {} ms",
            spans.len() + 1,
            last.reason,
            last.frames,
            last.millis
        );
    }
    daemon.unlock(ENROLLED)?;
    Ok(spans)
}

/// How many pictures each of these logins, the last ones, took.
fn pictures(daemon: &Daemon, spans: &[(Instant, Instant)]) -> Result<Vec<f64>, Failed> {
    let attempts = daemon.attempts(spans.len())?;
    Ok(attempts.iter().map(|attempt| f64::from(attempt.frames)).collect())
}

/// How to read the tables of cameras.
pub fn notes() -> Vec<String> {
    vec![
        "Read alone: by this process, which only decodes what comes; the stages of a scan are all in the vision process."
            .into(),
        format!(
            "Due: the {NEEDED} pictures of a login cost a camera's own time: open to first picture, and from one picture to \
             the next for each that follows ({} of a camera whose emitter strobes, for each lit picture has a dark one \
             before it), medians of the camera read alone. What is beyond is facelogin's.",
            2 * NEEDED - 1
        ),
        "Arrival: when the driver's buffer was fetched. Pictures of the camera: those it had given when the 3rd that was \
         looked at came, by the driver's numbers; while one is looked at the next ones pass."
            .into(),
        "Pictures looked at: as the daemon has it on record.".into(),
        "The node is opened and closed as inotify tells; of several openings in one login the last, which is the stream's."
            .into(),
        "PAM call to answer: pam_authenticate alone, of libpam with the real module; pam_start is outside.".into(),
        "p50, p95: nearest rank. A row with n = 1 is computed from medians.".into(),
    ]
}

fn took(spans: &[(Instant, Instant)]) -> Vec<f64> {
    spans.iter().map(|(begun, ended)| ms(*ended - *begun)).collect()
}

/// What became of the node in each login, in milliseconds.
#[derive(Default)]
struct Node {
    opened: Vec<f64>,
    closed: Vec<f64>,
}

impl Node {
    /// It is opened for its descriptions before, and for its emitter: the last time is the stream's.
    fn of(spans: &[(Instant, Instant)], seen: &[(Instant, What)]) -> Self {
        let mut node = Self::default();
        for (number, (begun, ended)) in spans.iter().enumerate() {
            let next = spans.get(number + 1).map(|(begun, _)| *begun);
            let within = |what, from: Instant, to: Option<Instant>| {
                seen.iter()
                    .filter(move |(at, is)| *is == what && *at >= from && to.is_none_or(|to| *at < to))
                    .map(|(at, _)| *at)
                    .next_back()
            };
            let opened = within(What::Opened, *begun, Some(*ended));
            let closed = opened.and_then(|opened| within(What::Closed, opened, next));
            node.opened.extend(opened.map(|at| ms(at - *begun)));
            // The camera may be closed while the answer is on its way.
            node.closed
                .extend(closed.map(|at| ms(at - *begun) - ms(*ended - *begun)));
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_openings_the_last_before_the_answer_counts_and_of_closings_the_last_before_the_next_login()
    {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let seen = [
            (at(5), What::Opened),
            (at(6), What::Closed),
            (at(8), What::Opened),
            (at(110), What::Closed),
            (at(1007), What::Opened),
            // While the answer was on its way.
            (at(1099), What::Closed),
        ];
        let spans = [(at(0), at(100)), (at(1000), at(1100)), (at(2000), at(2001))];
        let node = Node::of(&spans, &seen);
        assert_eq!(node.opened, [8.0, 7.0]);
        assert_eq!(node.closed, [10.0, -1.0]);
    }
}
