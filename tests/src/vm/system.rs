//! Boots the system, follows its console, and ends it when it hangs.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Console, Outcome};
use crate::bins;

/// A boot takes eight seconds where nothing else runs.
const BOOT: Duration = Duration::from_secs(180);

/// For a scenario that says nothing of its limit, as in `inside.sh`.
const LIMIT: Duration = Duration::from_secs(60);

/// The guest ends what is over its limit by itself; this long after, it is the guest that hangs.
const GRACE: Duration = Duration::from_secs(30);

/// One of the scripts in `tests/vm/scenarios`.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its file's name, without `.sh`.
    pub name: String,
    /// Run only when all are asked for: `# long` in its file.
    pub long: bool,
    /// For each of its boots.
    limit: Duration,
}

/// All of them, in their order.
///
/// # Errors
/// When the folder or a file cannot be read, as text for people.
pub fn scenarios() -> Result<Vec<Scenario>, String> {
    let folder = folder().join("scenarios");
    let told = |error| format!("{}: {error}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .map_err(told)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(told)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sh"));
    files.sort();
    files
        .iter()
        .map(|file| {
            let text = fs::read_to_string(file).map_err(told)?;
            let limit = text.lines().find_map(|line| {
                let seconds = line.strip_prefix("# limit: ")?.strip_suffix(" s")?;
                seconds.parse().ok().map(Duration::from_secs)
            });
            Ok(Scenario {
                name: file
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                long: text.lines().any(|line| line == "# long"),
                limit: limit.unwrap_or(LIMIT),
            })
        })
        .collect()
}

/// Why this machine cannot boot it as it is, if so.
pub fn lacking() -> Option<String> {
    if !nix::unistd::geteuid().is_root() {
        return Some("booting a system needs root".into());
    }
    if !cfg!(target_arch = "x86_64") {
        return Some("the kernel in user mode is built for x86_64 only".into());
    }
    ["kernel.sh", "image.sh"].into_iter().find_map(|script| {
        let output = Command::new(folder().join(script))
            .arg("--cached")
            .env("FACELOGIN_BIN_DIR", bins::folder())
            .output();
        match output {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()),
            Err(error) => Some(format!("{script}: {error}")),
        }
    })
}

/// Where what it leaves behind lies: its console, its journal, what scenarios keep.
pub fn artefacts() -> PathBuf {
    bins::folder().join("vm")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vm")
}

/// A system that was booted.
pub struct System {
    script: Child,
    lines: Receiver<String>,
    console: Console,
    log: Option<File>,
    begun: Instant,
    /// When the clock of what it does now began.
    since: Instant,
    booted: Option<Duration>,
    ended: bool,
}

impl System {
    /// Starts it, to run these scenarios.
    ///
    /// # Errors
    /// When its script cannot be started, as text for people.
    pub fn boot(scenarios: &[Scenario]) -> Result<Self, String> {
        let script = folder().join("run.sh");
        let mut child = Command::new(&script)
            .arg("scenarios")
            .args(scenarios.iter().map(|scenario| &scenario.name))
            .env("FACELOGIN_BIN_DIR", bins::folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", script.display()))?;
        let (sender, lines) = channel();
        let streams: [Option<Box<dyn std::io::Read + Send>>; 2] = [
            child.stdout.take().map(|stream| Box::new(stream) as _),
            child.stderr.take().map(|stream| Box::new(stream) as _),
        ];
        for stream in streams.into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                // A console may say anything, whole characters or not.
                for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                    if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self {
            script: child,
            lines,
            console: Console::default(),
            log: None,
            begun: Instant::now(),
            since: Instant::now(),
            booted: None,
            ended: false,
        })
    }

    /// Waits until this scenario has ended, or nothing more will come of it.
    pub fn outcome(&mut self, scenario: &Scenario) -> Outcome {
        while !self.console.outcome(&scenario.name).ended {
            let limit = if self.booted.is_some() {
                scenario.limit + GRACE
            } else {
                BOOT
            };
            if !self.follow(limit) {
                break;
            }
        }
        self.console.outcome(&scenario.name)
    }

    /// Waits until it is off.
    ///
    /// # Errors
    /// When it did not get through, with its last lines.
    pub fn off(&mut self) -> Result<(), String> {
        while self.follow(GRACE) {}
        if self.console.done() {
            Ok(())
        } else {
            Err(format!("it did not get to its end:\n{}", self.console.tail(80)))
        }
    }

    /// The last lines of its console.
    pub fn tail(&self) -> String {
        self.console.tail(40)
    }

    /// How long it took until the first scenario could begin.
    pub fn booted(&self) -> Option<Duration> {
        self.booted
    }

    /// One more line; false when there will be none, or none came although the clock has run out.
    fn follow(&mut self, limit: Duration) -> bool {
        if self.ended {
            return false;
        }
        let left = limit.saturating_sub(self.since.elapsed());
        match self.lines.recv_timeout(left) {
            Ok(line) => {
                self.keep(&line);
                if self.console.hear(&line) {
                    self.since = Instant::now();
                }
                if line.starts_with("VM BOOT ") {
                    self.booted.get_or_insert(self.begun.elapsed());
                }
                true
            }
            Err(RecvTimeoutError::Disconnected) => {
                self.ended = true;
                false
            }
            Err(RecvTimeoutError::Timeout) => {
                self.console
                    .hear(&format!("VM BROKEN nothing came of it in {} s", limit.as_secs()));
                self.end();
                false
            }
        }
    }

    fn keep(&mut self, line: &str) {
        if line.trim_end().is_empty() {
            return;
        }
        // The folder is emptied before the first line comes.
        let log = self
            .log
            .take()
            .or_else(|| File::create(artefacts().join("console.log")).ok());
        self.log = log;
        if let Some(log) = &mut self.log {
            let seconds = self.begun.elapsed().as_secs_f64();
            // A log that cannot be written fails nothing: the lines are in memory.
            let _ = writeln!(log, "{seconds:8.3} {}", line.trim_end());
        }
    }

    fn end(&mut self) {
        self.ended = true;
        if let Ok(pid) = i32::try_from(self.script.id()) {
            // It ends the guest.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let start = Instant::now();
        while start.elapsed() < GRACE && matches!(self.script.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.end();
    }
}
