//! What these tests take that a checkout does not have: root, the model files, the portraits, the built files.

use std::env;
use std::path::{Path, PathBuf};

/// The model files.
pub const MODELS: [&str; 2] = [
    "dlib_face_recognition_resnet_model_v1.dat",
    "shape_predictor_5_face_landmarks.dat",
];

/// The portraits.
pub const PORTRAITS: [&str; 5] = [
    "biden.jpg",
    "obama.jpg",
    "obama2.jpg",
    "obama3.jpg",
    "obama_partial_face.jpg",
];

/// Where they are.
#[derive(Clone, Debug)]
pub struct Needs {
    /// The folder of the model files.
    pub models: PathBuf,
    /// The folder of the portraits.
    pub pictures: PathBuf,
}

/// Looks for all of it. With `FACELOGIN_TEST_NO_SKIP` set, what is missing is a failure: where everything was prepared,
/// a skipped test would hide a fault of the preparation.
#[allow(clippy::print_stderr)]
pub fn look() -> Option<Needs> {
    match find() {
        Ok(needs) => Some(needs),
        Err(why) if env::var_os("FACELOGIN_TEST_NO_SKIP").is_some() => panic!("{why}"),
        Err(why) => {
            eprintln!("skipped: {why}");
            None
        }
    }
}

fn find() -> Result<Needs, String> {
    if !nix::unistd::geteuid().is_root() {
        return Err("the daemon must be started by root".into());
    }
    let needs = Needs {
        models: folder("FACELOGIN_TEST_MODELS", "models")?,
        pictures: folder("FACELOGIN_TEST_PICTURES", "pictures")?,
    };
    let models = MODELS.iter().map(|name| needs.models.join(name));
    let pictures = PORTRAITS.iter().map(|name| needs.pictures.join(name));
    match models.chain(pictures).find(|file| !file.is_file()) {
        Some(missing) => Err(format!("{} is not there", missing.display())),
        None => Ok(needs),
    }
}

/// The portraits' folder, for the scenes made from them.
pub fn pictures() -> PathBuf {
    folder("FACELOGIN_TEST_PICTURES", "pictures").unwrap()
}

fn folder(variable: &str, name: &str) -> Result<PathBuf, String> {
    if let Some(named) = env::var_os(variable) {
        return Ok(named.into());
    }
    let cache = match (env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")) {
        (Some(cache), _) if !cache.is_empty() => PathBuf::from(cache),
        (_, Some(home)) => Path::new(&home).join(".cache"),
        (_, None) => return Err(format!("neither {variable} nor HOME is set")),
    };
    Ok(cache.join("facelogin").join(name))
}
