//! The list of cameras: each with what it is, whether logins use it, and why, or why not.

use facelogin_config::{Camera as CameraConfig, CameraId, Device};
use facelogin_protocol::types::{Camera, CameraKind};

use super::Node;
use super::choice::{Follow, Unfit, answers, by, choose};
use crate::vision::camera::emitter;
use crate::vision::wire::Wanted;

/// Formats of a camera that are listed: real ones have up to five, and a device can say that it has any number.
const MOST_FORMATS: usize = 16;

/// All nodes. One of each kind may be chosen: for users with templates of that kind.
pub fn describe(config: &CameraConfig, nodes: &[Node], follow: Follow<'_>) -> Vec<Camera> {
    let used = |kinds: &[CameraKind]| {
        let wanted = Wanted {
            kinds: kinds.to_vec(),
            built_in: true,
            thorough: false,
        };
        choose(config, &wanted, nodes, follow).ok()
    };
    let colour = used(&[CameraKind::Colour]);
    let infrared = used(&[CameraKind::Infrared]);
    let before = match (colour, infrared) {
        (Some(_), Some(_)) => used(&[CameraKind::Colour, CameraKind::Infrared]),
        _ => None,
    };
    let list = List {
        config,
        nodes,
        follow,
    };
    let one = |node: &Node| {
        let is = |other: Option<&Node>| other.is_some_and(|other| other.number == node.number);
        let chosen = is(colour) || is(infrared);
        let note = match chosen {
            true if is(before) => format!("{}; goes first for users who have both kinds", list.why(node)),
            true => list.why(node),
            false => list.why_not(node, [colour, infrared].into_iter().flatten().collect()),
        };
        let formats = node.formats.iter().take(MOST_FORMATS);
        Camera {
            id: told_from_built_in(node, nodes),
            name: node.name.clone(),
            device: format!("/dev/video{}", node.number),
            kind: node.kind,
            formats: formats.map(|code| text(*code)).collect(),
            emitter: emitter::known(node),
            fixed: node.fixed,
            r#virtual: node.made_by_software,
            chosen,
            note,
        }
    };
    nodes.iter().map(one).collect()
}

/// The node's identity; all of it where the usual part would mean a built-in camera that is there.
fn told_from_built_in(node: &Node, nodes: &[Node]) -> String {
    let clone_of = |wish: &CameraId| {
        nodes
            .iter()
            .any(|other| other.fixed && wish.names(&other.identity))
    };
    match node.id.parse() {
        Ok(wish) if !node.fixed && clone_of(&wish) => node.identity.to_string(),
        _ => node.id.clone(),
    }
}

struct List<'a> {
    config: &'a CameraConfig,
    nodes: &'a [Node],
    follow: Follow<'a>,
}

impl List<'_> {
    /// Why a node is chosen for users with templates of its kind.
    fn why(&self, node: &Node) -> String {
        let kind = node.kind.name();
        let wanted = Wanted::any(node.kind);
        let brings = |device: &&Device| {
            by(device, self.config, &wanted, self.nodes, self.follow)
                .is_ok_and(|one| one.number == node.number)
        };
        let how = match self.config.devices.iter().find(brings) {
            Some(Device::Auto) if node.fixed => format!("auto: the first built-in one that sees {kind}"),
            Some(Device::Auto) | None => "auto: made by software, and allowed".into(),
            Some(named) => format!("camera.device names it: {named}"),
        };
        format!("for {kind} templates; {how}")
    }

    fn why_not(&self, node: &Node, chosen: Vec<&Node>) -> String {
        if node.made_by_software && !self.config.allow_virtual {
            return "it is made by software, and camera.allow_virtual is false".into();
        }
        if !matches!(node.kind, CameraKind::Colour | CameraKind::Infrared) {
            return "it gives no picture format that is known here".into();
        }
        for device in &self.config.devices {
            match answers(device, self.config, self.nodes, self.follow) {
                Ok(found) if found.iter().any(|one| one.number == node.number) => {
                    let first = chosen.iter().find(|one| one.kind == node.kind);
                    return match first {
                        Some(first) if first.same_device(node) => format!(
                            "another node of this camera comes first ({}): a link below /dev/v4l/by-path/ names this one",
                            first.id
                        ),
                        Some(first) => format!("another one comes first: {}", first.id),
                        None => "another one comes first".into(),
                    };
                }
                Err(Unfit::Ambiguous) if self.meant(device, node) => {
                    return format!("{device}: {}", Unfit::Ambiguous);
                }
                _ if self.meant(device, node) => {
                    return format!("{device} means the built-in one, and this can be plugged in");
                }
                _ => {}
            }
        }
        match node.fixed || node.made_by_software {
            true => "camera.device does not name it".into(),
            false => "it can be unplugged: used only if camera.device names it".into(),
        }
    }

    /// Whether the words of a preference fit the node, or its link leads there, whatever else it can mean.
    fn meant(&self, device: &Device, node: &Node) -> bool {
        match device {
            Device::Named(wish) => wish.names(&node.identity),
            Device::Link(link) => (self.follow)(link) == Some(node.number),
            Device::Auto => false,
        }
    }
}

/// A format's code, as V4L2's tools print it: its highest bit says that its bytes come the other way round.
fn text(mut code: [u8; 4]) -> String {
    if code[3] & 0x80 != 0 {
        code[3] &= 0x7f;
        return format!("{}-BE", text(code));
    }
    let text = String::from_utf8_lossy(&code);
    text.trim_end_matches(' ')
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::nodes::tests::{made, of_make, usb};
    use super::*;
    use CameraKind::{Colour, Infrared, Unknown};

    fn notes(devices: &[&str], nodes: &[Node]) -> Vec<(bool, String)> {
        let config = CameraConfig {
            devices: devices.iter().map(|text| text.parse().unwrap()).collect(),
            ..CameraConfig::default()
        };
        let list = describe(&config, nodes, &|_| None);
        list.into_iter()
            .map(|camera| (camera.chosen, camera.note))
            .collect()
    }

    #[test]
    fn r24_the_list_says_what_is_chosen_for_which_kind_and_why_and_why_the_others_are_not() {
        let nodes = [
            usb(0, "6", None, Colour),
            usb(2, "6", None, Infrared),
            of_make(usb(4, "1", Some("7A8B"), Colour), 0x046d),
            made(5, Colour),
            usb(6, "6", None, Unknown),
            Node {
                index: 1,
                ..usb(7, "6", None, Colour)
            },
        ];
        let expected =
            |texts: [(bool, &str); 6]| texts.map(|(chosen, text)| (chosen, text.to_owned())).to_vec();
        let first = "usb:04f2:b6d9 kind=colour path=pci-0000:00:14.0-usb-0:6 built-in";
        let second_node = format!(
            "another node of this camera comes first ({first}): a link below /dev/v4l/by-path/ names this one"
        );
        assert_eq!(
            notes(&["auto"], &nodes),
            expected([
                (
                    true,
                    "for colour templates; auto: the first built-in one that sees colour; goes first for users who have both kinds"
                ),
                (
                    true,
                    "for infrared templates; auto: the first built-in one that sees infrared"
                ),
                (false, "it can be unplugged: used only if camera.device names it"),
                (false, "it is made by software, and camera.allow_virtual is false"),
                (false, "it gives no picture format that is known here"),
                (false, &second_node),
            ])
        );
        assert_eq!(
            notes(&["usb:046d:0001", "usb:04f2:b6d9 kind=infrared"], &nodes),
            expected([
                (false, "camera.device does not name it"),
                (
                    true,
                    "for infrared templates; camera.device names it: usb:04f2:b6d9 kind=infrared"
                ),
                (
                    true,
                    "for colour templates; camera.device names it: usb:046d:0001; goes first for users who have both kinds"
                ),
                (false, "it is made by software, and camera.allow_virtual is false"),
                (false, "it gives no picture format that is known here"),
                (false, "camera.device does not name it"),
            ])
        );
    }

    #[test]
    fn r24_twins_and_clones_are_said_to_be_such() {
        let twins = [
            usb(0, "1", Some("7A8B"), Colour),
            usb(1, "2", Some("7A8B"), Colour),
        ];
        for (chosen, note) in notes(&["usb:04f2:b6d9", "auto"], &twins) {
            assert!(
                !chosen && note.contains("more than one camera") && note.contains("with path="),
                "{note}"
            );
        }
        let clone = [
            usb(0, "1", Some("7A8B"), Colour),
            usb(1, "6", Some("7A8B"), Colour),
        ];
        let notes = notes(&["usb:04f2:b6d9"], &clone);
        assert!(
            !notes[0].0 && notes[0].1.contains("means the built-in one"),
            "{notes:?}"
        );
        assert!(notes[1].0);
    }

    #[test]
    fn r24_a_clone_beside_a_built_in_camera_is_listed_with_all_that_is_known_of_it() {
        let ids = |nodes: &[Node]| -> Vec<String> {
            let list = describe(&CameraConfig::default(), nodes, &|_| None);
            list.into_iter().map(|camera| camera.id).collect()
        };
        let clone = usb(0, "1", Some("7A8B"), Colour);
        let usual = "usb:04f2:b6d9 serial=7A8B kind=colour";
        assert_eq!(ids(std::slice::from_ref(&clone)), [usual]);
        assert_eq!(
            ids(&[clone, usb(1, "6", Some("7A8B"), Colour)]),
            [
                format!("{usual} path=pci-0000:00:14.0-usb-0:1"),
                format!("{usual} path=pci-0000:00:14.0-usb-0:6 built-in"),
            ]
        );
    }

    #[test]
    fn r24_a_link_that_a_clone_may_have_claimed_is_said_to_be_such() {
        let nodes = [
            usb(0, "1", Some("7A8B"), Colour),
            usb(1, "6", Some("7A8B"), Colour),
        ];
        let config = CameraConfig {
            devices: vec![Device::Link("/dev/v4l/by-id/x".into())],
            ..CameraConfig::default()
        };
        let list = describe(&config, &nodes, &|_| Some(0));
        assert!(
            !list[0].chosen && list[0].note.contains("more than one camera"),
            "{}",
            list[0].note
        );
        assert!(!list[1].chosen);
    }

    #[test]
    fn a_camera_is_listed_with_sixteen_formats_at_most() {
        let node = Node {
            formats: vec![*b"GREY"; 500],
            ..usb(0, "6", None, Infrared)
        };
        let list = describe(&CameraConfig::default(), &[node], &|_| None);
        assert_eq!(list[0].formats.len(), 16);
    }

    #[test]
    fn formats_are_printed_by_their_codes() {
        for (code, expected) in [
            (*b"MJPG", "MJPG"),
            (*b"Y10 ", "Y10"),
            (*b"Y16\xa0", "Y16-BE"),
            (*b"\x01\0\xff\n", "??\u{fffd}?"),
        ] {
            assert_eq!(text(code), expected);
        }
    }
}
