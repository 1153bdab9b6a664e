//! The folder everything happens in: owned by root, and readable by the account that the vision process becomes.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use facelogin_models::{ModelDirs, ModelSet, Trust, VerifiedModels, manifest, verify_files};
use tempfile::TempDir;

use super::Failed;

/// The folder, gone when dropped.
pub struct Room {
    folder: TempDir,
    pictures: PathBuf,
}

impl Room {
    /// Makes it, with a copy of the default engine's models in it.
    pub fn new() -> Result<Self, Failed> {
        let folder = TempDir::with_prefix("facelogin-bench-")?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let room = Self {
            folder,
            pictures: source("FACELOGIN_TEST_PICTURES", "pictures")?,
        };
        let models = source("FACELOGIN_TEST_MODELS", "models")?;
        public_folder(&room.models())?;
        public_folder(&room.camera())?;
        for file in manifest() {
            let from = models.join(file.name);
            let bytes = fs::read(&from).map_err(|error| format!("{}: {error}", from.display()))?;
            public_file(&room.models().join(file.name), &bytes)?;
        }
        Ok(room)
    }

    /// The room itself.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The model files.
    pub fn models(&self) -> PathBuf {
        self.path().join("models")
    }

    /// Copies those of the second engine and of liveness that are in `folder` or where the default engine's are.
    pub fn add_models(&self, folder: Option<&Path>) -> Result<(), Failed> {
        let installed = source("FACELOGIN_TEST_MODELS", "models")?;
        for file in [ModelSet::Onnx, ModelSet::Liveness]
            .into_iter()
            .flat_map(ModelSet::files)
        {
            let folders = folder.into_iter().chain([installed.as_path()]);
            let found = folders
                .map(|folder| fs::read(folder.join(file.name)))
                .find_map(Result::ok);
            if let Some(bytes) = found {
                public_file(&self.models().join(file.name), &bytes)?;
            }
        }
        Ok(())
    }

    /// The files of a set, or of its first `count`; `None` where one is not there.
    pub fn verified(&self, set: ModelSet, count: usize) -> Option<VerifiedModels> {
        let files = set.files().get(..count)?;
        verify_files(files, &ModelDirs::only(self.models()), Trust::RootOwned).ok()
    }

    /// What the replayed camera plays.
    pub fn camera(&self) -> PathBuf {
        self.path().join("camera")
    }

    /// One of the portraits.
    pub fn portrait(&self, name: &str) -> PathBuf {
        self.pictures.join(name)
    }

    /// Puts these JPEG files before the camera, in place of those that were there. Not during a scan.
    pub fn show(&self, frames: &[Vec<u8>]) -> Result<(), Failed> {
        for entry in fs::read_dir(self.camera())? {
            fs::remove_file(entry?.path())?;
        }
        for (number, bytes) in frames.iter().enumerate() {
            public_file(&self.camera().join(format!("{number:03}.jpg")), bytes)?;
        }
        Ok(())
    }

    /// Writes a configuration for the replay at `fps`, without liveness, for what it plays are pictures: everything else
    /// is what ships.
    pub fn config(&self, fps: u32) -> Result<PathBuf, Failed> {
        self.config_of("dlib", "off", fps)
    }

    /// The same with this engine, and with liveness or without.
    pub fn config_of(&self, engine: &str, liveness: &str, fps: u32) -> Result<PathBuf, Failed> {
        let replay = format!(
            "allow_virtual = true\nreplay = {:?}\nreplay_fps = {fps}\n",
            self.camera()
        );
        let first = format!("engine = {engine:?}\nliveness = {liveness:?}\n");
        self.write(
            &format!("facelogin-{engine}-{liveness}-{fps}.toml"),
            &first,
            &replay,
        )
    }

    /// Writes a configuration for a camera of this machine: everything else is what ships.
    pub fn camera_config(&self, device: &str, allow_virtual: bool) -> Result<PathBuf, Failed> {
        let camera = format!("allow_virtual = {allow_virtual}\ndevice = {device:?}\n");
        self.write("facelogin-camera.toml", "", &camera)
    }

    fn write(&self, name: &str, first: &str, camera: &str) -> Result<PathBuf, Failed> {
        let path = self.path().join(name);
        let text = format!(
            "presence = \"off\"\n{first}[camera]\n{camera}\n[models]\nfolder = {:?}\n\n\
             [services.login]\nenabled = true\ntrigger = \"immediate\"\n",
            self.models()
        );
        public_file(&path, text.as_bytes())?;
        Ok(path)
    }
}

/// `variable`, else the cache that the Makefile fills.
fn source(variable: &str, name: &str) -> Result<PathBuf, Failed> {
    if let Some(folder) = env::var_os(variable) {
        return Ok(folder.into());
    }
    let cache = match (env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")) {
        (Some(cache), _) => PathBuf::from(cache),
        (None, Some(home)) => PathBuf::from(home).join(".cache"),
        (None, None) => return Err(format!("set {variable}: there is no home to look in").into()),
    };
    Ok(cache.join("facelogin").join(name))
}

/// Modes are set, not left to the umask.
fn public_folder(path: &Path) -> Result<(), Failed> {
    fs::create_dir(path)?;
    Ok(fs::set_permissions(path, Permissions::from_mode(0o755))?)
}

fn public_file(path: &Path, bytes: &[u8]) -> Result<(), Failed> {
    fs::write(path, bytes)?;
    Ok(fs::set_permissions(path, Permissions::from_mode(0o644))?)
}
