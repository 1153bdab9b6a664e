//! JPEGs as cameras send them.

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

/// Of 100; about what cameras send.
const QUALITY: u8 = 80;

/// The picture as JPEG. `tables`: with its Huffman tables, which are the standard ones (JPEG, annex K.3); many
/// cameras leave them out, and whoever decodes puts them back.
///
/// # Errors
/// The encoder's.
pub fn encode(rgb: &RgbImage, tables: bool) -> image::ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(rgb)?;
    Ok(if tables { bytes } else { without_tables(&bytes) })
}

/// The JPEG without what defines its Huffman tables.
fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut left = Vec::with_capacity(jpeg.len());
    let (start, mut rest) = jpeg.split_at(2.min(jpeg.len()));
    left.extend(start);
    // Segments, each with its length, up to the one that the picture's data follows.
    while let [0xff, marker, high, low, ..] = *rest {
        let length = 2 + usize::from(u16::from_be_bytes([high, low]));
        if marker == 0xda || length > rest.len() {
            break;
        }
        let (segment, next) = rest.split_at(length);
        if marker != 0xc4 {
            left.extend(segment);
        }
        rest = next;
    }
    left.extend(rest);
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_its_tables_a_jpeg_is_the_rest_of_itself() {
        let picture = RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, 128]));
        let whole = encode(&picture, true).expect("a JPEG");
        let bare = encode(&picture, false).expect("a JPEG");
        assert!(whole.windows(2).any(|pair| pair == [0xff, 0xc4]));
        // In the data, 0xff is followed by zero.
        assert!(!bare.windows(2).any(|pair| pair == [0xff, 0xc4]));
        assert_eq!(bare[..2], [0xff, 0xd8]);
        assert_eq!(bare[bare.len() - 2..], [0xff, 0xd9]);
        // The four standard tables: 420 bytes, and what introduces them.
        let gone = whole.len() - bare.len();
        assert!((420..=432).contains(&gone), "{gone}");
        let decoded = image::load_from_memory(&whole).expect("decodes");
        assert_eq!((decoded.width(), decoded.height()), (64, 48));
    }
}
