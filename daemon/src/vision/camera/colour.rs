//! Colour cameras, through nokhwa.
//!
//! nokhwa waits for a picture without a time limit and does not tell how many bytes of a buffer are fresh. The first
//! is why the supervisor watches this process; because of the second a picture that the driver cut short can carry
//! the rows of an earlier one. Formats of fixed size are filled whole by every driver known to us, and MJPEG is
//! decoded strictly.
//!
//! Nor does it open every camera that it could read from, so the driver is asked first, in [`settle`]: nokhwa gives up
//! on a camera that another program left in a format or at a rate unknown to it, and when asked for the nearest size
//! it finds no rate for any other than the very size it was asked for.

use std::io;
use std::time::Instant;

use facelogin_protocol::types::CameraKind;
use nokhwa::utils::{
    CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use v4l::frameinterval::FrameIntervalEnum;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Format, FourCC};

use crate::vision::camera::inventory::Node;
use crate::vision::camera::{Camera, CameraError, Shot};
use crate::vision::decode::{self, DecodeError, Picture};
use crate::vision::wire::Light;

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
            let wanted = match settle(node.number, format) {
                Ok(Some(wanted)) => wanted,
                Ok(None) => continue,
                // No other format would fare better.
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    return Err(fail(error.to_string()));
                }
                Err(error) => {
                    last = error.to_string();
                    continue;
                }
            };
            let formats = [format];
            let request = RequestedFormat::with_formats(RequestedFormatType::Exact(wanted), &formats);
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
            format: layout(buffer.source_frame_format()).0.repr,
            // nokhwa does not tell.
            sequence: 0,
            taken: None,
            light: Light::Steady,
            dark: None,
            arrived,
            decoding: arrived.elapsed(),
        }))
    }
}

/// Puts the camera into `format`, at the size and rate that its driver finds nearest to what is asked. `None`: it has
/// no such format, or lays its rows out with gaps. It is closed again on return: some drivers serve one user at a time.
fn settle(number: u32, format: FrameFormat) -> io::Result<Option<CameraFormat>> {
    let (fourcc, row_bytes) = layout(format);
    let device = v4l::Device::new(number as usize)?;
    if !device.enum_formats()?.iter().any(|offer| offer.fourcc == fourcc) {
        return Ok(None);
    }
    let got = device.set_format(&Format::new(WIDTH, HEIGHT, fourcc))?;
    if got.fourcc != fourcc || row_bytes.is_some_and(|bytes| got.stride > bytes * got.width) {
        return Ok(None);
    }
    let rate = whole_rate(&device, &got).unwrap_or(FPS);
    let time = device.set_params(&Parameters::with_fps(rate))?.interval;
    if time.numerator != 1 {
        return Err(io::Error::other(format!(
            "its rate, {}/{} a second, is no whole number",
            time.denominator, time.numerator
        )));
    }
    let rate = time.denominator;
    let size = Resolution::new(got.width, got.height);
    Ok(Some(CameraFormat::new(size, format, rate)))
}

/// The rate nearest to [`FPS`] among those of whole pictures a second; nokhwa knows no other.
fn whole_rate(device: &v4l::Device, format: &Format) -> Option<u32> {
    let offers = device.enum_frameintervals(format.fourcc, format.width, format.height);
    let rates = offers.ok()?.into_iter().filter_map(|offer| match offer.interval {
        FrameIntervalEnum::Discrete(time) if time.numerator == 1 => Some(time.denominator),
        _ => None,
    });
    rates.min_by_key(|rate| rate.abs_diff(FPS))
}

/// The format's code, and its bytes in a row for each pixel of the row: `None` where rows have no fixed length.
fn layout(format: FrameFormat) -> (FourCC, Option<u32>) {
    match format {
        FrameFormat::MJPEG => (FourCC::new(b"MJPG"), None),
        FrameFormat::YUYV => (FourCC::new(b"YUYV"), Some(2)),
        FrameFormat::NV12 => (FourCC::new(b"NV12"), Some(1)),
        FrameFormat::RAWRGB => (FourCC::new(b"RGB3"), Some(3)),
        FrameFormat::RAWBGR => (FourCC::new(b"BGR3"), Some(3)),
        FrameFormat::GRAY => (FourCC::new(b"GREY"), Some(1)),
    }
}

fn pixels(format: FrameFormat, bytes: &[u8], width: u32, height: u32) -> Result<Picture, DecodeError> {
    match format {
        FrameFormat::MJPEG => decode::mjpeg(bytes, width, height),
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

    fn kind(&self) -> CameraKind {
        CameraKind::Colour
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
