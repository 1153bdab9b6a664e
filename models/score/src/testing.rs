//! Faces made up for tests.

use crate::{BBox, ENCODING_LEN, Encoding, Face, Point, Quality};

/// An encoding `distance` away from the origin, along one axis.
pub fn encoding(distance: f32, axis: usize) -> Encoding {
    let mut values = [0.0; ENCODING_LEN];
    values[axis] = distance;
    Encoding::try_from_slice(&values).unwrap()
}

/// A good face with that encoding.
pub fn face(encoding: Encoding) -> Face {
    Face {
        bbox: BBox {
            left: 100,
            top: 100,
            right: 200,
            bottom: 200,
        },
        points: [Point { x: 0.0, y: 0.0 }; 5],
        encoding,
        quality: Quality {
            eye_distance_px: 50.0,
            sharpness: 60.0,
            brightness: 0.5,
            clipped: 0.0,
            yaw_deg: 0.0,
            pitch_deg: 0.0,
            roll_deg: 0.0,
            inside: 1.0,
        },
        live: None,
    }
}

/// The same face with its eyes so many pixels apart.
pub fn sized(mut face: Face, eyes: f32) -> Face {
    face.quality.eye_distance_px = eyes;
    face
}
