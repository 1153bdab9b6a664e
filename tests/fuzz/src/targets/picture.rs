//! Pictures: what a camera sends, which may be any USB device, and what root hands in as a file.

use facelogin_engine::Pixels;
use facelogind::vision::decode::{DecodeError, MAX_SIDE, Picture, mjpeg, nv12, packed, picture_file, yuyv};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{Rgb, RgbImage};

use super::split;

/// The header's first letter is the format (`j` MJPEG, `f` a file, `y` YUYV, `n` NV12, `r` RGB, `b` BGR), after it stand
/// width, `x` and height where the camera's driver would tell them.
pub fn check(input: &[u8]) {
    let (head, body) = split(input);
    let Some((format, size)) = head.split_first() else {
        return;
    };
    let (width, height) = sides(size);
    let (result, needed) = match format {
        b'j' => (mjpeg(body, width, height), None),
        b'f' => (picture_file(body), None),
        b'y' => (yuyv(body, width, height), Some((2, 1))),
        b'n' => (nv12(body, width, height), Some((3, 2))),
        b'r' => (packed(body, width, height, false), Some((3, 1))),
        b'b' => (packed(body, width, height, true), Some((3, 1))),
        _ => return,
    };
    if let Ok(picture) = &result {
        whole(picture);
        let larger = picture.width >= width + 16 || picture.height >= height + 16;
        assert!(*format == b'f' || !larger, "asked for {width}x{height}");
    }
    let Some((times, of)) = needed else { return };
    let even = |side: u32| side.is_multiple_of(2);
    let possible = (1..=MAX_SIDE).contains(&width)
        && (1..=MAX_SIDE).contains(&height)
        && (*format != b'y' || even(width))
        && (*format != b'n' || even(width) && even(height));
    let bytes = u64::from(width) * u64::from(height) * times / of;
    match result {
        Ok(picture) => {
            assert!(possible && body.len() as u64 >= bytes);
            assert_eq!((picture.width, picture.height), (width, height));
        }
        Err(DecodeError::Size(..)) => assert!(!possible),
        Err(DecodeError::Short { needed, got, .. }) => {
            assert!(possible && needed as u64 == bytes && got == body.len() && got < needed);
        }
        Err(error) => panic!("{error}"),
    }
}

/// A picture has as many pixels as its sides say: the engine relies on it.
fn whole(picture: &Picture) {
    assert!((1..=MAX_SIDE).contains(&picture.width) && (1..=MAX_SIDE).contains(&picture.height));
    let area = picture.width as usize * picture.height as usize;
    match picture.pixels() {
        Pixels::Grey(bytes) => assert_eq!(bytes.len(), area),
        Pixels::Rgb(bytes) => assert_eq!(bytes.len(), area * 3),
    }
}

/// `640x480`; absent or senseless numbers are 0.
fn sides(text: &[u8]) -> (u32, u32) {
    let text = String::from_utf8_lossy(text);
    let (width, height) = text.split_once('x').unwrap_or_default();
    let side = |text: &str| text.parse::<u32>().unwrap_or(0).min(1 << 20);
    (side(width), side(height))
}

/// A shade as JPEG, with its Huffman tables and without as webcams send it, and as PNG.
pub fn made() -> Vec<Vec<u8>> {
    let shade = RgbImage::from_fn(16, 16, |x, y| Rgb([x as u8 * 15, y as u8 * 15, 128]));
    let (mut jpeg, mut png) = (Vec::new(), Vec::new());
    shade
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 60))
        .expect("a JPEG");
    shade
        .write_with_encoder(PngEncoder::new(&mut png))
        .expect("a PNG");
    let bare = without_tables(&jpeg);
    vec![
        [b"j16x16\n", &jpeg[..]].concat(),
        [b"j16x16\n", &bare[..]].concat(),
        [b"f\n", &jpeg[..]].concat(),
        [b"f\n", &png[..]].concat(),
    ]
}

fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    let mut at = 2;
    while jpeg[at + 1] != 0xda {
        let length = 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] != 0xc4 {
            out.extend_from_slice(&jpeg[at..at + length]);
        }
        at += length;
    }
    out.extend_from_slice(&jpeg[at..]);
    out
}
