//! What distance each named strictness stands for. Figures: `docs/accuracy.md`.

use facelogin_config::{Rules, Security};
use facelogin_score::Limit;

/// How much one factor of ten in the false-match rate is worth in distance. Between 0.35 and 0.50 dlib's false-match
/// rate on LFW grows tenfold every 0.05 (3.6e-7, 3.9e-6, 3.7e-5, 2.4e-4).
pub const DISTANCE_PER_DECADE: f32 = 0.05;

/// The distance a named strictness stands for, for one template.
///
/// Measured with a template of five pictures and a probe of three (`docs/accuracy.md`): of 129,791 impostor tries on
/// LFW and 1,410 on NUAA, 13 and 2 were accepted at 0.40, 2 and 0 at 0.36, 0 and 0 at 0.32. That is too few tries to
/// claim a rate for any group of people below about 2 in 1,000.
pub fn named(security: Security) -> f32 {
    match security {
        Security::Convenient => 0.40,
        Security::Balanced => 0.36,
        Security::Strict => 0.32,
    }
}

/// How near a probe must come to one of `templates` templates.
pub fn limit(rules: &Rules, templates: u32) -> Limit {
    Limit::Distance(threshold(rules, templates))
}

/// The distance a probe must keep to the nearest of `templates` templates. A stranger has one chance with each, so
/// the threshold shrinks to keep the rate of the whole.
pub fn threshold(rules: &Rules, templates: u32) -> f32 {
    let one = rules.threshold.unwrap_or_else(|| named(rules.security));
    one - DISTANCE_PER_DECADE * (templates.max(1) as f32).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stricter_names_and_more_templates_give_smaller_distances() {
        let rules = |security, threshold| Rules {
            security,
            threshold,
            ..Rules::default()
        };
        let convenient = threshold(&rules(Security::Convenient, None), 1);
        let balanced = threshold(&rules(Security::Balanced, None), 1);
        let strict = threshold(&rules(Security::Strict, None), 1);
        assert!(strict < balanced && balanced < convenient && convenient < 0.6);
        assert_eq!(threshold(&rules(Security::Strict, Some(0.45)), 1), 0.45);
        let ten = threshold(&rules(Security::Balanced, None), 10);
        assert!((balanced - ten - DISTANCE_PER_DECADE).abs() < 1e-6);
        assert_eq!(threshold(&rules(Security::Balanced, None), 0), balanced);
    }
}
