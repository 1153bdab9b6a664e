//! A hostile PAM application: `hostile-host CASE REPORT`, two files of JSON. Exit code 70: the host itself failed, and
//! the report's file says at what.

use std::env::args_os;
use std::error::Error;
use std::fs;
use std::process::ExitCode;

use facelogin_tests::hostile::{Case, play};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Its standard streams are part of the experiment.
            if let Some(report) = args_os().nth(2) {
                let _ = fs::write(report, format!("\"{error}\""));
            }
            ExitCode::from(70)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut args = args_os().skip(1);
    let (Some(case), Some(report)) = (args.next(), args.next()) else {
        return Err("two files".into());
    };
    let case: Case = serde_json::from_slice(&fs::read(case)?)?;
    fs::write(report, serde_json::to_vec(&play(&case)?)?)?;
    Ok(())
}
