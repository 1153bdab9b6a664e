//! From bytes to pixels: camera formats and picture files. Pure Rust throughout: these bytes come from outside.

use std::io::Cursor;

use facelogin_engine::Pixels;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::vision::huffman;

/// The largest picture side, in pixels, of a camera or a file: what the engine takes.
pub const MAX_SIDE: u32 = 8192;

/// The memory a picture file may unfold to: 8192 x 8192 pixels of three bytes would be 192 MiB; half of that is a
/// 32-megapixel photograph.
const MAX_UNFOLDED: u64 = 96 * 1024 * 1024;

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// One byte a pixel when grey, three (red, green, blue) otherwise; rows without padding.
    bytes: Vec<u8>,
    grey: bool,
}

impl Picture {
    /// For the engine.
    pub fn pixels(&self) -> Pixels<'_> {
        if self.grey {
            Pixels::Grey(&self.bytes)
        } else {
            Pixels::Rgb(&self.bytes)
        }
    }
}

/// Why bytes are no picture.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not JPEG or PNG.
    #[error("it is neither JPEG nor PNG")]
    UnknownFormat,
    /// Damaged, cut short, or too large.
    #[error("it cannot be decoded: {0}")]
    Damaged(String),
    /// Fewer bytes than the format needs.
    #[error("a {format} picture of {width}x{height} needs {needed} bytes, the camera gave {got}")]
    Short {
        /// The format's name.
        format: &'static str,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// In bytes.
        needed: usize,
        /// In bytes.
        got: usize,
    },
    /// No pixels, or too many.
    #[error("a picture of {0}x{1} is not possible here")]
    Size(u32, u32),
}

/// Decodes a picture file, turned the way its EXIF says.
pub fn picture_file(bytes: &[u8]) -> Result<Picture, DecodeError> {
    let damaged = |error: image::ImageError| DecodeError::Damaged(error.to_string());
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| DecodeError::UnknownFormat)?;
    match reader.format() {
        // The decoder fills what is missing of a JPEG with grey, and half a grey face is still a face to the models.
        Some(ImageFormat::Jpeg) if !ends(bytes) => {
            return Err(DecodeError::Damaged("it is cut short".into()));
        }
        Some(ImageFormat::Jpeg | ImageFormat::Png) => {}
        _ => return Err(DecodeError::UnknownFormat),
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_UNFOLDED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    // A picture without EXIF, or with damaged EXIF, is taken as it lies.
    let orientation = decoder
        .orientation()
        .unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    Ok(Picture {
        width,
        height,
        bytes: picture.into_rgb8().into_raw(),
        grey: false,
    })
}

/// Whether a JPEG's end marker follows its last start of a scan. Neither occurs within a scan's data (ITU-T T.81, B.1.1.5),
/// a thumbnail's come before, and what cameras append comes after.
fn ends(jpeg: &[u8]) -> bool {
    let last = |marker: u8| jpeg.windows(2).rposition(|pair| pair == [0xff, marker]);
    last(0xd9) > last(0xda)
}

/// Decodes one MJPEG picture of a camera that was asked for `width` x `height`. A larger one is refused before its
/// pixels are made: a device can send any size, and 8192 x 8192 would cost seconds and 200 MiB. Sizes are rounded up to
/// JPEG's blocks of 16, which some cameras send whole.
pub fn mjpeg(bytes: &[u8], width: u32, height: u32) -> Result<Picture, DecodeError> {
    let most = |side: u32| side.min(MAX_SIDE).next_multiple_of(16) as usize;
    let bytes = with_huffman_tables(bytes);
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(most(width))
        .set_max_height(most(height))
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&bytes[..]), options);
    let pixels = decoder
        .decode()
        .map_err(|error| DecodeError::Damaged(error.to_string()))?;
    let (width, height) = decoder.dimensions().ok_or(DecodeError::Size(0, 0))?;
    let (width, height) = (width as u32, height as u32);
    let needed = area(width, height)? * 3;
    if pixels.len() != needed {
        return Err(DecodeError::Short {
            format: "MJPG",
            width,
            height,
            needed,
            got: pixels.len(),
        });
    }
    Ok(Picture {
        width,
        height,
        bytes: pixels,
        grey: false,
    })
}

/// UVC cameras leave out the Huffman tables that every decoder is supposed to know (ITU-T T.81, annex K.3).
fn with_huffman_tables(bytes: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    let mut at = 2;
    loop {
        match bytes.get(at..at + 4) {
            // Up to the start of the scan no table was seen.
            Some([0xff, 0xda, ..]) => break,
            Some([0xff, 0xc4, ..]) => return bytes.into(),
            Some([0xff, _, high, low]) => at += 2 + usize::from(u16::from_be_bytes([*high, *low])),
            // Not JPEG as we know it: the decoder will say so.
            _ => return bytes.into(),
        }
    }
    let mut out = Vec::with_capacity(bytes.len() + 432);
    out.extend_from_slice(&bytes[..2]);
    out.extend_from_slice(&huffman::standard());
    out.extend_from_slice(&bytes[2..]);
    out.into()
}

fn area(width: u32, height: u32) -> Result<usize, DecodeError> {
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        return Err(DecodeError::Size(width, height));
    }
    Ok(width as usize * height as usize)
}

fn enough<'a>(
    format: &'static str,
    bytes: &'a [u8],
    width: u32,
    height: u32,
    needed: usize,
) -> Result<&'a [u8], DecodeError> {
    bytes.get(..needed).ok_or(DecodeError::Short {
        format,
        width,
        height,
        needed,
        got: bytes.len(),
    })
}

/// YUYV 4:2:2 with BT.601 coefficients in limited range, as UVC cameras give it.
pub fn yuyv(bytes: &[u8], width: u32, height: u32) -> Result<Picture, DecodeError> {
    let pixels = area(width, height)?;
    if !width.is_multiple_of(2) {
        return Err(DecodeError::Size(width, height));
    }
    let bytes = enough("YUYV", bytes, width, height, pixels * 2)?;
    let mut out = Vec::with_capacity(pixels * 3);
    for pair in bytes.chunks_exact(4) {
        out.extend_from_slice(&rgb(pair[0], pair[1], pair[3]));
        out.extend_from_slice(&rgb(pair[2], pair[1], pair[3]));
    }
    Ok(Picture {
        width,
        height,
        bytes: out,
        grey: false,
    })
}

/// NV12 4:2:0: a plane of luma, then one of interleaved chroma at half the size.
pub fn nv12(bytes: &[u8], width: u32, height: u32) -> Result<Picture, DecodeError> {
    let pixels = area(width, height)?;
    if !width.is_multiple_of(2) || !height.is_multiple_of(2) {
        return Err(DecodeError::Size(width, height));
    }
    let bytes = enough("NV12", bytes, width, height, pixels / 2 * 3)?;
    let (luma, chroma) = bytes.split_at(pixels);
    let side = width as usize;
    let mut out = Vec::with_capacity(pixels * 3);
    for (row, line) in luma.chunks_exact(side).enumerate() {
        let colours = &chroma[row / 2 * side..][..side];
        for (column, y) in line.iter().enumerate() {
            let at = column & !1;
            out.extend_from_slice(&rgb(*y, colours[at], colours[at + 1]));
        }
    }
    Ok(Picture {
        width,
        height,
        bytes: out,
        grey: false,
    })
}

/// RGB3 as it is, BGR3 turned round.
pub fn packed(bytes: &[u8], width: u32, height: u32, blue_first: bool) -> Result<Picture, DecodeError> {
    let needed = area(width, height)? * 3;
    let mut bytes = enough(
        if blue_first { "BGR3" } else { "RGB3" },
        bytes,
        width,
        height,
        needed,
    )?
    .to_vec();
    if blue_first {
        bytes.chunks_exact_mut(3).for_each(|pixel| pixel.swap(0, 2));
    }
    Ok(Picture {
        width,
        height,
        bytes,
        grey: false,
    })
}

fn rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (y, u, v) = (i32::from(y) - 16, i32::from(u) - 128, i32::from(v) - 128);
    // BT.601: 1.164, 1.596, 0.813, 0.391, 2.018, times 256.
    let channel = |value: i32| ((value + 128) >> 8).clamp(0, 255) as u8;
    [
        channel(298 * y + 409 * v),
        channel(298 * y - 208 * v - 100 * u),
        channel(298 * y + 516 * u),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuyv_nv12_and_packed_agree_on_the_primary_colours() {
        // Luma and chroma of BT.601 for black, white, and red.
        for (y, u, v, expected) in [
            (16, 128, 128, [0, 0, 0]),
            (235, 128, 128, [255, 255, 255]),
            (81, 90, 240, [255, 0, 0]),
        ] {
            let near = |picture: Picture| {
                assert_eq!((picture.width, picture.height, picture.bytes.len()), (2, 2, 12));
                for pixel in picture.bytes.chunks_exact(3) {
                    let off = pixel
                        .iter()
                        .zip(expected)
                        .map(|(a, b)| a.abs_diff(b))
                        .max()
                        .unwrap();
                    assert!(off <= 2, "{pixel:?} is not {expected:?}");
                }
            };
            near(yuyv(&[y, u, y, v].repeat(2), 2, 2).unwrap());
            near(nv12(&[y, y, y, y, u, v], 2, 2).unwrap());
            near(packed(&expected.repeat(4), 2, 2, false).unwrap());
            near(packed(&[expected[2], expected[1], expected[0]].repeat(4), 2, 2, true).unwrap());
        }
    }

    #[test]
    fn short_and_impossible_pictures_are_refused() {
        assert!(matches!(
            yuyv(&[0; 7], 2, 2),
            Err(DecodeError::Short {
                needed: 8,
                got: 7,
                ..
            })
        ));
        assert!(matches!(nv12(&[0; 5], 2, 2), Err(DecodeError::Short { .. })));
        assert!(matches!(
            packed(&[0; 11], 2, 2, false),
            Err(DecodeError::Short { .. })
        ));
        for (width, height) in [(0, 2), (2, 0), (MAX_SIDE + 2, 2), (3, 2)] {
            assert!(
                matches!(yuyv(&[0; 64], width, height), Err(DecodeError::Size(..))),
                "{width}x{height}"
            );
        }
    }

    fn jpeg() -> Vec<u8> {
        let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 4, y as u8 * 5, 128]));
        let mut bytes = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90);
        picture.write_with_encoder(encoder).unwrap();
        bytes
    }

    /// The picture with its DHT segments cut out, as a webcam sends it.
    fn without_tables(bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes[..2].to_vec();
        let mut at = 2;
        while bytes[at + 1] != 0xda {
            let length = 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
            if bytes[at + 1] != 0xc4 {
                out.extend_from_slice(&bytes[at..at + length]);
            }
            at += length;
        }
        out.extend_from_slice(&bytes[at..]);
        out
    }

    #[test]
    fn mjpeg_without_huffman_tables_decodes_to_the_same_picture() {
        let whole = jpeg();
        let bare = without_tables(&whole);
        assert!(bare.len() + 400 < whole.len());
        assert_eq!(
            mjpeg(&bare, 64, 48).unwrap().bytes,
            mjpeg(&whole, 64, 48).unwrap().bytes
        );
    }

    #[test]
    fn r24_a_camera_cannot_send_a_larger_picture_than_it_was_asked_for() {
        let whole = jpeg();
        for (width, height, fits) in [
            (64, 48, true),
            (640, 480, true),
            (50, 33, true),
            (48, 48, false),
            (64, 32, false),
        ] {
            assert_eq!(mjpeg(&whole, width, height).is_ok(), fits, "{width}x{height}");
        }
    }

    #[test]
    fn damaged_jpegs_never_panic_and_cut_ones_are_refused() {
        let whole = jpeg();
        let accepted: Vec<usize> = (0..whole.len())
            .filter(|end| mjpeg(&whole[..*end], 64, 48).is_ok())
            .collect();
        // Only the end marker, and the last bits of the last block before it, may be missing.
        assert!(
            accepted.iter().all(|end| *end + 10 >= whole.len()),
            "{accepted:?} of {}",
            whole.len()
        );
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x5a;
            // Either is right; a panic is not.
            let _ = mjpeg(&damaged, 64, 48);
            let _ = picture_file(&damaged);
        }
    }

    #[test]
    fn picture_files_that_are_cut_short_are_refused() {
        let whole = jpeg();
        let appended = [&whole[..], b"what a telephone appends"].concat();
        assert!(picture_file(&appended).is_ok());
        for end in 4..whole.len() {
            let cut = picture_file(&whole[..end]);
            assert!(
                matches!(cut, Err(DecodeError::Damaged(_))),
                "{end} of {}",
                whole.len()
            );
        }
    }

    #[test]
    fn only_jpeg_and_png_files_of_sane_size_are_opened() {
        assert_eq!(picture_file(&jpeg()).unwrap().width, 64);
        assert!(matches!(
            picture_file(b"GIF89a......"),
            Err(DecodeError::UnknownFormat)
        ));
        assert!(matches!(picture_file(b""), Err(DecodeError::UnknownFormat)));
        // A PNG header that claims 60,000 x 60,000 pixels.
        let mut bomb = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
        bomb.extend_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 2, 0, 0, 0, 0, 0, 0, 0]);
        assert!(matches!(picture_file(&bomb), Err(DecodeError::Damaged(_))));
    }
}
