//! How host and camera agree on what is streamed (USB Video Class 1.1, 4.3.1.1).

use super::descriptors::PACKET;
use super::modes::{Mode, Modes};

/// Bytes of the probe and of the commit control.
pub const LENGTH: usize = 34;

/// What was agreed.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// What was last probed.
    pub probed: Mode,
    /// What was last committed; none before.
    pub committed: Option<Mode>,
}

impl Agreement {
    /// What a camera proposes when nobody asked.
    pub fn new(modes: &Modes) -> Self {
        Self {
            probed: modes.nearest(1, 1, 0),
            committed: None,
        }
    }
}

/// What the host wishes for, and the nearest to it that there is; none if it is no such control.
pub fn wished(modes: &Modes, bytes: &[u8]) -> Option<Mode> {
    let [_, _, format, frame, a, b, c, d, ..] = *bytes else {
        return None;
    };
    // 26 bytes before version 1.1.
    if bytes.len() < 26 {
        return None;
    }
    Some(modes.nearest(format, frame, u32::from_le_bytes([a, b, c, d])))
}

/// The control's bytes for a mode.
pub fn bytes(mode: &Mode) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    // bmHint: the interval is kept, the rest follows from it.
    bytes[0] = 1;
    bytes[2] = mode.format_index;
    bytes[3] = mode.frame_index;
    bytes[4..8].copy_from_slice(&mode.interval.to_le_bytes());
    bytes[18..22].copy_from_slice(&mode.format.frame_bytes(mode.size).to_le_bytes());
    bytes[22..26].copy_from_slice(&PACKET.to_le_bytes());
    bytes[26..30].copy_from_slice(&48_000_000_u32.to_le_bytes());
    // bmFramingInfo: the frame's identity and its end are marked. Then the versions of the payload's format.
    bytes[30..34].copy_from_slice(&[3, 1, 1, 1]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usb_camera::format::Format;

    #[test]
    fn a_wish_comes_back_as_what_there_is() {
        let modes = Modes::new(&[Format::Yuyv], &[(640, 480)], &[30.0, 15.0], false);
        let mut wish = [0; LENGTH];
        wish[2..8].copy_from_slice(&[1, 1, 0x40, 0x42, 0x0f, 0]);
        let mode = wished(&modes, &wish).expect("a wish");
        assert_eq!(mode.interval, 666_667);
        let answer = bytes(&mode);
        assert_eq!(answer[18..22], 614_400_u32.to_le_bytes());
        assert_eq!(answer[22..26], 3072_u32.to_le_bytes());
        assert_eq!(wished(&modes, &answer), Some(mode));
        assert_eq!(wished(&modes, &wish[..20]), None);
    }
}
