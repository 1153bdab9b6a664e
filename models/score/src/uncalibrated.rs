//! What the named levels stand for while an engine awaits measurement: distances far below what its makers use.

use crate::Limit;
use crate::calibration::Level;

/// The engine of YuNet and SFace, whose encodings have the length 1.
pub const SFACE: &str = "onnx-yunet-sface";

/// How much of a distance one factor of ten in the false-match rate is taken for, with every engine that it was not measured
/// of: dlib's on the scale of 0 to 2, rounded up.
pub const DISTANCE_PER_DECADE: f32 = 0.1;

/// A conservative distance for an engine without a calibration; `None`: the engine is not known, and no level can be named.
///
/// SFace: OpenCV takes two pictures for one person from a cosine of 0.363, a distance of sqrt(2 - 2 * 0.363) = 1.13. Another
/// network of the same kind and width comes to 1e-4, 1e-5 and 1e-6 at 0.825, 0.746 and 0.676 on the worse of two groups
/// (`docs/accuracy.md`). These lie below that; no rate is claimed for them.
pub fn limit(engine: &str, level: Level, templates: u32) -> Option<Limit> {
    let one = match (engine, level) {
        (SFACE, Level::Convenient) => 0.80,
        (SFACE, Level::Balanced) => 0.72,
        (SFACE, Level::Strict) => 0.65,
        _ => return None,
    };
    Some(Limit::Distance(
        one - DISTANCE_PER_DECADE * (templates.max(1) as f32).log10(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_engine_that_is_known_has_levels() {
        let of = |level, templates| limit(SFACE, level, templates).unwrap().value();
        assert!(of(Level::Strict, 1) < of(Level::Balanced, 1));
        assert!(of(Level::Balanced, 1) < of(Level::Convenient, 1));
        assert!((of(Level::Balanced, 1) - of(Level::Balanced, 10) - DISTANCE_PER_DECADE).abs() < 1e-6);
        assert_eq!(limit("onnx-yunet-evaluation", Level::Strict, 1), None);
        assert_eq!(limit("", Level::Convenient, 1), None);
    }
}
