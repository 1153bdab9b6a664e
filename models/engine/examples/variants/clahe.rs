//! Contrast-limited adaptive histogram equalisation (Zuiderveld, Graphics Gems IV, 1994) of a picture's luma, with OpenCV's
//! grid and the clip limit most often used with it.

use image_for_dlib::RgbImage;

/// Tiles across and down.
const TILES: usize = 8;
/// How many times its even share a level may have in a tile's histogram.
const CLIP: f32 = 2.0;

/// All three channels by the factor that the luma got.
pub fn clahe(picture: &RgbImage) -> RgbImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let luma: Vec<u8> = picture
        .pixels()
        .map(|p| {
            (0.299 * f32::from(p.0[0]) + 0.587 * f32::from(p.0[1]) + 0.114 * f32::from(p.0[2])).round() as u8
        })
        .collect();
    let tables = tables(&luma, width, height);
    let mut out = picture.clone();
    for (at, pixel) in out.pixels_mut().enumerate() {
        let (x, y) = (at % width, at / width);
        let level = luma[at];
        let to = mixed(&tables, level, place(x, width), place(y, height));
        if level == 0 {
            pixel.0 = [to.round() as u8; 3];
        } else {
            let factor = to / f32::from(level);
            pixel.0 = pixel.0.map(|c| (f32::from(c) * factor).round() as u8);
        }
    }
    out
}

/// Between which two tiles' middles, and how far from the first to the second.
fn place(at: usize, side: usize) -> (usize, usize, f32) {
    let tile = side as f32 / TILES as f32;
    let middle = ((at as f32 + 0.5) / tile - 0.5).clamp(0.0, (TILES - 1) as f32);
    let first = middle.floor() as usize;
    (first, (first + 1).min(TILES - 1), middle - first as f32)
}

fn mixed(tables: &[[f32; 256]], level: u8, x: (usize, usize, f32), y: (usize, usize, f32)) -> f32 {
    let at = |column: usize, row: usize| tables[row * TILES + column][usize::from(level)];
    let row = |row: usize| at(x.0, row) * (1.0 - x.2) + at(x.1, row) * x.2;
    row(y.0) * (1.0 - y.2) + row(y.1) * y.2
}

/// What each tile makes of each level.
fn tables(luma: &[u8], width: usize, height: usize) -> Vec<[f32; 256]> {
    let span = |tile: usize, side: usize| tile * side / TILES..(tile + 1) * side / TILES;
    let table = |tile: usize| {
        let mut counts = [0f32; 256];
        let (columns, rows) = (span(tile % TILES, width), span(tile / TILES, height));
        let pixels = (columns.len() * rows.len()) as f32;
        for y in rows {
            for x in columns.clone() {
                counts[usize::from(luma[y * width + x])] += 1.0;
            }
        }
        let limit = (CLIP * pixels / 256.0).max(1.0);
        let over: f32 = counts.iter().map(|count| (count - limit).max(0.0)).sum();
        let mut sum = 0.0;
        counts.map(|count| {
            sum += count.min(limit) + over / 256.0;
            (sum * 255.0 / pixels).min(255.0)
        })
    };
    (0..TILES * TILES).map(table).collect()
}
