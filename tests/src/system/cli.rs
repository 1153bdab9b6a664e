//! Running the command-line tool, as root or as somebody else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{System, make_folder};
use crate::bins;

/// What a run gave.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_str(&self.out) {
            Ok(value) => value,
            Err(error) => panic!("{error}: {self:?}"),
        }
    }

    /// Itself, when it exited with `code`.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

impl System {
    /// Runs it as root.
    #[track_caller]
    pub fn cli(&self, arguments: &[&str]) -> Ran {
        run(self.command(bins::enroll(), arguments))
    }

    /// Runs it as somebody else, from a copy they can reach.
    #[track_caller]
    pub fn cli_as(&self, uid: u32, arguments: &[&str]) -> Ran {
        let mut command = self.command(self.reachable(&bins::enroll()), arguments);
        command.uid(uid).gid(uid).current_dir("/");
        run(command)
    }

    /// The command, not started yet. It is to be started by this thread: as what no user's login stands behind, whoever
    /// runs the tests.
    pub fn command(&self, program: PathBuf, arguments: &[&str]) -> Command {
        // A kernel that does not audit has no such file, and then nothing is to be wiped.
        let _ = fs::write("/proc/thread-self/loginuid", u32::MAX.to_string());
        let mut command = Command::new(program);
        command
            .env_clear()
            .arg("--socket")
            .arg(self.socket())
            .arg("--config")
            .arg(self.config())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// A copy of a built file where everybody can run it: the build folder may lie in root's home.
    pub fn reachable(&self, program: &std::path::Path) -> PathBuf {
        let folder = self.path("bin");
        if !folder.exists() {
            make_folder(&folder, 0o755);
        }
        let copy = folder.join(program.file_name().unwrap());
        if !copy.exists() {
            // By another process: a child forked elsewhere in this one while it has the copy open for writing would keep
            // it so, and the kernel runs no program that somebody may still write.
            assert!(
                Command::new("cp")
                    .arg(program)
                    .arg(&copy)
                    .status()
                    .unwrap()
                    .success()
            );
            fs::set_permissions(&copy, PermissionsExt::from_mode(0o755)).unwrap();
        }
        copy
    }

    /// Enrols a user from portraits, which must succeed.
    #[track_caller]
    pub fn enrol(&self, user: &str, portraits: &[&str]) -> Ran {
        let files: Vec<String> = portraits.iter().map(|name| self.portrait(name)).collect();
        let mut arguments = vec!["add", "--unattended", "--json", "--user", user, "--image"];
        arguments.extend(files.iter().map(String::as_str));
        self.cli(&arguments).expect(0)
    }

    /// Enrols the usual user from the usual pictures.
    #[track_caller]
    pub fn enrol_usual(&self) {
        self.enrol(super::user::ENROLLED, &["obama.jpg", "obama2.jpg"]);
    }

    /// The templates' ids, as root sees them.
    #[track_caller]
    pub fn templates(&self) -> Vec<i64> {
        let listed = self.cli(&["list", "--json"]).expect(0).json();
        let templates = listed["templates"].as_array().unwrap();
        templates
            .iter()
            .map(|template| template["id"].as_i64().unwrap())
            .collect()
    }
}

pub(super) fn run(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}
