//! A picture as brightness alone.

use facelogin_engine::Pixels;

use crate::vision::decode::Picture;

/// How bright each pixel is.
#[derive(Clone, Copy)]
pub struct Luma<'a> {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    pixels: Pixels<'a>,
}

impl<'a> Luma<'a> {
    /// Of a picture.
    pub fn of(picture: &'a Picture) -> Self {
        // A picture's sides fit 14 bits.
        Self {
            width: picture.width as usize,
            height: picture.height as usize,
            pixels: picture.pixels(),
        }
    }

    /// Of one byte a pixel, rows of `width`; what does not fill a row is left out.
    #[cfg(test)]
    pub fn grey(bytes: &'a [u8], width: usize) -> Self {
        Self {
            width,
            height: bytes.len() / width,
            pixels: Pixels::Grey(bytes),
        }
    }

    /// 0 to 255; 0 outside of the picture.
    pub fn at(&self, column: usize, row: usize) -> u8 {
        if column >= self.width {
            return 0;
        }
        let at = row * self.width + column;
        match self.pixels {
            Pixels::Grey(bytes) => bytes.get(at).copied().unwrap_or(0),
            Pixels::Rgb(bytes) => match bytes.get(at * 3..at * 3 + 3) {
                // BT.601's 0.299, 0.587 and 0.114, times 256: their sum is 256.
                Some([red, green, blue]) => {
                    let sum = 77 * u32::from(*red) + 150 * u32::from(*green) + 29 * u32::from(*blue);
                    (sum / 256) as u8
                }
                _ => 0,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_is_as_it_is_and_colours_weigh_what_they_shine() {
        let grey = Luma::grey(&[1, 2, 3, 4, 5, 6], 3);
        assert_eq!((grey.width, grey.height), (3, 2));
        assert_eq!((grey.at(2, 1), grey.at(3, 0), grey.at(0, 2)), (6, 0, 0));
        let rgb = Luma {
            width: 4,
            height: 1,
            pixels: Pixels::Rgb(&[255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255]),
        };
        assert_eq!([0, 1, 2, 3].map(|column| rgb.at(column, 0)), [255, 76, 149, 28]);
    }
}
