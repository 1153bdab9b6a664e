//! Measures facelogin on this machine: loading, each stage of a frame, logins through real libpam, memory, idling, on a
//! replayed camera; or, with `--camera`, on cameras of this machine, from their opening to the answer.
//!
//! It needs root (the daemon does), the model files and the portraits; it keeps to a folder of its own below the
//! system's temporary one. It asserts nothing about speed. Its exit code is 1 when a login did not end the way it
//! must, since then the figures are of something else, and 2 when it could not measure at all.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../bench/mod.rs"]
mod bench;

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Parser;

use bench::front::Front;
use bench::machine::Machine;
use bench::replayed::Amount;
use bench::report::Report;
use bench::second::Networks;
use bench::{Failed, cameras, replayed};

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
    /// Where networks are that `make models` does not fetch: the ONNX engine's and liveness'. Without it, where the default
    /// engine's models are.
    #[arg(long, value_name = "FOLDER", conflicts_with = "camera")]
    models: Option<PathBuf>,
    /// Measure the ONNX engine with this encoder in place of the manifest's: 112x112 pixels in, 128 numbers out.
    #[arg(long, value_name = "FILE", conflicts_with = "camera")]
    encoder: Option<PathBuf>,
    /// Measure this camera in place of the replay, one or several: "auto", or as `facelogin-enroll cameras` names it. You
    /// are to sit in front of it: it enrols you, in a store of its own that is thrown away, and logs you in again and
    /// again.
    #[arg(long, value_name = "CAMERA")]
    camera: Vec<String>,
    /// Measure cameras that are made by software, too.
    #[arg(long, requires = "camera")]
    allow_virtual: bool,
    /// The cameras are made ones, and this is where one of them takes commands (see `usb-camera`): it is told whom to show.
    #[arg(long, value_name = "SOCKET", requires_all = ["camera", "scenes"])]
    made: Vec<PathBuf>,
    /// What `scene` made, for `--made`.
    #[arg(long, value_name = "FOLDER", requires = "made")]
    scenes: Option<PathBuf>,
}

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
    if options.camera.is_empty() {
        let networks = Networks {
            models: options.models.clone(),
            encoder: options.encoder.clone(),
        };
        replayed::measure(&mut report, &amount, &networks)?;
        return Ok(report);
    }
    let front = match &options.scenes {
        Some(scenes) => Front::Made {
            sockets: options.made.clone(),
            scenes: scenes.clone(),
        },
        None => Front::Person,
    };
    for device in &options.camera {
        cameras::measure(&mut report, device, options.allow_virtual, &front, amount.logins)?;
    }
    report.notes.extend(cameras::notes());
    Ok(report)
}
