//! What a daemon that has ended put on record: `attempts STATE` prints verdict, reason and milliseconds of each
//! attempt, a line each, in their order.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::env::args_os;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use rusqlite::Connection;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("attempts: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let state = args_os().nth(1).ok_or("name the folder of the store")?;
    let store = Connection::open(Path::new(&state).join("faces.db"))?;
    let mut all = store.prepare("SELECT verdict, reason, millis FROM attempt ORDER BY id")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let (verdict, reason, millis): (String, String, u32) = (row.get(0)?, row.get(1)?, row.get(2)?);
        println!("{verdict} {reason} {millis}");
    }
    Ok(())
}
