//! Everything on a replayed camera: loading, each stage of a frame, logins through real libpam, memory, idling.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use facelogin_protocol::types::{CameraKind, Verdict};
use facelogin_tests::pam_host::code;
use facelogind::vision::wire::Wanted;

use super::daemon::Daemon;
use super::logins::{Case, ENROLLED, Logins, NOT_ENROLLED, OTHER_SERVICE, PAUSE, SERVICE};
use super::machine::{cpu_seconds, memory};
use super::report::{Report, median};
use super::room::Room;
use super::second::Networks;
use super::stages::{Engines, Film};
use super::vision::{NEEDED, Process};
use super::{Failed, scene, second, stages};

/// How much of everything.
pub struct Amount {
    /// Logins of each kind.
    pub logins: usize,
    /// Frames through each stage.
    pub frames: usize,
    /// Loads of the models.
    pub loads: usize,
    /// How long idling is watched.
    pub idle: Duration,
}

/// Paces of the replayed camera: a webcam's, and the most that the configuration takes.
const WEBCAM: u32 = 30;
const UNPACED: u32 = 240;

/// The frames of logins.
const VGA: (u32, u32) = (640, 480);
const HD: (u32, u32) = (1280, 720);

/// Measures it, and the second engine with what `networks` names.
pub fn measure(report: &mut Report, amount: &Amount, networks: &Networks) -> Result<(), Failed> {
    let room = Room::new()?;
    room.add_models(networks.models.as_deref())?;
    let mut own = stages::load(report, &room.models(), amount.loads)?;
    let mut whole = stages::plain(&room.models())?;
    let portrait = room.portrait("obama3.jpg");
    let user = scene::person(&mut own, &portrait, VGA)?;
    let user_hd = scene::person(&mut own, &portrait, HD)?;
    let coming = scene::coming(&mut own, &portrait, VGA)?;
    let stranger = scene::person(&mut own, &room.portrait("biden.jpg"), VGA)?;
    let scenes = Scenes {
        user,
        stranger,
        wall: scene::wall(VGA)?,
    };
    let film = |scene, size, frames| Film { scene, size, frames };
    let films = [
        film("a face", VGA, scenes.user.as_slice()),
        film("a face that comes nearer and moves", VGA, &coming),
        film("a face", HD, &user_hd),
    ];
    for film in &films {
        let mut engines = Engines {
            own: &mut own,
            liveness: None,
            whole: &mut whole,
            target: "30 median",
        };
        stages::stages(report, &mut engines, film, amount.frames)?;
    }
    drop(own);
    second::stages(report, &room, networks, &mut whole, &films, amount)?;
    drop(whole);
    room.show(&scenes.user)?;
    second::memory(report, &room)?;

    for fps in [WEBCAM, UNPACED] {
        let config = room.config(fps)?;
        room.show(&scenes.user)?;
        let first = scans(report, &config, fps, amount.logins)?;
        with_daemon(report, &room, &scenes, amount, fps, first)?;
    }
    without_daemon(report, &room, amount)?;
    report.notes.extend(notes());
    Ok(())
}

/// JPEG frames.
struct Scenes {
    user: Vec<Vec<u8>>,
    stranger: Vec<Vec<u8>>,
    wall: Vec<Vec<u8>>,
}

/// `runs` scans of as many frames as a login needs, of the face that is before the camera. Returns the median
/// time from the order to the first frame's arrival, in milliseconds.
fn scans(report: &mut Report, config: &Path, fps: u32, runs: usize) -> Result<f64, Failed> {
    let section = format!("Vision process, replay at {fps} fps, {NEEDED} frames");
    let mut process = Process::start(config)?;
    let (mut first, mut last, mut latencies, mut closing) = (vec![], vec![], vec![], vec![]);
    let mut final_latencies = vec![];
    for _ in 0..runs {
        let scan = process.scan(&Wanted::any(CameraKind::Colour), NEEDED)?;
        let mut latency = scan.seen.iter().map(|seen| seen.known - seen.arrived);
        latencies.extend(latency.clone());
        final_latencies.extend(latency.next_back());
        closing.push(scan.closing);
        if let [one, .., three] = &scan.seen[..] {
            first.push(one.arrived);
            last.push(three.arrived - one.arrived);
        }
        sleep(Duration::from_millis(50));
    }
    report.add(
        &section,
        "start to ready (models loaded)",
        "ms",
        &[process.ready_ms],
    );
    report.add(&section, "asked to the first frame's arrival", "ms", &first);
    report.add(&section, "a frame's arrival to its observation", "ms", &latencies);
    report.add(&section, "first to last needed frame's arrival", "ms", &last);
    let name = "the last needed frame's, before the verdict";
    report.add_with_target(&section, name, "ms", &final_latencies, "40, with the answer");
    report.add(&section, "stop to camera closed", "ms", &closing);
    Ok(median(&first).unwrap_or(0.0))
}

fn with_daemon(
    report: &mut Report,
    room: &Room,
    scenes: &Scenes,
    amount: &Amount,
    fps: u32,
    first: f64,
) -> Result<(), Failed> {
    let section = format!("Daemon, replay at {fps} fps, PAM call to answer");
    let daemon = Daemon::start(room, &room.config(fps)?)?;
    report.add(
        &section,
        "(daemon's start to models loaded)",
        "ms",
        &[daemon.ready_ms],
    );
    if fps == WEBCAM {
        let pictures = ["obama.jpg", "obama2.jpg"].map(|name| room.portrait(name));
        daemon.enrol(ENROLLED, &pictures)?;
    }
    let logins = Logins::at(daemon.socket())?;
    let case = |name, expected, runs| Case {
        name,
        user: ENROLLED,
        service: SERVICE,
        expected,
        runs,
        pause: PAUSE,
    };

    room.show(&scenes.user)?;
    let matching = case("match", code::SUCCESS, amount.logins);
    let times = logins.time(report, &matching, || Ok(()))?;
    report.add(&section, "match", "ms", &times);
    if fps == WEBCAM {
        // The replay plays on at its pace: the last needed frame is due this much after the first.
        let due = (NEEDED - 1) as f64 * 1000.0 / f64::from(fps);
        let beyond: Vec<f64> = times.iter().map(|time| time - first - due).collect();
        let name = "  beyond the moment the 3rd frame is due";
        report.add_with_target(&section, name, "ms", &beyond, "40");
    }
    test_scans(report, &section, &daemon, amount.logins)?;

    room.show(&scenes.stranger)?;
    let mismatching = case("mismatch (12 frames)", code::AUTH_ERR, amount.logins);
    let times = logins.time(report, &mismatching, || daemon.unlock(ENROLLED))?;
    report.add(&section, mismatching.name, "ms", &times);
    daemon.unlock(ENROLLED)?;
    if fps != WEBCAM {
        return Ok(());
    }

    room.show(&scenes.wall)?;
    let nobody = case(
        "nobody seen (waits 1500)",
        code::AUTHINFO_UNAVAIL,
        amount.logins.div_ceil(6),
    );
    let times = logins.time(report, &nobody, || Ok(()))?;
    report.add(&section, nobody.name, "ms", &times);

    for (name, user, service, pause) in [
        ("not enrolled", NOT_ENROLLED, SERVICE, PAUSE),
        ("service not allowed", ENROLLED, OTHER_SERVICE, PAUSE),
        (
            "not enrolled, one right after the other",
            NOT_ENROLLED,
            SERVICE,
            Duration::ZERO,
        ),
    ] {
        let refused = Case {
            user,
            service,
            pause,
            ..case(name, code::AUTHINFO_UNAVAIL, amount.logins)
        };
        let times = logins.time(report, &refused, || Ok(()))?;
        report.add_with_target(&section, name, "ms", &times, "20");
    }
    footprint(report, &daemon, amount)
}

/// The daemon's own account of scans that grant nothing: what of a match is not the module's and libpam's.
fn test_scans(report: &mut Report, section: &str, daemon: &Daemon, runs: usize) -> Result<(), Failed> {
    let (mut first, mut total) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        sleep(PAUSE);
        let tested = daemon.test(ENROLLED)?;
        if tested.verdict != Verdict::Match {
            report.wrong.push(format!("test: {:?}", tested.reason));
            break;
        }
        first.extend(tested.detail.first_frame_ms.map(f64::from));
        total.push(f64::from(tested.detail.total_ms));
    }
    report.add(section, "test: request to the first observation", "ms", &first);
    report.add(section, "test: request to the verdict", "ms", &total);
    Ok(())
}

fn footprint(report: &mut Report, daemon: &Daemon, amount: &Amount) -> Result<(), Failed> {
    const MEMORY: &str = "Memory, after the logins above";
    let pids = daemon.pids()?;
    let mut sums = (0.0, 0.0);
    for (name, pid) in ["supervisor", "vision process"].into_iter().zip(pids) {
        let (rss, pss) = memory(pid)?;
        sums = (sums.0 + rss, sums.1 + pss);
        report.add(MEMORY, format!("{name}: RSS"), "MB", &[rss]);
        report.add(MEMORY, format!("{name}: PSS"), "MB", &[pss]);
    }
    report.add_with_target(MEMORY, "both: RSS", "MB", &[sums.0], "90");
    report.add_with_target(MEMORY, "both: PSS", "MB", &[sums.1], "90");

    let before = pids.map(cpu_seconds);
    let begun = Instant::now();
    sleep(amount.idle);
    let section = format!("Idle, over {} s", amount.idle.as_secs());
    for ((name, pid), before) in ["supervisor", "vision process"].into_iter().zip(pids).zip(before) {
        let used = cpu_seconds(pid)? - before?;
        let share = 100.0 * used / begun.elapsed().as_secs_f64();
        report.add_with_target(&section, name, "% of a core", &[share], "0");
    }
    Ok(())
}

fn without_daemon(report: &mut Report, room: &Room, amount: &Amount) -> Result<(), Failed> {
    const SECTION: &str = "No daemon, PAM call to answer";
    // The killed daemon has left its socket file behind.
    let left = room.path().join("run").join("socket");
    let absent = room.path().join("run").join("absent");
    let places: [(&str, &Path); 2] = [("socket left behind", &left), ("no socket", &absent)];
    for (name, socket) in places {
        let down = Case {
            name,
            user: ENROLLED,
            service: SERVICE,
            expected: code::AUTHINFO_UNAVAIL,
            runs: amount.logins,
            pause: Duration::ZERO,
        };
        let times = Logins::at(socket)?.time(report, &down, || Ok(()))?;
        report.add_with_target(SECTION, name, "ms", &times, "20");
    }
    Ok(())
}

fn notes() -> Vec<String> {
    vec![
        format!("{UNPACED} fps is the most that camera.replay_fps takes: no frame is waited for, it stands for unpaced."),
        "PAM call to answer: pam_authenticate alone, of libpam with the real module; pam_start is outside.".into(),
        "The replay's first frame arrives as it is opened; a real camera takes longer to give its first.".into(),
        "Beyond the moment due: PAM call to answer, minus the median time from the scan's order to the first frame's \
         arrival (of the vision process, above), minus 2 frame intervals. The way from the PAM call to that order is \
         left in it."
            .into(),
        "A frame arrives when it is fetched: later than due where looking at one takes longer than an interval. The \
         last needed frame's arrival to its observation is nearly all of its arrival to the answer; what follows is \
         in \"match\" and not in \"test\"."
            .into(),
        "test: first_frame_ms and total_ms of the daemon's Test method, in whole milliseconds.".into(),
        "p50, p95: nearest rank. A row with n = 1 is one reading. MB are 10^6 bytes.".into(),
        "Memory of the vision process alone: after one scan, with what is resident then. The supervisor's is below it, and does \
         not depend on the engine."
            .into(),
        "Straightforward: the detector on the whole frame, landmarks, and the network, each time and all by dlib. Frames are taken \
         in turns with the engine's own way."
            .into(),
    ]
}
