//! How far one face in one frame can be relied on. Measurements only: what is good enough is decided elsewhere.

use crate::chip::{Chip, LumaChip, SIDE};
use crate::pose::{Pose, pose};
use crate::{Frame, Point, Quality};

/// Luma at or below, and at or above, which a pixel has lost its detail.
const CLIPPED_LOW: f32 = 5.0;
const CLIPPED_HIGH: f32 = 250.0;

/// Measures the face with these landmarks, whose chip this is, in a frame and in what the encoder sees of it, which
/// differs from it where it is too dark.
pub(crate) fn measure(frame: &Frame<'_>, seen: &Frame<'_>, points: &[Point; 5], chip: &Chip) -> Quality {
    measure_posed(
        frame,
        seen,
        pose(points),
        chip,
        chip.inside(frame.width(), frame.height()),
    )
}

/// As [`measure`], where the landmarks are others: `inside` is the share of what the encoder sees that is on the picture.
pub(crate) fn measure_posed(
    frame: &Frame<'_>,
    seen: &Frame<'_>,
    pose: Pose,
    chip: &Chip,
    inside: f32,
) -> Quality {
    let luma = chip.luma(seen);
    Quality {
        eye_distance_px: pose.eye_distance,
        sharpness: sharpness(&luma),
        brightness: brightness(&chip.luma(frame)),
        clipped: clipped(&luma),
        yaw_deg: pose.yaw,
        pitch_deg: pose.pitch,
        roll_deg: pose.roll,
        inside,
    }
}

/// Of no visible pixels: 0, dark.
fn brightness(chip: &LumaChip) -> f32 {
    let (count, sum) = chip
        .0
        .iter()
        .flatten()
        .fold((0_u32, 0.0_f64), |(n, sum), l| (n + 1, sum + f64::from(*l)));
    if count == 0 {
        0.0
    } else {
        (sum / (f64::from(count) * 255.0)) as f32
    }
}

/// Of no visible pixels: 1, all lost. Luma is rounded first, since resampling makes 249.99 of 250.
fn clipped(chip: &LumaChip) -> f32 {
    let lost = |luma: f32| luma <= CLIPPED_LOW || luma >= CLIPPED_HIGH;
    let count = chip.0.iter().flatten().count();
    let lost = chip.0.iter().flatten().filter(|l| lost(l.round())).count();
    if count == 0 {
        1.0
    } else {
        lost as f32 / count as f32
    }
}

/// Over the cells that have all four neighbours; of none: 0, blurred.
fn sharpness(chip: &LumaChip) -> f32 {
    let at = |x: usize, y: usize| chip.0[y * SIDE + x];
    let (mut count, mut sum, mut squares) = (0.0_f64, 0.0, 0.0);
    for y in 1..SIDE - 1 {
        for x in 1..SIDE - 1 {
            let (Some(c), Some(n), Some(s), Some(w), Some(e)) =
                (at(x, y), at(x, y - 1), at(x, y + 1), at(x - 1, y), at(x + 1, y))
            else {
                continue;
            };
            let laplacian = f64::from(n + s + w + e - 4.0 * c);
            count += 1.0;
            sum += laplacian;
            squares += laplacian * laplacian;
        }
    }
    if count == 0.0 {
        0.0
    } else {
        (squares / count - (sum / count).powi(2)).max(0.0) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pixels;
    use crate::chip::tests::face_at;

    const SIZE: u32 = 240;

    fn measure(pixel: impl Fn(u32, u32) -> u8) -> Quality {
        let bytes: Vec<u8> = (0..SIZE * SIZE).map(|i| pixel(i % SIZE, i / SIZE)).collect();
        let frame = Frame::new(SIZE, SIZE, Pixels::Grey(&bytes)).unwrap();
        let points = face_at(120.0, 120.0, 100.0, 0.0);
        super::measure(&frame, &frame, &points, &Chip::of(&points).unwrap())
    }

    #[test]
    fn an_even_picture_has_no_sharpness() {
        for (level, brightness, clipped) in
            [(0, 0.0, 1.0), (5, 0.0196, 1.0), (51, 0.2, 0.0), (250, 0.98, 1.0)]
        {
            let q = measure(|_, _| level);
            assert!(q.sharpness < 1e-3, "{q:?}");
            assert!((q.brightness - brightness).abs() < 1e-3, "{q:?}");
            assert_eq!(q.clipped, clipped, "{q:?}");
            assert_eq!(q.inside, 1.0);
        }
    }

    #[test]
    fn a_ramp_is_smooth_and_stripes_are_sharp() {
        let ramp = measure(|x, _| x as u8);
        let broad = measure(|x, _| if x / 10 % 2 == 0 { 80 } else { 160 });
        let fine = measure(|x, _| if x / 3 % 2 == 0 { 80 } else { 160 });
        assert!(ramp.sharpness < 5.0, "{}", ramp.sharpness);
        assert!(ramp.sharpness < broad.sharpness && broad.sharpness < fine.sharpness);
    }

    #[test]
    fn blurring_lowers_sharpness() {
        let stripes = |x: i64| if (x / 6) % 2 == 0 { 60.0 } else { 180.0 };
        let blurred = |radius: i64| {
            measure(|x, _| {
                let x = i64::from(x) + 60;
                let sum: f64 = (-radius..=radius).map(|d| stripes(x + d)).sum();
                (sum / (2 * radius + 1) as f64) as u8
            })
            .sharpness
        };
        assert!(
            blurred(0) > 2.0 * blurred(1) && blurred(1) > blurred(2),
            "{} {} {}",
            blurred(0),
            blurred(1),
            blurred(2)
        );
    }

    #[test]
    fn half_a_dark_face_is_half_clipped() {
        let q = measure(|x, _| if x < 120 { 0 } else { 128 });
        assert!((q.clipped - 0.5).abs() < 0.02, "{q:?}");
        assert!((q.brightness - 0.25).abs() < 0.02, "{q:?}");
    }

    #[test]
    fn a_face_wholly_outside_is_dark_clipped_and_blurred() {
        let bytes = [128; 64 * 64];
        let frame = Frame::new(64, 64, Pixels::Grey(&bytes)).unwrap();
        let points = face_at(500.0, 500.0, 100.0, 0.0);
        let q = super::measure(&frame, &frame, &points, &Chip::of(&points).unwrap());
        assert_eq!(
            (q.brightness, q.clipped, q.sharpness, q.inside),
            (0.0, 1.0, 0.0, 0.0)
        );
    }

    #[test]
    fn r20_infinities_are_refused() {
        let json = serde_json::to_string(&measure(|_, _| 100)).unwrap();
        assert!(serde_json::from_str::<Quality>(&json).is_ok());
        assert!(serde_json::from_str::<Quality>(&json.replace("\"inside\":1.0", "\"inside\":1e39")).is_err());
        assert!(serde_json::from_str::<Quality>(&json.replace("\"inside\"", "\"x\":0,\"inside\"")).is_err());
    }
}
