//! From bytes to pixels: camera formats and picture files. Pure Rust throughout: these bytes come from outside.

mod depth;
mod file;
mod huffman;
mod jpeg;
mod raw;

use std::borrow::Cow;

use facelogin_engine::Pixels;

pub use depth::Depth;
pub use file::picture_file;
pub use jpeg::{mjpeg, mjpeg_grey};
pub use raw::{Layout, Raw};

/// The largest picture side, in pixels, of a camera or a file: what the engine takes.
pub const MAX_SIDE: u32 = 8192;

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

    /// Luma (ITU-R BT.601), one byte a pixel, rows without padding.
    pub fn luma(&self) -> Cow<'_, [u8]> {
        if self.grey {
            return Cow::Borrowed(&self.bytes);
        }
        self.bytes.chunks_exact(3).map(luma).collect()
    }
}

/// Of a red, a green and a blue byte.
fn luma(rgb: &[u8]) -> u8 {
    // 0.299, 0.587, 0.114, times 256, which sum to 256.
    ((77 * u32::from(rgb[0]) + 150 * u32::from(rgb[1]) + 29 * u32::from(rgb[2]) + 128) >> 8) as u8
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
    /// No pixels, or too many, or rows that run into each other.
    #[error("a picture of {0}x{1} is not possible here")]
    Size(u32, u32),
}

fn area(width: u32, height: u32) -> Result<usize, DecodeError> {
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        return Err(DecodeError::Size(width, height));
    }
    Ok(width as usize * height as usize)
}

#[cfg(test)]
mod tests;
