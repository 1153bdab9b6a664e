//! A scripted daemon as a process: `scripted-daemon SOCKET SCRIPTS-AS-JSON [UID]`. It ends when killed.
#![allow(clippy::print_stderr)]

use std::env::args;
use std::error::Error;
use std::fs::rename;
use std::os::unix::net::UnixListener;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use facelogin_tests::scripted::{Script, serve};
use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scripted-daemon: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut args = args().skip(1);
    let socket = args.next().ok_or("no socket named")?;
    let scripts: Vec<Script> = serde_json::from_str(&args.next().ok_or("no scripts")?)?;
    if let Some(uid) = args.next() {
        let id: u32 = uid.parse()?;
        // Before `bind`: what a peer sees is who the process was when it began to listen.
        setgroups(&[])?;
        setgid(Gid::from_raw(id))?;
        setuid(Uid::from_raw(id))?;
    }
    // Whoever waits for the socket to be there connects at once: it gets its name when it listens.
    let unnamed = format!("{socket}.new");
    let listener = UnixListener::bind(&unnamed)?;
    rename(unnamed, socket)?;
    serve(&listener, &scripts, &AtomicBool::new(false), |_| {});
    Ok(())
}
