//! What cameras and files may and may not be.
use super::*;

/// One picture of a raw format, with `grey` or without, and rows `stride` bytes apart.
fn raw(format: Raw, bytes: &[u8], size: (u32, u32), stride: u32, grey: bool) -> Result<Picture, DecodeError> {
    let layout = Layout {
        width: size.0,
        height: size.1,
        stride,
    };
    format.decode(bytes, layout, grey, &mut Depth::default())
}

/// The uncompressed formats with colours, and 2 x 2 pixels of one colour in each, from its luma and chroma and from its
/// red, green and blue.
fn even(y: u8, u: u8, v: u8, [r, g, b]: [u8; 3]) -> [(Raw, Vec<u8>); 5] {
    [
        (Raw::Yuyv, [y, u, y, v].repeat(2)),
        (Raw::Uyvy, [u, y, v, y].repeat(2)),
        (Raw::Nv12, vec![y, y, y, y, u, v]),
        (Raw::Rgb3, [r, g, b].repeat(4)),
        (Raw::Bgr3, [b, g, r].repeat(4)),
    ]
}

#[test]
fn r24_all_formats_agree_on_black_white_and_red() {
    for (y, u, v, expected) in [
        (16, 128, 128, [0, 0, 0]),
        (235, 128, 128, [255, 255, 255]),
        (81, 90, 240, [255, 0, 0]),
    ] {
        for (format, bytes) in even(y, u, v, expected) {
            let picture = raw(format, &bytes, (2, 2), 0, false).unwrap();
            assert_eq!((picture.width, picture.height, picture.bytes.len()), (2, 2, 12));
            for pixel in picture.bytes.chunks_exact(3) {
                let off = pixel.iter().zip(expected).map(|(a, b)| a.abs_diff(b)).max();
                assert!(off <= Some(2), "{format:?}: {pixel:?} is not {expected:?}");
            }
        }
    }
}

#[test]
fn r24_an_infrared_camera_is_read_for_its_luma_whatever_its_format() {
    for (format, bytes) in even(100, 30, 220, [100, 100, 100]) {
        let picture = raw(format, &bytes, (2, 2), 0, true).unwrap();
        assert_eq!(picture.bytes, [100; 4], "{format:?}");
        assert!(matches!(picture.pixels(), Pixels::Grey(_)));
        assert_eq!(picture.luma(), &[100; 4][..]);
    }
    let whole = jpeg();
    let (colour, grey) = (
        mjpeg(&whole, 64, 48).unwrap(),
        mjpeg_grey(&whole, 64, 48).unwrap(),
    );
    assert!(matches!(grey.pixels(), Pixels::Grey(_)));
    let off = colour
        .luma()
        .iter()
        .zip(grey.bytes)
        .map(|(a, b)| a.abs_diff(b))
        .max();
    assert!(off <= Some(3), "{off:?}");
}

#[test]
fn r24_grey_of_any_depth_comes_to_eight_bits() {
    let words = |words: [u16; 2]| {
        words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    for (format, bytes, expected) in [
        (Raw::Grey, vec![0, 255], [0, 255]),
        (Raw::Y10, words([0, 1023]), [0, 255]),
        (Raw::Y10, words([4, 512]), [1, 128]),
        // Bits that the format does not have.
        (Raw::Y10, words([3, 0xffff]), [0, 255]),
        (Raw::Y12, words([16, 4095]), [1, 255]),
        // A sensor of ten bits, of twelve, of sixteen.
        (Raw::Y16, words([0, 1023]), [0, 255]),
        (Raw::Y16, words([1024, 4095]), [64, 255]),
        (Raw::Y16, words([0x8000, 0xffff]), [128, 255]),
    ] {
        let picture = raw(format, &bytes, (2, 1), 0, false).unwrap();
        assert_eq!(picture.bytes, expected, "{format:?} {bytes:?}");
        assert!(picture.grey);
    }
    // What was learnt of the stream is kept.
    let layout = Layout {
        width: 1,
        height: 1,
        stride: 0,
    };
    let mut depth = Depth::default();
    let mut level = |word: u16| {
        let picture = Raw::Y16
            .decode(&word.to_le_bytes(), layout, true, &mut depth)
            .unwrap();
        picture.bytes[0]
    };
    assert_eq!([level(512), level(0x4000), level(512)], [128, 64, 2]);
}

#[test]
fn r24_rows_with_gaps_between_them_are_read_without_the_gaps() {
    let formats = [Raw::Grey, Raw::Y10, Raw::Y12, Raw::Y16];
    let formats = formats
        .into_iter()
        .chain(even(0, 0, 0, [0; 3]).map(|(format, _)| format));
    for format in formats {
        for grey in [false, true] {
            let of = |stride| Layout {
                width: 4,
                height: 4,
                stride,
            };
            let tight = format.needed(of(0)).unwrap();
            let rows = if format == Raw::Nv12 { 6 } else { 4 };
            let row = tight / rows;
            let bytes: Vec<u8> = (0..tight).map(|at| (at * 37) as u8).collect();
            let mut spread = Vec::new();
            for line in bytes.chunks(row) {
                spread.extend_from_slice(line);
                spread.extend_from_slice(&[0xee; 5]);
            }
            let stride = row as u32 + 5;
            // Nothing need follow the last row.
            spread.truncate(spread.len() - 5);
            assert_eq!(format.needed(of(stride)).unwrap(), spread.len(), "{format:?}");
            assert_eq!(
                raw(format, &spread, (4, 4), stride, grey).unwrap().bytes,
                raw(format, &bytes, (4, 4), 0, grey).unwrap().bytes,
                "{format:?}"
            );
            spread.pop();
            assert!(matches!(
                raw(format, &spread, (4, 4), stride, grey),
                Err(DecodeError::Short { .. })
            ));
        }
    }
}

#[test]
fn short_and_impossible_pictures_are_refused() {
    let short = raw(Raw::Yuyv, &[0; 7], (2, 2), 0, false);
    assert!(matches!(
        short,
        Err(DecodeError::Short {
            needed: 8,
            got: 7,
            ..
        })
    ));
    for (format, bytes) in even(0, 0, 0, [0; 3]) {
        let cut = raw(format, &bytes[1..], (2, 2), 0, false);
        assert!(matches!(cut, Err(DecodeError::Short { .. })), "{format:?}");
    }
    for (size, stride) in [
        ((0, 2), 0),
        ((2, 0), 0),
        ((MAX_SIDE + 2, 2), 0),
        ((3, 2), 0),
        ((2, 2), 3),
        ((2, 2), u32::MAX),
    ] {
        let refused = raw(Raw::Yuyv, &[0; 64], size, stride, false);
        assert!(matches!(refused, Err(DecodeError::Size(..))), "{size:?} {stride}");
    }
    assert!(raw(Raw::Nv12, &[0; 64], (2, 3), 0, false).is_err());
    assert!(raw(Raw::Grey, &[0; 64], (3, 3), 0, false).is_ok());
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
