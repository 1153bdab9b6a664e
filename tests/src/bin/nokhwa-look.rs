//! What the crate nokhwa hands over of a colour camera, to be held against `camera-look`: `nokhwa-look NODE COUNT [FPS]` prints
//! for each frame its size, a hash, and how many of its rows no frame before had at that place.
//!
//! nokhwa tells neither how many bytes of a buffer belong to the frame nor whether the driver flagged it. Where a driver
//! hands over short frames, the rows at their end are those of an earlier one.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::{HashSet, hash_map::DefaultHasher};
use std::env::args;
use std::error::Error;
use std::hash::{Hash, Hasher};
use std::process::ExitCode;

use nokhwa::Camera;
use nokhwa::utils::{
    CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};

/// What is asked for, uncompressed: its rows can be told apart.
const SIZE: (u32, u32) = (640, 480);

fn main() -> ExitCode {
    match look() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nokhwa-look: {error}");
            ExitCode::FAILURE
        }
    }
}

fn look() -> Result<(), Box<dyn Error>> {
    let usage = "usage: nokhwa-look NODE COUNT [FPS], as in: nokhwa-look /dev/video0 8";
    let (node, count) = (args().nth(1).ok_or(usage)?, args().nth(2).ok_or(usage)?);
    let number: u32 = node.trim_start_matches("/dev/video").parse()?;
    let count: u32 = count.parse()?;
    // It opens a camera only at the very rate that its driver has.
    let fps: u32 = args().nth(3).map_or(Ok(30), |fps| fps.parse())?;
    let (width, height) = SIZE;
    let format = CameraFormat::new(Resolution::new(width, height), FrameFormat::YUYV, fps);
    let formats = [FrameFormat::YUYV];
    let request = RequestedFormat::with_formats(RequestedFormatType::Exact(format), &formats);
    let mut camera = Camera::new(CameraIndex::Index(number), request)?;
    camera.open_stream()?;
    let mut rows = HashSet::new();
    for frame in 0..count {
        let buffer = camera.frame()?;
        let bytes = buffer.buffer();
        let row_bytes = 2 * buffer.resolution().width() as usize;
        let lines: Vec<(usize, u64)> = bytes.chunks(row_bytes).map(hash).enumerate().collect();
        let new = lines.iter().filter(|line| !rows.contains(*line)).count();
        println!(
            "{frame} {} {}: {} bytes, hash {:016x}, new rows {new} of {}",
            buffer.source_frame_format(),
            buffer.resolution(),
            bytes.len(),
            hash(bytes),
            lines.len(),
        );
        rows.extend(lines);
    }
    Ok(())
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
