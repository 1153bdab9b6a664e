//! A camera that is read in this process, with nothing else done: what of a scan is the camera's own time. And the same
//! by nokhwa, the crate that many programs read cameras with.

use std::thread::sleep;
use std::time::{Duration, Instant};

use facelogin_protocol::types::CameraKind;
use facelogind::vision::camera::Stream;
use nokhwa::utils::{
    CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};

use super::Failed;
use super::report::ms;

/// Pictures of each run.
const PICTURES: usize = 6;

/// After a camera was closed.
const PAUSE: Duration = Duration::from_millis(100);

/// What it takes. Times are in milliseconds.
#[derive(Default)]
pub struct Alone {
    /// In words, format, size and rate.
    pub mode: String,
    /// V4L2 code, and size in pixels, of its pictures.
    pub format: Option<([u8; 4], (u32, u32))>,
    /// From before the open to after the STREAMON.
    pub opened: Vec<f64>,
    /// From before the open to the first good picture.
    pub first: Vec<f64>,
    /// From one picture of the camera to its next.
    pub pace: Vec<f64>,
}

/// Reads /dev/video`number` as the vision process does, without its exposure, its emitter and its eyes.
pub fn ours(number: u32, id: &str, kind: CameraKind, runs: usize) -> Result<Alone, Failed> {
    let mut alone = Alone::default();
    for _ in 0..runs {
        sleep(PAUSE);
        let begun = Instant::now();
        let mut stream = Stream::open_number(number, id, kind, None)?;
        alone.opened.push(ms(begun.elapsed()));
        let mut last: Option<(u32, Instant)> = None;
        let mut count = 0;
        while count < PICTURES {
            let Some(still) = stream.next()? else { continue };
            count += 1;
            match last {
                None => alone.first.push(ms(still.arrived - begun)),
                Some((sequence, arrived)) => {
                    // Of those in between, which were thrown away, each took as long.
                    let steps = still.sequence.wrapping_sub(sequence).max(1);
                    alone.pace.push(ms(still.arrived - arrived) / f64::from(steps));
                }
            }
            last = Some((still.sequence, still.arrived));
            alone.format = Some((still.format, (still.picture.width, still.picture.height)));
        }
        alone.mode = stream.mode();
    }
    Ok(alone)
}

/// From before the open to the first frame that nokhwa hands over, in the format, at the size and the rate that `alone` has;
/// none of a format that nokhwa has no name for.
pub fn by_nokhwa(number: u32, alone: &Alone, fps: u32, runs: usize) -> Result<Vec<f64>, Failed> {
    let format = match alone.format {
        Some((code, size)) => match &code {
            b"YUYV" => Some((FrameFormat::YUYV, size)),
            b"MJPG" => Some((FrameFormat::MJPEG, size)),
            b"NV12" => Some((FrameFormat::NV12, size)),
            _ => None,
        },
        None => None,
    };
    let Some((format, (width, height))) = format else {
        return Ok(Vec::new());
    };
    let mut first = Vec::new();
    for _ in 0..runs {
        sleep(PAUSE);
        let wanted = CameraFormat::new(Resolution::new(width, height), format, fps);
        let formats = [format];
        let begun = Instant::now();
        let request = RequestedFormat::with_formats(RequestedFormatType::Exact(wanted), &formats);
        let mut camera = nokhwa::Camera::new(CameraIndex::Index(number), request)?;
        camera.open_stream()?;
        camera.frame()?;
        first.push(ms(begun.elapsed()));
    }
    Ok(first)
}
