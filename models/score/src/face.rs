//! What is known of the faces in one frame.

use serde::{Deserialize, Serialize};

use crate::{Encoding, Quality, finite};

/// The most faces one [`Analysis`] holds, the largest ones. A login has one face before it and perhaps a few behind;
/// each costs about 25 ms to encode, so a crowd, or a poster of one, must not stall a login.
pub const MAX_FACES: usize = 8;

/// A place in a frame, in pixels from the centre of the top left one; x grows to the right, y downwards.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Column.
    #[serde(deserialize_with = "finite::f32")]
    pub x: f32,
    /// Row.
    #[serde(deserialize_with = "finite::f32")]
    pub y: f32,
}

/// A face's box in pixels, all four sides inclusive as in dlib. It may extend past the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BBox {
    /// First column.
    pub left: i32,
    /// First row.
    pub top: i32,
    /// Last column.
    pub right: i32,
    /// Last row.
    pub bottom: i32,
}

impl BBox {
    /// Pixels covered, 0 if a side is reversed.
    pub fn area(&self) -> u64 {
        let side = |from: i32, to: i32| u64::try_from(i64::from(to) - i64::from(from) + 1).unwrap_or(0);
        // At most 2^32 times 2^32: saturates instead of overflowing.
        side(self.left, self.right).saturating_mul(side(self.top, self.bottom))
    }
}

/// One face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Face {
    /// Where the detector saw it.
    pub bbox: BBox,
    /// As the engine's detector gives them. dlib: outer and inner corner of the eye on the picture's right (the person's
    /// left), outer and inner corner of the other eye, base of the nose. ONNX (YuNet): middle of the eye on the picture's
    /// left (the person's right), of the other eye, tip of the nose, corner of the mouth on the picture's left, the other.
    pub points: [Point; 5],
    /// What it is compared by.
    pub encoding: Encoding,
    /// How far it can be relied on.
    pub quality: Quality,
    /// How likely, 0 to 1, a living face was before the camera and not a picture of one; `None`: not looked at.
    #[serde(deserialize_with = "finite::maybe_f32")]
    pub live: Option<f32>,
}

/// Wall time of each stage for one frame, all faces together, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageTimes {
    /// Conversion, scaling and search.
    pub detect_us: u64,
    /// Five points.
    pub landmarks_us: u64,
    /// Alignment and network.
    pub encode_us: u64,
    /// Quality of the faces and brightness of the frame.
    pub quality_us: u64,
    /// Whether the face is alive.
    pub liveness_us: u64,
}

/// What an engine says of one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Analysis {
    /// By area of their boxes, largest first; at most [`MAX_FACES`].
    pub faces: Vec<Face>,
    /// What it cost.
    pub times: StageTimes,
    /// Mean luma of the whole frame, 0..=1.
    #[serde(deserialize_with = "finite::f32")]
    pub brightness: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_counts_inclusive_pixels_and_never_overflows() {
        let area = |left, top, right, bottom| {
            BBox {
                left,
                top,
                right,
                bottom,
            }
            .area()
        };
        assert_eq!(area(0, 0, 9, 4), 50);
        assert_eq!(area(-5, -5, -5, -5), 1);
        assert_eq!(area(5, 0, 3, 10), 0);
        assert!(area(i32::MIN, i32::MIN, i32::MAX, i32::MAX) > 1 << 62);
    }

    #[test]
    fn r20_unknown_fields_and_infinities_are_refused() {
        let point = |json| serde_json::from_str::<Point>(json);
        assert_eq!(point(r#"{"x":1.5,"y":-2}"#).unwrap(), Point { x: 1.5, y: -2.0 });
        for bad in [
            r#"{"x":1,"y":2,"z":3}"#,
            r#"{"x":1}"#,
            r#"{"x":1e39,"y":0}"#,
            r#"{"x":null,"y":0}"#,
        ] {
            assert!(point(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<BBox>(r#"{"left":0,"top":0,"right":1,"bottom":1,"x":0}"#).is_err());
        assert!(serde_json::from_str::<StageTimes>(r#"{"detect_us":0}"#).is_err());
    }
}
