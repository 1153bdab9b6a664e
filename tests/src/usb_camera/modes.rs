//! What a function offers: which sizes and rates in which formats, in the order of its descriptors.

use super::format::Format;

/// What a high-speed bus carries for one endpoint of three transactions of 1024 bytes in each of its 8000
/// microframes a second, less the [payload headers](super::payload::HEADER) (USB 2.0, 9.6.6).
const BYTES_PER_SECOND: u64 = 8000 * (3072 - super::payload::HEADER as u64);

/// The rates that a camera falls back on where the bus carries none of those it was made for.
const SLOW: [f64; 3] = [10.0, 5.0, 1.0];

/// Everything that a function offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modes {
    /// In the order of bFormatIndex, from 1.
    pub formats: Vec<Offer>,
    /// Any interval between the shortest and the longest of a frame's, instead of these alone.
    pub continuous: bool,
}

/// What is offered in one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The format.
    pub format: Format,
    /// In the order of bFrameIndex, from 1.
    pub frames: Vec<Frame>,
}

/// What is offered in one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Width and height, in pixels.
    pub size: (u16, u16),
    /// The time between frames, in units of 100 ns; the first is the default.
    pub intervals: Vec<u32>,
}

/// One choice out of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// bFormatIndex, from 1.
    pub format_index: u8,
    /// bFrameIndex, from 1.
    pub frame_index: u8,
    /// The format.
    pub format: Format,
    /// Width and height, in pixels.
    pub size: (u16, u16),
    /// The time between frames, in units of 100 ns.
    pub interval: u32,
}

impl Modes {
    /// Every size in every format, at the rates that the bus carries. There is at least one of each.
    pub fn new(formats: &[Format], sizes: &[(u16, u16)], rates: &[f64], continuous: bool) -> Self {
        let offer = |&format: &Format| Offer {
            format,
            frames: sizes
                .iter()
                .map(|&size| Frame {
                    size,
                    intervals: intervals(format, size, rates),
                })
                .collect(),
        };
        Self {
            formats: formats.iter().map(offer).collect(),
            continuous,
        }
    }

    /// The choice that comes nearest: the camera answers a wish that it cannot fulfil with one that it can
    /// (USB Video Class 1.1, 4.3.1.1).
    pub fn nearest(&self, format_index: u8, frame_index: u8, interval: u32) -> Mode {
        let format_index = format_index.clamp(1, self.formats.len() as u8);
        let offer = &self.formats[usize::from(format_index) - 1];
        let frame_index = frame_index.clamp(1, offer.frames.len() as u8);
        let frame = &offer.frames[usize::from(frame_index) - 1];
        let interval = if interval == 0 {
            frame.intervals[0]
        } else if self.continuous {
            interval.clamp(frame.shortest(), frame.longest())
        } else {
            let away = |offered: &&u32| offered.abs_diff(interval);
            *frame
                .intervals
                .iter()
                .min_by_key(away)
                .unwrap_or(&frame.intervals[0])
        };
        Mode {
            format_index,
            frame_index,
            format: offer.format,
            size: frame.size,
            interval,
        }
    }
}

impl Frame {
    /// The shortest interval, in units of 100 ns.
    pub fn shortest(&self) -> u32 {
        self.intervals.iter().copied().min().unwrap_or(1)
    }

    /// The longest interval, in units of 100 ns.
    pub fn longest(&self) -> u32 {
        self.intervals.iter().copied().max().unwrap_or(1)
    }
}

/// Never empty.
fn intervals(format: Format, size: (u16, u16), rates: &[f64]) -> Vec<u32> {
    let carried = |rate: f64| match format {
        // Five times smaller than its largest frame, at the least.
        Format::Mjpg => true,
        _ => f64::from(format.frame_bytes(size)) * rate <= BYTES_PER_SECOND as f64,
    };
    let those = |rates: &[f64]| -> Vec<u32> {
        let carried = rates.iter().copied().filter(|&rate| carried(rate));
        carried.map(|rate| (10_000_000.0 / rate).round() as u32).collect()
    };
    let made_for = those(rates);
    if !made_for.is_empty() {
        return made_for;
    }
    let slow = those(&SLOW);
    if slow.is_empty() { vec![10_000_000] } else { slow }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modes(continuous: bool) -> Modes {
        let sizes = [(640, 480), (1280, 720)];
        Modes::new(
            &[Format::Mjpg, Format::Yuyv],
            &sizes,
            &[30.0, 15.0, 29.97],
            continuous,
        )
    }

    #[test]
    fn the_bus_carries_what_is_offered() {
        let modes = modes(false);
        let [mjpg, yuyv] = &modes.formats[..] else {
            panic!("two formats");
        };
        assert_eq!(mjpg.frames[1].intervals, [333_333, 666_667, 333_667]);
        assert_eq!(yuyv.frames[0].intervals, [333_333, 666_667, 333_667]);
        // 1280 x 720 x 2 bytes, 30 times a second, are more than twice what the bus carries.
        assert_eq!(yuyv.frames[1].intervals, [1_000_000, 2_000_000, 10_000_000]);
    }

    #[test]
    fn the_nearest_choice_is_one_that_is_offered() {
        for (continuous, wish, format, size, interval) in [
            (false, (1, 1, 333_333), Format::Mjpg, (640, 480), 333_333),
            (false, (2, 2, 333_333), Format::Yuyv, (1280, 720), 1_000_000),
            (false, (1, 1, 600_000), Format::Mjpg, (640, 480), 666_667),
            (false, (0, 0, 0), Format::Mjpg, (640, 480), 333_333),
            (false, (9, 9, 1), Format::Yuyv, (1280, 720), 1_000_000),
            (true, (1, 1, 400_000), Format::Mjpg, (640, 480), 400_000),
            (true, (1, 1, 100_000), Format::Mjpg, (640, 480), 333_333),
        ] {
            let mode = modes(continuous).nearest(wish.0, wish.1, wish.2);
            assert_eq!(
                (mode.format, mode.size, mode.interval),
                (format, size, interval),
                "{wish:?}"
            );
        }
    }
}
