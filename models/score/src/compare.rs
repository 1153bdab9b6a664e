//! How near two faces are.

use std::sync::Arc;

use crate::consistency::single_slack;
use crate::{Cohort, Encoding, EngineId, SINGLE_SLACK};

/// Compares what one engine made. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Comparer {
    cohort: Option<Arc<Cohort>>,
    slack: f32,
}

/// One or more encodings of one person made into one: a template, or a probe.
#[derive(Clone, Debug)]
pub struct Fused {
    mean: Encoding,
    /// How near the mean is to people in general ([`Cohort::crowd`]). 0 where nothing is normalised.
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
    pub fn of(engine: &EngineId) -> Self {
        Self {
            cohort: Cohort::built_in(engine),
            slack: single_slack(&engine.name),
        }
    }

    /// By the distance alone, whatever engine it is.
    pub fn raw() -> Self {
        Self {
            cohort: None,
            slack: SINGLE_SLACK,
        }
    }

    /// With this cohort.
    pub fn with(cohort: Cohort) -> Self {
        Self {
            cohort: Some(Arc::new(cohort)),
            slack: SINGLE_SLACK,
        }
    }

    /// Whether scores are anything but distances.
    pub fn normalises(&self) -> bool {
        self.cohort.is_some()
    }

    /// How much farther than a probe each of its pictures may be from a template: the engine's own, where [`of`](Self::of)
    /// was told which it is, else [`SINGLE_SLACK`].
    pub fn single_slack(&self) -> f32 {
        self.slack
    }

    /// Makes one of several; `None` of none.
    pub fn fuse(&self, encodings: &[&Encoding]) -> Option<Fused> {
        let mean = Encoding::mean(encodings)?;
        let crowd = self.cohort.as_ref().map_or(0.0, |cohort| cohort.crowd(&mean));
        Some(Fused { mean, crowd })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ENCODING_LEN;
    use crate::testing::encoding;

    #[test]
    fn a_score_is_the_distance_less_what_the_surroundings_lead_to_expect() {
        let description = "engine='e'\nmodel='m'\nscale=0.01\noffset=0.0\nweights=[1.0]\nceiling=2.0\nsha256=''\n\
                           [made]\ncommand=''\nsource=''\n";
        let cohort = Cohort::read(description, &[0; ENCODING_LEN]).unwrap();
        let comparer = Comparer::with(cohort);
        let (near, far) = (encoding(0.3, 0), encoding(0.7, 0));
        let (near, far) = (comparer.fuse(&[&near]).unwrap(), comparer.fuse(&[&far]).unwrap());
        let comparison = comparer.compare(&near, &far);
        assert!((comparison.distance - 0.4).abs() < 1e-6);
        // 0.3 and 0.7 from the only centre: 0.5 in the mean.
        assert!((comparison.score + 0.1).abs() < 1e-6);
        assert_eq!(comparison, comparer.compare(&far, &near));
    }

    #[test]
    fn r20_what_is_far_from_all_faces_is_not_near_to_any() {
        let comparer = Comparer::of(&EngineId {
            name: "dlib-hog-resnet".into(),
            model: "db0eeebc77c4657e90cde38051de3cb31435e7c49ff44d83f0103f494dc603f6".into(),
        });
        assert!(comparer.normalises());
        let template = comparer.fuse(&[&encoding(0.1, 0)]).unwrap();
        for far in [1.0, 2.0, 1e3, 1e18, 1e19, 1e20, 1e30, f32::MAX] {
            let probe = comparer.fuse(&[&encoding(far, 1)]).unwrap();
            let comparison = comparer.compare(&template, &probe);
            assert!(
                comparison.score >= comparison.distance - 1.0,
                "{far}: {comparison:?}"
            );
            assert!(comparison.score > 0.0, "{far}: {comparison:?}");
        }
    }

    #[test]
    fn without_a_cohort_a_score_is_the_distance() {
        let comparer = Comparer::of(&EngineId {
            name: "none".into(),
            model: "none".into(),
        });
        assert!(!comparer.normalises());
        let fuse = |d| comparer.fuse(&[&encoding(d, 0), &encoding(d, 0)]).unwrap();
        let comparison = comparer.compare(&fuse(0.1), &fuse(0.5));
        assert_eq!(comparison.distance, comparison.score);
        assert!(comparer.fuse(&[]).is_none());
    }
}
