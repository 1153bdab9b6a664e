//! Agreeing with a driver on a format, and starting it.

use std::io;

use facelogin_protocol::types::CameraKind;
use nix::libc::{EBUSY, ENODEV};
use v4l::format::FieldOrder;
use v4l::fraction::Fraction;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, FourCC};

use crate::vision::camera::buffers::Buffers;
use crate::vision::camera::format::{FPS, Format, Offer, nearest_interval, nearest_size, order};
use crate::vision::decode::Layout;

/// What a driver agreed to.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    /// In which format.
    pub format: Format,
    /// How its rows lie.
    pub layout: Layout,
    /// Bytes of a picture at least; 0 if that varies.
    pub needed: usize,
    /// Seconds a picture; `None` if the driver does not tell.
    pub interval: Option<Fraction>,
}

/// Starts the device in the best format that it offers for its kind, or in the one with this V4L2 code.
pub fn settle(device: &Device, kind: CameraKind, only: Option<[u8; 4]>) -> io::Result<(Settled, Buffers)> {
    let known: Vec<[u8; 4]> = device
        .enum_formats()?
        .iter()
        .map(|offer| offer.fourcc.repr)
        .collect();
    let offered = Format::of(kind)
        .into_iter()
        .filter(|format| known.contains(&format.fourcc()))
        .filter(|format| only.is_none_or(|only| only == format.fourcc()));
    let offers = order(offered.map(|format| offer(device, format)).collect());
    let mut last = io::Error::other("it offers no format that can be read here");
    for offer in offers {
        match begin(device, offer) {
            Ok(begun) => return Ok(begun),
            // No other format would fare better.
            Err(error) if matches!(error.raw_os_error(), Some(EBUSY | ENODEV)) => return Err(error),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The format at the best size and rate that the driver tells of.
fn offer(device: &Device, format: Format) -> Offer {
    let fourcc = FourCC::new(&format.fourcc());
    let sizes = device.enum_framesizes(fourcc).unwrap_or_default();
    let (width, height) = nearest_size(sizes.into_iter().map(|offer| offer.size));
    let intervals = device
        .enum_frameintervals(fourcc, width, height)
        .unwrap_or_default();
    Offer {
        format,
        width,
        height,
        interval: nearest_interval(intervals.into_iter().map(|offer| offer.interval)),
    }
}

/// Puts the device into a format and starts it. The driver's answer counts, not what it offered.
fn begin(device: &Device, offer: Offer) -> io::Result<(Settled, Buffers)> {
    let code = FourCC::new(&offer.format.fourcc());
    let mut asked = v4l::Format::new(offer.width, offer.height, code);
    asked.field_order = FieldOrder::Progressive;
    let got = device.set_format(&asked)?;
    if got.fourcc != code {
        return Err(io::Error::other(format!(
            "it gives {} when asked for {code}",
            got.fourcc
        )));
    }
    let layout = Layout {
        width: got.width,
        height: got.height,
        stride: got.stride,
    };
    let needed = match offer.format {
        Format::Raw(raw) => raw.needed(layout).map_err(io::Error::other)?,
        Format::Mjpg => 0,
    };
    let wanted = offer.interval.unwrap_or(Fraction::new(1, FPS as u32));
    // Drivers without a choice of rates refuse to be told one.
    let interval = device
        .set_params(&Parameters::new(wanted))
        .map(|got| got.interval)
        .ok();
    let settled = Settled {
        format: offer.format,
        layout,
        needed,
        interval,
    };
    Ok((settled, Buffers::start(device)?))
}
