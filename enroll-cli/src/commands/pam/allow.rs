//! The allow-list in the configuration file, and the daemon that has to read it again.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use facelogin_config::parse;

use super::PamError;
use crate::error::CliError;
use crate::pam::allow_list;
use crate::pam::files::{can_replace, replace};
use crate::pam::root::Root;

/// The configuration as it is and as it shall be.
pub struct Draft {
    old: String,
    new: String,
}

impl Draft {
    /// With each of `services` on or off. What the daemon would refuse is refused here, in its words; only turning off
    /// is possible in a file that it refuses already.
    pub fn of(path: &Path, services: &[String], enabled: bool) -> Result<Self, CliError> {
        let wrong = |why: String| PamError::Config {
            path: path.into(),
            why,
        };
        let old = fs::read_to_string(path).map_err(|why| wrong(format!("it cannot be read: {why}")))?;
        let changes = services.iter().map(|service| (service.as_str(), enabled));
        let new = allow_list::set(&old, changes).map_err(|why| wrong(why.to_string()))?;
        if enabled || parse(&old, path).is_ok() {
            parse(&new, path)?;
        }
        Ok(Self { old, new })
    }

    /// Whether there is anything to write.
    pub fn is_change(&self) -> bool {
        self.old != self.new
    }

    /// Whether [`Draft::write`] will be possible: asked before anything else is changed.
    pub fn can_be_written(&self, path: &Path) -> Result<(), PamError> {
        if self.is_change() {
            Ok(can_replace(path)?)
        } else {
            Ok(())
        }
    }

    /// Puts it in the file's place, the old one beside it.
    pub fn write(&self, path: &Path) -> Result<(), PamError> {
        if self.is_change() {
            Ok(replace(path, self.new.as_bytes())?)
        } else {
            Ok(())
        }
    }
}

/// Has the running daemon read a changed configuration. `Err` is what is left to do by hand.
pub fn restart(root: &Root) -> Result<(), &'static str> {
    // Nobody runs in an image, and without systemd nobody is known here who could restart a daemon.
    if !root.is_machine() {
        return Ok(());
    }
    if !Path::new("/run/systemd/system").is_dir() {
        return Err("Restart facelogind: it reads the configuration when it starts.");
    }
    let done = Command::new("/usr/bin/systemctl")
        .args(["try-restart", "facelogind.service"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match done {
        Ok(status) if status.success() => Ok(()),
        _ => Err("facelogind could not be restarted; try: systemctl restart facelogind"),
    }
}
