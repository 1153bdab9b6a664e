//! A USB device's descriptors, as sysfs shows them: which extension units the camera says it has, and which of their
//! controls. The bytes come from the device; whatever they are, reading them ends, and within them.

/// Longer ones are not read: a configuration has 16 bits for its length, and cameras have one or two of a few hundred
/// bytes.
pub const MAX_BYTES: usize = 128 * 1024;

/// More units of one interface are not looked at.
const MAX_UNITS: usize = 32;

// bDescriptorType (USB 2.0, table 9-5; USB Video Class 1.5, table A-4).
const CONFIGURATION: u8 = 0x02;
const INTERFACE: u8 = 0x04;
const CS_INTERFACE: u8 = 0x24;

/// bDescriptorSubtype of an extension unit (USB Video Class 1.5, table A-5).
const EXTENSION_UNIT: u8 = 0x06;

/// bInterfaceClass and bInterfaceSubClass of what controls a camera (USB Video Class 1.5, tables ).
const VIDEO_CONTROL: [u8; 2] = [0x0e, 0x01];

/// A GUID as its bytes lie in a descriptor: the first three parts with the lowest byte first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// From how it is written, `0f3f95dc-2632-4c4e-92c9-a04782f43bc8`, with or without braces.
    pub fn parse(text: &str) -> Option<Self> {
        let bare = text
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or(text);
        let parts: Vec<&str> = bare.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let digits: String = parts.concat();
        if lengths != [8, 4, 4, 4, 12] || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = u128::from_str_radix(&digits, 16).ok()?.to_be_bytes();
        bytes[..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
        Some(Self(bytes))
    }
}

/// An extension unit: where a camera has controls that the class does not define.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// bUnitID.
    pub id: u8,
    /// Whose controls they are.
    pub guid: Guid,
    count: u8,
    bitmap: Vec<u8>,
}

impl Unit {
    /// Whether it says that it has the control: bit 0 of the bitmap is selector 1. A bitmap with more bits than the unit
    /// has controls contradicts itself, and says nothing.
    pub fn advertises(&self, selector: u8) -> bool {
        let bits: u32 = self.bitmap.iter().map(|byte| byte.count_ones()).sum();
        let Some(bit) = selector.checked_sub(1) else {
            return false;
        };
        let set = self
            .bitmap
            .get(usize::from(bit / 8))
            .is_some_and(|byte| byte & (1 << (bit % 8)) != 0);
        set && bits <= u32::from(self.count)
    }
}

/// The extension units of one VideoControl interface, in the configuration with this number.
///
/// A camera with a colour and an infrared function has two such interfaces, each with its own units and its own count of
/// them: a unit's number means nothing without its interface.
pub fn units(descriptors: &[u8], configuration: u8, interface: u8) -> Vec<Unit> {
    let mut found = Vec::new();
    let (mut configured, mut inside) = (false, false);
    for one in chain(descriptors) {
        match one {
            [_, CONFIGURATION, _, _, _, number, ..] => {
                (configured, inside) = (*number == configuration, false);
            }
            [_, INTERFACE, number, _, _, class, subclass, ..] => {
                inside = configured && *number == interface && [*class, *subclass] == VIDEO_CONTROL;
            }
            [_, CS_INTERFACE, EXTENSION_UNIT, ..] if inside && found.len() < MAX_UNITS => {
                found.extend(unit(one));
            }
            _ => {}
        }
    }
    found
}

/// The descriptors one after the other, up to one whose length cannot be.
fn chain(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let length = usize::from(*rest.first()?);
        if length < 2 {
            return None;
        }
        let (one, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(one)
    })
}

/// USB Video Class 1.5, table 3-23: unit, GUID, how many controls, p pins, their p sources, n, a bitmap of n bytes.
fn unit(bytes: &[u8]) -> Option<Unit> {
    let id = *bytes.get(3)?;
    let guid = Guid(bytes.get(4..20)?.try_into().ok()?);
    let count = *bytes.get(20)?;
    let at = 22 + usize::from(*bytes.get(21)?);
    let length = usize::from(*bytes.get(at)?);
    let bitmap = bytes.get(at + 1..at + 1 + length)?.to_vec();
    Some(Unit {
        id,
        guid,
        count,
        bitmap,
    })
}

#[cfg(test)]
#[path = "descriptors_tests.rs"]
mod tests;
