//! How near a face is to people in general, by averages of groups of people.
//!
//! Faces of some groups of people lie closer together for an encoder than those of others. From its distances to a few
//! centres, each the average of many people, follows for each face how near the nearest strangers are to be expected; see
//! [`Comparison::score`]. That is adaptive score normalisation by a cohort, with the cohort replaced by what it says.
//!
//! [`Comparison::score`]: crate::Comparison::score

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::{ENCODING_LEN, Encoding, EngineId};

/// The cohorts that are built in: what is said of each, and its centres.
const BUILT_IN: [(&str, &[u8]); 1] = [(
    include_str!("../cohort/dlib-hog-resnet.toml"),
    include_bytes!("../cohort/dlib-hog-resnet.i8"),
)];

/// What is said of a cohort, in the file beside its centres.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortInfo {
    /// [`EngineId::name`].
    pub engine: String,
    /// [`EngineId::model`].
    pub model: String,
    /// What a byte of a centre is multiplied by.
    pub scale: f32,
    /// What is added to the weighted distances.
    pub offset: f32,
    /// For each centre, of [`ENCODING_LEN`] signed bytes, what the distance to it counts.
    pub weights: Vec<f32>,
    /// The most that [`Cohort::crowd`] says. Whoever is far from all faces gets no more allowance than the loneliest of those
    /// that it was made of: a distance never counts for less than itself without this much.
    pub ceiling: f32,
    /// SHA-256 of the centres, hexadecimal.
    pub sha256: String,
    /// How it was made.
    pub made: Made,
}

/// How a cohort was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// The command.
    pub command: String,
    /// Of whom the encodings were that it averages.
    pub source: String,
}

/// A cohort that does not hold together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CohortError {
    /// Its description cannot be read.
    #[error("the description of a cohort cannot be read: {0}")]
    Description(String),
    /// Its centres are not as many as its weights.
    #[error("a cohort of {expected} centres of {ENCODING_LEN} bytes has {found} bytes")]
    Size {
        /// Centres described.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// It has no centres, or a number in it is no sensible one.
    #[error("a cohort's weights, offset, scale or ceiling are out of range")]
    Range,
}

/// Averages of groups of people, by the encodings of one engine.
#[derive(Debug)]
pub struct Cohort {
    info: CohortInfo,
    centres: Vec<[f32; ENCODING_LEN]>,
}

impl Cohort {
    /// Reads a description and its centres.
    pub fn read(description: &str, centres: &[u8]) -> Result<Self, CohortError> {
        let info: CohortInfo =
            toml::from_str(description).map_err(|error| CohortError::Description(error.to_string()))?;
        if info.weights.len() * ENCODING_LEN != centres.len() {
            return Err(CohortError::Size {
                expected: info.weights.len(),
                found: centres.len(),
            });
        }
        let positive = |value: f32, most: f32| value > 0.0 && value <= most;
        let small = |value: &f32| value.abs() <= 10.0;
        if info.weights.is_empty()
            || !info.weights.iter().all(small)
            || !small(&info.offset)
            || !positive(info.scale, 1.0)
            || !positive(info.ceiling, 2.0)
        {
            return Err(CohortError::Range);
        }
        let (rows, _) = centres.as_chunks::<ENCODING_LEN>();
        let centres = rows
            .iter()
            .map(|row| row.map(|byte| f32::from(byte.cast_signed()) * info.scale))
            .collect();
        Ok(Self { info, centres })
    }

    /// The one that is built in for this engine; `None`: its distances are compared as they are.
    pub fn built_in(engine: &EngineId) -> Option<Arc<Self>> {
        static ALL: OnceLock<Vec<Arc<Cohort>>> = OnceLock::new();
        let all = ALL.get_or_init(|| {
            // A test reads each of them: none is left out here.
            let read = |(description, centres): &(&str, &[u8])| Self::read(description, centres).ok();
            BUILT_IN.iter().filter_map(read).map(Arc::new).collect()
        });
        all.iter()
            .find(|cohort| cohort.info.engine == engine.name && cohort.info.model == engine.model)
            .cloned()
    }

    /// What is said of it.
    pub fn info(&self) -> &CohortInfo {
        &self.info
    }

    /// The mean distance at which an encoding's nearest strangers are to be expected, of as many as it was made of, up to
    /// [`CohortInfo::ceiling`]: small where faces are many. Never NaN.
    pub fn crowd(&self, encoding: &Encoding) -> f32 {
        let distances = self
            .centres
            .iter()
            .map(|centre| squared_distance(centre, encoding.as_slice()).sqrt());
        let weighted = distances
            .zip(&self.info.weights)
            .map(|(distance, weight)| distance * weight);
        let expected = self.info.offset + weighted.sum::<f32>();
        // Also of what has no finite distance: the numbers come from another process.
        if expected < self.info.ceiling {
            expected
        } else {
            self.info.ceiling
        }
    }
}

/// In eight sums side by side: what the compiler makes vector instructions of.
fn squared_distance(one: &[f32; ENCODING_LEN], other: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    for (a, b) in one.chunks_exact(8).zip(other.chunks_exact(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += (a - b) * (a - b);
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::testing::encoding;

    fn described(weights: &[f32], offset: f32, scale: f32) -> String {
        toml::to_string(&CohortInfo {
            engine: "e".into(),
            model: "m".into(),
            scale,
            offset,
            weights: weights.to_vec(),
            ceiling: 2.0,
            sha256: String::new(),
            made: Made {
                command: String::new(),
                source: String::new(),
            },
        })
        .unwrap()
    }

    #[test]
    fn what_is_built_in_is_what_its_description_says() {
        for (description, centres) in BUILT_IN {
            let cohort = Cohort::read(description, centres).unwrap();
            let hash: String = Sha256::digest(centres)
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            assert_eq!(hash, cohort.info.sha256);
            let engine = EngineId {
                name: cohort.info.engine.clone(),
                model: cohort.info.model.clone(),
            };
            assert!(Cohort::built_in(&engine).is_some());
            let other = EngineId {
                model: "other".into(),
                ..engine
            };
            assert!(
                Cohort::built_in(&other).is_none(),
                "other models, other distances"
            );
        }
    }

    #[test]
    fn a_crowd_is_what_the_weighted_distances_say() {
        // At 0.1 and 0.4 along the first axis.
        let mut bytes = vec![0; 2 * ENCODING_LEN];
        (bytes[0], bytes[ENCODING_LEN]) = (10, 40);
        let cohort = Cohort::read(&described(&[0.5, -0.25], 0.3, 0.01), &bytes).unwrap();
        for (at, crowd) in [(0.0, 0.25), (0.4, 0.45), (0.1, 0.225)] {
            assert!((cohort.crowd(&encoding(at, 0)) - crowd).abs() < 1e-6, "{at}");
        }
        assert_eq!(cohort.crowd(&encoding(20.0, 0)), 2.0, "no more than the ceiling");
        for far in [1e18, 1e19, 1e20, f32::MAX] {
            assert!(cohort.crowd(&encoding(far, 0)) <= 2.0, "{far}");
            let falls = Cohort::read(&described(&[0.5, -0.75], 0.3, 0.01), &bytes).unwrap();
            assert!(falls.crowd(&encoding(far, 0)) <= 2.0, "{far}");
        }
    }

    #[test]
    fn a_cohort_that_does_not_hold_together_is_refused() {
        let one = [0u8; ENCODING_LEN];
        assert!(Cohort::read(&described(&[1.0], 0.0, 0.01), &one).is_ok());
        assert!(matches!(
            Cohort::read("x", &one),
            Err(CohortError::Description(_))
        ));
        for weights in [&[][..], &[1.0, 1.0]] {
            let wrong = Cohort::read(&described(weights, 0.0, 0.01), &one).unwrap_err();
            assert!(matches!(wrong, CohortError::Size { .. }), "{wrong}");
        }
        assert_eq!(
            Cohort::read(&described(&[], 0.0, 0.01), &[]).unwrap_err(),
            CohortError::Range
        );
        for (weight, offset, scale) in [
            (f32::NAN, 0.0, 0.01),
            (99.0, 0.0, 0.01),
            (1.0, f32::INFINITY, 0.01),
            (1.0, 0.0, 0.0),
            (1.0, 0.0, -1.0),
            (1.0, 0.0, f32::NAN),
        ] {
            let wrong = Cohort::read(&described(&[weight], offset, scale), &one).unwrap_err();
            assert_eq!(wrong, CohortError::Range);
        }
    }
}
