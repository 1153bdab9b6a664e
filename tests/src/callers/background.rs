//! A program that runs beside the test, and ends with it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::needs;

/// A running program.
pub struct Background(Child);

impl Background {
    /// Starts it, as `uid`; what it says goes nowhere.
    pub fn start(uid: u32, program: &str, arguments: &[&str], display: Option<&str>) -> Self {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(needs::find(program).unwrap());
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C")
            .envs(display.map(|display| ("DISPLAY", display)))
            .current_dir("/")
            .uid(uid)
            .gid(uid)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// Whether it ends by itself, successfully, within this time.
    pub fn ends_within(&mut self, time: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < time {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            // Asked first: Xvfb takes its files along.
            let _ = kill(Pid::from_raw(self.0.id() as i32), Signal::SIGTERM);
            if !self.ends_within(Duration::from_secs(2)) {
                let _ = self.0.kill();
                let _ = self.0.wait();
            }
        }
    }
}
