//! One of the cameras that `camera.device` prefers.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::{CameraId, CameraIdError};

/// Where udev keeps stable names for the nodes of cameras.
const LINKS: [&str; 2] = ["/dev/v4l/by-id", "/dev/v4l/by-path"];

/// Which camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// A built-in one: colour before infrared.
    Auto,
    /// The one with this identity.
    Named(CameraId),
    /// The node behind this link below `/dev/v4l/by-id/` or `/dev/v4l/by-path/`.
    Link(PathBuf),
}

/// Why a text is no preference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// A path that changes.
    #[error(
        "expected \"auto\", an identity as `facelogin-enroll cameras` lists them, or a link below /dev/v4l/by-id/ or \
         /dev/v4l/by-path/: /dev/videoN changes from boot to boot"
    )]
    Path,
    /// No path, and no identity either.
    #[error("expected \"auto\", or an identity as `facelogin-enroll cameras` lists them: {0}")]
    Identity(#[from] CameraIdError),
}

impl FromStr for Device {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        if !text.starts_with('/') {
            return Ok(Self::Named(text.parse()?));
        }
        let path = PathBuf::from(text);
        let stable = LINKS
            .iter()
            .any(|folder| path.parent() == Some(Path::new(folder)));
        if stable && path.file_name().is_some() {
            Ok(Self::Link(path))
        } else {
            Err(DeviceError::Path)
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Named(identity) => identity.fmt(f),
            Self::Link(path) => path.display().fmt(f),
        }
    }
}

impl Serialize for Device {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r24_a_preference_reads_back_as_it_was_written() {
        for text in [
            "auto",
            "usb:04f2:b6d9 serial=2009 kind=infrared",
            "path=platform-vivid.0",
            "/dev/v4l/by-id/usb-Cam-video-index0",
            "/dev/v4l/by-path/pci-0000:00:14.0-usb-0:6:1.0-video-index0",
        ] {
            assert_eq!(text.parse::<Device>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn r24_what_changes_from_boot_to_boot_is_no_preference() {
        for text in [
            "/dev/video0",
            "/dev/v4l/by-id/",
            "/dev/v4l/by-id/..",
            "/",
            "/dev/v4l/by-id/a/b",
        ] {
            assert_eq!(text.parse::<Device>(), Err(DeviceError::Path), "{text}");
        }
        for text in ["", "Auto", "video0", "usb:1"] {
            assert!(
                matches!(text.parse::<Device>(), Err(DeviceError::Identity(_))),
                "{text}"
            );
        }
    }
}
