//! Sits at a terminal: reads what is shown there and types what a script says. The terminal is the other end of a serial
//! line (`typist --line /dev/ttyS1`), or one of its own with a program on it (`typist --user alice sudo id`).
//!
//! The script stands on standard input, a step a line:
//!
//! - `expect TEXT`: waits until this is shown, from after the last thing expected on;
//! - `send TEXT`: types it, and Enter;
//! - `secret TEXT`: the same, once the terminal has stopped showing what is typed (a program's own terminal alone: nobody
//!   at the other end of a line can tell);
//! - `press X`: Ctrl-X;
//! - `end`: waits until the program has ended;
//! - `pause MILLISECONDS`: does nothing.
//!
//! All that was shown goes to standard output. Exit code: 0 once all was done, with `end` the program's own; 125 when
//! something expected was not shown in time, or the script is wrong.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fs::File;
use std::io::{ErrorKind, Read, Write, read_to_string, stdin, stdout};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, fchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

use clap::Parser;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{LocalFlags, SetArg, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::User;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What went wrong with the terminal or the script.
const FAILED: u8 = 125;

/// Types a script, read from standard input, at a terminal.
#[derive(Parser)]
struct Options {
    /// The device of a serial line, at whose other end somebody asks.
    #[arg(long, conflicts_with_all = ["user", "program"])]
    line: Option<PathBuf>,
    /// Who starts the program: their uid, groups, home and shell variables, as at the end of a login.
    #[arg(long, default_value = "root")]
    user: String,
    /// How long to wait for each thing expected, in seconds.
    #[arg(long, default_value_t = 40)]
    seconds: u64,
    /// The program, on a terminal of its own, and its arguments.
    #[arg(trailing_var_arg = true, required_unless_present = "line")]
    program: Vec<String>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("typist: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn run(options: &Options) -> Result<u8> {
    let script = read_to_string(stdin())?;
    let (terminal, child) = match &options.line {
        Some(line) => (serial(line)?, None),
        None => start(&options.user, &options.program)?,
    };
    let mut typist = Typist {
        terminal,
        child,
        patience: Duration::from_secs(options.seconds),
        shown: String::new(),
        read: 0,
    };
    let mut code = 0;
    for step in script
        .lines()
        .map(str::trim_start)
        .filter(|step| !step.is_empty())
    {
        code = typist.step(step)?;
    }
    Ok(code)
}

/// A terminal, and how far it was read.
struct Typist {
    terminal: File,
    child: Option<Child>,
    patience: Duration,
    /// All that was shown.
    shown: String,
    /// How much of it was expected already, in bytes.
    read: usize,
}

impl Typist {
    fn step(&mut self, step: &str) -> Result<u8> {
        let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
        match verb {
            "expect" => self.expect(rest)?,
            "send" => self.keys(&format!("{rest}\r"))?,
            "secret" => {
                self.silence()?;
                self.keys(&format!("{rest}\r"))?;
            }
            "press" => match rest.bytes().next() {
                Some(letter @ (b'a'..=b'z' | b'A'..=b'Z')) => {
                    self.terminal.write_all(&[letter.to_ascii_uppercase() - b'@'])?;
                }
                _ => return Err(format!("{step:?}: name a letter").into()),
            },
            "pause" => {
                let time = rest.parse().map_err(|error| format!("{step:?}: {error}"))?;
                std::thread::sleep(Duration::from_millis(time));
            }
            "end" => return self.end(),
            _ => return Err(format!("{step:?} is no step").into()),
        }
        Ok(0)
    }

    fn keys(&mut self, text: &str) -> Result<()> {
        Ok(self.terminal.write_all(text.as_bytes())?)
    }

    fn expect(&mut self, text: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            if let Some(at) = self.shown[self.read..].find(text) {
                self.read += at + text.len();
                return Ok(());
            }
            if start.elapsed() > self.patience || (!self.more()? && self.ended()?.is_some()) {
                return Err(format!("{text:?} was not shown").into());
            }
        }
    }

    /// Waits until the terminal does not show what is typed.
    fn silence(&mut self) -> Result<()> {
        let start = Instant::now();
        while self.child.is_some()
            && start.elapsed() < self.patience
            && tcgetattr(&self.terminal)?.local_flags.contains(LocalFlags::ECHO)
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn end(&mut self) -> Result<u8> {
        let start = Instant::now();
        loop {
            let quiet = !self.more()?;
            if let (true, Some(code)) = (quiet, self.ended()?) {
                return Ok(code);
            }
            if start.elapsed() > self.patience {
                return Err("the program did not end".into());
            }
        }
    }

    /// The program's exit code, 128 and more for a signal, once it has ended.
    fn ended(&mut self) -> Result<Option<u8>> {
        let Some(child) = &mut self.child else {
            return Ok(None);
        };
        // A code has eight bits.
        let status = child.try_wait()?;
        Ok(status.map(|status| status.code().map_or(FAILED, |code| code as u8)))
    }

    /// Reads for a moment; false when nothing came.
    fn more(&mut self) -> Result<bool> {
        let mut ready = [PollFd::new(self.terminal.as_fd(), PollFlags::POLLIN)];
        if poll(&mut ready, PollTimeout::from(50_u8))? == 0 {
            return Ok(false);
        }
        let mut buffer = [0; 4096];
        match self.terminal.read(&mut buffer) {
            Ok(length) => {
                let new = String::from_utf8_lossy(&buffer[..length]);
                self.shown.push_str(&new);
                stdout().write_all(new.as_bytes())?;
                stdout().flush()?;
                Ok(length > 0)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            // EIO: no program has the terminal open, for now or for good.
            Err(_) if self.child.is_some() => {
                std::thread::sleep(Duration::from_millis(10));
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// This end of a serial line, passing on what it gets as it is.
fn serial(line: &Path) -> Result<File> {
    let terminal = File::options()
        .read(true)
        .write(true)
        .custom_flags(OFlag::O_NOCTTY.bits())
        .open(line)
        .map_err(|error| format!("{}: {error}", line.display()))?;
    let mut settings = tcgetattr(&terminal)?;
    cfmakeraw(&mut settings);
    tcsetattr(&terminal, SetArg::TCSANOW, &settings)?;
    Ok(terminal)
}

/// A program on a terminal of its own.
fn start(user: &str, program: &[String]) -> Result<(File, Option<Child>)> {
    let user = User::from_name(user)?.ok_or_else(|| format!("there is no account {user:?}"))?;
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let slave = File::options()
        .read(true)
        .write(true)
        .custom_flags(OFlag::O_NOCTTY.bits())
        .open(ptsname_r(&master)?)?;
    fchown(&slave, Some(user.uid.as_raw()), None)?;
    // setpriv gives the groups, setsid a session of its own with this terminal to control it.
    let child = Command::new("setpriv")
        .arg(format!("--reuid={}", user.uid))
        .arg(format!("--regid={}", user.gid))
        .args(["--init-groups", "setsid", "--ctty", "--wait"])
        .args(program)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("TERM", "dumb")
        .env("LC_ALL", "C")
        .env("USER", &user.name)
        .env("LOGNAME", &user.name)
        .env("HOME", &user.dir)
        .current_dir("/")
        .stdin(slave.try_clone()?)
        .stdout(slave.try_clone()?)
        .stderr(slave)
        .process_group(0)
        .spawn()?;
    Ok((File::from(OwnedFd::from(master)), Some(child)))
}
