//! The cameras of the machine.

use serde::{Deserialize, Serialize};

/// What a camera sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraKind {
    /// Visible light.
    Colour,
    /// Grey formats only.
    Infrared,
    /// Pictures from a folder, for tests and demonstrations.
    Replay,
    /// No format that is known here.
    Unknown,
}

impl CameraKind {
    /// As it is written for people and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Colour => "colour",
            Self::Infrared => "infrared",
            Self::Replay => "replay",
            Self::Unknown => "unknown",
        }
    }

    /// The kind of the templates that its faces are compared with: a replay shows colour.
    pub fn compared_as(self) -> Self {
        match self {
            Self::Replay => Self::Colour,
            kind => kind,
        }
    }
}

message! {
    /// One camera of this machine.
    Camera {
        /// What the configuration's `camera.device` takes.
        id: String,
        /// The driver's name for it.
        name: String,
        /// The node at the moment.
        device: String,
        /// What it sees.
        kind: CameraKind,
        /// The picture formats it offers, V4L2 codes as in `MJPG`.
        formats: Vec<String>,
        /// Whether its infrared emitter can be switched by a control that it advertises.
        emitter: bool,
        /// Built in, as far as the firmware tells (sysfs `removable`).
        fixed: bool,
        /// Made by software.
        r#virtual: bool,
        /// A login of a user with templates of its kind would use this one.
        chosen: bool,
        /// Why it is chosen, or why not.
        note: String,
    }
}

message! {
    /// The answer to `ListCameras`.
    ListCamerasOut {
        /// In the order of their nodes.
        cameras: Vec<Camera>,
    }
}
