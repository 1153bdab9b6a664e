//! A USB device's descriptors: whatever they are, units are only such as lie in them, and advertise only what their own
//! bitmap has.

use facelogind::vision::camera::emitter::units;

/// The first byte is the configuration, the second the interface; the rest is the device's.
pub fn check(input: &[u8]) {
    let [configuration, interface, descriptors @ ..] = input else {
        return;
    };
    let found = units(descriptors, *configuration, *interface);
    // A unit takes at least 23 bytes: no pins, no bitmap.
    assert!(found.len() <= descriptors.len() / 23);
    for unit in &found {
        let there = descriptors
            .windows(18)
            .any(|window| window[0] == 6 && window[1] == unit.id && window[2..] == unit.guid.0);
        assert!(there, "{unit:?}");
        assert!(!unit.advertises(0));
    }
}

/// A camera with a colour and an infrared function, as a laptop has it, and one that ends in mid-unit.
pub fn made() -> Vec<Vec<u8>> {
    let interface = |number: u8, subclass: u8| vec![9, 4, number, 0, 1, 0x0e, subclass, 0, 0];
    let unit = |id: u8, bitmap: [u8; 2]| {
        let mut bytes = vec![27, 0x24, 6, id];
        bytes.extend([
            0xdc, 0x95, 0x3f, 0x0f, 0x32, 0x26, 0x4e, 0x4c, 0x92, 0xc9, 0xa0, 0x47, 0x82, 0xf4, 0x3b, 0xc8,
        ]);
        bytes.extend([2, 1, 1, 2, bitmap[0], bitmap[1], 0]);
        bytes
    };
    let whole = [
        vec![1, 2],
        vec![18, 1, 0, 2, 0xef, 2, 1, 64, 0xf2, 4, 0xd9, 0xb6, 0, 1, 1, 2, 3, 1],
        vec![9, 2, 0, 0, 4, 1, 0, 0x80, 250],
        interface(0, 1),
        unit(4, [0x06, 0]),
        interface(1, 2),
        interface(2, 1),
        unit(14, [0x20, 1]),
        vec![7, 5, 0x83, 3, 16, 0, 8],
        interface(3, 2),
    ]
    .concat();
    let mut cut = whole.clone();
    cut.truncate(whole.len() - 30);
    vec![whole, cut]
}
