//! The store as a whole, on real files. They hold for root and for anybody else: "ours" is the effective uid.

mod attempts;
mod binding;
mod keys;
mod lockouts;
mod opening;
mod passwords;
mod templates;

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::lockout::{LockoutRecord, LockoutRules, Now, after_match, after_mismatch, remaining};

/// A store's folder inside a temporary one, and its key file.
struct Place {
    _temp: TempDir,
    dir: PathBuf,
}

impl Place {
    fn new() -> Place {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().canonicalize().unwrap().join("store");
        Place { _temp: temp, dir }
    }

    /// With a store that was opened once, and holds one template of ada, 1000.
    fn used() -> Place {
        let place = Place::new();
        place
            .open()
            .unwrap()
            .add_template(&template("ada", 1000))
            .unwrap();
        place
    }

    fn key(&self) -> KeySource {
        KeySource::File(self.file("store.key"))
    }

    fn open(&self) -> Result<Store, StoreError> {
        Store::open(&self.dir, self.key())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Changes the closed database behind the store's back.
    fn sql(&self, sql: &str) {
        Connection::open(self.file("faces.db"))
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    }
}

fn template(user: &str, uid: u32) -> NewTemplate {
    NewTemplate {
        user: user.into(),
        uid,
        label: "first".into(),
        engine: "dlib".into(),
        model: "m0".into(),
        camera: "04f2:b6d9".into(),
        encodings: encodings(),
    }
}

/// Three encodings of 128 numbers that look like real ones.
fn encodings() -> Vec<Vec<f32>> {
    let value = |i: u32, j: u32| ((i * 128 + j) as f32 * 0.7).sin() * 0.2;
    (0..3).map(|i| (0..128).map(|j| value(i, j)).collect()).collect()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    set_mode(path, 0o600);
}
