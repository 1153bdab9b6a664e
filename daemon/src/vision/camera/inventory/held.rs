//! Numbers of nodes are given anew when something is plugged in: what was learnt of one is true of an open file alone.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;

use nix::fcntl::OFlag;
use nix::libc::ENODEV;
use nix::sys::stat::{major, minor};

use super::nodes::{Node, sight};
use crate::place::Place;

/// Opens /dev/video`number`. As long as the file is open the kernel gives the number to nobody else.
pub fn hold(number: u32) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags((OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).bits())
        .open(format!("/dev/video{number}"))
}

/// The folder in sysfs of the device behind an open file; an error once it was unplugged.
pub fn sysfs_of(file: &File) -> io::Result<PathBuf> {
    let device = file.metadata()?.rdev();
    fs::canonicalize(format!("/sys/dev/char/{}:{}", major(device), minor(device)))
}

impl Node {
    /// Opens this very node, and no other that has its number meanwhile (R24).
    ///
    /// # Errors
    /// `ENODEV` when it is gone, whatever has come in its place.
    pub fn hold(&self) -> io::Result<File> {
        let file = hold(self.number)?;
        let sysfs = sysfs_of(&file).map_err(|_| io::Error::from_raw_os_error(ENODEV))?;
        let same = sysfs == self.sysfs && Place::of(&sysfs).identity(sight(self.kind)) == self.identity;
        if same {
            Ok(file)
        } else {
            Err(io::Error::from_raw_os_error(ENODEV))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r24_an_open_file_tells_which_device_it_is() {
        // Not a camera; every machine has it, and its place in sysfs does not depend on its name.
        let null = File::open("/dev/null").unwrap();
        assert!(sysfs_of(&null).unwrap().ends_with("mem/null"));
        let plain = tempfile::tempfile().unwrap();
        assert!(sysfs_of(&plain).is_err());
    }
}
