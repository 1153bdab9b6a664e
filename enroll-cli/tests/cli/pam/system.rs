//! A copy of some distribution's stacks, in a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::run::{Ran, run};

/// The configuration as installed.
pub const CONFIG: &str = include_str!("../../../../config/facelogin.toml");
/// The profile of the face.
pub const PROFILE: &str = include_str!("../../../../packaging/pam-configs/facelogin");
/// Debian's own tool.
pub const PAM_AUTH_UPDATE: &str = "/usr/sbin/pam-auth-update";

/// The second profile: a note of a typed password, after the password.
pub const NOTE_PROFILE: &str = include_str!("../../../../packaging/pam-configs/facelogin-password");

/// A system in a folder of its own.
pub struct System(pub tempfile::TempDir);

impl System {
    /// A copy of stacks of `tests/stacks`, with facelogin installed.
    pub fn of(stacks: &str) -> Self {
        let system = Self(tempfile::tempdir().unwrap());
        system.lay_over(stacks);
        system.put("etc/facelogin/facelogin.toml", CONFIG);
        system.put("usr/lib/security/pam_facelogin.so", "");
        system
    }

    /// Debian's, where pam-auth-update is there to be run.
    pub fn debian() -> Option<Self> {
        if !Path::new(PAM_AUTH_UPDATE).exists() {
            eprintln!("skipped, no {PAM_AUTH_UPDATE} here: what it does with the profile");
            return None;
        }
        let system = Self::of("debian-12");
        system.put(&PAM_AUTH_UPDATE[1..], "");
        system.put("usr/share/pam-configs/facelogin", PROFILE);
        system.put("usr/share/pam-configs/facelogin-password", NOTE_PROFILE);
        Some(system)
    }

    pub fn lay_over(&self, stacks: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/stacks")
            .join(stacks);
        let copied = Command::new("cp")
            .arg("-r")
            .arg(from.join("."))
            .arg(self.0.path())
            .status();
        assert!(copied.unwrap().success());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn put(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn auth(&self, name: &str) -> Vec<String> {
        let text = self.text(name);
        let lines = text
            .lines()
            .filter(|line| line.trim_start_matches('-').starts_with("auth"));
        lines
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        let root = self.0.path().to_str().unwrap();
        run(&[&["pam"], args, &["--root", root]].concat())
    }

    pub fn rows(&self) -> BTreeMap<String, Value> {
        let ran = self.run(&["status", "--json"]);
        let json = ran.json();
        let rows = json["services"].as_array().unwrap().iter();
        rows.map(|row| (row["service"].as_str().unwrap().to_owned(), row.clone()))
            .collect()
    }

    /// `reaches`, `password` and `uses_face` of a service.
    pub fn row(&self, service: &str) -> (bool, String, bool) {
        let rows = self.rows();
        let row = rows
            .get(service)
            .unwrap_or_else(|| panic!("no row {service}: {:?}", rows.keys()));
        let yes = |key: &str| row[key].as_bool().unwrap();
        (
            yes("reaches"),
            row["password"].as_str().unwrap_or("-").to_owned(),
            yes("uses_face"),
        )
    }

    /// Every file below it but backups, by name.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.0.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let kind = fs::symlink_metadata(&path).unwrap();
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_symlink() {
                    files.insert(
                        path.clone(),
                        fs::read_link(&path)
                            .unwrap()
                            .into_os_string()
                            .into_encoded_bytes(),
                    );
                } else if !path.to_string_lossy().ends_with(".facelogin-backup") {
                    files.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    /// The files that differ from `before`, by their names below the root.
    pub fn changed(&self, before: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
        let now = self.files();
        let names = before
            .keys()
            .chain(now.keys())
            .filter(|name| before.get(*name) != now.get(*name));
        let mut names: Vec<_> = names
            .map(|name| name.strip_prefix(self.0.path()).unwrap().display().to_string())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// What [`System::row`] says of a service whose password works.
pub fn works(reaches: bool, uses_face: bool) -> (bool, String, bool) {
    (reaches, "works".into(), uses_face)
}
