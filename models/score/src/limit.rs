//! Where a match ends.

use crate::Comparison;

/// How near a probe must come to a template. The limit itself still matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// A Euclidean distance: what an administrator's `threshold` says.
    Distance(f32),
    /// A [`Comparison::score`]: what the calibrated levels say.
    Score(f32),
}

impl Limit {
    /// Whether it is near enough. Nothing is near enough to a limit that is not a number.
    pub fn admits(&self, comparison: Comparison) -> bool {
        self.measure(comparison) <= self.value()
    }

    /// The number of a comparison that this limit is about.
    pub fn measure(&self, comparison: Comparison) -> f32 {
        match self {
            Self::Distance(_) => comparison.distance,
            Self::Score(_) => comparison.score,
        }
    }

    /// The limit as a number: a distance or a score.
    pub fn value(&self) -> f32 {
        match self {
            Self::Distance(value) | Self::Score(value) => *value,
        }
    }

    /// A limit of the same kind that much farther out.
    #[must_use]
    pub fn wider(&self, by: f32) -> Self {
        match self {
            Self::Distance(value) => Self::Distance(value + by),
            Self::Score(value) => Self::Score(value + by),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_about_its_own_number_and_admits_itself() {
        let comparison = Comparison {
            distance: 0.5,
            score: -0.1,
        };
        for (limit, admitted) in [
            (Limit::Distance(0.5), true),
            (Limit::Distance(0.49), false),
            (Limit::Distance(0.49).wider(0.02), true),
            (Limit::Score(-0.1), true),
            (Limit::Score(-0.2), false),
            (Limit::Score(-0.2).wider(0.12), true),
            (Limit::Distance(f32::NAN), false),
            (Limit::Score(f32::NAN), false),
        ] {
            assert_eq!(limit.admits(comparison), admitted, "{limit:?}");
        }
    }
}
