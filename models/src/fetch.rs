//! Obtaining the model files that are missing: read, unpack, hash and write in one pass, then rename.

use std::fs::Metadata;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use bzip2::read::MultiBzDecoder;
use nix::unistd::geteuid;
use sha2::{Digest, Sha256};

use crate::source::{Incoming, Source};
use crate::target::Target;
use crate::verify::{hex, verify_file};
use crate::{ModelFile, Trust};

/// Why a file could not be obtained. Nothing is left behind in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No server could be reached, or it does not speak HTTPS properly, or it was too slow.
    #[error("cannot fetch {url}: {source}; check the network, or give a folder that holds the file")]
    Connect {
        /// The address.
        url: String,
        /// What the HTTP library said.
        source: Box<ureq::Error>,
    },
    /// The server has no such file, or will not give it.
    #[error("{url} answered {code}; try again later, or give a folder that holds the file")]
    Status {
        /// The address.
        url: String,
        /// HTTP status code.
        code: u16,
    },
    /// The folder holds neither `NAME` nor `NAME.bz2`.
    #[error("{} holds neither {name} nor {name}.bz2", folder.display())]
    NotInFolder {
        /// The file's name in the manifest.
        name: &'static str,
        /// The folder.
        folder: PathBuf,
    },
    /// The bytes stopped too early, or are not bzip2.
    #[error("reading {from} failed after {done} bytes: {source}; try again")]
    Read {
        /// Address or path.
        from: String,
        /// Unpacked bytes had until then.
        done: u64,
        /// What went wrong.
        source: io::Error,
    },
    /// More bytes than the file can have.
    #[error("{from} gives more than the {limit} bytes that {name} can have; it is another file")]
    TooLarge {
        /// Address or path.
        from: String,
        /// The file's name in the manifest.
        name: &'static str,
        /// The bound that was passed: of packed or of unpacked bytes.
        limit: u64,
    },
    /// Other bytes than the manifest's.
    #[error(
        "{from} gives {found_size} bytes with SHA-256 {found}, expected {expected_size} bytes with SHA-256 \
         {expected}; it is another file, or another version of it"
    )]
    Hash {
        /// Address or path.
        from: String,
        /// Hash by the manifest, hexadecimal.
        expected: String,
        /// Hash of what came, hexadecimal.
        found: String,
        /// Bytes by the manifest.
        expected_size: u64,
        /// Bytes that came.
        found_size: u64,
    },
    /// The target folder is in use by another fetch.
    #[error("another fetch is writing to {}; wait for it to finish", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// A test server's address that is not on this machine.
    #[error("{base:?} is not http://127.0.0.1:PORT; without TLS only this machine may be asked")]
    NotLoopback {
        /// What was given.
        base: String,
    },
    /// A file or folder on this machine.
    #[error("{}: {source}; check its permissions and the free space", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// How far one file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The file's name in the manifest.
    pub name: &'static str,
    /// Unpacked bytes written.
    pub done: u64,
    /// Unpacked bytes in all.
    pub total: u64,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The file's name in the manifest.
    pub name: &'static str,
    /// Where it is now.
    pub path: PathBuf,
    /// Whether anything was done.
    pub outcome: Outcome,
}

/// Whether a file had to be obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was there and verified: untouched.
    Present,
    /// It was missing or bad and has been obtained, verified and put in place.
    Installed,
}

/// Obtains those of `files` that are not in the folder `target`, or are there with other bytes.
///
/// `target` is created (0755) if it is missing; files get mode 0644. Each file is hashed while it is written under a
/// temporary name and appears under its own name only after its SHA-256 was found right; on any failure the temporary
/// file is removed and the error returned, and files already finished stay. `progress` is called after every block.
pub fn fetch(
    files: &[ModelFile],
    target: &Path,
    source: &Source,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Fetched>, FetchError> {
    let target = Target::open(target)?;
    let mut done = Vec::with_capacity(files.len());
    for file in files {
        let path = target.path_of(file.name);
        let outcome = if present(&path, file) {
            Outcome::Present
        } else {
            install(file, &target, source.open(file)?, progress)?;
            Outcome::Installed
        };
        done.push(Fetched {
            name: file.name,
            path,
            outcome,
        });
    }
    Ok(done)
}

/// Whether nothing need be done: the right bytes, and for root in a file that nobody else can change, for its daemon takes no
/// other.
fn present(path: &Path, file: &ModelFile) -> bool {
    let roots = |meta: &Metadata| meta.uid() == 0 && meta.mode() & 0o022 == 0;
    verify_file(path, file, Trust::AnyOwner).is_ok()
        && (!geteuid().is_root() || path.symlink_metadata().is_ok_and(|meta| roots(&meta)))
}

/// The most bytes that a packed file may have: bzip2 makes incompressible data at most about 1 % longer, plus some
/// hundred bytes (its manual, "bzip2 compresses large files in blocks"); 1/32 and 4 KiB leave room.
fn packed_limit(size: u64) -> u64 {
    size + size / 32 + 4096
}

fn install(
    file: &ModelFile,
    target: &Target,
    incoming: Incoming,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), FetchError> {
    let Incoming { from, packed, bytes } = incoming;
    let limit = packed_limit(file.size);
    let too_large = |limit| FetchError::TooLarge {
        from: from.clone(),
        name: file.name,
        limit,
    };
    let mut bounded = Bounded {
        inner: bytes,
        left: limit,
        passed: false,
    };
    let mut draft = target.draft(file.name)?;
    let mut hash = Sha256::new();
    let mut done = 0_u64;
    let mut buffer = vec![0; 64 * 1024];
    {
        let mut unpacked: Box<dyn Read + '_> = if packed {
            Box::new(MultiBzDecoder::new(&mut bounded))
        } else {
            Box::new(&mut bounded)
        };
        loop {
            let n = match unpacked.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) if e.kind() == io::ErrorKind::FileTooLarge => return Err(too_large(limit)),
                Err(source) => return Err(FetchError::Read { from, done, source }),
            };
            done += n as u64;
            if done > file.size {
                return Err(too_large(file.size));
            }
            hash.update(&buffer[..n]);
            draft.write(&buffer[..n])?;
            progress(Progress {
                name: file.name,
                done,
                total: file.size,
            });
        }
    }
    let found = hex(&hash.finalize());
    if found != file.sha256 {
        return Err(FetchError::Hash {
            from,
            expected: file.sha256.to_owned(),
            found,
            expected_size: file.size,
            found_size: done,
        });
    }
    draft.publish(file.name).map(drop)
}

/// A reader that fails with [`io::ErrorKind::FileTooLarge`] instead of giving more than `left` bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
    passed: bool,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)? as u64;
        self.passed |= n > self.left;
        if self.passed {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.left -= n;
        Ok(n as usize)
    }
}

#[cfg(test)]
mod tests;
