//! MJPEG pictures of a camera.

use std::borrow::Cow;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{DecodeError, MAX_SIDE, Picture, area, huffman};

/// Whether a JPEG's end marker follows its last start of a scan. Neither occurs within a scan's data (ITU-T T.81, B.1.1.5),
/// a thumbnail's come before, and what cameras append comes after.
pub(super) fn ends(jpeg: &[u8]) -> bool {
    let last = |marker: u8| jpeg.windows(2).rposition(|pair| pair == [0xff, marker]);
    last(0xd9) > last(0xda)
}

/// Decodes one MJPEG picture of a camera that was asked for `width` x `height`. A larger one is refused before its
/// pixels are made: a device can send any size, and 8192 x 8192 would cost seconds and 200 MiB. Sizes are rounded up to
/// JPEG's blocks of 16, which some cameras send whole.
pub fn mjpeg(bytes: &[u8], width: u32, height: u32) -> Result<Picture, DecodeError> {
    decode(bytes, width, height, false)
}

/// As [`mjpeg`], luma only.
pub fn mjpeg_grey(bytes: &[u8], width: u32, height: u32) -> Result<Picture, DecodeError> {
    decode(bytes, width, height, true)
}

fn decode(bytes: &[u8], width: u32, height: u32, grey: bool) -> Result<Picture, DecodeError> {
    // Nothing is decoded of what was cut off in the middle.
    if !ends(bytes) {
        return Err(DecodeError::Damaged("it is cut short".into()));
    }
    let most = |side: u32| side.min(MAX_SIDE).next_multiple_of(16) as usize;
    let bytes = with_huffman_tables(bytes);
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(most(width))
        .set_max_height(most(height))
        .jpeg_set_out_colorspace(if grey { ColorSpace::Luma } else { ColorSpace::RGB });
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&bytes[..]), options);
    let pixels = decoder
        .decode()
        .map_err(|error| DecodeError::Damaged(error.to_string()))?;
    let (width, height) = decoder.dimensions().ok_or(DecodeError::Size(0, 0))?;
    let (width, height) = (width as u32, height as u32);
    let needed = area(width, height)? * if grey { 1 } else { 3 };
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
        grey,
    })
}

/// UVC cameras leave out the Huffman tables that every decoder is supposed to know (ITU-T T.81, annex K.3).
fn with_huffman_tables(bytes: &[u8]) -> Cow<'_, [u8]> {
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
