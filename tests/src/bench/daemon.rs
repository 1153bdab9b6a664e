//! The real daemon, both processes, in the bench's own folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use facelogin_protocol::types::{
    Attempt, CameraKind, ListAttemptsIn, ListAttemptsOut, StatusOut, TestOut, UnlockOut, UserIn,
};
use facelogin_protocol::{Client, Deadline};
use facelogin_tests::bins;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Failed;
use super::machine::children;
use super::report::ms;
use super::room::Room;

/// A running daemon. Dropping it kills it; its vision process dies with it.
pub struct Daemon {
    child: Child,
    socket: PathBuf,
    /// From its start to loaded models, in milliseconds.
    pub ready_ms: f64,
}

impl Daemon {
    /// Starts one and waits until it has its models. The store of an earlier one in the same room is used again.
    pub fn start(room: &Room, config: &Path) -> Result<Self, Failed> {
        let socket = room.path().join("run").join("socket");
        let log_path = room.path().join("log");
        let log = File::options().create(true).append(true).open(&log_path)?;
        let begun = Instant::now();
        let child = Command::new(bins::daemon())
            .arg("--config")
            .arg(config)
            .arg("--socket")
            .arg(&socket)
            .arg("--state")
            .arg(room.path().join("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let mut daemon = Self {
            child,
            socket,
            ready_ms: 0.0,
        };
        loop {
            let status = daemon.call::<StatusOut>("GetStatus", &user("root"));
            if status.is_ok_and(|status| status.vision == "ready") {
                daemon.ready_ms = ms(begun.elapsed());
                return Ok(daemon);
            }
            let ended = daemon.child.try_wait()?.is_some();
            if ended || begun.elapsed() > Duration::from_secs(60) {
                let said = fs::read_to_string(&log_path).unwrap_or_default();
                return Err(format!("facelogind does not become ready; it said:\n{said}").into());
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Its two processes: the supervisor and the vision process.
    pub fn pids(&self) -> Result<[u32; 2], Failed> {
        match children(self.child.id())?[..] {
            [vision] => Ok([self.child.id(), vision]),
            ref other => Err(format!("facelogind has {} children, not one", other.len()).into()),
        }
    }

    /// Enrols `name` from these pictures, with the tool that a person would use.
    pub fn enrol(&self, name: &str, pictures: &[PathBuf]) -> Result<(), Failed> {
        self.add(name, |tool| tool.arg("--image").args(pictures))
    }

    /// Enrols `name` from the camera, with the tool that a person would use; what to do for it is told on standard error.
    pub fn enrol_live(&self, name: &str, kind: CameraKind) -> Result<(), Failed> {
        self.add(name, |tool| {
            tool.args(["--camera", kind.name()]).stderr(Stdio::inherit())
        })
    }

    fn add(&self, name: &str, from: impl FnOnce(&mut Command) -> &mut Command) -> Result<(), Failed> {
        // As what no user's login stands behind: see `--unattended`. A kernel that does not audit has no such file.
        let _ = std::fs::write("/proc/thread-self/loginuid", u32::MAX.to_string());
        let mut tool = Command::new(bins::enroll());
        tool.env_clear()
            .arg("--socket")
            .arg(&self.socket)
            .args(["add", "--unattended", "--user", name]);
        let output = from(&mut tool).output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("enrolling: {}", String::from_utf8_lossy(&output.stderr)).into())
    }

    /// A scan that grants nothing, with its details.
    pub fn test(&self, name: &str) -> Result<TestOut, Failed> {
        self.call("Test", &user(name))
    }

    /// Forgets the mismatches of `name`, which are otherwise counted up to a lockout.
    pub fn unlock(&self, name: &str) -> Result<(), Failed> {
        self.call::<UnlockOut>("Unlock", &user(name)).map(drop)
    }

    /// What is on record of the newest `count` attempts, newest first. An attempt comes there after its answer.
    pub fn attempts(&self, count: usize) -> Result<Vec<Attempt>, Failed> {
        let newest = ListAttemptsIn {
            user: None,
            limit: u32::try_from(count.clamp(1, 1000))?,
        };
        Ok(self.call::<ListAttemptsOut>("ListAttempts", &newest)?.attempts)
    }

    fn call<T: DeserializeOwned>(&self, method: &str, parameters: &impl Serialize) -> Result<T, Failed> {
        let deadline = Deadline::after(Duration::from_secs(10));
        let mut client = Client::connect(&self.socket, deadline)?;
        Ok(client.call(method, parameters, deadline)?)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn user(name: &str) -> UserIn {
    UserIn { user: name.into() }
}
