//! The test's side: starts a host, waits for it, reads its report.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::case::{Case, Report};

/// Longer than any case, even on a busy machine: only a host that hangs is ended by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a host ended.
#[derive(Debug)]
pub struct Outcome {
    /// The process's own end.
    pub status: ExitStatus,
    /// Its report, when it came to writing one.
    pub report: Option<Report>,
    /// What was written to its descriptors 0 to 2.
    pub output: Vec<u8>,
}

/// A host that is ready to be started, and the files it leaves.
pub struct Prepared {
    folder: TempDir,
    streams: PathBuf,
}

/// Runs a case with `program`, which is `env!("CARGO_BIN_EXE_hostile-host")`. A host that hangs is killed, and its
/// status says so.
pub fn run(program: &str, case: &Case) -> io::Result<Outcome> {
    let prepared = Prepared::new(case)?;
    let mut child = prepared.command(program)?.spawn()?;
    let status = wait(&mut child)?;
    prepared.outcome(status)
}

impl Prepared {
    /// Writes the case down.
    pub fn new(case: &Case) -> io::Result<Self> {
        let folder = TempDir::with_prefix("facelogin-hostile-")?;
        // A host may have another uid by the time it writes its report.
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777))?;
        fs::write(folder.path().join("case"), serde_json::to_vec(case)?)?;
        let streams = folder.path().join("streams");
        File::create(&streams)?;
        Ok(Self { folder, streams })
    }

    /// The host's command: its descriptors 0 to 2 are one file, open for reading and writing.
    pub fn command(&self, program: &str) -> io::Result<Command> {
        let stream = OpenOptions::new().read(true).append(true).open(&self.streams)?;
        let mut command = Command::new(program);
        // What is set here must change nothing (R13), and a failed comparison prints nobody's environment.
        command
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("RUST_BACKTRACE", "full")])
            .envs([("FACELOGIN_SOCKET", "/nowhere"), ("SSH_CONNECTION", "x")])
            // What a thread keeps for its next malloc would count as in use.
            .env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")
            .arg(self.folder.path().join("case"))
            .arg(self.folder.path().join("report"))
            .stdin(stream.try_clone()?)
            .stdout(stream.try_clone()?)
            .stderr(stream);
        Ok(command)
    }

    /// What it left.
    pub fn outcome(&self, status: ExitStatus) -> io::Result<Outcome> {
        let report = match fs::read(self.folder.path().join("report")) {
            Ok(bytes) => Some(
                serde_json::from_slice(&bytes)
                    .map_err(|_| io::Error::other(String::from_utf8_lossy(&bytes).into_owned()))?,
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Outcome {
            status,
            report,
            output: fs::read(&self.streams)?,
        })
    }
}

fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            return child.wait();
        }
        sleep(Duration::from_millis(1));
    }
}
