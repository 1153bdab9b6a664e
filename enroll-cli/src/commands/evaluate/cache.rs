//! Encodings of earlier runs, by engine, models, revision of the code that made them, and picture: measuring again
//! takes seconds.
//!
//! They are biometric data of whoever is in the pictures, so the folders are 0700 and the files 0600. A file that cannot
//! be read or does not fit is a miss, never an error.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use facelogin_score::EngineId;
use sha2::{Digest, Sha256};

use super::encoder::Looked;

/// The encodings of one engine.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Below the user's cache folder; `None` where there is none. `kind`: how they were made.
    pub fn of_user(engine: &EngineId, kind: &str) -> Option<Self> {
        let absolute = |name| {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
        Some(Self::below(&base.join("facelogin"), engine, kind))
    }

    fn below(base: &Path, engine: &EngineId, kind: &str) -> Self {
        // What the engine says of itself becomes a path.
        let plain = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_");
        let name = format!("{}-{}", plain(&engine.name), plain(&engine.model));
        Self {
            folder: base.join("encodings").join(name).join(kind),
        }
    }

    /// What was found in the picture of this hash.
    pub fn find(&self, picture: &str) -> Option<Looked> {
        serde_json::from_slice(&fs::read(self.file(picture)).ok()?).ok()
    }

    /// Keeps it: whole, or not at all.
    pub fn keep(&self, picture: &str, looked: &Looked) -> io::Result<()> {
        let file = self.file(picture);
        let folder = file.parent().unwrap_or(&self.folder);
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // 0600, and renamed when it is complete.
        let mut draft = tempfile::NamedTempFile::new_in(folder)?;
        draft.write_all(&serde_json::to_vec(looked)?)?;
        draft.persist(file)?;
        Ok(())
    }

    fn file(&self, picture: &str) -> PathBuf {
        let shelf = picture.get(..2).unwrap_or("00");
        self.folder.join(shelf).join(format!("{picture}.json"))
    }
}

/// The SHA-256 of a picture file's bytes, hexadecimal, as `facelogind encode` tells it; `None` of one with more than
/// `largest` bytes, and of what is no file: they are in no cache.
pub fn hash(picture: &Path, largest: u64) -> io::Result<Option<String>> {
    // Opening a pipe would otherwise wait for whoever writes to it.
    let flags = nix::fcntl::OFlag::O_NONBLOCK.bits();
    let file = File::options().read(true).custom_flags(flags).open(picture)?;
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut digest = Sha256::new();
    if io::copy(&mut file.take(largest + 1), &mut digest)? > largest {
        return Ok(None);
    }
    let digest = digest.finalize();
    Ok(Some(digest.iter().map(|byte| format!("{byte:02x}")).collect()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn id(name: &str) -> EngineId {
        EngineId {
            name: name.into(),
            model: "ab12".into(),
        }
    }

    #[test]
    fn what_is_kept_is_found_by_nobody_else_and_not_for_another_engine() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::below(dir.path(), &id("../x"), "still");
        assert!(cache.folder.starts_with(dir.path().join("encodings")));
        assert_eq!(
            cache.folder.components().count(),
            dir.path().components().count() + 3
        );
        let analysis = facelogin_score::Analysis {
            faces: Vec::new(),
            times: Default::default(),
            brightness: 0.25,
        };
        let looked = Looked {
            width: 3,
            height: 4,
            analysis,
        };
        let picture = "0123abcd".to_owned();
        assert_eq!(cache.find(&picture), None);
        cache.keep(&picture, &looked).unwrap();
        assert_eq!(cache.find(&picture), Some(looked));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let file = cache.file(&picture);
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        assert_eq!(
            Cache::below(dir.path(), &id("other"), "still").find(&picture),
            None
        );
        assert_eq!(
            Cache::below(dir.path(), &id("../x"), "video").find(&picture),
            None
        );

        fs::write(&file, b"{\"faces\":").unwrap();
        assert_eq!(cache.find(&picture), None);
    }

    #[test]
    fn a_hash_is_sha_256_and_of_what_is_too_large_there_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("abc");
        fs::write(&file, b"abc").unwrap();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash(&file, 3).unwrap().as_deref(), Some(known));
        assert_eq!(hash(&file, 2).unwrap(), None);
        assert_eq!(hash(dir.path(), 9).unwrap(), None);
        assert!(hash(&dir.path().join("none"), 9).is_err());
    }
}
