//! How near two faces are.

use crate::{Encoding, EngineId};

/// Compares what one engine made. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Comparer {}

/// One or more encodings of one person made into one: a template, or a probe.
#[derive(Clone, Debug)]
pub struct Fused {
    mean: Encoding,
    /// How near the mean is to people in general: the mean distance to its nearest vectors of the cohort. 0 where nothing
    /// is normalised.
    crowd: f32,
}

/// How near two faces are: the smaller, the likelier the same person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Euclidean, between the means.
    pub distance: f32,
    /// The distance, less what is to be expected of faces as common as these two: what the calibrated limits are in. The
    /// distance itself where nothing is normalised. It may be negative.
    pub score: f32,
}

impl Comparer {
    /// For what `engine` made. An engine that no cohort is known of is compared by the distance alone.
    pub fn of(_engine: &EngineId) -> Self {
        Self {}
    }

    /// Makes one of several; `None` of none.
    pub fn fuse(&self, encodings: &[&Encoding]) -> Option<Fused> {
        let mean = Encoding::mean(encodings)?;
        Some(Fused { mean, crowd: 0.0 })
    }

    /// How near they are. Never NaN.
    pub fn compare(&self, one: &Fused, other: &Fused) -> Comparison {
        let distance = one.mean.distance(&other.mean);
        Comparison {
            distance,
            score: distance - (one.crowd + other.crowd) / 2.0,
        }
    }
}

impl Fused {
    /// The mean of the encodings.
    pub fn mean(&self) -> &Encoding {
        &self.mean
    }
}
