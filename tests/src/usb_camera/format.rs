//! The pixel formats that the camera can send, as the USB video class names them.

use serde::{Deserialize, Serialize};

/// A pixel format, by the name V4L2 gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum Format {
    /// One JPEG a frame.
    #[serde(rename = "MJPG")]
    Mjpg,
    /// 4:2:2, packed: Y U Y V.
    #[serde(rename = "YUYV")]
    Yuyv,
    /// 4:2:0: a plane of Y, then one of U and V in turn.
    #[serde(rename = "NV12")]
    Nv12,
    /// Eight bits of grey.
    #[serde(rename = "GREY")]
    Grey,
    /// Ten bits of grey in sixteen, little-endian.
    #[serde(rename = "Y10")]
    Y10,
    /// Twelve bits of grey in sixteen, little-endian.
    #[serde(rename = "Y12")]
    Y12,
    /// Sixteen bits of grey, little-endian.
    #[serde(rename = "Y16")]
    Y16,
}

impl Format {
    /// The GUID of an uncompressed format as it lies on the wire, from the table in Linux's `media/v4l2-uvc.h`;
    /// none for MJPG, which has a descriptor of its own kind.
    ///
    /// GREY goes under the GUID that the cameras made for Windows' face login use, `KSMEDIA_L8_IR`.
    pub const fn guid(self) -> Option<[u8; 16]> {
        match self {
            Self::Mjpg => None,
            Self::Yuyv => Some(media_type(*b"YUY2", 0)),
            Self::Nv12 => Some(media_type(*b"NV12", 0)),
            Self::Grey => Some(media_type([0x32, 0, 0, 0], 2)),
            Self::Y10 => Some(media_type(*b"Y10 ", 0)),
            Self::Y12 => Some(media_type(*b"Y12 ", 0)),
            Self::Y16 => Some(media_type(*b"Y16 ", 0)),
        }
    }

    /// Bits a pixel on the wire; 0 for MJPG.
    pub const fn bits(self) -> u8 {
        match self {
            Self::Mjpg => 0,
            Self::Grey => 8,
            Self::Nv12 => 12,
            Self::Yuyv | Self::Y10 | Self::Y12 | Self::Y16 => 16,
        }
    }

    /// The most bytes that a frame of so many pixels takes; for the uncompressed formats, every frame takes them.
    pub fn frame_bytes(self, (width, height): (u16, u16)) -> u32 {
        let pixels = u32::from(width) * u32::from(height);
        match self {
            Self::Mjpg => pixels * 2,
            _ => pixels * u32::from(self.bits()) / 8,
        }
    }

    /// Whether the format has grey alone.
    pub const fn is_grey(self) -> bool {
        matches!(self, Self::Grey | Self::Y10 | Self::Y12 | Self::Y16)
    }
}

/// `{XXXXXXXX-NNNN-0010-8000-00AA00389B71}`, the GUIDs that carry a FourCC.
const fn media_type(code: [u8; 4], second: u8) -> [u8; 16] {
    let [a, b, c, d] = code;
    [
        a, b, c, d, second, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guids_are_the_kernels() {
        let tail = [0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];
        for (format, head) in [
            (Format::Yuyv, *b"YUY2\0\0"),
            (Format::Nv12, *b"NV12\0\0"),
            (Format::Grey, [0x32, 0, 0, 0, 2, 0]),
            (Format::Y10, *b"Y10 \0\0"),
            (Format::Y12, *b"Y12 \0\0"),
            (Format::Y16, *b"Y16 \0\0"),
        ] {
            let guid = format.guid().expect("an uncompressed format");
            assert_eq!((&guid[..6], &guid[6..]), (&head[..], &tail[..]), "{format:?}");
        }
        assert_eq!(Format::Mjpg.guid(), None);
    }

    #[test]
    fn a_frame_takes_its_bits() {
        for (format, bytes) in [
            (Format::Yuyv, 614_400),
            (Format::Nv12, 460_800),
            (Format::Grey, 307_200),
            (Format::Y10, 614_400),
        ] {
            assert_eq!(format.frame_bytes((640, 480)), bytes, "{format:?}");
        }
    }
}
