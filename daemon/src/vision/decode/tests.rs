//! What cameras and files may and may not be.

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
