//! The whole of facelogin for one test: the real daemon in both its processes on a replayed camera, the real PAM module
//! in real libpam, the real command-line tool, in a folder of their own.
//!
//! Support for tests alone: what cannot be prepared panics with the reason, as an assertion does.
#![allow(clippy::unwrap_used, clippy::panic)]

mod attempts;
mod cli;
mod daemon;
pub mod doctor;
mod login;
pub mod logind;
pub mod machine;
pub mod needs;
mod private;
pub mod process;
pub mod real_logind;
pub mod scene;
pub mod user;
mod wire;

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::pam_host::ConfDir;
pub use attempts::Attempt;
pub use cli::Ran;
pub use daemon::Refused;
pub use login::{SERVICES, log_in};
use needs::Needs;
use private::Private;
use scene::Scene;
pub use wire::{Wire, authenticate_account, authenticate_in, method};

/// Long after anything that is waited for here has happened or never will.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a test may change about its system.
#[derive(Clone, Debug)]
pub struct SystemOptions {
    /// Top-level lines of the configuration.
    pub rules: String,
    /// Tables appended to the configuration.
    pub tables: String,
    /// Pictures a second of the replayed camera.
    pub fps: u32,
}

impl Default for SystemOptions {
    fn default() -> Self {
        Self {
            rules: "timeout_ms = 4000\nno_face_timeout_ms = 700".into(),
            tables: String::new(),
            fps: 30,
        }
    }
}

impl SystemOptions {
    /// Scans that go on in an empty room until the caller's time is up.
    pub fn patient() -> Self {
        Self {
            rules: "timeout_ms = 30000\nno_face_timeout_ms = 30000".into(),
            ..Self::default()
        }
    }

    /// These with other top-level lines.
    pub fn rules(self, rules: &str) -> Self {
        Self {
            rules: rules.into(),
            ..self
        }
    }

    /// These with further tables.
    pub fn tables(self, tables: &str) -> Self {
        Self {
            tables: tables.into(),
            ..self
        }
    }
}

/// A system of its own, gone when dropped.
pub struct System {
    folder: TempDir,
    stacks: ConfDir,
    needs: Needs,
    daemon: Option<Child>,
    private: Private,
    bus: Option<PathBuf>,
}

impl System {
    /// Prepares one and starts its daemon; `None`, with the reason on standard error, when this machine lacks what it
    /// takes. Returns when the models are loaded.
    pub fn start(options: &SystemOptions) -> Option<Self> {
        let mut system = Self::prepare(options)?;
        system.start_daemon();
        system.wait_until_ready();
        Some(system)
    }

    /// Prepares one whose daemon is not started yet.
    pub fn prepare(options: &SystemOptions) -> Option<Self> {
        let needs = needs::look()?;
        let folder = TempDir::with_prefix("facelogin-system-").unwrap();
        // The vision process and ordinary users must get through.
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let system = Self {
            folder,
            stacks: ConfDir::new().unwrap(),
            needs,
            daemon: None,
            private: Private::default(),
            bus: None,
        };
        make_folder(&system.models(), 0o755);
        make_folder(&system.replay(), 0o755);
        make_folder(&system.state(), 0o700);
        for name in needs::MODELS {
            link_or_copy(&system.needs.models.join(name), &system.models().join(name)).unwrap();
        }
        system.configure(options);
        system.write_stacks();
        system.show(&Scene::empty());
        Some(system)
    }

    /// Has the daemon that is started next ask the logind on this bus, and not the machine's own.
    pub fn on_bus(&mut self, bus: &Path) {
        self.bus = Some(bus.into());
    }

    /// Writes the configuration anew; the daemon reads it when it starts.
    pub fn configure(&self, options: &SystemOptions) {
        let services = SERVICES
            .iter()
            .map(|name| format!("[services.{name}]\nenabled = true\ntrigger = \"immediate\"\n"))
            .collect::<String>();
        // No logind looks after the machine that the tests run on.
        let presence = match options.rules.contains("presence") {
            true => "",
            false => "presence = \"off\"\n",
        };
        let text = format!(
            "{presence}{}\n[camera]\nallow_virtual = true\nreplay = {:?}\nreplay_fps = {}\n[models]\nfolder = {:?}\n{services}{}\n",
            options.rules,
            self.replay(),
            options.fps,
            self.models(),
            options.tables,
        );
        self.write_config(&text);
    }

    /// Writes any configuration.
    pub fn write_config(&self, text: &str) {
        fs::write(self.config(), text).unwrap();
        fs::set_permissions(self.config(), PermissionsExt::from_mode(0o644)).unwrap();
    }

    /// Puts one more model file, root's own, into the models' folder.
    pub fn add_model(&self, file: &Path) {
        let copy = self.models().join(file.file_name().unwrap());
        fs::copy(file, &copy).unwrap();
        fs::set_permissions(copy, PermissionsExt::from_mode(0o644)).unwrap();
    }

    /// Puts a scene in front of the camera. The folder stays the same one: the vision process may open no other.
    pub fn show(&self, scene: &Scene) {
        for entry in fs::read_dir(self.replay()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        for (number, jpeg) in scene.pictures().iter().enumerate() {
            let file = self.replay().join(format!("{number:03}.jpg"));
            fs::write(&file, jpeg).unwrap();
            fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
        }
    }

    /// Writes a picture (or what is none) for `add --image`, and says where.
    pub fn picture(&self, name: &str, bytes: &[u8]) -> String {
        let folder = self.path("pictures");
        if !folder.exists() {
            make_folder(&folder, 0o755);
        }
        let file = folder.join(name);
        fs::write(&file, bytes).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// A portrait as it was obtained.
    pub fn portrait(&self, name: &str) -> String {
        self.needs.pictures.join(name).to_str().unwrap().to_owned()
    }

    /// A file or folder of this system.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.path("facelogin.toml")
    }

    /// Where the daemon listens.
    pub fn socket(&self) -> PathBuf {
        self.path("run").join("s")
    }

    /// The store's folder.
    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// The models' folder; its files may be links to the cached ones: replace them, never change them.
    pub fn models(&self) -> PathBuf {
        self.path("models")
    }

    /// The folder that is played in place of a camera.
    pub fn replay(&self) -> PathBuf {
        self.path("replay")
    }
}

/// Asks again and again until there is an answer.
#[track_caller]
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn make_folder(path: &Path, mode: u32) {
    fs::create_dir(path).unwrap();
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// A hard link will do where the file is root's own and everybody may read it; tests replace files, they do not write
/// into them.
fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(from)?;
    let fit = meta.is_file() && meta.uid() == 0 && meta.mode() & 0o777 == 0o644;
    if fit && fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to)?;
    fs::set_permissions(to, PermissionsExt::from_mode(0o644))
}
