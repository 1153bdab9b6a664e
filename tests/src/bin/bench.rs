//! Measures facelogin on this machine: loading, each stage of a frame, logins through real libpam, memory, idling.
//!
//! It needs root (the daemon does), the model files and the portraits; it keeps to a folder of its own below the
//! system's temporary one. It asserts nothing about speed. Its exit code is 1 when a login did not end the way it
//! must, since then the figures are of something else, and 2 when it could not measure at all.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../bench/mod.rs"]
mod bench;

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Parser;
use facelogin_protocol::types::Verdict;
use facelogin_tests::pam_host::code;

use bench::Failed;
use bench::daemon::Daemon;
use bench::logins::{Case, Logins, OTHER_SERVICE, PAUSE, SERVICE};
use bench::machine::{Machine, cpu_seconds, memory};
use bench::report::Report;
use bench::room::Room;
use bench::vision::NEEDED;
use bench::{scene, stages, vision};

/// Measures facelogin on this machine; needs root.
#[derive(Parser)]
struct Options {
    /// Logins of each kind; a sixth of it where nobody is seen, which takes 1.5 s each.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// One JSON document in place of the table.
    #[arg(long)]
    json: bool,
    /// A few runs of everything: whether it works, not how fast.
    #[arg(long)]
    quick: bool,
}

/// How much of everything.
struct Amount {
    logins: usize,
    frames: usize,
    loads: usize,
    idle: Duration,
}

/// Paces of the replayed camera: a webcam's, and the most that the configuration takes.
const WEBCAM: u32 = 30;
const UNPACED: u32 = 240;

/// The frames of logins.
const VGA: (u32, u32) = (640, 480);
const HD: (u32, u32) = (1280, 720);

/// Accounts that every Debian has and nobody logs in to.
const ENROLLED: &str = "games";
const NOT_ENROLLED: &str = "daemon";

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(report) => {
            let text = if options.json {
                serde_json::to_string_pretty(&report).unwrap_or_default()
            } else {
                report.text()
            };
            println!("{text}");
            ExitCode::from(u8::from(!report.wrong.is_empty()))
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<Report, Failed> {
    if !nix::unistd::geteuid().is_root() {
        return Err("the daemon must be started by root: run it with sudo".into());
    }
    if std::env::var_os("OPENBLAS_NUM_THREADS").is_none_or(|threads| threads != "1") {
        // OpenBLAS reads it when it is loaded, so it must be there before this program starts.
        let again = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env("OPENBLAS_NUM_THREADS", "1")
            .exec();
        return Err(again.into());
    }
    let runs = usize::from(options.runs);
    let amount = match options.quick {
        true => Amount {
            logins: runs.min(3),
            frames: 12,
            loads: 1,
            idle: Duration::from_secs(1),
        },
        false => Amount {
            logins: runs,
            frames: 120,
            loads: 5,
            idle: Duration::from_secs(10),
        },
    };
    let mut report = Report::new(Machine::here());
    let room = Room::new()?;

    let mut engine = stages::load(&mut report, &room.models(), amount.loads)?;
    let user = scene::person(&mut engine, &room.portrait("obama3.jpg"), VGA)?;
    let user_hd = scene::person(&mut engine, &room.portrait("obama3.jpg"), HD)?;
    let stranger = scene::person(&mut engine, &room.portrait("biden.jpg"), VGA)?;
    let scenes = Scenes {
        user,
        stranger,
        wall: scene::wall(VGA)?,
    };
    stages::stages(&mut report, &mut engine, VGA, &scenes.user, amount.frames)?;
    stages::stages(&mut report, &mut engine, HD, &user_hd, amount.frames)?;
    drop(engine);

    for fps in [WEBCAM, UNPACED] {
        let config = room.config(fps)?;
        room.show(&scenes.user)?;
        let first = vision::scans(&mut report, &config, fps, amount.logins)?;
        with_daemon(&mut report, &room, &scenes, &amount, fps, first)?;
    }
    without_daemon(&mut report, &room, &amount)?;
    report.notes.extend(notes());
    Ok(report)
}

/// JPEG frames.
struct Scenes {
    user: Vec<Vec<u8>>,
    stranger: Vec<Vec<u8>>,
    wall: Vec<Vec<u8>>,
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
        "Measured before on another machine, one thread: load 870 ms; at 640x480 detect 51, landmarks 2, encode 25 ms."
            .into(),
    ]
}
