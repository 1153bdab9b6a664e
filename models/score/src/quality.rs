//! What is measured of a face to tell how far it can be relied on.

use serde::{Deserialize, Serialize};

use crate::finite;

/// Measurements of one face. The face region is the square that the encoder aligns the face to, without its margin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Between the centres of the eyes, in pixels of the frame.
    #[serde(deserialize_with = "finite::f32")]
    pub eye_distance_px: f32,
    /// Variance of the Laplacian (up + down + left + right - 4 * centre) of the face region's luma (0..=255),
    /// resampled to 100 x 100: what the encoder gets, so comparable between faces of every size. Higher is sharper;
    /// noise in the dark raises it too.
    #[serde(deserialize_with = "finite::f32")]
    pub sharpness: f32,
    /// Mean luma of the face region as the camera gave it, 0..=1: how much light there was. The other measures are of what
    /// the encoder gets, whose levels are spread where they are few.
    #[serde(deserialize_with = "finite::f32")]
    pub brightness: f32,
    /// Share of the face region's pixels with a luma of at most 5 or at least 250 (of 255), 0..=1.
    #[serde(deserialize_with = "finite::f32")]
    pub clipped: f32,
    /// Degrees; positive: the nose points to the picture's right. Coarse, within about ten degrees, as are the others.
    #[serde(deserialize_with = "finite::f32")]
    pub yaw_deg: f32,
    /// Degrees; positive: the nose points up. Downwards it reads too little: -20 as -13.
    #[serde(deserialize_with = "finite::f32")]
    pub pitch_deg: f32,
    /// Degrees; positive: clockwise on the picture.
    #[serde(deserialize_with = "finite::f32")]
    pub roll_deg: f32,
    /// Share of the square that the encoder sees (the face region with its margin) that lies inside the picture,
    /// 0..=1. What lies outside reaches the encoder as black.
    #[serde(deserialize_with = "finite::f32")]
    pub inside: f32,
}
