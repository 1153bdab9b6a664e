//! A picture as brightness alone.

/// How bright each pixel is.
#[derive(Clone, Copy)]
pub struct Luma<'a> {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    bytes: &'a [u8],
}

impl<'a> Luma<'a> {
    /// One byte a pixel, rows of `width`, at least 1; what does not fill a row is left out.
    pub fn new(bytes: &'a [u8], width: u32) -> Self {
        let width = (width as usize).max(1);
        Self {
            width,
            height: bytes.len() / width,
            bytes,
        }
    }

    /// 0 to 255; 0 outside of the picture.
    pub fn at(&self, column: usize, row: usize) -> u8 {
        let inside = column < self.width && row < self.height;
        let at = row.saturating_mul(self.width) + column;
        if inside {
            self.bytes.get(at).copied().unwrap_or(0)
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_is_dark() {
        let luma = Luma::new(&[1, 2, 3, 4, 5, 6, 7], 3);
        assert_eq!((luma.width, luma.height), (3, 2));
        assert_eq!((luma.at(2, 1), luma.at(3, 0), luma.at(0, 2)), (6, 0, 0));
        assert_eq!(Luma::new(&[], 0).height, 0);
    }
}
