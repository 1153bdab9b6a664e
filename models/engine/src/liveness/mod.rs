//! Whether a face in colour is alive or a picture of one: the two networks of Silent-Face-Anti-Spoofing (MiniFASNet, V2 on
//! 2.7 times the face's box and V1SE on 4.0 times), each with three classes of which the second is "alive".
//!
//! On grey pictures they are useless, and so they are not asked. What they are worth on colour: `docs/liveness.md`.

mod crop;
mod patch;

use facelogin_models::{LIVENESS_NEAR, LIVENESS_WIDE, VerifiedModels};

use crate::net::{Input, Net};
use crate::{BBox, EngineError, Frame, Pixels};
pub use crop::Boxes;

/// How many times the face's box each network sees, in the order in which they are loaded.
const SCALES: [f64; 2] = [2.7, 4.0];

/// The class that means "alive" (`test.py` of the networks' makers); the others are two kinds of attack.
const ALIVE: usize = 1;

/// How many classes there are.
const CLASSES: usize = 3;

/// The two networks, resident.
pub struct LivenessNetwork {
    /// In the order of [`SCALES`].
    networks: [Net; 2],
    boxes: Boxes,
}

impl LivenessNetwork {
    /// Loads the two verified files, for faces whose boxes are this detector's.
    pub fn load(models: &VerifiedModels, boxes: Boxes) -> Result<Self, EngineError> {
        let open = |name| {
            let model = models.find(name).ok_or(EngineError::ModelMissing { name })?;
            Net::open(model, &input())
        };
        Ok(Self {
            networks: [open(LIVENESS_NEAR)?, open(LIVENESS_WIDE)?],
            boxes,
        })
    }

    /// How likely, 0 to 1, the face in that box is alive: the mean of both networks. `None` on a grey picture, and for a box
    /// without area: then nobody was asked.
    ///
    /// # Errors
    /// A network fails or answers with what is no probability.
    pub fn look(&mut self, frame: &Frame<'_>, face: &BBox) -> Result<Option<f32>, EngineError> {
        let Pixels::Rgb(rgb) = frame.pixels() else {
            return Ok(None);
        };
        let size = (frame.width(), frame.height());
        let of = |scale| {
            Some(patch::patch(
                rgb,
                size.0,
                &crop::crop(size, face, self.boxes, scale)?,
            ))
        };
        match (of(SCALES[0]), of(SCALES[1])) {
            (Some(near), Some(far)) => Ok(Some(self.mean(&[near, far])?)),
            _ => Ok(None),
        }
    }

    /// Of what the networks say, each of its own patch.
    fn mean(&mut self, patches: &[Vec<f32>; 2]) -> Result<f32, EngineError> {
        let mut sum = 0.0;
        for (network, patch) in self.networks.iter_mut().zip(patches) {
            let outputs = network.run(patch)?;
            let classes = outputs.first().map_or(&[][..], |output| &output.data);
            sum += alive(classes).ok_or(EngineError::LivenessAnswer)?;
        }
        Ok(sum / patches.len() as f32)
    }
}

/// Levels from 0 to 255, as `patch` makes them.
fn input() -> Input {
    Input::of([1, 3, patch::SIDE, patch::SIDE], 0.0..=255.0)
}

/// The probability of [`ALIVE`] (softmax); `None` for what is no answer.
fn alive(classes: &[f32]) -> Option<f32> {
    if classes.len() != CLASSES {
        return None;
    }
    // From the largest, so that nothing overflows.
    let largest = classes.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = classes.iter().map(|class| (class - largest).exp()).sum();
    let alive = (classes[ALIVE] - largest).exp() / sum;
    (0.0..=1.0).contains(&alive).then_some(alive)
}

#[cfg(test)]
mod golden;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_three_classes_is_alive_and_anything_else_is_no_answer() {
        for (classes, expected) in [
            (&[0.0, 0.0, 0.0][..], Some(1.0 / 3.0)),
            (&[0.0, 1.0, 0.0], Some(0.576_117)),
            (&[1.0, 0.0, 0.0], Some(0.211_942)),
            (&[-1000.0, 1000.0, -1000.0], Some(1.0)),
            (&[1000.0, -1000.0, 1000.0], Some(0.0)),
            (&[f32::NAN, 1.0, 0.0], None),
            (&[0.0, f32::NAN, 0.0], None),
            (&[0.0, f32::INFINITY, 0.0], None),
            (&[0.0, f32::NEG_INFINITY, 0.0], Some(0.0)),
            (&[0.0, 1.0], None),
            (&[0.0, 1.0, 0.0, 0.0], None),
            (&[], None),
        ] {
            match (alive(classes), expected) {
                (Some(is), Some(should)) => assert!((is - should).abs() < 1e-5, "{classes:?}: {is}"),
                (is, should) => assert_eq!(is, should, "{classes:?}"),
            }
        }
    }
}
