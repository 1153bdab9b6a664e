//! Pictures in the camera's formats.

use std::borrow::Cow;

use image::{GrayImage, RgbImage};

use super::format::Format;
use super::jpeg;
use super::light::{Lit, light};

/// How a picture is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// The format.
    pub format: Format,
    /// Width and height, in pixels.
    pub size: (u16, u16),
    /// How the infrared sensor sees it; none for the colour one.
    pub lit: Option<Lit>,
    /// Whether a JPEG carries its Huffman tables.
    pub tables: bool,
    /// How bright it is, in 256ths.
    pub exposure: u16,
}

/// The picture in that format. `file`: the JPEG that it comes from, sent as it is where it fits.
///
/// # Errors
/// The picture cannot be encoded as JPEG.
pub fn convert(picture: &RgbImage, file: Option<&[u8]>, wanted: &Wanted) -> image::ImageResult<Vec<u8>> {
    let whole = wanted.exposure == 256 && wanted.lit.is_none();
    if let Some(file) = file
        && wanted.format == Format::Mjpg
        && wanted.tables
        && whole
        && fits(picture, wanted.size)
        && file.len() <= wanted.format.frame_bytes(wanted.size) as usize
    {
        return Ok(file.to_vec());
    }
    let mut rgb = covering(picture, wanted.size);
    if wanted.exposure != 256 {
        for value in rgb.to_mut().iter_mut() {
            *value = (u32::from(*value) * u32::from(wanted.exposure) / 256).min(255) as u8;
        }
    }
    let Some(lit) = wanted.lit else {
        return colour(&rgb, wanted);
    };
    let mut seen = grey(&rgb);
    light(&mut seen, usize::from(wanted.size.0), lit);
    infrared(seen, wanted)
}

fn colour(rgb: &RgbImage, wanted: &Wanted) -> image::ImageResult<Vec<u8>> {
    Ok(match wanted.format {
        Format::Mjpg => jpeg::encode(rgb, wanted.tables)?,
        Format::Yuyv => yuyv(rgb),
        Format::Nv12 => nv12(rgb),
        format => deep(&grey(rgb), format),
    })
}

/// `seen`: one byte a pixel.
fn infrared(seen: Vec<u8>, wanted: &Wanted) -> image::ImageResult<Vec<u8>> {
    if wanted.format.is_grey() {
        return Ok(deep(&seen, wanted.format));
    }
    let (width, height) = (u32::from(wanted.size.0), u32::from(wanted.size.1));
    // As large as its size says: `seen` has a byte for each pixel of a picture of this size.
    let seen = GrayImage::from_raw(width, height, seen).unwrap_or_else(|| GrayImage::new(width, height));
    let rgb = RgbImage::from_fn(width, height, |x, y| image::Rgb([seen.get_pixel(x, y).0[0]; 3]));
    colour(&rgb, wanted)
}

fn fits(picture: &RgbImage, (width, height): (u16, u16)) -> bool {
    picture.dimensions() == (u32::from(width), u32::from(height))
}

/// The middle of the picture, scaled to fill the size without distortion.
fn covering(picture: &RgbImage, size: (u16, u16)) -> Cow<'_, RgbImage> {
    if fits(picture, size) {
        return Cow::Borrowed(picture);
    }
    let (width, height) = (u32::from(size.0), u32::from(size.1));
    // Pixels of the picture a pixel of the frame, the same in both directions.
    let across = f64::from(picture.width()) / f64::from(width);
    let down = f64::from(picture.height()) / f64::from(height);
    let scale = across.min(down);
    let columns = taps(width, picture.width(), scale);
    let rows = taps(height, picture.height(), scale);
    let stride = picture.width() as usize * 3;
    let mut bytes = Vec::with_capacity((width * height * 3) as usize);
    for (upper, lower, below) in rows {
        let (upper, lower) = (upper * stride, lower * stride);
        let upper = &picture.as_raw()[upper..upper + stride];
        let lower = &picture.as_raw()[lower..lower + stride];
        for &(left, right, beside) in &columns {
            let (left, right) = (left * 3, right * 3);
            for channel in 0..3 {
                let mix = |line: &[u8]| {
                    let [left, right] = [line[left + channel], line[right + channel]].map(u32::from);
                    left * (256 - beside) + right * beside
                };
                let value = mix(upper) * (256 - below) + mix(lower) * below;
                bytes.push((value >> 16) as u8);
            }
        }
    }
    // Three bytes for each pixel of that size.
    Cow::Owned(RgbImage::from_raw(width, height, bytes).unwrap_or_else(|| RgbImage::new(width, height)))
}

/// For each place along one direction of the frame: the two of the picture that it lies between, and how near it is
/// to the second, in 256ths.
fn taps(length: u32, of: u32, scale: f64) -> Vec<(usize, usize, u32)> {
    let last = f64::from(of.saturating_sub(1));
    let start = (f64::from(of) - f64::from(length) * scale) / 2.0;
    let tap = |place: u32| {
        let at = (start + (f64::from(place) + 0.5) * scale - 0.5).clamp(0.0, last);
        let first = at.floor();
        let second = (first + 1.0).min(last);
        (first as usize, second as usize, ((at - first) * 256.0) as u32)
    };
    (0..length).map(tap).collect()
}

/// Brightness over the whole range (ITU-R BT.601).
fn grey(rgb: &RgbImage) -> Vec<u8> {
    rgb.pixels()
        .map(|pixel| {
            let [r, g, b] = pixel.0.map(u32::from);
            ((77 * r + 150 * g + 29 * b + 128) >> 8) as u8
        })
        .collect()
}

/// Grey in as many bits as the format has.
fn deep(grey: &[u8], format: Format) -> Vec<u8> {
    let wide = |spread: fn(u16) -> u16| -> Vec<u8> {
        let values = grey.iter().map(|&value| spread(u16::from(value)));
        values.flat_map(u16::to_le_bytes).collect()
    };
    match format {
        Format::Y10 => wide(|value| value << 2 | value >> 6),
        Format::Y12 => wide(|value| value << 4 | value >> 4),
        Format::Y16 => wide(|value| value << 8 | value),
        _ => grey.to_vec(),
    }
}

/// Y, U and V in 16 to 235 and 16 to 240 (ITU-R BT.601).
fn yuv(pixel: [u8; 3]) -> [i32; 3] {
    let [r, g, b] = pixel.map(i32::from);
    [
        ((66 * r + 129 * g + 25 * b + 128) >> 8) + 16,
        ((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128,
        ((112 * r - 94 * g - 18 * b + 128) >> 8) + 128,
    ]
}

fn yuyv(rgb: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rgb.len() / 3 * 2);
    for pair in rgb.as_raw().chunks_exact(6) {
        let left = yuv([pair[0], pair[1], pair[2]]);
        let right = yuv([pair[3], pair[4], pair[5]]);
        let both = |plane: usize| ((left[plane] + right[plane]) / 2) as u8;
        bytes.extend([left[0] as u8, both(1), right[0] as u8, both(2)]);
    }
    bytes
}

fn nv12(rgb: &RgbImage) -> Vec<u8> {
    let mut bytes: Vec<u8> = rgb.pixels().map(|pixel| yuv(pixel.0)[0] as u8).collect();
    for y in (0..rgb.height()).step_by(2) {
        for x in (0..rgb.width()).step_by(2) {
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)];
            let sum = four
                .map(|(right, down)| yuv(rgb.get_pixel(x + right, y + down).0))
                .into_iter()
                .fold([0, 0], |sum, [_, u, v]| [sum[0] + u, sum[1] + v]);
            bytes.extend(sum.map(|plane| (plane / 4) as u8));
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(format: Format, size: (u16, u16), lit: Option<Lit>) -> Wanted {
        Wanted {
            format,
            size,
            lit,
            tables: true,
            exposure: 256,
        }
    }

    #[test]
    fn every_format_has_its_bytes() {
        let picture = RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 3, y as u8 * 5, 99]));
        for format in [
            Format::Yuyv,
            Format::Nv12,
            Format::Grey,
            Format::Y10,
            Format::Y12,
            Format::Y16,
        ] {
            for (size, lit) in [((64, 48), None), ((80, 30), None), ((32, 24), Some(Lit::Near))] {
                let bytes = convert(&picture, None, &wanted(format, size, lit)).expect("raw");
                assert_eq!(
                    bytes.len() as u32,
                    format.frame_bytes(size),
                    "{format:?} {size:?}"
                );
            }
        }
    }

    #[test]
    fn colours_are_where_the_format_has_them() {
        let red = RgbImage::from_pixel(16, 16, image::Rgb([255, 0, 0]));
        let size = (16, 16);
        let of = |format| convert(&red, None, &wanted(format, size, None)).expect("raw");
        assert_eq!(of(Format::Yuyv)[..4], [82, 90, 82, 240]);
        let nv12 = of(Format::Nv12);
        assert_eq!((nv12[255], nv12[256], nv12[257]), (82, 90, 240));
        assert_eq!(of(Format::Grey)[0], 77);
        assert_eq!(of(Format::Y10)[..2], u16::to_le_bytes(77 << 2 | 1));
        assert_eq!(of(Format::Y12)[..2], u16::to_le_bytes(77 << 4 | 4));
        assert_eq!(of(Format::Y16)[..2], u16::to_le_bytes(77 << 8 | 77));
    }

    #[test]
    fn a_jpeg_that_fits_is_sent_as_it_is() {
        let picture = RgbImage::new(16, 16);
        let file = [0xff, 0xd8, 1, 2, 3];
        let same = convert(&picture, Some(&file), &wanted(Format::Mjpg, (16, 16), None)).expect("a copy");
        assert_eq!(same, file);
        let darker = Wanted {
            exposure: 100,
            ..wanted(Format::Mjpg, (16, 16), None)
        };
        let made = convert(&picture, Some(&file), &darker).expect("a new one");
        assert_ne!(made, file);
    }

    #[test]
    fn a_wider_size_shows_the_middle_undistorted() {
        let mut picture = RgbImage::from_pixel(640, 480, image::Rgb([10; 3]));
        for (x, y) in [(319, 239), (320, 239), (319, 240), (320, 240)] {
            picture.put_pixel(x, y, image::Rgb([250; 3]));
        }
        let wide = covering(&picture, (1280, 720));
        assert_eq!(wide.dimensions(), (1280, 720));
        assert!(wide.get_pixel(640, 360).0[0] > 200 && wide.get_pixel(640, 350).0[0] < 20);
    }
}
