//! Moving, turning and scaling the plane: the one map of that kind that brings five points nearest to five others.

use crate::Point;

/// The map z -> `scale` * z + `shift` of the plane as complex numbers: no shearing, no mirroring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Similarity {
    scale: (f64, f64),
    shift: (f64, f64),
}

impl Similarity {
    /// The map that brings `from` to `to` with the least sum of squared errors there: Umeyama's estimate (1991, without
    /// the mirrored case, which no face is). `None` if `from` coincide or a number is not finite.
    pub(crate) fn fit(from: &[(f64, f64); 5], to: &[(f64, f64); 5]) -> Option<Self> {
        let (mean_f, mean_t) = (mean(from), mean(to));
        let (mut re, mut im, mut norm) = (0.0, 0.0, 0.0);
        for (f, t) in from.iter().zip(to) {
            let (fx, fy) = (f.0 - mean_f.0, f.1 - mean_f.1);
            let (tx, ty) = (t.0 - mean_t.0, t.1 - mean_t.1);
            re += fx * tx + fy * ty;
            im += fx * ty - fy * tx;
            norm += fx * fx + fy * fy;
        }
        let scale = (re / norm, im / norm);
        let shift = (
            mean_t.0 - (scale.0 * mean_f.0 - scale.1 * mean_f.1),
            mean_t.1 - (scale.0 * mean_f.1 + scale.1 * mean_f.0),
        );
        let finite = [scale.0, scale.1, shift.0, shift.1].iter().all(|v| v.is_finite());
        finite.then_some(Self { scale, shift })
    }

    /// This map of what was first scaled by `factor` and then moved by `shift`.
    pub(crate) fn after(&self, factor: f64, shift: (f64, f64)) -> Self {
        Self {
            scale: (self.scale.0 * factor, self.scale.1 * factor),
            shift: self.at(shift.0, shift.1),
        }
    }

    /// How much longer things become.
    pub(crate) fn factor(&self) -> f64 {
        self.scale.0.hypot(self.scale.1)
    }

    /// The cosine and the sine of the angle by which things are turned; no numbers where everything goes to one point.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub(crate) fn direction(&self) -> (f64, f64) {
        let factor = self.factor();
        (self.scale.0 / factor, self.scale.1 / factor)
    }

    /// Where a point goes.
    pub(crate) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (
            self.scale.0 * x - self.scale.1 * y + self.shift.0,
            self.scale.1 * x + self.scale.0 * y + self.shift.1,
        )
    }

    /// The way back; `None` where everything goes to one point.
    pub(crate) fn inverse(&self) -> Option<Self> {
        let norm = self.scale.0.powi(2) + self.scale.1.powi(2);
        let scale = (self.scale.0 / norm, -self.scale.1 / norm);
        let shift = (
            -(scale.0 * self.shift.0 - scale.1 * self.shift.1),
            -(scale.1 * self.shift.0 + scale.0 * self.shift.1),
        );
        let finite = [scale.0, scale.1, shift.0, shift.1].iter().all(|v| v.is_finite());
        (norm > 0.0 && finite).then_some(Self { scale, shift })
    }
}

/// Five points as pairs.
pub(crate) fn pairs(points: &[Point; 5]) -> [(f64, f64); 5] {
    points.map(|p| (f64::from(p.x), f64::from(p.y)))
}

fn mean(points: &[(f64, f64); 5]) -> (f64, f64) {
    let sum = points
        .iter()
        .fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
    (sum.0 / 5.0, sum.1 / 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: [(f64, f64); 5] = [(0.0, 0.0), (10.0, 1.0), (5.0, 6.0), (2.0, 11.0), (8.0, 12.0)];

    #[test]
    fn a_moved_turned_and_scaled_shape_is_found_exactly_and_the_way_back_undoes_it() {
        for (factor, degrees, x, y) in [
            (1.0, 0.0, 0.0, 0.0),
            (1.0, 0.0, -30.0, 400.5),
            (0.2, 90.0, 7.0, 3.0),
            (3.5, -33.0, 100.0, -20.0),
            (2.0, 179.0, 1.0, 1.0),
        ] {
            let (sin, cos) = f64::to_radians(degrees).sin_cos();
            let moved =
                SHAPE.map(|(u, v)| (factor * (cos * u - sin * v) + x, factor * (sin * u + cos * v) + y));
            let map = Similarity::fit(&SHAPE, &moved).unwrap();
            assert!((map.factor() - factor).abs() < 1e-9);
            let back = map.inverse().unwrap();
            for (from, to) in SHAPE.iter().zip(&moved) {
                let (x, y) = map.at(from.0, from.1);
                assert!((x - to.0).abs() < 1e-9 && (y - to.1).abs() < 1e-9);
                let (x, y) = back.at(to.0, to.1);
                assert!((x - from.0).abs() < 1e-9 && (y - from.1).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn no_other_map_of_the_kind_comes_nearer() {
        // Not similar to the shape: one point is elsewhere.
        let mut to = SHAPE.map(|(x, y)| (2.0 * x + 1.0, 2.0 * y));
        to[2].0 += 4.0;
        let best = Similarity::fit(&SHAPE, &to).unwrap();
        let error = |map: &Similarity| -> f64 {
            let off = |(f, t): (&(f64, f64), &(f64, f64))| {
                let (x, y) = map.at(f.0, f.1);
                (x - t.0).powi(2) + (y - t.1).powi(2)
            };
            SHAPE.iter().zip(&to).map(off).sum()
        };
        for (a, b, c, d) in [
            (0.01, 0.0, 0.0, 0.0),
            (0.0, 0.01, 0.0, 0.0),
            (0.0, 0.0, 0.1, 0.0),
            (0.0, 0.0, 0.0, 0.1),
        ] {
            for sign in [-1.0, 1.0] {
                let other = Similarity {
                    scale: (best.scale.0 + sign * a, best.scale.1 + sign * b),
                    shift: (best.shift.0 + sign * c, best.shift.1 + sign * d),
                };
                assert!(error(&other) > error(&best));
            }
        }
    }

    #[test]
    fn points_that_coincide_or_are_infinite_have_no_map() {
        assert_eq!(Similarity::fit(&[(3.0, 4.0); 5], &SHAPE), None);
        assert_eq!(Similarity::fit(&[(f64::NAN, 4.0); 5], &SHAPE), None);
        let nowhere = Similarity::fit(&SHAPE, &[(3.0, 4.0); 5]).unwrap();
        assert_eq!(nowhere.inverse(), None);
    }
}
