use super::*;

const MICROSOFT: &str = "{0F3F95DC-2632-4C4E-92C9-A04782F43BC8}";

fn configuration(number: u8) -> Vec<u8> {
    vec![9, CONFIGURATION, 0, 0, 4, number, 0, 0x80, 250]
}

fn interface(number: u8, class: u8, subclass: u8) -> Vec<u8> {
    vec![9, INTERFACE, number, 0, 1, class, subclass, 0, 0]
}

fn extension(id: u8, guid: Guid, count: u8, sources: &[u8], bitmap: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, CS_INTERFACE, EXTENSION_UNIT, id];
    bytes.extend(guid.0);
    bytes.extend([count, sources.len() as u8]);
    bytes.extend(sources);
    bytes.push(bitmap.len() as u8);
    bytes.extend(bitmap);
    bytes.push(0);
    bytes[0] = bytes.len() as u8;
    bytes
}

/// A laptop's camera: a colour function on interfaces 0 and 1, an infrared one on 2 and 3.
fn camera() -> Vec<u8> {
    let microsoft = Guid::parse(MICROSOFT).unwrap();
    let mut bytes = vec![
        18, 1, 0, 2, 0xef, 2, 1, 64, 0xf2, 0x04, 0xd9, 0xb6, 0, 1, 1, 2, 3, 1,
    ];
    bytes.extend(configuration(1));
    bytes.extend(interface(0, 0x0e, 1));
    bytes.extend(extension(4, Guid([7; 16]), 3, &[2], &[0b111]));
    // The colour function's unit of the same kind, without the control.
    bytes.extend(extension(8, microsoft, 2, &[4], &[0x06, 0, 0, 0]));
    bytes.extend(interface(1, 0x0e, 2));
    bytes.extend(extension(14, microsoft, 1, &[4], &[0x20]));
    bytes.extend(interface(2, 0x0e, 1));
    bytes.extend(extension(14, microsoft, 2, &[1, 2], &[0x20, 0x01, 0, 0]));
    bytes
}

#[test]
fn a_guid_is_read_as_it_lies_in_a_descriptor() {
    let guid = Guid::parse(MICROSOFT).unwrap();
    // As the descriptor of a real camera has it: 04f2:b6d9 and 3277:0059 alike.
    assert_eq!(
        guid.0,
        [
            0xdc, 0x95, 0x3f, 0x0f, 0x32, 0x26, 0x4e, 0x4c, 0x92, 0xc9, 0xa0, 0x47, 0x82, 0xf4, 0x3b, 0xc8
        ]
    );
    assert_eq!(Guid::parse("0f3f95dc-2632-4c4e-92c9-a04782f43bc8"), Some(guid));
    for wrong in [
        "",
        "0f3f95dc26324c4e92c9a04782f43bc8",
        "{0f3f95dc-2632-4c4e-92c9-a04782f43bc8",
        "0f3f95dc-2632-4c4e-92c9-a04782f43bcg",
        "0f3f95dc-2632-4c4e-92c9-a04782f43b",
        "+f3f95dc-2632-4c4e-92c9-a04782f43bc8",
    ] {
        assert_eq!(Guid::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_unit_is_known_by_its_interface_and_what_it_advertises() {
    let camera = camera();
    let infrared = units(&camera, 1, 2);
    assert_eq!(infrared.len(), 1);
    assert_eq!(infrared[0].id, 14);
    for selector in 0..=255 {
        assert_eq!(
            infrared[0].advertises(selector),
            [6, 9].contains(&selector),
            "{selector}"
        );
    }
    let colour = units(&camera, 1, 0);
    assert_eq!(colour.iter().map(|unit| unit.id).collect::<Vec<_>>(), [4, 8]);
    assert!(colour.iter().all(|unit| !unit.advertises(6)));
    // A streaming interface has no units, whatever it says; nor has another configuration.
    assert_eq!(units(&camera, 1, 1), []);
    assert_eq!(units(&camera, 2, 2), []);
    assert_eq!(units(&camera, 1, 3), []);
}

#[test]
fn a_bitmap_with_more_bits_than_controls_says_nothing() {
    let mut bytes = configuration(1);
    bytes.extend(interface(0, 0x0e, 1));
    bytes.extend(extension(4, Guid([0; 16]), 1, &[1], &[0x20, 0x01]));
    let units = units(&bytes, 1, 0);
    assert!(!units[0].advertises(6) && !units[0].advertises(9));
}

#[test]
fn r14_units_that_end_before_they_should_are_none_and_lengths_that_cannot_be_end_the_reading() {
    let whole = camera();
    for length in 0..whole.len() {
        // Never more than there are, and no panic.
        assert!(units(&whole[..length], 1, 2).is_empty());
    }
    for length in [0, 1] {
        let mut bytes = configuration(1);
        bytes.extend([length, 0]);
        bytes.extend(&whole);
        assert_eq!(units(&bytes, 1, 2), []);
    }
    // Each length within the unit that points past its end.
    for at in [21, 22 + 2] {
        let mut bytes = configuration(1);
        bytes.extend(interface(2, 0x0e, 1));
        let mut unit = extension(14, Guid([1; 16]), 2, &[1, 2], &[0x20, 0]);
        unit[at] = 200;
        bytes.extend(unit);
        assert_eq!(units(&bytes, 1, 2), []);
    }
    let many = [
        configuration(1),
        interface(0, 0x0e, 1),
        extension(4, Guid([0; 16]), 1, &[], &[1]).repeat(100),
    ]
    .concat();
    assert_eq!(units(&many, 1, 0).len(), MAX_UNITS);
}
