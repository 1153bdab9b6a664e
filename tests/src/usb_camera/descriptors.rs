//! The device's descriptors (USB 2.0, 9.6; USB Video Class 1.1, 3).

use super::emitter;
use super::format::Format;
use super::modes::{Modes, Offer};

/// What a function of the device is to the descriptors.
#[derive(Clone, Debug)]
pub struct Function {
    /// What it offers.
    pub modes: Modes,
    /// Whether it has Microsoft's extension unit.
    pub emitter: bool,
    /// Whether it has the maker's own extension unit.
    pub makers_unit: bool,
}

/// bTerminalID of the sensor.
pub const SENSOR: u8 = 1;
/// bTerminalID of what goes over the bus.
pub const OUTPUT: u8 = 2;
/// bUnitID of Microsoft's extension unit.
pub const EMITTER: u8 = 4;
/// bUnitID of the maker's extension unit, whose controls nobody but the maker may write.
pub const MAKERS: u8 = 5;

/// The most bytes in one microframe: three transactions of 1024.
pub const PACKET: u32 = 3072;

/// Which strings there are, by their index; 0 is the list of languages.
pub const STRINGS: [&str; 5] = ["maker", "name", "serial", "colour", "infrared"];

const CS_INTERFACE: u8 = 0x24;
const CS_ENDPOINT: u8 = 0x25;
const VIDEO: u8 = 0x0e;

/// GUID of the maker's own extension unit.
const MAKERS_GUID: [u8; 16] = *b"facelogin-camera";

impl Function {
    /// The interface that carries the controls, for the function with this index.
    pub const fn control_interface(index: usize) -> u8 {
        index as u8 * 2
    }

    /// The interface that carries the frames.
    pub const fn streaming_interface(index: usize) -> u8 {
        index as u8 * 2 + 1
    }

    /// The endpoint that tells of changes, without its direction.
    pub const fn status_endpoint(index: usize) -> u8 {
        index as u8 * 2 + 1
    }

    /// The endpoint that carries the frames, without its direction.
    pub const fn streaming_endpoint(index: usize) -> u8 {
        index as u8 * 2 + 2
    }
}

/// The device descriptor.
pub fn device(vendor: u16, product: u16, release: u16, has_serial: bool) -> Vec<u8> {
    let mut bytes = vec![18, 1];
    bytes.extend(0x0200_u16.to_le_bytes());
    // Several interfaces make up a function: an interface association descriptor says which.
    bytes.extend([0xef, 2, 1, 64]);
    for number in [vendor, product, release] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([1, 2, if has_serial { 3 } else { 0 }, 1]);
    bytes
}

/// The configuration with all that belongs to it. `names`: which string each function is called by.
pub fn configuration(functions: &[(Function, u8)]) -> Vec<u8> {
    let mut rest = Vec::new();
    for (index, (function, name)) in functions.iter().enumerate() {
        rest.extend(association(index, *name));
        rest.extend(control(index, function, *name));
        rest.extend(streaming(index, function));
    }
    let mut bytes = vec![9, 2];
    bytes.extend((rest.len() as u16 + 9).to_le_bytes());
    // Powered by the bus, 500 mA.
    bytes.extend([functions.len() as u8 * 2, 1, 0, 0x80, 250]);
    bytes.extend(rest);
    bytes
}

/// A string descriptor.
pub fn string(text: &str) -> Vec<u8> {
    let mut bytes = vec![0, 3];
    bytes.extend(text.encode_utf16().take(126).flat_map(u16::to_le_bytes));
    bytes[0] = bytes.len() as u8;
    bytes
}

/// String descriptor 0: English.
pub fn languages() -> Vec<u8> {
    vec![4, 3, 0x09, 0x04]
}

fn association(index: usize, name: u8) -> Vec<u8> {
    vec![8, 11, Function::control_interface(index), 2, VIDEO, 3, 0, name]
}

/// The VideoControl interface, its units and its endpoint.
fn control(index: usize, function: &Function, name: u8) -> Vec<u8> {
    let mut units = vec![
        // A camera terminal without controls.
        vec![
            18,
            CS_INTERFACE,
            2,
            SENSOR,
            1,
            2,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            3,
            0,
            0,
            0,
        ],
    ];
    let mut last = SENSOR;
    if function.emitter {
        units.push(unit(
            EMITTER,
            emitter::GUID,
            1,
            1 << (emitter::SELECTOR - 1),
            last,
        ));
        last = EMITTER;
    }
    if function.makers_unit {
        units.push(unit(MAKERS, MAKERS_GUID, 3, 0b111, last));
        last = MAKERS;
    }
    units.push(vec![9, CS_INTERFACE, 3, OUTPUT, 0x01, 0x01, 0, last, 0]);
    let units = units.concat();

    let mut bytes = vec![9, 4, Function::control_interface(index), 0, 1, VIDEO, 1, 0, name];
    bytes.extend([13, CS_INTERFACE, 1]);
    bytes.extend(0x0110_u16.to_le_bytes());
    bytes.extend((units.len() as u16 + 13).to_le_bytes());
    bytes.extend(48_000_000_u32.to_le_bytes());
    bytes.extend([1, Function::streaming_interface(index)]);
    bytes.extend(units);
    let address = 0x80 | Function::status_endpoint(index);
    bytes.extend([7, 5, address, 3, 16, 0, 8]);
    bytes.extend([5, CS_ENDPOINT, 3, 16, 0]);
    bytes
}

/// An extension unit.
fn unit(id: u8, guid: [u8; 16], controls: u8, which: u8, source: u8) -> Vec<u8> {
    let mut bytes = vec![26, CS_INTERFACE, 6, id];
    bytes.extend(guid);
    bytes.extend([controls, 1, source, 1, which, 0]);
    bytes
}

/// The VideoStreaming interface: its first setting takes nothing of the bus, its second takes what there is.
fn streaming(index: usize, function: &Function) -> Vec<u8> {
    let number = Function::streaming_interface(index);
    let address = 0x80 | Function::streaming_endpoint(index);
    let modes = &function.modes;
    let mut formats = Vec::new();
    for (position, offer) in modes.formats.iter().enumerate() {
        formats.extend(format(position as u8 + 1, offer, modes.continuous));
    }
    let count = modes.formats.len() as u8;
    let header = 13 + count;

    let mut bytes = vec![9, 4, number, 0, 0, VIDEO, 2, 0, 0];
    bytes.extend([header, CS_INTERFACE, 1, count]);
    bytes.extend((u16::from(header) + formats.len() as u16).to_le_bytes());
    bytes.extend([address, 0, OUTPUT, 0, 0, 0, 1]);
    bytes.extend(std::iter::repeat_n(0, usize::from(count)));
    bytes.extend(formats);
    bytes.extend([9, 4, number, 1, 1, VIDEO, 2, 0, 0]);
    // Isochronous, asynchronous; 1024 bytes and two transactions more in a microframe, every microframe.
    bytes.extend([7, 5, address, 0x05]);
    bytes.extend((1024_u16 | 2 << 11).to_le_bytes());
    bytes.push(1);
    bytes
}

fn format(index: u8, offer: &Offer, continuous: bool) -> Vec<u8> {
    let frames = offer.frames.len() as u8;
    let mut bytes = match offer.format.guid() {
        Some(guid) => {
            let mut bytes = vec![27, CS_INTERFACE, 4, index, frames];
            bytes.extend(guid);
            bytes.extend([offer.format.bits(), 1, 0, 0, 0, 0]);
            bytes
        }
        None => vec![11, CS_INTERFACE, 6, index, frames, 1, 1, 0, 0, 0, 0],
    };
    for (position, frame) in offer.frames.iter().enumerate() {
        let largest = offer.format.frame_bytes(frame.size);
        let intervals = if continuous {
            // From the shortest to the longest, in steps of 100 ns.
            vec![frame.shortest(), frame.longest(), 1]
        } else {
            frame.intervals.clone()
        };
        let kind = if offer.format == Format::Mjpg { 7 } else { 5 };
        let length = 26 + 4 * intervals.len() as u8;
        bytes.extend([length, CS_INTERFACE, kind, position as u8 + 1, 0]);
        bytes.extend(frame.size.0.to_le_bytes());
        bytes.extend(frame.size.1.to_le_bytes());
        for interval in [frame.longest(), frame.shortest()] {
            bytes.extend(bit_rate(largest, interval).to_le_bytes());
        }
        bytes.extend(largest.to_le_bytes());
        bytes.extend(frame.intervals[0].to_le_bytes());
        bytes.push(if continuous { 0 } else { intervals.len() as u8 });
        bytes.extend(intervals.iter().copied().flat_map(u32::to_le_bytes));
    }
    // sRGB's primaries, BT.709's transfer, BT.601's luma.
    bytes.extend([6, CS_INTERFACE, 0x0d, 1, 1, 4]);
    bytes
}

/// Bits a second.
fn bit_rate(frame_bytes: u32, interval: u32) -> u32 {
    let rate = u64::from(frame_bytes) * 8 * 10_000_000 / u64::from(interval.max(1));
    u32::try_from(rate).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Vec<u8> {
        let colour = Function {
            modes: Modes::new(
                &[Format::Mjpg, Format::Yuyv],
                &[(640, 480), (1280, 720)],
                &[30.0, 15.0],
                false,
            ),
            emitter: false,
            makers_unit: false,
        };
        let infrared = Function {
            modes: Modes::new(&[Format::Grey], &[(640, 480)], &[30.0, 15.0], true),
            emitter: true,
            makers_unit: true,
        };
        configuration(&[(colour, 4), (infrared, 5)])
    }

    /// The bytes of each descriptor in a row of them.
    fn each(mut bytes: &[u8]) -> Vec<&[u8]> {
        let mut all = Vec::new();
        while let Some(&length) = bytes.first() {
            let (one, rest) = bytes.split_at(usize::from(length));
            assert!(one.len() >= 2, "a descriptor of {length} bytes");
            all.push(one);
            bytes = rest;
        }
        all
    }

    #[test]
    fn lengths_are_what_they_cover() {
        let all = two();
        assert_eq!(u16::from_le_bytes([all[2], all[3]]) as usize, all.len());
        assert_eq!(all[4], 4, "interfaces");
        let rows = each(&all);
        for (position, row) in rows.iter().enumerate() {
            // The two headers name the length of all the class's descriptors of their interface.
            let (total, is) = match row {
                [13, 0x24, 1, _, _, low, high, ..] => (*low, *high),
                [_, 0x24, 1, _, low, high, ..] => (*low, *high),
                _ => continue,
            };
            let covered: usize = rows[position..]
                .iter()
                .take_while(|row| row[1] == 0x24)
                .map(|row| row.len())
                .sum();
            assert_eq!(usize::from(u16::from_le_bytes([total, is])), covered, "{row:?}");
        }
    }

    #[test]
    fn there_is_an_endpoint_for_every_stream_and_no_address_twice() {
        let all = two();
        let endpoints: Vec<_> = each(&all)
            .into_iter()
            .filter(|row| row[1] == 5)
            .map(|row| (row[2], row[3] & 3, u16::from_le_bytes([row[4], row[5]])))
            .collect();
        let streaming = 1024 | 2 << 11;
        assert_eq!(
            endpoints,
            [
                (0x81, 3, 16),
                (0x82, 1, streaming),
                (0x83, 3, 16),
                (0x84, 1, streaming)
            ]
        );
    }

    #[test]
    fn microsofts_unit_advertises_face_authentication_alone() {
        let all = two();
        let unit = each(&all)
            .into_iter()
            .find(|row| row[1..4] == [0x24, 6, EMITTER])
            .expect("the unit")
            .to_vec();
        // {0F3F95DC-2632-4C4E-92C9-A04782F43BC8}: three numbers, little-endian, and eight bytes.
        assert_eq!(unit[4..8], 0x0f3f_95dc_u32.to_le_bytes());
        assert_eq!(unit[8..12], [0x32, 0x26, 0x4e, 0x4c]);
        assert_eq!(unit[12..20], [0x92, 0xc9, 0xa0, 0x47, 0x82, 0xf4, 0x3b, 0xc8]);
        assert_eq!(unit[20..], [1, 1, SENSOR, 1, 0x20, 0]);
    }

    #[test]
    fn continuous_intervals_are_a_range() {
        let all = two();
        let frames: Vec<_> = each(&all)
            .into_iter()
            .filter(|row| row[1] == 0x24 && row[2] == 5 && row.len() == 38)
            .collect();
        let range = frames.last().expect("a frame with three intervals");
        assert_eq!(range[25], 0);
        let at = |place: usize| u32::from_le_bytes(range[place..place + 4].try_into().expect("four bytes"));
        assert_eq!((at(26), at(30), at(34)), (333_333, 666_667, 1));
    }

    #[test]
    fn a_string_is_utf_16() {
        assert_eq!(string("Aé"), [6, 3, 0x41, 0, 0xe9, 0]);
        assert_eq!(languages(), [4, 3, 9, 4]);
    }

    #[test]
    fn the_device_says_who_it_is() {
        let bytes = device(0x04f2, 0xb6d9, 0x1208, false);
        assert_eq!(bytes.len(), 18);
        assert_eq!(bytes[4..8], [0xef, 2, 1, 64]);
        assert_eq!(bytes[8..14], [0xf2, 0x04, 0xd9, 0xb6, 0x08, 0x12]);
        assert_eq!(bytes[16], 0, "no serial");
    }
}
