//! Pictures: what a camera sends, which may be any USB device, and what root hands in as a file.

use facelogin_engine::Pixels;
use facelogind::vision::decode::{
    DecodeError, Depth, Layout, MAX_SIDE, Picture, Raw, mjpeg, mjpeg_grey, picture_file,
};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{Rgb, RgbImage};

use super::split;

/// The header's first letter is the format: `f` a file, `j` MJPEG, `y` YUYV, `u` UYVY, `n` NV12, `r` RGB, `b` BGR, `g` GREY,
/// `0` Y10, `2` Y12, `6` Y16; as a capital, luma alone (`)`, `@` and `^` for the digits). After it stand width, `x` and
/// height where the camera's driver would tell them, and `+` and the bytes from row to row where there are gaps.
pub fn check(input: &[u8]) {
    let (head, body) = split(input);
    let Some((letter, size)) = head.split_first() else {
        return;
    };
    let layout = layout(size);
    let Layout { width, height, .. } = layout;
    let plain = match letter {
        b')' => b'0',
        b'@' => b'2',
        b'^' => b'6',
        letter => letter.to_ascii_lowercase(),
    };
    let grey = plain != *letter;
    let format = match plain {
        b'f' => {
            if let Ok(picture) = picture_file(body) {
                whole(&picture);
            }
            return;
        }
        b'j' => {
            let decode = if grey { mjpeg_grey } else { mjpeg };
            if let Ok(picture) = decode(body, width, height) {
                whole(&picture);
                let larger = picture.width >= width + 16 || picture.height >= height + 16;
                assert!(!larger, "asked for {width}x{height}");
                assert_eq!(matches!(picture.pixels(), Pixels::Grey(_)), grey);
            }
            return;
        }
        b'y' => Raw::Yuyv,
        b'u' => Raw::Uyvy,
        b'n' => Raw::Nv12,
        b'r' => Raw::Rgb3,
        b'b' => Raw::Bgr3,
        b'g' => Raw::Grey,
        b'0' => Raw::Y10,
        b'2' => Raw::Y12,
        b'6' => Raw::Y16,
        _ => return,
    };
    uncompressed(format, body, layout, grey);
}

fn uncompressed(format: Raw, body: &[u8], layout: Layout, grey: bool) {
    let Layout {
        width,
        height,
        stride,
    } = layout;
    let result = format.decode(body, layout, grey, &mut Depth::default());
    let needed = format.needed(layout);
    match result {
        Ok(picture) => {
            whole(&picture);
            let needed = needed.expect("it was decoded");
            assert!(body.len() >= needed);
            assert_eq!((picture.width, picture.height), (width, height));
            assert_eq!(
                matches!(picture.pixels(), Pixels::Grey(_)),
                grey || format.is_grey()
            );
            // What lies behind the picture, and between its rows, is no part of it.
            let cut = format.decode(&body[..needed], layout, grey, &mut Depth::default());
            assert_eq!(bytes(&cut.expect("what is needed is enough")), bytes(&picture));
        }
        Err(DecodeError::Size(..)) => assert!(needed.is_err()),
        Err(DecodeError::Short {
            needed: said, got, ..
        }) => {
            assert!(needed.is_ok_and(|needed| needed == said) && got == body.len() && got < said);
            let least = u64::from(width) * u64::from(height);
            assert!(
                said as u64 >= least
                    && (stride == 0 || said as u64 >= u64::from(stride) * u64::from(height - 1))
            );
        }
        Err(error) => panic!("{error}"),
    }
}

fn bytes(picture: &Picture) -> &[u8] {
    match picture.pixels() {
        Pixels::Grey(bytes) | Pixels::Rgb(bytes) => bytes,
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
    assert_eq!(picture.luma().len(), area);
}

/// `640x480+1344`; absent or senseless numbers are 0.
fn layout(text: &[u8]) -> Layout {
    let text = String::from_utf8_lossy(text);
    let (size, stride) = text.split_once('+').unwrap_or((&text, ""));
    let (width, height) = size.split_once('x').unwrap_or_default();
    let number = |text: &str, most| text.parse::<u32>().unwrap_or(0).min(most);
    Layout {
        width: number(width, 1 << 20),
        height: number(height, 1 << 20),
        stride: number(stride, u32::MAX),
    }
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
        [b"J16x16\n", &bare[..]].concat(),
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
