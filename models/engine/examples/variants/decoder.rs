//! Picture files to pixels.

use std::io::BufRead;

use image_for_dlib::RgbImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::Result;

/// With whose decoder.
#[derive(Clone, Copy)]
pub enum Decoder {
    Daemon,
    Tests,
}

impl Decoder {
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "daemon" => Ok(Self::Daemon),
            "tests" => Ok(Self::Tests),
            _ => Err("expected daemon or tests".into()),
        }
    }

    /// Those whose paths standard input has.
    pub fn pictures(self) -> impl Iterator<Item = (String, Result<RgbImage>)> {
        std::io::stdin().lock().lines().map_while(move |line| {
            let path = line.ok()?;
            let picture = self.read(&path);
            Some((path, picture))
        })
    }

    fn read(self, path: &str) -> Result<RgbImage> {
        let bytes = std::fs::read(path)?;
        match self {
            Self::Tests => Ok(image_for_dlib::load_from_memory(&bytes)?.to_rgb8()),
            Self::Daemon => {
                let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
                let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&bytes[..]), options);
                let pixels = decoder.decode().map_err(|error| error.to_string())?;
                let (width, height) = decoder.dimensions().ok_or("no size")?;
                let picture = RgbImage::from_raw(width as u32, height as u32, pixels);
                Ok(picture.ok_or("too few bytes")?)
            }
        }
    }
}
