//! A folder of pictures, played in the order of their names, over and over, at a camera's pace.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use facelogin_protocol::types::CameraKind;
use nix::fcntl::OFlag;

use crate::vision::camera::{Camera, CameraError, Shot};
use crate::vision::decode::picture_file;
use crate::vision::wire::Light;

/// The most pictures of a folder that are played.
const MAX_PICTURES: usize = 10_000;

/// The largest picture file that is played: 16 MiB.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The longest wait before the caller has its turn: a picture's time at 30 a second, and a little.
const SLICE: Duration = Duration::from_millis(40);

/// An open folder.
#[derive(Debug)]
pub struct Replay {
    files: Vec<PathBuf>,
    next: usize,
    due: Instant,
    pace: Duration,
}

impl Replay {
    /// Reads the folder's listing; the pictures themselves are read as they are due.
    pub fn open(folder: &Path, fps: u32) -> Result<Self, CameraError> {
        let fail = |why: String| CameraError::Replay {
            path: folder.display().to_string(),
            why,
        };
        let meta = fs::metadata(folder).map_err(|error| fail(error.to_string()))?;
        if meta.uid() != 0 || meta.mode() & 0o022 != 0 {
            return Err(fail(
                "it must be root's, and writable by nobody else: its pictures log people in".into(),
            ));
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| fail(error.to_string()))? {
            let path = entry.map_err(|error| fail(error.to_string()))?.path();
            let picture = path
                .extension()
                .is_some_and(|ext| ["jpg", "jpeg", "png"].iter().any(|known| ext == *known));
            if picture {
                files.push(path);
            }
            if files.len() > MAX_PICTURES {
                return Err(fail(format!("it holds more than {MAX_PICTURES} pictures")));
            }
        }
        if files.is_empty() {
            return Err(fail("it holds no .jpg or .png".into()));
        }
        files.sort();
        Ok(Self {
            files,
            next: 0,
            due: Instant::now(),
            pace: Duration::from_secs(1) / fps.max(1),
        })
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Without waiting: somebody's pipe of that name would hold the camera for ever.
    let flags = (OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).bits();
    let file = fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() || meta.len() > MAX_BYTES {
        return Err(io::Error::other("not a file of at most 16 MiB"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Camera for Replay {
    fn id(&self) -> &str {
        "replay"
    }

    fn kind(&self) -> CameraKind {
        CameraKind::Replay
    }

    fn next(&mut self) -> Result<Option<Shot>, CameraError> {
        let early = self.due.saturating_duration_since(Instant::now());
        if early > SLICE {
            std::thread::sleep(SLICE);
            return Ok(None);
        }
        let path = &self.files[self.next % self.files.len()];
        let fail = |why: String| CameraError::Replay {
            path: path.display().to_string(),
            why,
        };
        let bytes = read(path).map_err(|error| fail(error.to_string()))?;
        std::thread::sleep(self.due.saturating_duration_since(Instant::now()));
        let arrived = Instant::now();
        let sequence = u32::try_from(self.next).unwrap_or(u32::MAX);
        // Like a camera, it does not wait for a slow reader: pictures that were not fetched in time are gone.
        while self.due <= arrived {
            self.due += self.pace;
            self.next += 1;
        }
        let picture = picture_file(&bytes).map_err(|error| fail(error.to_string()))?;
        Ok(Some(Shot {
            picture,
            format: *b"JPEG",
            sequence,
            taken: None,
            light: Light::Steady,
            dark: None,
            arrived,
            decoding: arrived.elapsed(),
        }))
    }
}
