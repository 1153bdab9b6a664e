//! Starting, watching and ending the daemon.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use facelogin_protocol::types::{OptionalUserIn, StatusOut};
use facelogin_protocol::{Client, ClientError, Deadline};

use super::{System, process, until};

/// A daemon that ended by itself.
#[derive(Debug)]
pub struct Refused {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it said.
    pub said: String,
}

impl System {
    /// Starts the daemon without waiting for anything.
    pub fn start_daemon(&mut self) {
        assert!(self.daemon.is_none(), "it runs already");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.path("daemon.log"))
            .unwrap();
        let child = self
            .private
            .daemon()
            .arg("--config")
            .arg(self.config())
            .arg("--socket")
            .arg(self.socket())
            .arg("--state")
            .arg(self.state())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.daemon = Some(child);
    }

    /// Starts the daemon, which is expected to refuse.
    pub fn start_refused(&mut self) -> Refused {
        let before = self.log().len();
        self.start_daemon();
        let child = self.daemon.as_mut().unwrap();
        let status = until("the daemon refuses to start", || child.try_wait().unwrap());
        self.daemon = None;
        assert_eq!(status.signal(), None, "{}", self.log());
        Refused {
            code: status.code(),
            said: self.log().split_off(before),
        }
    }

    /// Ends the daemon the hard way and waits for both processes to be gone.
    pub fn stop_daemon(&mut self) {
        let Some(mut child) = self.daemon.take() else {
            return;
        };
        let vision = process::children(child.id());
        let _ = child.kill();
        let _ = child.wait();
        for pid in vision {
            until("the vision process follows its parent", || {
                (!process::alive(pid)).then_some(())
            });
        }
    }

    /// Ends and starts it.
    pub fn restart_daemon(&mut self) {
        self.stop_daemon();
        self.start_daemon();
        self.wait_until_ready();
    }

    /// Waits until the models are loaded and nobody is scanning.
    #[track_caller]
    pub fn wait_until_ready(&mut self) {
        self.wait_for_vision("ready");
    }

    /// Waits for `GetStatus` to say this of the vision process.
    #[track_caller]
    pub fn wait_for_vision(&mut self, state: &str) {
        let mut last = String::new();
        let child = self.daemon.as_mut().unwrap();
        let socket = self.folder.path().join("run").join("s");
        until(&format!("vision is {state}"), || {
            assert!(child.try_wait().unwrap().is_none(), "the daemon has ended");
            last = status_at(&socket).map(|status| status.vision).unwrap_or_default();
            (last == state).then_some(())
        });
    }

    /// What `GetStatus` says to root about `user`.
    pub fn status(&self, user: &str) -> StatusOut {
        let deadline = Deadline::after(Duration::from_secs(10));
        let request = OptionalUserIn {
            user: Some(user.into()),
        };
        Client::connect(&self.socket(), deadline)
            .and_then(|mut client| client.call("GetStatus", &request, deadline))
            .unwrap()
    }

    /// The supervisor.
    pub fn daemon_pid(&self) -> u32 {
        self.daemon.as_ref().unwrap().id()
    }

    /// The vision process.
    #[track_caller]
    pub fn vision_pid(&self) -> u32 {
        match process::children(self.daemon_pid())[..] {
            [one] => one,
            ref other => panic!("expected one child of the daemon: {other:?}"),
        }
    }

    /// What the daemon has said on standard error; its audit lines too where there is no system log.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.path("daemon.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for System {
    #[allow(clippy::print_stderr)]
    fn drop(&mut self) {
        if std::thread::panicking() {
            // A second panic would hide the first: no waiting here.
            if let Some(child) = &mut self.daemon {
                let _ = child.kill();
                let _ = child.wait();
            }
            eprintln!("the daemon said:\n{}", self.log());
            eprintln!("the store has on record: {:#?}", self.read_attempts());
        } else {
            self.stop_daemon();
        }
    }
}

fn status_at(socket: &std::path::Path) -> Result<StatusOut, ClientError> {
    let deadline = Deadline::after(Duration::from_secs(5));
    Client::connect(socket, deadline)?.call("GetStatus", &OptionalUserIn { user: None }, deadline)
}
