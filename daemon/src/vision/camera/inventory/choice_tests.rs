//! The rule as tables: what is there, what is preferred, what is wanted, and which node it is.

use super::super::nodes::tests::{made, of_make, usb};
use super::*;
use CameraKind::{Colour, Infrared, Replay, Unknown};

/// Of the camera in the dock.
const DOCK: u16 = 0x046d;

fn config(devices: &[&str]) -> CameraConfig {
    CameraConfig {
        devices: devices.iter().map(|text| text.parse().unwrap()).collect(),
        ..CameraConfig::default()
    }
}

fn lenient(devices: &[&str]) -> CameraConfig {
    CameraConfig {
        allow_virtual: true,
        ..config(devices)
    }
}

fn of(kinds: &[CameraKind]) -> Wanted {
    Wanted {
        kinds: kinds.to_vec(),
        built_in: true,
        thorough: false,
    }
}

/// The number of the node, or each preference's reason.
fn chosen(config: &CameraConfig, wanted: &Wanted, nodes: &[Node]) -> Result<u32, Vec<Unfit>> {
    // A link of the name `N` leads to the node of that number.
    let follow = |link: &Path| link.file_name()?.to_str()?.parse().ok();
    let node = choose(config, wanted, nodes, &follow).map(|node| node.number);
    node.map_err(|none| none.tried.into_iter().map(|(_, unfit)| unfit).collect())
}

#[test]
fn r24_auto_takes_what_is_built_in_and_colour_first() {
    let absent = Err(vec![Unfit::Absent { auto: true }]);
    let any = of(&[Colour, Infrared]);
    for (config, nodes, expected) in [
        (config(&["auto"]), vec![], absent.clone()),
        (config(&["auto"]), vec![usb(0, "6", None, Colour)], Ok(0)),
        (
            config(&["auto"]),
            vec![usb(0, "6", None, Infrared), usb(2, "6", None, Colour)],
            Ok(2),
        ),
        (config(&["auto"]), vec![usb(0, "6", None, Infrared)], Ok(0)),
        (
            config(&["auto"]),
            vec![usb(0, "1", None, Colour), usb(2, "6", None, Infrared)],
            Ok(2),
        ),
        (
            config(&["auto"]),
            vec![usb(0, "1", Some("7A8B"), Colour)],
            absent.clone(),
        ),
        (config(&["auto"]), vec![made(0, Colour)], absent),
        (
            config(&["auto"]),
            vec![usb(0, "6", None, Unknown)],
            Err(vec![Unfit::NoFormat]),
        ),
        (lenient(&["auto"]), vec![made(0, Colour)], Ok(0)),
        (lenient(&["auto"]), vec![made(0, Infrared)], Ok(0)),
        (
            lenient(&["auto"]),
            vec![usb(0, "1", None, Colour), made(1, Infrared)],
            Ok(1),
        ),
        (
            lenient(&["auto"]),
            vec![made(0, Colour), usb(1, "6", None, Colour)],
            Ok(1),
        ),
    ] {
        assert_eq!(chosen(&config, &any, &nodes), expected, "{nodes:?}");
    }
}

#[test]
fn r24_the_kind_decides_between_the_nodes_of_one_camera() {
    let nodes = [usb(0, "6", None, Colour), usb(2, "6", None, Infrared)];
    for config in [config(&["auto"]), config(&["usb:04f2:b6d9"])] {
        for (kinds, expected) in [
            (&[Colour][..], 0),
            (&[Infrared], 2),
            (&[Replay], 0),
            (&[Infrared, Colour], 0),
        ] {
            assert_eq!(chosen(&config, &of(kinds), &nodes), Ok(expected), "{kinds:?}");
        }
    }
    // Whoever wants infrared names it first.
    let infrared = config(&["usb:04f2:b6d9 kind=infrared", "auto"]);
    assert_eq!(chosen(&infrared, &of(&[Colour, Infrared]), &nodes), Ok(2));
    assert_eq!(chosen(&infrared, &of(&[Colour]), &nodes), Ok(0));
    let other = |sees, wanted| Unfit::OtherKind {
        sees,
        wanted: vec![wanted],
    };
    assert_eq!(
        chosen(&infrared, &of(&[Infrared]), &nodes[..1]),
        Err(vec![Unfit::Absent { auto: false }, other(Colour, Infrared)])
    );
    assert_eq!(
        chosen(&config(&["auto"]), &of(&[Colour]), &nodes[1..]),
        Err(vec![other(Infrared, Colour)])
    );
    assert_eq!(
        chosen(&config(&["auto"]), &of(&[Unknown]), &nodes),
        Err(vec![other(Colour, Unknown)])
    );
}

#[test]
fn r24_a_docked_machine_uses_the_docks_camera_under_whatever_number() {
    let preferences = config(&["usb:046d:0001 serial=7A8B", "auto"]);
    let built_in = |number| usb(number, "6", None, Colour);
    let docks = |number, port| of_make(usb(number, port, Some("7A8B"), Colour), DOCK);
    for (nodes, expected) in [
        (vec![built_in(0)], Ok(0)),
        (vec![built_in(4)], Ok(4)),
        (vec![built_in(0), docks(2, "1.2")], Ok(2)),
        (vec![docks(0, "1.2"), built_in(2)], Ok(0)),
        // Another port of the dock, or of the machine.
        (vec![built_in(0), docks(7, "3.4.1")], Ok(7)),
        // Another camera of the same make.
        (
            vec![built_in(0), of_make(usb(2, "1.2", Some("OTHER"), Colour), DOCK)],
            Ok(0),
        ),
        (vec![docks(1, "1.2")], Ok(1)),
        (
            vec![],
            Err(vec![Unfit::Absent { auto: false }, Unfit::Absent { auto: true }]),
        ),
    ] {
        assert_eq!(
            chosen(&preferences, &of(&[Colour]), &nodes),
            expected,
            "{nodes:?}"
        );
    }
}

#[test]
fn r24_a_clone_that_is_plugged_in_beside_is_never_taken() {
    let colour = of(&[Colour]);
    let named = config(&["usb:04f2:b6d9 serial=7A8B"]);
    let at = |number, port| usb(number, port, Some("7A8B"), Colour);
    let ambiguous = Err(vec![Unfit::Ambiguous]);
    for (nodes, expected) in [
        (vec![at(0, "1")], Ok(0)),
        (vec![at(0, "1"), at(1, "6")], Ok(1)),
        (vec![at(0, "1"), at(1, "2")], ambiguous.clone()),
        (vec![at(1, "2"), at(0, "1")], ambiguous.clone()),
        // Even if only one of them sees what is wanted.
        (
            vec![at(0, "1"), usb(1, "2", Some("7A8B"), Infrared)],
            ambiguous.clone(),
        ),
        (
            vec![at(0, "1"), usb(1, "6", Some("7A8B"), Infrared)],
            Err(vec![Unfit::OtherKind {
                sees: Infrared,
                wanted: vec![Colour],
            }]),
        ),
        // One that is refused anyway does not get in the way.
        (
            vec![
                at(0, "1"),
                Node {
                    made_by_software: true,
                    ..at(1, "2")
                },
            ],
            Ok(0),
        ),
    ] {
        assert_eq!(chosen(&named, &colour, &nodes), expected, "{nodes:?}");
    }
    let placed = config(&["usb:04f2:b6d9 serial=7A8B path=pci-0000:00:14.0-usb-0:2"]);
    assert_eq!(chosen(&placed, &colour, &[at(0, "1"), at(1, "2")]), Ok(1));
    // The built-in one is absent, and what is plugged in has all its words, even its path: but it is not built in.
    let mut clone = at(0, "6");
    (clone.fixed, clone.identity.built_in) = (false, false);
    let placed = "usb:04f2:b6d9 serial=7A8B kind=colour path=pci-0000:00:14.0-usb-0:6";
    let meant = config(&[&format!("{placed} built-in")]);
    let absent = Err(vec![Unfit::Absent { auto: false }]);
    assert_eq!(chosen(&config(&[placed]), &colour, &[clone.clone()]), Ok(0));
    assert_eq!(chosen(&meant, &colour, &[clone.clone()]), absent);
    assert_eq!(chosen(&meant, &colour, &[clone, at(1, "6")]), Ok(1));
    // The next preference may still bring one.
    let more = config(&["usb:04f2:b6d9", "auto"]);
    let dock = [at(0, "1"), at(1, "2"), of_make(usb(2, "6", None, Colour), DOCK)];
    assert_eq!(chosen(&more, &colour, &dock), Ok(2));
    // Two that are built in are two cameras, as on a tablet.
    let front = Node {
        fixed: true,
        ..at(0, "5")
    };
    assert_eq!(chosen(&named, &colour, &[front, at(1, "6")]), ambiguous);
}

#[test]
fn r24_a_link_that_a_clone_may_have_claimed_is_refused() {
    let link = config(&["/dev/v4l/by-id/2"]);
    let built_in = usb(0, "6", Some("7A8B"), Colour);
    let plugged = usb(2, "1", Some("7A8B"), Colour);
    // In the port of the same number of the controller's other half.
    let mut same_path = of_make(usb(2, "6", None, Infrared), DOCK);
    (same_path.fixed, same_path.identity.built_in) = (false, false);
    let ambiguous = Err(vec![Unfit::Ambiguous]);
    for (nodes, expected) in [
        (vec![built_in.clone(), plugged.clone()], ambiguous.clone()),
        (
            vec![built_in.clone(), usb(2, "1", None, Colour)],
            ambiguous.clone(),
        ),
        (vec![built_in.clone(), same_path], ambiguous),
        // Nothing that is built in could be meant.
        (vec![plugged.clone()], Ok(2)),
        (vec![usb(0, "3", Some("7A8B"), Colour), plugged.clone()], Ok(2)),
        (vec![built_in.clone(), of_make(plugged, DOCK)], Ok(2)),
        // It leads to the built-in one.
        (
            vec![
                usb(0, "1", Some("7A8B"), Colour),
                usb(2, "6", Some("7A8B"), Colour),
            ],
            Ok(2),
        ),
    ] {
        assert_eq!(
            chosen(&link, &of(&[Colour, Infrared]), &nodes),
            expected,
            "{nodes:?}"
        );
    }
}

#[test]
fn r24_cameras_made_by_software_are_refused_unless_allowed() {
    for (name, nodes) in [
        ("path=platform-vivid.0", vec![made(0, Colour)]),
        (
            "usb:04f2:b6d9",
            vec![Node {
                made_by_software: true,
                ..usb(0, "1", None, Colour)
            }],
        ),
        ("/dev/v4l/by-path/0", vec![made(0, Colour)]),
    ] {
        let colour = of(&[Colour]);
        assert_eq!(
            chosen(&config(&[name]), &colour, &nodes),
            Err(vec![Unfit::Virtual]),
            "{name}"
        );
        assert_eq!(chosen(&lenient(&[name]), &colour, &nodes), Ok(0), "{name}");
    }
}

#[test]
fn r24_of_several_nodes_of_one_kind_the_first_is_used_and_a_link_names_the_other() {
    let first = usb(4, "6", None, Colour);
    let second = Node {
        index: 2,
        number: 1,
        ..first.clone()
    };
    let later = {
        let mut node = usb(0, "6", None, Colour);
        node.usb.as_mut().unwrap().interface = 4;
        node
    };
    let nodes = [later, second, first];
    let colour = of(&[Colour]);
    for name in ["auto", "usb:04f2:b6d9", "path=pci-0000:00:14.0-usb-0:6"] {
        assert_eq!(chosen(&config(&[name]), &colour, &nodes), Ok(4), "{name}");
    }
    for number in [0, 1, 4] {
        let link = format!("/dev/v4l/by-path/{number}");
        assert_eq!(chosen(&config(&[&link]), &colour, &nodes), Ok(number));
    }
    assert_eq!(
        chosen(&config(&["/dev/v4l/by-path/9"]), &colour, &nodes),
        Err(vec![Unfit::Absent { auto: false }])
    );
}

#[test]
fn r27_behind_a_closed_lid_only_what_is_plugged_in_is_used() {
    let closed = Wanted {
        built_in: false,
        ..of(&[Colour])
    };
    let built_in = usb(0, "6", None, Colour);
    let docks = of_make(usb(2, "1.2", Some("7A8B"), Colour), DOCK);
    let both = [built_in.clone(), docks];
    let preferences = config(&["auto", "usb:046d:0001"]);
    assert_eq!(chosen(&preferences, &of(&[Colour]), &both), Ok(0));
    assert_eq!(chosen(&preferences, &closed, &both), Ok(2));
    assert_eq!(
        chosen(&preferences, &closed, &both[..1]),
        Err(vec![Unfit::Lid, Unfit::Absent { auto: false }])
    );
    // Nor is a clone of the built-in one.
    let clone = usb(3, "2", None, Colour);
    assert_eq!(
        chosen(&config(&["usb:04f2:b6d9"]), &closed, &[built_in, clone]),
        Err(vec![Unfit::Lid])
    );
    assert_eq!(chosen(&lenient(&["auto"]), &closed, &[made(1, Colour)]), Ok(1));
}

#[test]
fn whoever_finds_no_camera_is_told_what_was_looked_for_and_what_to_do() {
    let error = |devices: &[&str], kinds: &[CameraKind], nodes: &[Node]| {
        choose(&config(devices), &of(kinds), nodes, &|_| None)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(&["auto"], &[Colour], &[]),
        "this machine has no camera; auto: no camera is built in"
    );
    let both = error(
        &["usb:046d:0001", "auto"],
        &[Infrared],
        &[usb(0, "6", None, Colour)],
    );
    for part in [
        "usb:046d:0001: it is not there; is it unplugged",
        "auto: it sees colour, and infrared is wanted",
        "add --camera colour",
        "`facelogin-enroll cameras`",
    ] {
        assert!(both.contains(part), "{both}");
    }
    assert!(
        error(
            &["usb:04f2:b6d9"],
            &[Colour],
            &[usb(0, "1", None, Colour), usb(1, "2", None, Colour)]
        )
        .contains("with path= or, if it is built in, with built-in")
    );
}
