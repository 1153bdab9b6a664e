//! A terminal, with a program on it and somebody at its keyboard.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, fchown};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::{Uid, User};

use super::needs;

/// Long after any program here has said what it will say: a wrong password costs three seconds, a scan four.
const PATIENCE: Duration = Duration::from_secs(40);

/// A running program and its terminal.
pub struct Pty {
    master: Option<File>,
    child: Child,
    /// All that was shown.
    shown: String,
    /// How much of it was expected already.
    read: usize,
}

impl Pty {
    /// Starts a program, with arguments, as `uid`, on a terminal of its own that belongs to that user: what getty,
    /// sshd or a terminal emulator prepare.
    pub fn start(uid: u32, program: &str, arguments: &[&str]) -> Self {
        let (master, slave) = open();
        fchown(&slave, Some(uid), None).unwrap();
        let home = User::from_uid(Uid::from_raw(uid)).unwrap().unwrap().dir;
        // A session of its own, with this terminal to control it; and no signal that is ignored because whoever runs the
        // tests ignores it (nohup does).
        let mut command = Command::new("setsid");
        command
            .args(["--ctty", "--wait", "env", "--default-signal"])
            .arg(needs::find(program).unwrap())
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("TERM", "dumb")
            .env("LC_ALL", "C")
            .env("HOME", home)
            .current_dir("/")
            .uid(uid)
            .gid(uid)
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave);
        let child = command.spawn().unwrap();
        Self {
            master: Some(master),
            child,
            shown: String::new(),
            read: 0,
        }
    }

    /// Waits for the first of these texts that is shown from here on; says which. Panics after a long time, or when the
    /// program ends without any.
    #[track_caller]
    pub fn expect(&mut self, texts: &[&str]) -> usize {
        match self.expect_or_end(texts) {
            Some(which) => which,
            None => panic!("{texts:?} was not shown:\n{}", self.shown),
        }
    }

    /// The same; `None` when the program ends without any of them.
    #[track_caller]
    pub fn expect_or_end(&mut self, texts: &[&str]) -> Option<usize> {
        let start = Instant::now();
        loop {
            let rest = &self.shown[self.read..];
            let found = texts
                .iter()
                .enumerate()
                .filter_map(|(which, text)| Some((rest.find(text)?, which)));
            if let Some((at, which)) = found.min() {
                self.read += at + texts[which].len();
                return Some(which);
            }
            if !self.more() {
                return None;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for {texts:?}:\n{}",
                self.shown
            );
        }
    }

    /// Types a line at a prompt that shows nothing of it. Some programs print such a prompt before they turn the echo off,
    /// and throw away what was typed in between.
    pub fn secret(&mut self, text: &str) {
        let start = Instant::now();
        while self.echoes() && start.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.line(text);
    }

    fn echoes(&self) -> bool {
        let terminal = self.master.as_ref().unwrap();
        tcgetattr(terminal).is_ok_and(|now| now.local_flags.contains(LocalFlags::ECHO))
    }

    /// Types a line.
    pub fn line(&mut self, text: &str) {
        self.keys(&format!("{text}\r"));
    }

    /// Types.
    pub fn keys(&mut self, text: &str) {
        // A program that has ended reads nothing more.
        let _ = self.master.as_mut().unwrap().write_all(text.as_bytes());
    }

    /// Pulls the plug: the terminal is gone.
    pub fn hang_up(&mut self) {
        self.master = None;
    }

    /// Presses Ctrl-C until it ends: a program that turns its echo off may throw the first away. Waits for the end.
    #[track_caller]
    pub fn interrupt(&mut self) -> ExitStatus {
        let start = Instant::now();
        while self.child.try_wait().unwrap().is_none() && start.elapsed() < PATIENCE {
            self.keys("\x03");
            for _ in 0..10 {
                self.read_some(PollTimeout::from(50_u8));
            }
        }
        self.wait()
    }

    /// Waits for the end.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                while self.master.is_some() && self.read_some(PollTimeout::ZERO) {}
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.shown);
            if self.master.is_none() || !self.more() {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// All that was shown so far.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Reads what there is, for a moment; false when there will be no more.
    fn more(&mut self) -> bool {
        if self.read_some(PollTimeout::from(50_u8)) {
            return true;
        }
        // Nobody has the terminal open: either the end, or login between two of its own.
        match self.child.try_wait().unwrap() {
            Some(_) => self.read_some(PollTimeout::ZERO),
            None => {
                std::thread::sleep(Duration::from_millis(10));
                true
            }
        }
    }

    /// Whether there was something, or may be soon.
    fn read_some(&mut self, patience: PollTimeout) -> bool {
        let master = self.master.as_mut().unwrap();
        let mut ready = [PollFd::new(master.as_fd(), PollFlags::POLLIN)];
        match poll(&mut ready, patience) {
            Ok(0) => return patience != PollTimeout::ZERO && self.child.try_wait().unwrap().is_none(),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => panic!("poll: {error}"),
        }
        let mut buffer = [0; 4096];
        match master.read(&mut buffer) {
            Ok(0) => false,
            Ok(length) => {
                self.shown.push_str(&String::from_utf8_lossy(&buffer[..length]));
                true
            }
            // EIO: no slave is open.
            Err(_) => false,
        }
    }
}

/// Both ends of a terminal; no program that any test starts inherits them by chance, or it would never be hung up.
fn open() -> (File, OwnedFd) {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let slave = File::options()
        .read(true)
        .write(true)
        .custom_flags(OFlag::O_NOCTTY.bits())
        .open(ptsname_r(&master).unwrap())
        .unwrap();
    (File::from(OwnedFd::from(master)), slave.into())
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Whatever is left of its session gets the hang-up.
        self.master = None;
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(2) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
