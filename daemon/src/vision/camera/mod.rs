//! Cameras behind one trait: a camera of this machine, or a folder of pictures played at a camera's pace.

mod buffers;
mod colour;
mod drops;
pub mod emitter;
mod exposure;
mod format;
mod infrared;
mod inventory;
mod luma;
mod pairing;
pub mod quirks;
mod replay;
mod settle;
mod stream;
mod strobe;

use std::time::{Duration, Instant};

use facelogin_config::Camera as CameraConfig;
use facelogin_engine::BBox;
use facelogin_protocol::types::CameraKind;

use crate::vision::decode::Picture;
use crate::vision::wire::{Light, Strobe, Wanted};

use luma::Luma;

pub use drops::Drops;
pub use inventory::list;
pub use stream::{Still, Stream};

/// One picture, fresh from a camera.
#[derive(Debug)]
pub struct Shot {
    /// Its pixels.
    pub picture: Picture,
    /// The format its bytes came in, a V4L2 code as in `MJPG`.
    pub format: [u8; 4],
    /// The driver's number for it, which counts pictures that were lost or thrown away, too.
    pub sequence: u32,
    /// When it was taken, on the kernel's monotonic clock, where the driver tells.
    pub taken: Option<Duration>,
    /// The light it was taken in.
    pub light: Light,
    /// The picture before it, without the flash; only with [`Light::Lit`].
    pub dark: Option<Picture>,
    /// When its bytes were handed over.
    pub arrived: Instant,
    /// How long the pixels took to decode.
    pub decoding: Duration,
}

/// An open camera. Dropping it closes it.
pub trait Camera {
    /// Its identity across reboots: a link's name, or what it is played from.
    fn id(&self) -> &str;

    /// What it sees: colour, infrared or a replay.
    fn kind(&self) -> CameraKind;

    /// The next picture, as soon as it arrives. `None`: none did within a few hundredths of a second, or none that
    /// is to be looked at; ask again, unless there is something else to do by now.
    fn next(&mut self) -> Result<Option<Shot>, CameraError>;
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// None is fit to be used.
    #[error("{0}")]
    None(String),
    /// It is there and does not open.
    #[error("cannot open the camera {id}: {why}")]
    Open {
        /// Its identity.
        id: String,
        /// What its driver says.
        why: String,
    },
    /// Another program has it.
    #[error("another program is using the camera {id}")]
    Busy {
        /// Its identity.
        id: String,
    },
    /// It was open and gives no more pictures.
    #[error("the camera {id} stopped giving pictures: {why}")]
    Read {
        /// Its identity.
        id: String,
        /// In words.
        why: String,
    },
    /// Picture after picture was damaged.
    #[error("the camera {id} gives only damaged pictures: {why}")]
    Damaged {
        /// Its identity.
        id: String,
        /// What was thrown away for which cause.
        why: String,
    },
    /// The replay cannot be played.
    #[error("cannot play {path}: {why}")]
    Replay {
        /// The folder or file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Opens the first camera in the configuration's order that is there and that fits.
pub fn open(config: &CameraConfig, wanted: &Wanted) -> Result<Box<dyn Camera>, CameraError> {
    if let Some(folder) = &config.replay {
        return Ok(Box::new(replay::Replay::open(folder, config.replay_fps)?));
    }
    let chosen = inventory::choose(config, wanted)?;
    Ok(match chosen.kind {
        CameraKind::Infrared => Box::new(infrared::Infrared::open(&chosen)?),
        _ => Box::new(colour::Colour::open(&chosen)?),
    })
}

/// What the flash did to a face that was seen in the `lit` picture; `None` when too little is left to tell.
pub fn strobe(lit: &Picture, dark: &Picture, face: &BBox) -> Option<Strobe> {
    let (lit_luma, dark_luma) = (lit.luma(), dark.luma());
    strobe::strobe(
        &Luma::new(&lit_luma, lit.width),
        &Luma::new(&dark_luma, dark.width),
        face,
    )
}
