//! What a webcam would see: a portrait cut and scaled so that its face has the size of a person's at a desk, moved by
//! a few pixels from frame to frame.

use std::fs;
use std::path::Path;

use facelogin_engine::{BBox, Effort, Engine, Frame, Pixels};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};
use image::{Rgb, RgbImage};

use super::Failed;

/// Frames of one scene; the replay begins anew after the last.
const FRAMES: u32 = 12;

/// The detector's box as a share of the picture's height: about 170 of 480 pixels, someone at arm's length from a
/// laptop.
const FACE_SHARE: f64 = 0.36;

/// Of the JPEG files: webcams compress about as much.
const QUALITY: u8 = 85;

/// JPEG frames of `size` that show the person of a portrait, who does not hold quite still: up to two pixels to each side
/// of 640x480.
pub fn person(engine: &mut dyn Engine, portrait: &Path, size: (u32, u32)) -> Result<Vec<Vec<u8>>, Failed> {
    film(engine, portrait, size, FRAMES, |phase| View {
        share: FACE_SHARE,
        right: 0.0042 * phase.cos(),
        down: 0.0031 * phase.sin(),
    })
}

/// The same of someone who sits down before the camera and leans back again, within one and a half seconds.
pub fn coming(engine: &mut dyn Engine, portrait: &Path, size: (u32, u32)) -> Result<Vec<Vec<u8>>, Failed> {
    film(engine, portrait, size, 4 * FRAMES, |phase| View {
        share: 0.37 - 0.11 * phase.cos(),
        right: 0.15 * phase.sin(),
        down: 0.05 * phase.cos(),
    })
}

/// Where a face is in a frame, in shares of the frame's height.
struct View {
    /// The detector's box.
    share: f64,
    /// From the middle.
    right: f64,
    down: f64,
}

/// `count` frames of a movement that begins again after them, given for each angle from 0 to a full turn.
fn film(
    engine: &mut dyn Engine,
    portrait: &Path,
    size: (u32, u32),
    count: u32,
    movement: impl Fn(f64) -> View,
) -> Result<Vec<Vec<u8>>, Failed> {
    let named = |error: String| format!("{}: {error}", portrait.display());
    let bytes = fs::read(portrait).map_err(|error| named(error.to_string()))?;
    let picture = image::load_from_memory(&bytes)
        .map_err(|error| named(error.to_string()))?
        .into_rgb8();
    let frame = Frame::new(picture.width(), picture.height(), Pixels::Rgb(picture.as_raw()))?;
    let analysis = engine.analyse(&frame, Effort::Still)?;
    let face = analysis
        .faces
        .first()
        .ok_or_else(|| named("no face found".into()))?;
    (0..count)
        .map(|number| {
            let phase = f64::from(number) / f64::from(count) * std::f64::consts::TAU;
            jpeg(&view(&picture, &face.bbox, size, &movement(phase)))
        })
        .collect()
}

/// JPEG frames of `size` of a wall.
pub fn wall(size: (u32, u32)) -> Result<Vec<Vec<u8>>, Failed> {
    let frame = RgbImage::from_fn(size.0, size.1, |x, y| {
        // A gentle slope of light; at most 96 + 40 + 40.
        let light = 96 + (40 * x / size.0 + 40 * y / size.1) as u8;
        Rgb([light, light, light - 8])
    });
    Ok(vec![jpeg(&frame)?])
}

/// Beyond the portrait's edge its last pixels go on.
fn view(picture: &RgbImage, face: &BBox, size: (u32, u32), view: &View) -> RgbImage {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    // Portrait pixels for one pixel of the frame.
    let scale = f64::from(face.right - face.left + 1) / (view.share * height);
    let middle = |from: i32, to: i32| f64::from(from + to) / 2.0;
    let left = middle(face.left, face.right) - scale * (width / 2.0 + view.right * height);
    let top = middle(face.top, face.bottom) - scale * (height / 2.0 + view.down * height);
    let inside = |at: f64, side: u32| at.clamp(0.0, f64::from(side - 1)) as u32;
    let cut = RgbImage::from_fn((scale * width) as u32, (scale * height) as u32, |x, y| {
        let x = inside(left + f64::from(x), picture.width());
        let y = inside(top + f64::from(y), picture.height());
        *picture.get_pixel(x, y)
    });
    resize(&cut, size.0, size.1, FilterType::Triangle)
}

fn jpeg(frame: &RgbImage) -> Result<Vec<u8>, Failed> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(frame)?;
    Ok(bytes)
}
