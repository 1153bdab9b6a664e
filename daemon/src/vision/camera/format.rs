//! Which format, size and rate is asked of a camera: pure, from what its driver offers.
//!
//! Drivers differ in what they tell. Sizes come as a list, as a range, or not at all; rates too. What cannot be told is
//! asked for all the same, and the driver's answer is taken as it is.

use facelogin_protocol::types::CameraKind;
use v4l::fraction::Fraction;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;

use crate::vision::decode::Raw;

/// What is asked of a camera: dlib's detector finds faces of 80 pixels, which at 640 wide reach a metre and a half.
pub const WIDTH: u32 = 640;
/// See [`WIDTH`].
pub const HEIGHT: u32 = 480;
/// Pictures a second.
pub const FPS: f64 = 30.0;

/// Below so many pictures a second a format comes after every faster one: USB 2 carries uncompressed 1280x720 at 10.
/// NTSC's 15000/1001 is not below.
const SLOW: f64 = 14.5;

/// A picture format that can be decoded here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Uncompressed.
    Raw(Raw),
    /// A JPEG a picture.
    Mjpg,
}

/// In the order they are tried, all else being equal: what costs the least to decode first.
const COLOUR: [Format; 6] = [
    Format::Raw(Raw::Yuyv),
    Format::Raw(Raw::Uyvy),
    Format::Raw(Raw::Nv12),
    Format::Raw(Raw::Rgb3),
    Format::Raw(Raw::Bgr3),
    Format::Mjpg,
];

/// An infrared camera's own formats; those that have colours too are read for their luma.
const GREY: [Format; 4] = [
    Format::Raw(Raw::Grey),
    Format::Raw(Raw::Y10),
    Format::Raw(Raw::Y12),
    Format::Raw(Raw::Y16),
];

impl Format {
    /// Those that a camera of this kind may be read in, best first.
    pub fn of(kind: CameraKind) -> Vec<Self> {
        match kind {
            CameraKind::Colour => COLOUR.to_vec(),
            CameraKind::Infrared => GREY.into_iter().chain(COLOUR).collect(),
            CameraKind::Replay | CameraKind::Unknown => Vec::new(),
        }
    }

    /// Its V4L2 code.
    pub fn fourcc(self) -> [u8; 4] {
        match self {
            Self::Raw(raw) => raw.fourcc(),
            Self::Mjpg => *b"MJPG",
        }
    }
}

/// A format at the size and rate of it that suit best.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// In which format.
    pub format: Format,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Seconds a picture; `None` if the driver does not tell.
    pub interval: Option<Fraction>,
}

impl Offer {
    fn poor(&self) -> u32 {
        let slow = self.interval.and_then(rate).is_some_and(|rate| rate < SLOW);
        let small = area(self.width, self.height) < area(WIDTH, HEIGHT) / 2;
        u32::from(slow) + u32::from(small)
    }
}

/// The order in which to try them: `offers` come in [`Format::of`]'s order, and those that are too slow or too small
/// for what others reach go behind those.
pub fn order(mut offers: Vec<Offer>) -> Vec<Offer> {
    // Stable.
    offers.sort_by_key(Offer::poor);
    offers
}

/// The size nearest to [`WIDTH`] x [`HEIGHT`], which is also what is asked of a driver that does not tell any.
pub fn nearest_size(offers: impl IntoIterator<Item = FrameSizeEnum>) -> (u32, u32) {
    let sizes = offers.into_iter().map(|offer| match offer {
        FrameSizeEnum::Discrete(size) => (size.width, size.height),
        FrameSizeEnum::Stepwise(range) => (
            step(WIDTH, range.min_width, range.max_width, range.step_width),
            step(HEIGHT, range.min_height, range.max_height, range.step_height),
        ),
    });
    let possible = sizes.filter(|(width, height)| *width > 0 && *height > 0);
    possible
        .min_by_key(|(width, height)| misfit(*width, *height))
        .unwrap_or((WIDTH, HEIGHT))
}

/// How far a size is from what is wanted, in pixels that the two do not have in common. What is missing counts four
/// times, for it costs reach; what is too much costs time.
fn misfit(width: u32, height: u32) -> u64 {
    let common = area(width.min(WIDTH), height.min(HEIGHT));
    4 * (area(WIDTH, HEIGHT) - common) + (area(width, height) - common)
}

fn area(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}

/// The value nearest to `wanted` of those from `min` to `max` in steps.
fn step(wanted: u32, min: u32, max: u32, step: u32) -> u32 {
    let (min, step) = (u64::from(min), u64::from(step.max(1)));
    let inside = u64::from(wanted).clamp(min, u64::from(max).max(min));
    let nearest = min + ((inside - min) + step / 2) / step * step;
    let nearest = if nearest > u64::from(max) {
        nearest.saturating_sub(step).max(min)
    } else {
        nearest
    };
    // At most `max` or `min`, both of which fit.
    nearest as u32
}

/// The interval whose rate is nearest to [`FPS`], by how many times it is more or less; `None` of none.
pub fn nearest_interval(offers: impl IntoIterator<Item = FrameIntervalEnum>) -> Option<Fraction> {
    let whole = Fraction::new(1, FPS as u32);
    let intervals = offers.into_iter().map(|offer| match offer {
        FrameIntervalEnum::Discrete(interval) => interval,
        // The shortest interval is the highest rate. A driver rounds to its own steps.
        FrameIntervalEnum::Stepwise(range) => match (rate(range.min), rate(range.max)) {
            (Some(highest), _) if highest < FPS => range.min,
            (_, Some(lowest)) if lowest > FPS => range.max,
            _ => whole,
        },
    });
    intervals
        .filter_map(|interval| rate(interval).map(|rate| (interval, (rate / FPS).ln().abs())))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(interval, _)| interval)
}

/// Pictures a second; `None` of a senseless interval.
pub fn rate(interval: Fraction) -> Option<f64> {
    let Fraction {
        numerator,
        denominator,
    } = interval;
    (numerator > 0 && denominator > 0).then(|| f64::from(denominator) / f64::from(numerator))
}

#[cfg(test)]
mod tests {
    use v4l::framesize::{Discrete, Stepwise};

    use super::*;

    fn sizes(of: &[(u32, u32)]) -> Vec<FrameSizeEnum> {
        of.iter()
            .map(|&(width, height)| FrameSizeEnum::Discrete(Discrete { width, height }))
            .collect()
    }

    #[test]
    fn r24_the_size_nearest_to_what_the_detector_needs_is_asked_for() {
        for (offered, expected) in [
            (&[][..], (640, 480)),
            (&[(1280, 720), (640, 480), (320, 240)], (640, 480)),
            (&[(1280, 720), (640, 360), (320, 240)], (640, 360)),
            (&[(1920, 1080), (1280, 720), (320, 240)], (1280, 720)),
            (&[(848, 480), (424, 240)], (848, 480)),
            (&[(1920, 1080), (320, 240)], (320, 240)),
            (&[(340, 340)], (340, 340)),
            (&[(0, 0), (640, 400), (640, 0)], (640, 400)),
        ] {
            assert_eq!(nearest_size(sizes(offered)), expected, "{offered:?}");
        }
    }

    #[test]
    fn r24_sizes_in_steps_and_ranges_are_met() {
        for (width, height, expected) in [
            ((48, 1920, 1), (32, 1080, 1), (640, 480)),
            ((16, 4096, 16), (16, 4096, 16), (640, 480)),
            ((100, 1000, 100), (100, 1000, 100), (600, 500)),
            ((800, 1600, 2), (600, 1200, 2), (800, 600)),
            ((16, 320, 16), (16, 240, 16), (320, 240)),
            ((17, 642, 50), (0, 480, 0), (617, 480)),
            ((9, 5, 3), (480, 480, 1), (9, 480)),
        ] {
            let offer = FrameSizeEnum::Stepwise(Stepwise {
                min_width: width.0,
                max_width: width.1,
                step_width: width.2,
                min_height: height.0,
                max_height: height.1,
                step_height: height.2,
            });
            assert_eq!(nearest_size([offer]), expected, "{width:?} {height:?}");
        }
    }

    fn discrete(of: &[(u32, u32)]) -> Vec<FrameIntervalEnum> {
        of.iter()
            .map(|&(numerator, denominator)| {
                FrameIntervalEnum::Discrete(Fraction::new(numerator, denominator))
            })
            .collect()
    }

    #[test]
    fn r24_rates_that_are_no_whole_number_are_as_good_as_any() {
        let chosen =
            |offers: Vec<FrameIntervalEnum>| nearest_interval(offers).map(|i| (i.numerator, i.denominator));
        for (offered, expected) in [
            (&[][..], None),
            (&[(0, 30), (1, 0)], None),
            (&[(1, 60), (1, 30), (1, 15)], Some((1, 30))),
            (&[(1, 60), (1001, 30000), (1, 15)], Some((1001, 30000))),
            (&[(2, 15), (2, 25)], Some((2, 25))),
            (&[(333333, 10000000)], Some((333333, 10000000))),
            (&[(1, 60), (1, 5)], Some((1, 60))),
            (&[(1, 5), (1, 60)], Some((1, 60))),
            (&[(1, 120), (1, 10)], Some((1, 10))),
        ] {
            assert_eq!(chosen(discrete(offered)), expected, "{offered:?}");
        }
        for (min, max, expected) in [
            ((1, 60), (1, 5), (1, 30)),
            ((1, 100000), (100000, 1), (1, 30)),
            ((1, 20), (1, 5), (1, 20)),
            ((1, 90), (1, 50), (1, 50)),
        ] {
            let range = FrameIntervalEnum::Stepwise(v4l::frameinterval::Stepwise {
                min: Fraction::new(min.0, min.1),
                max: Fraction::new(max.0, max.1),
                step: Fraction::new(1, 1),
            });
            assert_eq!(chosen(vec![range]), Some(expected), "{min:?} {max:?}");
        }
    }

    #[test]
    fn r24_the_cheapest_format_comes_first_unless_it_is_too_slow_or_too_small() {
        use Format::{Mjpg, Raw as Uncompressed};
        let yuyv = Uncompressed(Raw::Yuyv);
        let nv12 = Uncompressed(Raw::Nv12);
        let offer = |format, size: (u32, u32), interval: Option<(u32, u32)>| Offer {
            format,
            width: size.0,
            height: size.1,
            interval: interval.map(|(numerator, denominator)| Fraction::new(numerator, denominator)),
        };
        let (vga, hd) = ((640, 480), (1280, 720));
        for (offers, expected) in [
            (
                vec![(yuyv, vga, Some((1, 30))), (Mjpg, vga, Some((1, 30)))],
                vec![yuyv, Mjpg],
            ),
            (
                vec![(yuyv, hd, Some((1, 10))), (Mjpg, hd, Some((1, 30)))],
                vec![Mjpg, yuyv],
            ),
            (
                vec![(yuyv, hd, Some((1, 10))), (nv12, hd, Some((1, 5)))],
                vec![yuyv, nv12],
            ),
            (
                vec![(yuyv, vga, Some((1001, 15000))), (Mjpg, vga, Some((1, 30)))],
                vec![yuyv, Mjpg],
            ),
            (
                vec![(yuyv, (320, 240), None), (Mjpg, vga, None)],
                vec![Mjpg, yuyv],
            ),
            (
                vec![(yuyv, vga, None), (Mjpg, vga, Some((1, 30)))],
                vec![yuyv, Mjpg],
            ),
        ] {
            let offers = offers
                .into_iter()
                .map(|(format, size, interval)| offer(format, size, interval));
            let order: Vec<Format> = order(offers.collect()).iter().map(|offer| offer.format).collect();
            assert_eq!(order, expected);
        }
    }

    #[test]
    fn r24_only_an_infrared_camera_is_read_in_grey_formats_and_nothing_unknown_at_all() {
        for kind in [
            CameraKind::Colour,
            CameraKind::Infrared,
            CameraKind::Replay,
            CameraKind::Unknown,
        ] {
            let formats = Format::of(kind);
            let grey = formats
                .iter()
                .any(|f| matches!(f, Format::Raw(raw) if raw.is_grey()));
            assert_eq!(grey, kind == CameraKind::Infrared, "{kind:?}");
            let any = matches!(kind, CameraKind::Colour | CameraKind::Infrared);
            assert_eq!(formats.contains(&Format::Mjpg), any, "{kind:?}");
        }
    }
}
