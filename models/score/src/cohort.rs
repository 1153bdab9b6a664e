//! Faces of nobody that a comparison is held against: how near a face is to people in general.
//!
//! Faces of some groups of people lie closer together for an encoder than those of others. A fixed set of synthetic
//! encodings, the cohort, tells for each face how crowded its surroundings are; see [`Comparison::score`].
//!
//! [`Comparison::score`]: crate::Comparison::score

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::{ENCODING_LEN, Encoding, EngineId};

/// The cohorts that are built in: what is said of each, and its vectors.
const BUILT_IN: [(&str, &[u8]); 1] = [(
    include_str!("../cohort/dlib-hog-resnet.toml"),
    include_bytes!("../cohort/dlib-hog-resnet.i8"),
)];

/// What is said of a cohort, in the file beside its vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortInfo {
    /// [`EngineId::name`].
    pub engine: String,
    /// [`EngineId::model`].
    pub model: String,
    /// How many vectors of [`ENCODING_LEN`] signed bytes.
    pub vectors: usize,
    /// What a byte is multiplied by.
    pub scale: f32,
    /// How many nearest vectors count.
    pub neighbours: usize,
    /// The most that [`Cohort::crowd`] says. Whoever is far from all faces gets no more allowance than the loneliest of those
    /// that it was made of: a distance never counts for less than itself without this much.
    pub ceiling: f32,
    /// SHA-256 of the vectors, hexadecimal.
    pub sha256: String,
    /// How it was made.
    pub made: Made,
}

/// How a cohort was made. The command makes another one each time, as good: its random numbers are kept nowhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// The command.
    pub command: String,
    /// Of whom the encodings were whose mean and covariance it was drawn from.
    pub source: String,
}

/// A cohort that does not hold together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CohortError {
    /// Its description cannot be read.
    #[error("the description of a cohort cannot be read: {0}")]
    Description(String),
    /// Its vectors are not as many as described.
    #[error("a cohort of {expected} vectors of {ENCODING_LEN} bytes has {found} bytes")]
    Size {
        /// Vectors described.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// It asks for no neighbours, or for more than it has vectors, or its scale or ceiling is no sensible number.
    #[error("a cohort's neighbours, scale or ceiling are out of range")]
    Range,
}

/// A set of synthetic encodings of one engine.
#[derive(Debug)]
pub struct Cohort {
    info: CohortInfo,
    vectors: Vec<[f32; ENCODING_LEN]>,
}

impl Cohort {
    /// Reads a description and its vectors.
    pub fn read(description: &str, vectors: &[u8]) -> Result<Self, CohortError> {
        let info: CohortInfo =
            toml::from_str(description).map_err(|error| CohortError::Description(error.to_string()))?;
        let expected = info.vectors.checked_mul(ENCODING_LEN);
        if expected != Some(vectors.len()) {
            return Err(CohortError::Size {
                expected: info.vectors,
                found: vectors.len(),
            });
        }
        let sensible = |value: f32, most: f32| value > 0.0 && value <= most;
        if info.neighbours == 0
            || info.neighbours > info.vectors
            || !sensible(info.scale, 1.0)
            || !sensible(info.ceiling, 2.0)
        {
            return Err(CohortError::Range);
        }
        let (rows, _) = vectors.as_chunks::<ENCODING_LEN>();
        let vectors = rows
            .iter()
            .map(|row| row.map(|byte| f32::from(byte.cast_signed()) * info.scale))
            .collect();
        Ok(Self { info, vectors })
    }

    /// The one that is built in for this engine; `None`: its distances are compared as they are.
    pub fn built_in(engine: &EngineId) -> Option<Arc<Self>> {
        static ALL: OnceLock<Vec<Arc<Cohort>>> = OnceLock::new();
        let all = ALL.get_or_init(|| {
            // A test reads each of them: none is left out here.
            let read = |(description, vectors): &(&str, &[u8])| Self::read(description, vectors).ok();
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

    /// The mean distance of an encoding to its nearest vectors of the cohort, up to [`CohortInfo::ceiling`]: small where faces
    /// are many. Never NaN.
    pub fn crowd(&self, encoding: &Encoding) -> f32 {
        let mut squares: Vec<f32> = self
            .vectors
            .iter()
            .map(|vector| squared_distance(vector, encoding.as_slice()))
            .collect();
        let nearest = self.info.neighbours;
        // In range: `read` has seen to it that there are as many.
        let (near, last, _) = squares.select_nth_unstable_by(nearest - 1, f32::total_cmp);
        let sum: f32 = near.iter().map(|square| square.sqrt()).sum::<f32>() + last.sqrt();
        // Also of what has no finite distance: the numbers come from another process.
        let mean = sum / nearest as f32;
        if mean < self.info.ceiling {
            mean
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

    fn described(vectors: usize, neighbours: usize, scale: f32) -> String {
        toml::to_string(&CohortInfo {
            engine: "e".into(),
            model: "m".into(),
            vectors,
            scale,
            neighbours,
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
        for (description, vectors) in BUILT_IN {
            let cohort = Cohort::read(description, vectors).unwrap();
            let hash: String = Sha256::digest(vectors)
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
    fn a_crowd_is_the_mean_distance_to_the_nearest() {
        // At 0.1, 0.2, 0.3 and 0.4 along the first axis.
        let mut bytes = vec![0; 4 * ENCODING_LEN];
        for (place, row) in bytes.chunks_mut(ENCODING_LEN).enumerate() {
            row[0] = 10 * (place as u8 + 1);
        }
        let cohort = Cohort::read(&described(4, 3, 0.01), &bytes).unwrap();
        assert!((cohort.crowd(&encoding(0.0, 0)) - 0.2).abs() < 1e-6);
        assert!((cohort.crowd(&encoding(0.5, 0)) - 0.2).abs() < 1e-6);
        let below = Cohort::read(&described(1, 1, 0.01), &[0x9c; ENCODING_LEN]).unwrap();
        assert_eq!(below.crowd(&encoding(0.0, 0)), 2.0, "farther than the ceiling");
        assert_eq!(below.crowd(&encoding(f32::MAX, 0)), 2.0);
    }

    #[test]
    fn a_cohort_that_does_not_hold_together_is_refused() {
        let one = [0u8; ENCODING_LEN];
        assert!(Cohort::read(&described(1, 1, 0.01), &one).is_ok());
        assert!(matches!(
            Cohort::read("x", &one),
            Err(CohortError::Description(_))
        ));
        for vectors in [0, 2, usize::MAX] {
            let wrong = Cohort::read(&described(vectors, 1, 0.01), &one).unwrap_err();
            assert!(matches!(wrong, CohortError::Size { .. }), "{wrong}");
        }
        for (neighbours, scale) in [(0, 0.01), (2, 0.01), (1, 0.0), (1, -1.0), (1, f32::NAN)] {
            let wrong = Cohort::read(&described(1, neighbours, scale), &one).unwrap_err();
            assert!(
                matches!(wrong, CohortError::Range | CohortError::Description(_)),
                "{wrong}"
            );
        }
    }
}
