//! Uncompressed camera formats.

use super::{DecodeError, Depth, Picture, area, luma};

/// An uncompressed format, by V4L2's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raw {
    /// 4:2:2, luma first; BT.601 coefficients in limited range, as UVC cameras give it.
    Yuyv,
    /// 4:2:2, chroma first.
    Uyvy,
    /// 4:2:0: a plane of luma, then one of interleaved chroma at half the size.
    Nv12,
    /// Red, green, blue.
    Rgb3,
    /// Blue, green, red.
    Bgr3,
    /// A byte of grey.
    Grey,
    /// Ten bits of grey in the low end of two bytes, little end first.
    Y10,
    /// Twelve bits so.
    Y12,
    /// Up to sixteen bits so; see [`Depth`].
    Y16,
}

/// How the rows of a picture lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Bytes from the beginning of a row to the beginning of the next; 0 where there is no gap between them.
    pub stride: u32,
}

impl Raw {
    /// Its V4L2 code.
    pub fn fourcc(self) -> [u8; 4] {
        *match self {
            Self::Yuyv => b"YUYV",
            Self::Uyvy => b"UYVY",
            Self::Nv12 => b"NV12",
            Self::Rgb3 => b"RGB3",
            Self::Bgr3 => b"BGR3",
            Self::Grey => b"GREY",
            Self::Y10 => b"Y10 ",
            Self::Y12 => b"Y12 ",
            Self::Y16 => b"Y16 ",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Yuyv => "YUYV",
            Self::Uyvy => "UYVY",
            Self::Nv12 => "NV12",
            Self::Rgb3 => "RGB3",
            Self::Bgr3 => "BGR3",
            Self::Grey => "GREY",
            Self::Y10 => "Y10",
            Self::Y12 => "Y12",
            Self::Y16 => "Y16",
        }
    }

    /// Bytes a pixel; of NV12's first plane.
    fn depth(self) -> u32 {
        match self {
            Self::Nv12 | Self::Grey => 1,
            Self::Yuyv | Self::Uyvy | Self::Y10 | Self::Y12 | Self::Y16 => 2,
            Self::Rgb3 | Self::Bgr3 => 3,
        }
    }

    /// Whether it has no colours.
    pub fn is_grey(self) -> bool {
        matches!(self, Self::Grey | Self::Y10 | Self::Y12 | Self::Y16)
    }

    /// The bytes that a picture has at least: the last row need not be followed by a gap.
    pub fn needed(self, layout: Layout) -> Result<usize, DecodeError> {
        Rows::of(self, layout).map(|rows| rows.needed)
    }

    /// Decodes one picture, in luma alone if `grey`. Of [`Raw::Y16`] `depth` is what is known of the stream. What follows
    /// the picture's bytes is no part of it.
    pub fn decode(
        self,
        bytes: &[u8],
        layout: Layout,
        grey: bool,
        depth: &mut Depth,
    ) -> Result<Picture, DecodeError> {
        let rows = Rows::of(self, layout)?;
        let Layout { width, height, .. } = layout;
        let bytes = bytes.get(..rows.needed).ok_or(DecodeError::Short {
            format: self.name(),
            width,
            height,
            needed: rows.needed,
            got: bytes.len(),
        })?;
        let grey = grey || self.is_grey();
        let lines = rows.lines(bytes);
        let mut out = Vec::with_capacity(rows.area * if grey { 1 } else { 3 });
        match (self, grey) {
            (Self::Grey | Self::Nv12, true) => lines.for_each(|line| out.extend_from_slice(line)),
            (Self::Grey, false) => {}
            (Self::Yuyv, true) => lines.for_each(|line| out.extend(line.iter().step_by(2))),
            (Self::Uyvy, true) => lines.for_each(|line| out.extend(line.iter().skip(1).step_by(2))),
            (Self::Yuyv, false) => lines.for_each(|line| {
                for pair in line.chunks_exact(4) {
                    out.extend_from_slice(&rgb(pair[0], pair[1], pair[3]));
                    out.extend_from_slice(&rgb(pair[2], pair[1], pair[3]));
                }
            }),
            (Self::Uyvy, false) => lines.for_each(|line| {
                for pair in line.chunks_exact(4) {
                    out.extend_from_slice(&rgb(pair[1], pair[0], pair[2]));
                    out.extend_from_slice(&rgb(pair[3], pair[0], pair[2]));
                }
            }),
            (Self::Nv12, false) => {
                let chroma = &bytes[rows.stride * height as usize..];
                for (row, line) in lines.enumerate() {
                    let colours = &chroma[row / 2 * rows.stride..][..rows.used];
                    for (column, y) in line.iter().enumerate() {
                        let at = column & !1;
                        out.extend_from_slice(&rgb(*y, colours[at], colours[at + 1]));
                    }
                }
            }
            (Self::Rgb3, false) => lines.for_each(|line| out.extend_from_slice(line)),
            (Self::Rgb3, true) => lines.for_each(|line| out.extend(line.chunks_exact(3).map(luma))),
            (Self::Bgr3, false) => lines.for_each(|line| {
                out.extend(
                    line.chunks_exact(3)
                        .flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]),
                );
            }),
            (Self::Bgr3, true) => lines.for_each(|line| {
                out.extend(
                    line.chunks_exact(3)
                        .map(|pixel| luma(&[pixel[2], pixel[1], pixel[0]])),
                );
            }),
            (Self::Y10 | Self::Y12 | Self::Y16, _) => {
                let shift = match self {
                    Self::Y10 => 2,
                    Self::Y12 => 4,
                    _ => depth.shift(rows.lines(bytes).flat_map(words).max().unwrap_or(0)),
                };
                // More bits than the format has are a device's nonsense: as bright as can be.
                let byte = |word: u16| u8::try_from(word >> shift).unwrap_or(u8::MAX);
                lines.for_each(|line| out.extend(words(line).map(byte)));
            }
        }
        Ok(Picture {
            width,
            height,
            bytes: out,
            grey,
        })
    }
}

fn words(line: &[u8]) -> impl Iterator<Item = u16> {
    line.chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
}

/// Where the rows of the first, or only, plane are.
struct Rows {
    /// Pixels.
    area: usize,
    /// Rows of the first plane.
    count: usize,
    /// Bytes of a row that are pixels.
    used: usize,
    stride: usize,
    needed: usize,
}

impl Rows {
    fn of(format: Raw, layout: Layout) -> Result<Self, DecodeError> {
        let Layout {
            width,
            height,
            stride,
        } = layout;
        let area = area(width, height)?;
        let no = Err(DecodeError::Size(width, height));
        let even = match format {
            Raw::Yuyv | Raw::Uyvy => width.is_multiple_of(2),
            Raw::Nv12 => width.is_multiple_of(2) && height.is_multiple_of(2),
            _ => true,
        };
        let used = width * format.depth();
        let stride = if stride == 0 { used } else { stride };
        // Sixteen times the longest row is no gap but nonsense.
        if !even || stride < used || stride > 16 * 3 * super::MAX_SIDE {
            return no;
        }
        let count = height as usize;
        let all = if format == Raw::Nv12 { count / 2 * 3 } else { count };
        let (used, stride) = (used as usize, stride as usize);
        // On 32 bits the longest rows of the tallest NV12 are more than can be counted.
        let Some(needed) = stride
            .checked_mul(all - 1)
            .and_then(|above| above.checked_add(used))
        else {
            return no;
        };
        Ok(Self {
            area,
            count,
            used,
            stride,
            needed,
        })
    }

    fn lines<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let used = self.used;
        bytes
            .chunks(self.stride)
            .take(self.count)
            .map(move |row| &row[..used])
    }
}

fn rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (y, u, v) = (i32::from(y) - 16, i32::from(u) - 128, i32::from(v) - 128);
    // BT.601: 1.164, 1.596, 0.813, 0.391, 2.018, times 256.
    let channel = |value: i32| ((value + 128) >> 8).clamp(0, 255) as u8;
    [
        channel(298 * y + 409 * v),
        channel(298 * y - 208 * v - 100 * u),
        channel(298 * y + 516 * u),
    ]
}
