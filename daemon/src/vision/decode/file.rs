//! Picture files: what root hands in, and what a replay plays.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::jpeg::ends;
use super::{DecodeError, MAX_SIDE, Picture};

/// The memory a picture file may unfold to: 8192 x 8192 pixels of three bytes would be 192 MiB; half of that is a
/// 32-megapixel photograph.
const MAX_UNFOLDED: u64 = 96 * 1024 * 1024;

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
