//! Finding a model file and comparing it with the manifest before anything reads it.
//!
//! **The window between verifying and opening.** dlib opens its models by path, so what is verified here is opened
//! again a moment later. Whoever may write the file or its folder could swap it in between. [`Trust::RootOwned`]
//! closes that window by refusing a file, or a folder holding it, that anyone but root could change; whoever is root
//! needs no such trick. The folders above it are the system's own (`/usr/share`, `/var/lib`). With
//! [`Trust::AnyOwner`] the window stays open to the user who owns the files, and to nobody else: such a process must
//! hold no privilege that its user lacks.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::{ModelDirs, ModelError, ModelFile, manifest};

/// Who may own a model file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// File and folder belong to root and neither group nor others may write them. For the daemon.
    RootOwned,
    /// Anyone: an ordinary user's own process, tests.
    AnyOwner,
}

/// A file whose bytes were those of the manifest when it was read. See the module's text for what that is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedModel {
    /// Where it is.
    pub path: PathBuf,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// Its entry in the manifest.
    pub file: ModelFile,
}

impl VerifiedModel {
    /// The file's bytes, compared with its hash once more: whatever parses them gets these and no others.
    pub fn read(&self) -> Result<Vec<u8>, ModelError> {
        let io = |source| ModelError::Io {
            path: self.path.clone(),
            source,
        };
        let file = File::open(&self.path).map_err(io)?;
        // One more than there can be, so that a longer file differs.
        let mut bytes = Vec::with_capacity(usize::try_from(self.file.size).unwrap_or(0));
        file.take(self.file.size.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(io)?;
        let found = hex(&Sha256::digest(&bytes));
        if found != self.sha256 {
            return Err(ModelError::Hash {
                path: self.path.clone(),
                expected: self.sha256.clone(),
                found,
            });
        }
        Ok(bytes)
    }
}

/// All files of a manifest, verified, in the manifest's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedModels(Vec<VerifiedModel>);

impl VerifiedModels {
    /// The file of this name, if the manifest had it.
    pub fn find(&self, name: &str) -> Option<&VerifiedModel> {
        self.0.iter().find(|m| m.file.name == name)
    }

    /// All of them, in the manifest's order.
    pub fn iter(&self) -> std::slice::Iter<'_, VerifiedModel> {
        self.0.iter()
    }

    /// The SHA-256, hexadecimal, over the concatenated hexadecimal hashes of the files in the manifest's order: the
    /// identity under which templates are stored. It changes when any file does.
    pub fn fingerprint(&self) -> String {
        let hashes: Vec<&str> = self.0.iter().map(|model| model.sha256.as_str()).collect();
        fingerprint_of(&hashes)
    }
}

/// The identity of files with these hexadecimal hashes; see [`VerifiedModels::fingerprint`].
pub fn fingerprint_of(hashes: &[&str]) -> String {
    sha256(hashes.concat().as_bytes())
}

/// The SHA-256 of these bytes, hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// What `models list` and `models verify` say of one file.
#[derive(Debug, Serialize)]
pub struct ModelStatus {
    /// The manifest's entry.
    pub file: ModelFile,
    /// What was found.
    pub state: ModelState,
}

/// The state of one model file on this machine.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum ModelState {
    /// In no search folder.
    Missing,
    /// There, and as the manifest says.
    Ok {
        /// Where.
        path: PathBuf,
    },
    /// There, but not usable.
    Bad {
        /// Where.
        path: PathBuf,
        /// Why, and what to do. Serialised as its message.
        #[serde(serialize_with = "as_message")]
        why: ModelError,
    },
}

/// Finds and verifies every file of the [`manifest()`]. The first that is missing or bad is the error.
pub fn verify_all(dirs: &ModelDirs, trust: Trust) -> Result<VerifiedModels, ModelError> {
    verify_files(manifest(), dirs, trust)
}

/// As [`verify_all`], for a given list of files.
pub fn verify_files(
    files: &[ModelFile],
    dirs: &ModelDirs,
    trust: Trust,
) -> Result<VerifiedModels, ModelError> {
    files
        .iter()
        .map(|file| locate(file, dirs, trust))
        .collect::<Result<_, _>>()
        .map(VerifiedModels)
}

/// The state of each of `files`, for listings: looks at all of them, whatever is wrong with the first.
pub fn status(files: &[ModelFile], dirs: &ModelDirs, trust: Trust) -> Vec<ModelStatus> {
    let state = |file: &ModelFile| {
        for folder in dirs.folders() {
            match in_folder(file, folder, trust) {
                Ok(None) => {}
                Ok(Some(model)) => return ModelState::Ok { path: model.path },
                Err(why) => {
                    return ModelState::Bad {
                        path: folder.join(file.name),
                        why,
                    };
                }
            }
        }
        ModelState::Missing
    };
    files
        .iter()
        .map(|file| ModelStatus {
            file: *file,
            state: state(file),
        })
        .collect()
}

/// Verifies the one file at `path`, without a search.
pub fn verify_file(path: &Path, file: &ModelFile, trust: Trust) -> Result<VerifiedModel, ModelError> {
    let io = |source| ModelError::Io {
        path: path.to_owned(),
        source,
    };
    // O_NONBLOCK: opening a pipe must not wait for a writer. It does nothing to a regular file.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let mut opened = match File::options().read(true).custom_flags(flags.bits()).open(path) {
        Ok(opened) => opened,
        Err(e) if e.raw_os_error() == Some(nix::libc::ELOOP) => {
            return Err(ModelError::NotRegular {
                path: path.to_owned(),
            });
        }
        Err(e) => return Err(io(e)),
    };
    let meta = opened.metadata().map_err(io)?;
    if !meta.is_file() {
        return Err(ModelError::NotRegular {
            path: path.to_owned(),
        });
    }
    if trust == Trust::RootOwned {
        root_only(path, &meta)?;
        // `path` always has a parent: it is a folder joined with a name. "" would be the working folder.
        let folder = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let of_folder = folder.metadata().map_err(|source| ModelError::Io {
            path: folder.to_owned(),
            source,
        })?;
        root_only(folder, &of_folder)?;
    }
    if meta.len() != file.size {
        return Err(ModelError::Size {
            path: path.to_owned(),
            expected: file.size,
            found: meta.len(),
        });
    }
    let found = hash(&mut opened, file.size).map_err(io)?;
    if found != file.sha256 {
        return Err(ModelError::Hash {
            path: path.to_owned(),
            expected: file.sha256.to_owned(),
            found,
        });
    }
    Ok(VerifiedModel {
        path: path.to_owned(),
        sha256: found,
        file: *file,
    })
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}

fn locate(file: &ModelFile, dirs: &ModelDirs, trust: Trust) -> Result<VerifiedModel, ModelError> {
    for folder in dirs.folders() {
        if let Some(model) = in_folder(file, folder, trust)? {
            return Ok(model);
        }
    }
    let searched: Vec<_> = dirs.folders().iter().map(|f| f.display().to_string()).collect();
    Err(ModelError::Missing {
        name: file.name,
        searched: searched.join(", "),
    })
}

/// `None` only if the folder has no entry of that name.
fn in_folder(file: &ModelFile, folder: &Path, trust: Trust) -> Result<Option<VerifiedModel>, ModelError> {
    match verify_file(&folder.join(file.name), file, trust) {
        Ok(model) => Ok(Some(model)),
        Err(ModelError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why),
    }
}

fn root_only(path: &Path, meta: &std::fs::Metadata) -> Result<(), ModelError> {
    let reason = if meta.uid() != 0 {
        format!("belongs to uid {}", meta.uid())
    } else if meta.mode() & 0o022 != 0 {
        format!("is writable by group or others (mode {:o})", meta.mode() & 0o7777)
    } else {
        return Ok(());
    };
    Err(ModelError::Untrusted {
        path: path.to_owned(),
        reason,
    })
}

/// Hashes at most `size` + 1 bytes: a file that grows meanwhile is not read for ever, and hashes to something else.
fn hash(file: &mut File, size: u64) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut left = size.saturating_add(1);
    let mut buffer = vec![0; 64 * 1024];
    while left > 0 {
        let want = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match file.read(&mut buffer[..want]) {
            Ok(0) => break,
            Ok(n) => {
                hash.update(&buffer[..n]);
                left -= n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(hex(&hash.finalize()))
}

fn as_message<S: Serializer>(why: &ModelError, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(why)
}

#[cfg(test)]
mod tests;
