//! What can be wrong with a camera.

use serde::{Deserialize, Serialize};

use super::format::Format;

/// A fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The lens is covered.
    Black,
    /// Far too much light.
    White,
    /// The same picture again and again, as new frames.
    Frozen,
    /// No frames.
    #[serde(alias = "stuck")]
    Silent,
    /// Five frames a second, whatever was agreed.
    Slow,
    /// Frames of half their bytes.
    Short,
    /// Frames whose bytes were damaged on the way.
    Corrupt,
    /// Frames in which the camera owns up to an error.
    Flagged,
    /// In front of the infrared sensor is a screen: it sends no light of the emitter's back.
    Flat,
}

/// The time between frames of a slow camera, in units of 100 ns.
const SLOW: u32 = 2_000_000;

/// A fault, and for how long.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spell {
    fault: Fault,
    left: Option<u64>,
}

impl Fault {
    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        serde_json::from_value(name.into()).ok()
    }

    /// The time between frames where that should be `agreed`, in units of 100 ns.
    pub fn interval(self, agreed: u32) -> u32 {
        if self == Self::Slow {
            SLOW.max(agreed)
        } else {
            agreed
        }
    }

    /// How much of a frame goes out.
    pub const fn length(self, whole: usize) -> usize {
        if matches!(self, Self::Short) {
            whole / 2
        } else {
            whole
        }
    }
}

impl Spell {
    /// `frames`: how many it lasts; none for until further notice.
    pub const fn new(fault: Fault, frames: Option<u64>) -> Self {
        Self { fault, left: frames }
    }

    /// The fault of now.
    pub fn fault(&self) -> Fault {
        if self.left == Some(0) {
            Fault::None
        } else {
            self.fault
        }
    }

    /// The fault of the next frame, which takes one off those it lasts.
    pub fn take(&mut self) -> Fault {
        let fault = self.fault();
        self.left = self.left.map(|left| left.saturating_sub(1));
        fault
    }
}

/// Damages a frame. `number`: no two frames alike.
pub fn corrupt(bytes: &mut [u8], format: Format, number: u64) {
    let mut noise = Noise(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let length = bytes.len();
    match format {
        // Here and there, from the tables in its head on.
        Format::Mjpg => {
            let mut at = length / 20;
            while at < length.saturating_sub(2) {
                bytes[at] = noise.next();
                at += 1 + usize::from(noise.next());
            }
        }
        _ => bytes[length / 3..2 * (length / 3)].fill_with(|| noise.next()),
    }
}

/// The same noise in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 24) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_lasts_as_many_frames_as_it_was_given() {
        let mut spell = Spell::new(Fault::Black, Some(2));
        let faults: Vec<_> = (0..4).map(|_| spell.take()).collect();
        assert_eq!(faults, [Fault::Black, Fault::Black, Fault::None, Fault::None]);
        let mut spell = Spell::new(Fault::Slow, None);
        assert!((0..9).all(|_| spell.take() == Fault::Slow));
    }

    #[test]
    fn faults_are_known_by_name() {
        assert_eq!(Fault::named("silent"), Some(Fault::Silent));
        assert_eq!(Fault::named("stuck"), Some(Fault::Silent));
        assert_eq!(Fault::named("Black"), None);
    }

    #[test]
    fn damage_is_damage_and_differs() {
        for format in [Format::Mjpg, Format::Yuyv] {
            let (mut one, mut two) = (vec![7; 9000], vec![7; 9000]);
            corrupt(&mut one, format, 1);
            corrupt(&mut two, format, 2);
            assert_eq!(one.len(), 9000);
            assert!(one.iter().filter(|&&byte| byte != 7).count() > 20, "{format:?}");
            assert_ne!(one, two, "{format:?}");
        }
    }
}
