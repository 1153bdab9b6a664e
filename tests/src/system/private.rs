//! A world of the daemon's own: files of the test's in the place of this machine's, a boot clock that runs ahead, fewer
//! capabilities. The machine itself is not touched: mounts and clock are seen in the namespaces of that one process alone.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::System;
use crate::bins;

/// What the daemon sees otherwise than everybody else.
#[derive(Debug, Default)]
pub(super) struct Private {
    mounts: Vec<(PathBuf, PathBuf)>,
    boot_clock_ahead: u64,
    capabilities: Option<&'static str>,
}

impl Private {
    /// The daemon's program, and what starts it. Nothing forks: the process that is started becomes the daemon.
    pub(super) fn daemon(&self) -> Command {
        let mut words: Vec<OsString> = Vec::new();
        if !self.mounts.is_empty() {
            let lay = "while [ \"$1\" != -- ]; do mount --bind \"$1\" \"$2\" || exit 99; shift 2; done; shift; exec \"$@\"";
            words.extend(["unshare", "--mount", "sh", "-c", lay, "sh"].map(Into::into));
            for (own, machine) in &self.mounts {
                words.extend([own.into(), machine.into()]);
            }
            words.push("--".into());
        }
        if self.boot_clock_ahead > 0 {
            let offset = self.boot_clock_ahead.to_string();
            words.extend(["unshare", "--time", "--boottime", &offset].map(Into::into));
        }
        if let Some(kept) = self.capabilities {
            words.extend(["setpriv", "--no-new-privs", "--bounding-set", kept].map(Into::into));
        }
        words.push(bins::daemon().into());
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().unwrap());
        // unshare, mount and nsenter are in neither of the two on every system.
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .args(words);
        command
    }
}

impl System {
    /// Lays a file over one of this machine's, from the daemon's next start on; later ones only replace its content.
    pub fn lay_over(&mut self, machine: &str, text: &str, mode: u32) {
        let own = self.path(&format!("laid-over{}", machine.replace('/', "-")));
        // In place: a mount stays on the file that it began with.
        fs::write(&own, text).unwrap();
        fs::set_permissions(&own, PermissionsExt::from_mode(mode)).unwrap();
        self.lay(own, machine);
    }

    /// Lays a folder over one of this machine's, from the daemon's next start on.
    pub fn lay(&mut self, own: PathBuf, machine: &str) {
        let pair = (own, PathBuf::from(machine));
        if !self.private.mounts.contains(&pair) {
            self.private.mounts.push(pair);
        }
    }

    /// Lets the daemon's boot clock run so many seconds ahead, from its next start on.
    ///
    /// # Panics
    /// Where the kernel does not take a process into a new time namespace when it runs a program (before 6.3).
    pub fn boot_clock_ahead(&mut self, seconds: u64) {
        let uptime = |command: &mut Command| -> f64 {
            let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
            said.split(' ').next().unwrap().parse().unwrap()
        };
        let own = uptime(Command::new("cat").arg("/proc/uptime"));
        let ahead =
            uptime(Command::new("unshare").args(["--time", "--boottime", "1000000", "cat", "/proc/uptime"]));
        assert!(
            ahead > own + 999_000.0,
            "this kernel has no time namespaces that a program starts in"
        );
        self.private.boot_clock_ahead = seconds;
    }

    /// Leaves the daemon, from its next start on, without the capabilities that let root read everybody's files, as its
    /// unit does; with `CAP_DAC_READ_SEARCH` if wanted. Those to start the vision process are kept.
    pub fn drop_capabilities(&mut self, may_read: bool) {
        self.private.capabilities = Some(match may_read {
            false => "-all,+setuid,+setgid,+kill",
            true => "-all,+setuid,+setgid,+kill,+dac_read_search",
        });
    }

    /// Runs a command where the daemon lives.
    #[track_caller]
    pub fn beside_the_daemon(&self, program: &str, arguments: &[&str]) {
        let done = Command::new("nsenter")
            .args([
                "--mount",
                "--target",
                &self.daemon_pid().to_string(),
                "--",
                program,
            ])
            .args(arguments)
            .output()
            .unwrap();
        assert!(done.status.success(), "{program} {arguments:?}: {done:?}");
    }

    /// A folder that everybody can look into.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.path(name);
        fs::create_dir_all(&folder).unwrap();
        let mut part: &Path = &folder;
        while part != self.folder.path() {
            fs::set_permissions(part, PermissionsExt::from_mode(0o755)).unwrap();
            part = part.parent().unwrap();
        }
        folder
    }
}
