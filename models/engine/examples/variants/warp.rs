//! Other crops than the landmarks say. dlib's wrapper takes a crop by landmarks that it has made itself and nothing else, so the
//! picture is moved under them.

use crate::Result;
use crate::chip::MEAN_FACE;
use crate::faces::{Marked, Picture};
use crate::similarity::{Similarity, pairs};

/// Half of the side, in unit squares, of what is kept around a face: the encoder takes 0.75.
const KEPT: f64 = 0.85;

/// The map from the unit square of dlib's mean face to these landmarks.
pub fn square(marked: &Marked) -> Result<Similarity> {
    Ok(Similarity::fit(&MEAN_FACE, &pairs(&marked.points)).ok_or("no square")?)
}

/// A picture whose crop by the face's own landmarks shows at (u, v) what this one shows at `place(u, v)`. Between pixels in
/// proportion to their nearness, black but around the face.
pub fn recropped(
    picture: &Picture,
    marked: &Marked,
    place: impl Fn(f64, f64) -> (f64, f64),
) -> Result<Picture> {
    let from = square(marked)?.inverse().ok_or("no square")?;
    let mut rgb = vec![0; picture.rgb.len()];
    let (width, height) = picture.size;
    for y in 0..height {
        for x in 0..width {
            let (u, v) = from.at(f64::from(x), f64::from(y));
            if (u - 0.5).abs().max((v - 0.5).abs()) <= KEPT {
                let (x0, y0) = place(u, v);
                let at = 3 * (y * width + x) as usize;
                rgb[at..at + 3].copy_from_slice(&between(picture, x0, y0));
            }
        }
    }
    Picture::of(picture.size, rgb)
}

/// The pixel between pixels; black outside.
fn between(picture: &Picture, x: f64, y: f64) -> [u8; 3] {
    let (column, row) = (x.floor() as i64, y.floor() as i64);
    let (fx, fy) = (x - x.floor(), y - y.floor());
    let pixel = |column: i64, row: i64| -> [f64; 3] {
        let inside =
            (0..i64::from(picture.size.0)).contains(&column) && (0..i64::from(picture.size.1)).contains(&row);
        if !inside {
            return [0.0; 3];
        }
        let at = 3 * (row as usize * picture.size.0 as usize + column as usize);
        [picture.rgb[at], picture.rgb[at + 1], picture.rgb[at + 2]].map(f64::from)
    };
    let corners = [
        (pixel(column, row), (1.0 - fx) * (1.0 - fy)),
        (pixel(column + 1, row), fx * (1.0 - fy)),
        (pixel(column, row + 1), (1.0 - fx) * fy),
        (pixel(column + 1, row + 1), fx * fy),
    ];
    std::array::from_fn(|c| corners.iter().map(|(p, w)| p[c] * w).sum::<f64>().round() as u8)
}
