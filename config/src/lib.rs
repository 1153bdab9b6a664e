//! The configuration of facelogin: one TOML file, `/etc/facelogin/facelogin.toml`.
//!
//! A file that cannot be read as it stands is an error that names file, line, key and what was expected; nothing is
//! silently replaced by a default, and the daemon does not start on one. The allow-list of PAM services is exactly
//! what the file lists.

mod camera_id;
mod device;
mod error;
mod load;
mod read;
mod schema;
pub mod services;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use camera_id::{CameraId, CameraIdError, Sight};
pub use device::{Device, DeviceError};
pub use error::ConfigError;
pub use load::{Trust, load};
pub use read::parse;

/// Where the file is unless told otherwise.
pub const DEFAULT_PATH: &str = "/etc/facelogin/facelogin.toml";

/// The commented file that is installed. It parses to [`Config::default`].
pub const DEFAULT_FILE: &str = include_str!("../facelogin.toml");

/// How strict the comparison is. What distance each name stands for, and what was measured there, is the engine's
/// matter; see `docs/accuracy.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Fewest refusals.
    Convenient,
    /// The default.
    Balanced,
    /// Fewest false matches.
    Strict,
}

/// Which engine finds and encodes faces. Templates belong to the engine that made them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// dlib: HOG detector, five landmarks, ResNet encoder.
    #[default]
    Dlib,
    /// YuNet detector and SFace encoder, run in Rust.
    Onnx,
}

/// Whether a face must look alive. It only ever denies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Liveness {
    /// Not looked at.
    Off,
    /// With whatever is installed for this camera, which may be nothing.
    #[default]
    On,
    /// As `on`, and without an answer there is no match.
    Required,
}

/// What begins a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// The login itself: the password is asked for only when the face brought nothing.
    Immediate,
    /// An empty answer at one prompt that also takes the password.
    Enter,
}

/// Where the user must be, as logind tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// In the active session of this machine's first seat, at its greeter, or at its visible text terminal.
    Seat,
    /// In any session of this machine that did not come over a network.
    Local,
    /// Anywhere: only `PAM_RHOST` is looked at.
    Off,
}

/// When a password must come before the face is asked again. A password once typed also opens the keyring.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PasswordFirst {
    /// Once after each boot.
    pub after_boot: bool,
    /// Once in so many hours, 1 to 8,760, and so after each boot too; `None`: never.
    pub after_hours: Option<u32>,
}

/// How a scan is judged, for one PAM service or for all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rules {
    /// A named strictness.
    pub security: Security,
    /// A Euclidean distance, 0.20 to 0.60, that takes the place of the named one.
    pub threshold: Option<f32>,
    /// How many good pictures are fused into one probe, 1 to 10.
    pub frames: u32,
    /// Whether the face must look alive.
    pub liveness: Liveness,
    /// The longest scan, 500 to 30,000 ms.
    pub timeout_ms: u32,
    /// How long a scan goes on without a face in view, 200 ms up to `timeout_ms`.
    pub no_face_timeout_ms: u32,
}

/// The camera.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Camera {
    /// In the order of preference: the first that is there is used. At least one, each once.
    #[serde(rename = "device")]
    pub devices: Vec<Device>,
    /// Whether cameras made by software, and the replay below, are accepted.
    pub allow_virtual: bool,
    /// A folder of pictures, or of folders of pictures, that is played instead of a camera.
    pub replay: Option<PathBuf>,
    /// Pictures a second of the replay, 1 to 240.
    pub replay_fps: u32,
}

/// When mismatches lock the face out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lockout {
    /// Mismatches in a row before the first wait, 1 to 20.
    pub failures: u32,
    /// The first wait, 10 to 3,600 s; each further mismatch doubles it.
    pub first_wait_seconds: u64,
    /// The longest wait, up to 86,400 s.
    pub max_wait_seconds: u64,
}

/// One PAM service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Service {
    /// Whether it may use the face.
    pub enabled: bool,
    /// What begins a scan; [`services::default_trigger`] where the file does not say.
    pub trigger: Trigger,
    /// Its rules, with the general ones filled in.
    pub rules: Rules,
}

/// The whole configuration, validated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Config {
    /// The general rules.
    pub rules: Rules,
    /// What finds and encodes faces.
    pub engine: Engine,
    /// Where the user must be.
    pub presence: Presence,
    /// For how long after the screen was locked `immediate` does not open it again, 0 to 600 s: whoever locks it is
    /// still in front of the camera.
    pub lock_grace_seconds: u32,
    /// When the password comes first.
    pub password_first: PasswordFirst,
    /// The camera.
    pub camera: Camera,
    /// Where the model files are; by default the system's model folders.
    pub models: Option<PathBuf>,
    /// Lockout.
    pub lockout: Lockout,
    /// The allow-list, by `PAM_SERVICE`.
    pub services: BTreeMap<String, Service>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            security: Security::Balanced,
            threshold: None,
            frames: 3,
            liveness: Liveness::On,
            timeout_ms: 4000,
            no_face_timeout_ms: 1500,
        }
    }
}

impl Default for Lockout {
    fn default() -> Self {
        Self {
            failures: 5,
            first_wait_seconds: 60,
            max_wait_seconds: 3600,
        }
    }
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            devices: vec![Device::Auto],
            allow_virtual: false,
            replay: None,
            replay_fps: 30,
        }
    }
}

impl Default for Config {
    /// What the installed file says: greeters, lock screens and `login` may use the face.
    fn default() -> Self {
        let rules = Rules::default();
        let service = |name: &str| Service {
            enabled: true,
            trigger: services::default_trigger(name),
            rules: rules.clone(),
        };
        let services = services::DEFAULT
            .iter()
            .map(|name| (name.to_string(), service(name)))
            .collect();
        Self {
            rules,
            engine: Engine::Dlib,
            presence: Presence::Seat,
            lock_grace_seconds: 10,
            password_first: PasswordFirst::default(),
            camera: Camera::default(),
            models: None,
            lockout: Lockout::default(),
            services,
        }
    }
}

impl Config {
    /// A service that may use the face; `None` for every other.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.get(name).filter(|service| service.enabled)
    }

    /// The effective configuration as TOML, as `config show` prints it.
    pub fn to_toml(&self) -> String {
        schema::to_toml(self)
    }
}

/// Reads the file at `path`, and insists that it is root's alone to write.
pub fn load_system(path: &Path) -> Result<Config, ConfigError> {
    load(path, Trust::RootOwned)
}
