//! Microsoft's extension unit, by which a host switches the infrared emitter (Microsoft extensions to USB Video
//! Class 1.5, "Face Authentication Control").

use super::light::Light;

/// {0F3F95DC-2632-4C4E-92C9-A04782F43BC8}, as it lies on the wire.
pub const GUID: [u8; 16] = [
    0xdc, 0x95, 0x3f, 0x0f, 0x32, 0x26, 0x4e, 0x4c, 0x92, 0xc9, 0xa0, 0x47, 0x82, 0xf4, 0x3b, 0xc8,
];

/// MSXU_CONTROL_FACE_AUTHENTICATION.
pub const SELECTOR: u8 = 6;

/// How many bytes the control has: one entry.
pub const LENGTH: usize = 9;

/// The emitter and what it was told.
#[derive(Clone, Debug)]
pub struct Emitter {
    interface: u8,
    unasked: Light,
    now: Light,
    set: Vec<u8>,
}

impl Emitter {
    /// `interface`: of the stream that it lights. `unasked`: what it does until somebody switches it.
    pub fn new(interface: u8, unasked: Light) -> Self {
        Self {
            interface,
            unasked,
            now: unasked,
            set: Vec::new(),
        }
    }

    /// What it does.
    pub fn light(&self) -> Light {
        self.now
    }

    /// Every mode that it was told, from the first on, through all pluggings.
    pub fn set_so_far(&self) -> &[u8] {
        &self.set
    }

    /// The control's bytes as they are.
    pub fn current(&self) -> [u8; LENGTH] {
        self.bytes(self.now.mode())
    }

    /// What a device does that gets its power anew.
    pub fn reset(&mut self) {
        self.now = self.unasked;
    }

    /// The answer to a GET request; none where it has none.
    pub fn get(&self, request: u8) -> Option<Vec<u8>> {
        Some(match request {
            // GET_CUR, GET_DEF.
            0x81 => self.current().to_vec(),
            0x87 => self.bytes(self.unasked.mode()).to_vec(),
            // GET_MIN, GET_RES: no entries.
            0x82 | 0x84 => vec![0; LENGTH],
            // GET_MAX: every mode.
            0x83 => self.bytes(Light::On.mode()).to_vec(),
            // GET_LEN.
            0x85 => (LENGTH as u16).to_le_bytes().to_vec(),
            // GET_INFO: it can be read and written.
            0x86 => vec![0b11],
            _ => return None,
        })
    }

    /// SET_CUR. Whether the device takes it: exactly one entry, for its own stream, of a mode that there is.
    #[must_use]
    pub fn set(&mut self, bytes: &[u8]) -> bool {
        let [1, interface, mode, 0, 0, 0, 0, 0, 0] = *bytes else {
            return false;
        };
        let Some(light) = Light::from_mode(mode).filter(|_| interface == self.interface) else {
            return false;
        };
        self.set.push(mode);
        self.now = light;
        true
    }

    fn bytes(&self, mode: u8) -> [u8; LENGTH] {
        [1, self.interface, mode, 0, 0, 0, 0, 0, 0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_switches_it_and_it_says_so() {
        let mut emitter = Emitter::new(3, Light::Off);
        assert_eq!(emitter.current(), [1, 3, 1, 0, 0, 0, 0, 0, 0]);
        assert!(emitter.set(&[1, 3, 2, 0, 0, 0, 0, 0, 0]));
        assert_eq!(emitter.light(), Light::Alternate);
        assert_eq!(emitter.get(0x81), Some(vec![1, 3, 2, 0, 0, 0, 0, 0, 0]));
        assert_eq!(emitter.get(0x87), Some(vec![1, 3, 1, 0, 0, 0, 0, 0, 0]));
        emitter.reset();
        assert_eq!(emitter.light(), Light::Off);
        assert_eq!(emitter.set_so_far(), [2]);
    }

    #[test]
    fn what_it_does_not_know_it_does_not_take() {
        let mut emitter = Emitter::new(3, Light::Off);
        for bytes in [
            &[1, 3, 2][..],
            &[2, 3, 2, 0, 0, 0, 0, 0, 0],
            &[1, 1, 2, 0, 0, 0, 0, 0, 0],
            &[1, 3, 0, 0, 0, 0, 0, 0, 0],
            &[1, 3, 4, 0, 0, 0, 0, 0, 0],
            &[1, 3, 2, 0, 0, 0, 0, 0, 1],
        ] {
            assert!(!emitter.set(bytes), "{bytes:?}");
        }
        assert!(emitter.set_so_far().is_empty());
    }
}
