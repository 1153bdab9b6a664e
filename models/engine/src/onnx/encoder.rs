//! An aligned face in, an encoding out.

use facelogin_models::VerifiedModel;

use super::align::SIDE;
use crate::net::{Input, Net};
use crate::{ENCODING_LEN, Encoding, EngineError};

/// What an encoder's input channels hold: red, green, blue, each value v as (v - `mean`) / `deviation`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Levels {
    pub(crate) mean: f32,
    pub(crate) deviation: f32,
}

impl Levels {
    fn of(self, level: u8) -> f32 {
        (f32::from(level) - self.mean) / self.deviation
    }

    fn input(self) -> Input {
        Input::of(SHAPE, self.of(u8::MIN)..=self.of(u8::MAX))
    }
}

/// SFace takes the levels as they are, 0..=255 (its graph subtracts and scales): OpenCV's `FaceRecognizerSF::feature` is
/// `blobFromImage` with scale 1, mean 0, and red and blue swapped from OpenCV's BGR (`face_recognize.cpp`).
pub(crate) const SFACE_LEVELS: Levels = Levels {
    mean: 0.0,
    deviation: 1.0,
};

/// As insightface's and most other encoders of aligned faces take them.
pub(crate) const CENTRED_LEVELS: Levels = Levels {
    mean: 127.5,
    deviation: 127.5,
};

/// The network and what it wants.
pub(crate) struct Encoder {
    net: Net,
    levels: Levels,
}

/// Pictures, channels, height, width.
const SHAPE: [usize; 4] = [1, 3, SIDE, SIDE];

impl Encoder {
    /// The manifest's.
    pub(crate) fn open(model: &VerifiedModel) -> Result<Self, EngineError> {
        Ok(Self {
            net: Net::open(model, &SFACE_LEVELS.input())?,
            levels: SFACE_LEVELS,
        })
    }

    /// Another, to measure with.
    pub(crate) fn from_bytes(name: &'static str, bytes: Vec<u8>, levels: Levels) -> Result<Self, String> {
        Ok(Self {
            net: Net::from_bytes(name, bytes, &levels.input())?,
            levels,
        })
    }

    /// The encoding of an aligned face (RGB, row by row), of length 1: the Euclidean distance d of two of them and the
    /// cosine c of the angle between them say the same, d^2 = 2 - 2c.
    pub(crate) fn encode(&mut self, crop: &[u8]) -> Result<Encoding, EngineError> {
        let outputs = self.net.run(&tensor(crop, self.levels))?;
        // An encoder with several answers is not one; `Encoding` checks the length of the one.
        let values = match outputs.as_slice() {
            [only] => only.data.as_slice(),
            _ => &[],
        };
        Ok(unit(values)?)
    }
}

/// Channel after channel.
fn tensor(rgb: &[u8], levels: Levels) -> Vec<f32> {
    let channel = |c: usize| rgb.chunks_exact(3).map(move |pixel| levels.of(pixel[c]));
    channel(0).chain(channel(1)).chain(channel(2)).collect()
}

/// Scaled to length 1; what has no length stays as it is.
fn unit(values: &[f32]) -> Result<Encoding, crate::EncodingError> {
    let length = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    let length = if length > 0.0 { length } else { 1.0 };
    let mut wide = [0.0; ENCODING_LEN];
    if values.len() != ENCODING_LEN {
        return Err(crate::EncodingError::Length { found: values.len() });
    }
    for (to, from) in wide.iter_mut().zip(values) {
        *to = f64::from(*from) / length;
    }
    let encoding = Encoding::try_from_f64(&wide);
    wide.fill(0.0);
    encoding
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What SFace is given cannot be tried without its file, so it is pinned number by number.
    #[test]
    fn the_tensor_is_red_green_blue_planes_of_plain_levels() {
        let mut crop = vec![0; SIDE * SIDE * 3];
        crop[..6].copy_from_slice(&[255, 128, 1, 10, 20, 30]);
        let last = crop.len() - 3;
        crop[last..].copy_from_slice(&[7, 8, 9]);
        let plain = tensor(&crop, SFACE_LEVELS);
        let plane = SIDE * SIDE;
        assert_eq!(plain.len(), 3 * 112 * 112);
        assert_eq!([plain[0], plain[plane], plain[2 * plane]], [255.0, 128.0, 1.0]);
        assert_eq!(
            [plain[1], plain[plane + 1], plain[2 * plane + 1]],
            [10.0, 20.0, 30.0]
        );
        assert_eq!(
            [plain[plane - 1], plain[2 * plane - 1], plain[3 * plane - 1]],
            [7.0, 8.0, 9.0]
        );
        let centred = tensor(&crop, CENTRED_LEVELS);
        assert_eq!(centred[0], 1.0);
        assert_eq!(centred[2], -1.0);
    }

    #[test]
    fn encodings_have_length_one_and_distances_follow_the_angle() {
        let of = |f: fn(usize) -> f32| unit(&std::array::from_fn::<f32, ENCODING_LEN, _>(f)).unwrap();
        let (even, odd) = (of(|i| (i % 2) as f32 * 3.0), of(|i| ((i + 1) % 2) as f32 * 0.1));
        let length: f32 = even.as_slice().iter().map(|v| v * v).sum();
        assert!((length - 1.0).abs() < 1e-5);
        assert!((even.distance(&odd) - 2_f32.sqrt()).abs() < 1e-5);
        assert_eq!(of(|_| 0.0).as_slice(), [0.0; ENCODING_LEN]);
        assert!(unit(&[1.0; 127]).is_err() && unit(&[]).is_err());
    }
}
