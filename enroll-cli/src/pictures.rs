//! Reading picture files for an enrolment: regular files only, each capped, all together within one message.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use facelogin_protocol::LARGE_MESSAGE;
use facelogin_protocol::types::Picture;
use nix::fcntl::OFlag;

/// The most pictures of one enrolment, as the interface says.
pub const MOST: usize = 16;

/// The largest picture file: 16 MiB, many times a camera phone's photograph.
pub const LARGEST: u64 = 16 * 1024 * 1024;

/// What a message holds besides the pictures: names of up to 255 bytes, escaped, the user, the label, JSON's own.
const OVERHEAD: usize = 64 * 1024;

/// Why a picture file is not sent.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Not there, or not readable.
    #[error("{}: cannot be read: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// A folder, a pipe, a device.
    #[error("{}: not a regular file; name a JPEG or PNG file", path.display())]
    NotRegular {
        /// The file.
        path: PathBuf,
    },
    /// Too large by itself.
    #[error(
        "{}: {size} bytes, and a picture may have {LARGEST} (16 MiB); scale it down",
        path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size, bytes.
        size: u64,
    },
    /// Too large with those before it.
    #[error(
        "{}: with it the pictures come to {total} bytes, and one enrolment takes {limit}; name fewer or scale them \
         down", path.display()
    )]
    TooMuch {
        /// The first file that does not fit.
        path: PathBuf,
        /// All up to this one, bytes.
        total: u64,
        /// The most that one message carries, bytes.
        limit: u64,
    },
}

/// Reads and encodes all of them, in order, or none.
pub fn read_all(paths: &[PathBuf]) -> Result<Vec<Picture>, PictureError> {
    let mut total = 0;
    let mut pictures = Vec::with_capacity(paths.len());
    for path in paths {
        let bytes = read(path)?;
        total += bytes.len() as u64;
        // Padding adds at most two bytes of its own to each picture; OVERHEAD covers that.
        let limit = (LARGE_MESSAGE - OVERHEAD) as u64 / 4 * 3;
        if total > limit {
            return Err(PictureError::TooMuch {
                path: path.clone(),
                total,
                limit,
            });
        }
        pictures.push(Picture {
            name: base_name(path),
            data: STANDARD.encode(bytes),
        });
    }
    Ok(pictures)
}

/// The file as it was named on the command line, for the base name in a refusal; the base name itself when two files
/// share it.
pub fn as_named(paths: &[PathBuf], name: String) -> String {
    let mut same = paths.iter().filter(|path| base_name(path) == name);
    match (same.next(), same.next()) {
        (Some(path), None) => path.display().to_string(),
        _ => name,
    }
}

fn base_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn read(path: &Path) -> Result<Vec<u8>, PictureError> {
    let unreadable = |why| PictureError::Unreadable {
        path: path.into(),
        why,
    };
    // A link is followed: which picture is the caller's choice. Opening a pipe must not block, nor a terminal become
    // ours.
    let flags = (OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(PictureError::NotRegular { path: path.into() });
    }
    let too_large = |size| PictureError::TooLarge {
        path: path.into(),
        size,
    };
    if meta.len() > LARGEST {
        return Err(too_large(meta.len()));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    // It may have grown meanwhile.
    if bytes.len() as u64 > LARGEST {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn a_file_of_exactly_the_cap_passes_and_one_more_byte_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        let file = File::create(&path).unwrap();
        for (size, fits) in [(LARGEST, true), (LARGEST + 1, false)] {
            file.set_len(size).unwrap();
            assert_eq!(read(&path).is_ok(), fits, "{size}");
        }
    }

    #[test]
    fn all_pictures_together_fit_one_message() {
        let dir = tempfile::tempdir().unwrap();
        let paths = ["a.png", "b.png"].map(|name| dir.path().join(name));
        for path in &paths {
            File::create(path).unwrap().set_len(10 * 1024 * 1024).unwrap();
        }
        let encoded: usize = read_all(&paths[..1]).unwrap().iter().map(|p| p.data.len()).sum();
        assert!(encoded < LARGE_MESSAGE);
        assert!(matches!(
            read_all(&paths),
            Err(PictureError::TooMuch { path, .. }) if path == paths[1]
        ));
    }

    #[test]
    fn a_refused_picture_is_named_as_on_the_command_line_unless_two_share_its_name() {
        let paths = ["x/a.png", "y/b.png", "z/b.png"].map(PathBuf::from);
        assert_eq!(as_named(&paths, "a.png".into()), "x/a.png");
        assert_eq!(as_named(&paths, "b.png".into()), "b.png");
        assert_eq!(as_named(&paths, "c.png".into()), "c.png");
    }
}
