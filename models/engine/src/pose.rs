//! A coarse estimate of where a head is turned, from five points.
//!
//! The model: both eye centres lie on the head's horizontal axis, one unit apart; a point of the nose lies
//! a known way below them and in front ([`Nose`]). Seen from afar, turning the head moves the nose sideways,
//! nodding moves it up and down. Five points and a mean head cannot do better than some ten degrees: people's noses
//! differ, landmarks are whole pixels, and turning and nodding together are not separated exactly. Good enough to
//! refuse a profile and to coach "look at the camera"; not a measurement.

use crate::Point;
use crate::similarity::pairs;

/// Where a point of the nose lies, in distances of the eyes' centres.
struct Nose {
    /// Below the line of the eyes, for a face that looks straight ahead.
    drop: f64,
    /// In front of the eyes.
    depth: f64,
}

/// The base of the nose, dlib's fifth point. Its drop: the median of 830 faces of LFW whose nose is within 0.03 eye
/// distances of the middle (`examples/distances.rs` prints it); dlib's mean face has 0.7736, a webcam above or below the
/// face a few hundredths less or more. Its depth: 28.7 to 65.1 in the mean shape of the 68-point 3-D face model that
/// OpenFace 2 brings (points 33; 36, 39, 42, 45).
const BASE: Nose = Nose {
    drop: 0.7671,
    depth: 0.4415,
};

/// The tip of the nose, YuNet's third point.
const TIP: Nose = Nose {
    drop: 0.5713,
    depth: 0.55,
};

/// Angles in degrees, as a viewer of the picture sees them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pose {
    /// Positive: the nose points to the picture's right.
    pub(crate) yaw: f32,
    /// Positive: the nose points up. Stretched upwards (20 reads 24) and squeezed downwards (-20 reads -13, and what is
    /// beyond -30 reads as less, for there the nose's base comes nearer to the eyes again).
    pub(crate) pitch: f32,
    /// Positive: turned clockwise on the picture.
    pub(crate) roll: f32,
    /// Between the eyes' centres, in pixels.
    pub(crate) eye_distance: f32,
}

/// The pose of five points in dlib's order. Zero angles if the eyes coincide.
pub(crate) fn pose(points: &[Point; 5]) -> Pose {
    let middle = |a: Point, b: Point| (f64::from(a.x + b.x) / 2.0, f64::from(a.y + b.y) / 2.0);
    by_nose(
        middle(points[2], points[3]),
        middle(points[0], points[1]),
        (f64::from(points[4].x), f64::from(points[4].y)),
        &BASE,
    )
}

/// The pose of five points in YuNet's order. Zero angles if the eyes coincide.
pub(crate) fn pose_of_centres(points: &[Point; 5]) -> Pose {
    let [left, right, nose, ..] = pairs(points);
    by_nose(left, right, nose, &TIP)
}

/// Of the eye on the picture's left, that on its right, and a point of the nose.
fn by_nose(left: (f64, f64), right: (f64, f64), nose: (f64, f64), model: &Nose) -> Pose {
    let (dx, dy) = (right.0 - left.0, right.1 - left.1);
    let seen = dx.hypot(dy);
    if seen <= 0.0 {
        return Pose {
            yaw: 0.0,
            pitch: 0.0,
            roll: 0.0,
            eye_distance: 0.0,
        };
    }
    // The nose in the head's own axes, in eye distances as seen.
    let (nx, ny) = (
        nose.0 - (right.0 + left.0) / 2.0,
        nose.1 - (right.1 + left.1) / 2.0,
    );
    let across = (nx * dx + ny * dy) / (seen * seen);
    let down = (ny * dx - nx * dy) / (seen * seen);

    // The nose moves by depth * sin, the eyes come nearer by cos.
    let yaw = (across / model.depth).atan();
    // The same for pitch, with the eye distance corrected for yaw. The nose really moves by
    // depth * sin + drop * (1 - cos), but that has no solution for people with long noses who look down a little: one
    // face in twenty of LFW.
    let pitch = ((model.drop - down * yaw.cos()) / model.depth).atan();
    Pose {
        yaw: yaw.to_degrees() as f32,
        pitch: pitch.to_degrees() as f32,
        roll: dy.atan2(dx).to_degrees() as f32,
        eye_distance: seen as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::tests::face_at;

    /// The model head, 100 pixels between the eyes, nodded, then turned, then tilted, seen from afar.
    fn head(yaw: f64, pitch: f64, roll: f64) -> [Point; 5] {
        let eyes = [(0.7, 0.0), (0.3, 0.0), (-0.7, 0.0), (-0.3, 0.0)].map(|(x, y)| (x, y, 0.0));
        let nose = (0.0, BASE.drop, BASE.depth);
        let (sy, cy) = yaw.to_radians().sin_cos();
        let (sp, cp) = pitch.to_radians().sin_cos();
        let (sr, cr) = roll.to_radians().sin_cos();
        let project = |(x, y, z): (f64, f64, f64)| {
            let (y, z) = (y * cp - z * sp, z * cp + y * sp);
            let x = x * cy + z * sy;
            Point {
                x: (300.0 + 100.0 * (cr * x - sr * y)) as f32,
                y: (200.0 + 100.0 * (sr * x + cr * y)) as f32,
            }
        };
        [
            project(eyes[0]),
            project(eyes[1]),
            project(eyes[2]),
            project(eyes[3]),
            project(nose),
        ]
    }

    #[test]
    fn a_single_rotation_is_recovered_and_pitch_roughly_so() {
        for angle in [-60.0, -30.0, -10.0, 0.0, 5.0, 20.0, 45.0_f64] {
            let yawed = pose(&head(angle, 0.0, 0.0));
            assert!(
                (f64::from(yawed.yaw) - angle).abs() < 0.1 && yawed.pitch.abs() < 0.1,
                "{yawed:?}"
            );
            let rolled = pose(&head(0.0, 0.0, angle));
            assert!(
                (f64::from(rolled.roll) - angle).abs() < 0.1 && rolled.yaw.abs() < 0.1,
                "{rolled:?}"
            );
        }
        let mut last = f64::MIN;
        for angle in [-25.0, -20.0, -10.0, -5.0, 0.0, 5.0, 10.0, 20.0_f64] {
            let nodded = pose(&head(0.0, angle, 0.0));
            assert!(
                (f64::from(nodded.pitch) - angle).abs() < 11.0 && nodded.yaw.abs() < 0.1,
                "{nodded:?}"
            );
            assert!(
                f64::from(nodded.pitch) > last,
                "pitch grows with the angle: {nodded:?}"
            );
            last = nodded.pitch.into();
        }
        assert!(pose(&head(0.0, 0.0, 0.0)).pitch.abs() < 0.1);
    }

    #[test]
    fn roll_does_not_leak_into_yaw_and_pitch() {
        let straight = pose(&head(20.0, 10.0, 0.0));
        let tilted = pose(&head(20.0, 10.0, 35.0));
        assert!((straight.yaw - tilted.yaw).abs() < 0.1 && (straight.pitch - tilted.pitch).abs() < 0.1);
    }

    #[test]
    fn combined_rotations_keep_sign_and_rough_size() {
        for (yaw, pitch) in [(20.0, 15.0), (-20.0, 15.0), (20.0, -15.0), (-25.0, -15.0)] {
            let found = pose(&head(yaw, pitch, 0.0));
            assert!(
                (f64::from(found.yaw) - yaw).abs() < 12.0,
                "{yaw} {pitch}: {found:?}"
            );
            assert!(
                (f64::from(found.pitch) - pitch).abs() < 10.0,
                "{yaw} {pitch}: {found:?}"
            );
        }
    }

    #[test]
    fn nothing_is_ever_nan() {
        for points in [
            [Point { x: 1.0, y: 1.0 }; 5],
            head(0.0, -80.0, 0.0),
            head(89.0, 0.0, 0.0),
            head(0.0, 90.0, 0.0),
        ] {
            let p = pose(&points);
            assert!(
                p.yaw.is_finite() && p.pitch.is_finite() && p.roll.is_finite() && p.eye_distance.is_finite()
            );
        }
    }

    #[test]
    fn dlibs_mean_face_looks_at_the_camera() {
        let found = pose(&face_at(200.0, 200.0, 150.0, 0.0));
        assert!(
            found.yaw.abs() < 1.0 && found.roll.abs() < 1.0 && found.pitch.abs() < 6.0,
            "{found:?}"
        );
        // Eye centres at 0.2273 and 0.7528 of the unit square.
        assert!((found.eye_distance - 150.0 * 0.5255).abs() < 0.1, "{found:?}");
    }
}
