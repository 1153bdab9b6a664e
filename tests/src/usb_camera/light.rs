//! What the infrared sensor sees: little without its emitter, and with it what is near.

use serde::{Deserialize, Serialize};

/// What the emitter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Light {
    /// It is dark.
    Off,
    /// Every second frame is lit.
    Alternate,
    /// Every frame is lit.
    On,
}

/// How a frame is lit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lit {
    /// By what daylight has of infrared.
    Dark,
    /// By the emitter: what is near, in the middle, many times brighter than what is far.
    Near,
    /// By the emitter, with a screen in the middle: it sends nothing back, and what is around it does.
    Around,
}

/// How much of the scene's brightness daylight alone gives, in 256ths.
const AMBIENT: u32 = 48;

/// How much the emitter adds at most, in 256ths.
const EMITTED: u32 = 196;

/// How much the emitter adds to what is around a screen, in 256ths.
const REFLECTED: u32 = 72;

/// How far from the middle of the picture the emitter's light is down to a quarter, in heights of the picture.
const REACH: f64 = 0.42;

impl Light {
    /// Its number in Microsoft's control.
    pub const fn mode(self) -> u8 {
        match self {
            Self::Off => 1,
            Self::Alternate => 2,
            Self::On => 3,
        }
    }

    /// By its number in Microsoft's control.
    pub const fn from_mode(mode: u8) -> Option<Self> {
        match mode {
            1 => Some(Self::Off),
            2 => Some(Self::Alternate),
            3 => Some(Self::On),
            _ => None,
        }
    }

    /// Whether the frame with this number is lit.
    pub const fn shines(self, frame: u64) -> bool {
        match self {
            Self::Off => false,
            Self::Alternate => frame.is_multiple_of(2),
            Self::On => true,
        }
    }
}

/// The grey picture as the sensor sees it, in place. `grey`: one byte a pixel, rows of `width`.
pub fn light(grey: &mut [u8], width: usize, lit: Lit) {
    let height = grey.len() / width.max(1);
    let (middle, centre) = (width as f64 / 2.0, height as f64 / 2.0);
    let reach = REACH * height as f64;
    for (row, line) in grey.chunks_exact_mut(width.max(1)).enumerate() {
        let down = row as f64 + 0.5 - centre;
        for (column, value) in line.iter_mut().enumerate() {
            let gain = match lit {
                Lit::Dark => AMBIENT,
                Lit::Near | Lit::Around => {
                    let across = column as f64 + 0.5 - middle;
                    let near = falloff((across * across + down * down) / (reach * reach));
                    let added = if lit == Lit::Near {
                        f64::from(EMITTED) * near
                    } else {
                        f64::from(REFLECTED) * (1.0 - 2.0 * near).max(0.0)
                    };
                    AMBIENT + added as u32
                }
            };
            *value = (u32::from(*value) * gain / 256).min(255) as u8;
        }
    }
}

/// What is near is in the middle: 1 there, 1/4 at the reach. `far`: the square of the distance, in reaches.
fn falloff(far: f64) -> f64 {
    1.0 / ((1.0 + far) * (1.0 + far))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The brightness in the middle and in the corner.
    fn seen(lit: Lit) -> (u8, u8) {
        let mut grey = vec![160; 64 * 48];
        light(&mut grey, 64, lit);
        (grey[24 * 64 + 32], grey[0])
    }

    #[test]
    fn a_face_is_lit_much_more_than_what_is_behind_it() {
        let (dark_face, dark_wall) = seen(Lit::Dark);
        let (face, wall) = seen(Lit::Near);
        assert_eq!(dark_face, dark_wall);
        assert!(face > 4 * dark_face, "{face} from {dark_face}");
        assert!(
            wall < dark_wall + (face - dark_face) / 4,
            "{wall} from {dark_wall}"
        );
    }

    #[test]
    fn a_screen_is_no_brighter_than_in_the_dark() {
        let (dark_face, dark_wall) = seen(Lit::Dark);
        let (face, wall) = seen(Lit::Around);
        assert_eq!(face, dark_face);
        assert!(wall > dark_wall);
    }

    #[test]
    fn every_second_frame_is_lit() {
        let lit: Vec<_> = (0..4).map(|frame| Light::Alternate.shines(frame)).collect();
        assert_eq!(lit, [true, false, true, false]);
        assert!(Light::On.shines(1) && !Light::Off.shines(0));
    }
}
