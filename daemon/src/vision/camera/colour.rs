//! Colour cameras, through nokhwa.
//!
//! nokhwa waits for a picture without a time limit and does not tell how many bytes of a buffer are fresh. The first
//! is why the supervisor watches this process; because of the second a picture that the driver cut short can carry
//! the rows of an earlier one. Formats of fixed size are filled whole by every driver known to us, and MJPEG is
//! decoded strictly.

use std::time::Instant;

use nokhwa::utils::{
    CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};

use crate::vision::camera::inventory::Node;
use crate::vision::camera::{Camera, CameraError, Shot};
use crate::vision::decode::{self, DecodeError, Picture};

/// What is asked of a camera: dlib's detector finds faces of 80 pixels, which at 640 wide reach a metre and a half.
const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
const FPS: u32 = 30;

/// Formats in the order they are tried: uncompressed first, for it costs the least to decode.
const FORMATS: [FrameFormat; 5] = [
    FrameFormat::YUYV,
    FrameFormat::NV12,
    FrameFormat::MJPEG,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
];

/// Damaged pictures in a row before the camera counts as broken: a second's worth.
const MAX_DAMAGED: u32 = 30;

/// An open colour camera.
pub struct Colour {
    id: String,
    camera: nokhwa::Camera,
}

impl Colour {
    /// Opens the node and starts the stream.
    pub fn open(node: &Node) -> Result<Self, CameraError> {
        let fail = |why: String| CameraError::Open {
            id: node.id.clone(),
            why,
        };
        let mut last = String::from("it offers none of YUYV, NV12, MJPG, RGB3, BGR3");
        for format in FORMATS {
            let wanted = CameraFormat::new(Resolution::new(WIDTH, HEIGHT), format, FPS);
            let formats = [format];
            let request = RequestedFormat::with_formats(RequestedFormatType::Closest(wanted), &formats);
            match nokhwa::Camera::new(CameraIndex::Index(node.number), request) {
                Ok(mut camera) => {
                    camera.open_stream().map_err(|error| fail(error.to_string()))?;
                    return Ok(Self {
                        id: node.id.clone(),
                        camera,
                    });
                }
                Err(error) => last = error.to_string(),
            }
        }
        Err(fail(last))
    }

    fn shot(&mut self) -> Result<Result<Shot, DecodeError>, CameraError> {
        let buffer = self.camera.frame().map_err(|error| CameraError::Read {
            id: self.id.clone(),
            why: error.to_string(),
        })?;
        let arrived = Instant::now();
        let size = buffer.resolution();
        let decoded = pixels(
            buffer.source_frame_format(),
            buffer.buffer(),
            size.width(),
            size.height(),
        );
        Ok(decoded.map(|picture| Shot {
            picture,
            arrived,
            decoding: arrived.elapsed(),
        }))
    }
}

fn pixels(format: FrameFormat, bytes: &[u8], width: u32, height: u32) -> Result<Picture, DecodeError> {
    match format {
        FrameFormat::MJPEG => decode::mjpeg(bytes),
        FrameFormat::YUYV => decode::yuyv(bytes, width, height),
        FrameFormat::NV12 => decode::nv12(bytes, width, height),
        FrameFormat::RAWRGB => decode::packed(bytes, width, height, false),
        FrameFormat::RAWBGR => decode::packed(bytes, width, height, true),
        // Never asked for.
        FrameFormat::GRAY => Err(DecodeError::UnknownFormat),
    }
}

impl Camera for Colour {
    fn id(&self) -> &str {
        &self.id
    }

    fn next(&mut self) -> Result<Shot, CameraError> {
        let mut damaged = 0;
        loop {
            match self.shot()? {
                Ok(shot) => return Ok(shot),
                Err(_) if damaged < MAX_DAMAGED => damaged += 1,
                Err(why) => {
                    return Err(CameraError::Damaged {
                        id: self.id.clone(),
                        why,
                    });
                }
            }
        }
    }
}
