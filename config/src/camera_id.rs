//! A camera's identity: words that stay the same whatever number its node has today.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The last word of one that is part of the machine.
const BUILT_IN: &str = "built-in";

/// What a camera sees, as far as its formats tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sight {
    /// Visible light.
    Colour,
    /// Grey formats only.
    Infrared,
}

impl Sight {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Colour => "colour",
            Self::Infrared => "infrared",
        }
    }
}

/// A camera, or, with parts left out, each camera that has those that are there. Written as words in this order, as in
/// `usb:04f2:b6d9 serial=200901 kind=infrared path=pci-0000:00:14.0-usb-0:6 built-in`; at least `usb:` or `path=` is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CameraId {
    /// USB vendor and product.
    pub usb: Option<(u16, u16)>,
    /// The USB serial number, 1 to 126 characters.
    pub serial: Option<String>,
    /// What it sees.
    pub kind: Option<Sight>,
    /// Its place on the buses, as udev's `ID_PATH` has it, without the USB interface.
    pub path: Option<String>,
    /// It is part of the machine. No path says so: what is plugged into a port can have the path of another one.
    pub built_in: bool,
}

/// Why words name no camera.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected words as in \"usb:04f2:b6d9 serial=200901 kind=infrared path=pci-0000:00:14.0-usb-0:6 built-in\", at least \
     usb: or path=: {0}"
)]
pub struct CameraIdError(String);

impl CameraId {
    /// Whether this, as a wish, is answered by `camera`, whose parts are all known.
    pub fn names(&self, camera: &CameraId) -> bool {
        fn fits<T: PartialEq>(wish: &Option<T>, has: &Option<T>) -> bool {
            wish.is_none() || wish == has
        }
        fits(&self.usb, &camera.usb)
            && fits(&self.serial, &camera.serial)
            && fits(&self.kind, &camera.kind)
            && fits(&self.path, &camera.path)
            && (!self.built_in || camera.built_in)
    }
}

impl FromStr for CameraId {
    type Err = CameraIdError;

    fn from_str(text: &str) -> Result<Self, CameraIdError> {
        let bad = |why: String| Err(CameraIdError(why));
        let mut id = Self::default();
        // How far along the order of the words it is.
        let mut place = 0;
        for word in text.split(' ') {
            let at = if let Some(numbers) = word.strip_prefix("usb:") {
                match numbers.split_once(':').map(|(v, p)| (hex(v), hex(p))) {
                    Some((Some(vendor), Some(product))) => id.usb = Some((vendor, product)),
                    _ => return bad(format!("{word:?} is not usb:VVVV:PPPP in hexadecimal")),
                }
                1
            } else if let Some(serial) = word.strip_prefix("serial=") {
                id.serial = Some(unescape(serial).ok_or(CameraIdError(format!("{word:?} is not readable")))?);
                2
            } else if let Some(kind) = word.strip_prefix("kind=") {
                id.kind = match kind {
                    "colour" => Some(Sight::Colour),
                    "infrared" => Some(Sight::Infrared),
                    _ => return bad(format!("{word:?} is neither kind=colour nor kind=infrared")),
                };
                3
            } else if let Some(path) = word.strip_prefix("path=") {
                id.path = Some(unescape(path).ok_or(CameraIdError(format!("{word:?} is not readable")))?);
                4
            } else if word == BUILT_IN {
                id.built_in = true;
                5
            } else {
                return bad(format!(
                    "{word:?} is none of usb:, serial=, kind=, path=, {BUILT_IN}"
                ));
            };
            if at <= place {
                return bad(format!("{word:?} is out of order"));
            }
            place = at;
        }
        if id.usb.is_none() && id.path.is_none() {
            return bad("neither is there".into());
        }
        if id.serial.is_some() && id.usb.is_none() {
            return bad("a serial number needs usb: before it".into());
        }
        Ok(id)
    }
}

fn hex(text: &str) -> Option<u16> {
    let plain = text.len() == 4 && text.bytes().all(|b| b.is_ascii_hexdigit());
    plain.then(|| u16::from_str_radix(text, 16).ok()).flatten()
}

/// Letters, digits and `-._:/` stand for themselves, every other byte is %XX: no word has a blank in it.
fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b':' | b'/' => {
                out.push(byte.into())
            }
            _ => out.push_str(&format!("%{byte:02x}")),
        }
        out
    })
}

/// `None` for what [`escape`] does not write, and for nothing at all.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let (digits, after) = tail.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    let plain = String::from_utf8(bytes).ok()?;
    // Only one way to write each: identities are compared as text, too.
    (!plain.is_empty() && escape(&plain) == text).then_some(plain)
}

impl fmt::Display for CameraId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            self.usb
                .map(|(vendor, product)| format!("usb:{vendor:04x}:{product:04x}")),
            self.serial
                .as_ref()
                .map(|serial| format!("serial={}", escape(serial))),
            self.kind.map(|kind| format!("kind={}", kind.name())),
            self.path.as_ref().map(|path| format!("path={}", escape(path))),
            self.built_in.then(|| BUILT_IN.to_owned()),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        f.write_str(&words.join(" "))
    }
}

impl Serialize for CameraId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r24_an_identity_reads_back_as_it_was_written() {
        for text in [
            "usb:04f2:b6d9",
            "usb:04f2:b6d9 serial=200901",
            "usb:04f2:b6d9 serial=a%20b%3d%c3%a9 kind=colour",
            "usb:04f2:b6d9 serial=1 kind=infrared path=pci-0000:00:14.0-usb-0:6",
            "kind=colour path=platform-vivid.0",
            "path=platform-vivid.0",
            "usb:04f2:b6d9 built-in",
            "path=pci-0000:00:14.0-usb-0:6 built-in",
            "usb:04f2:b6d9 serial=1 kind=infrared path=pci-0000:00:14.0-usb-0:6 built-in",
        ] {
            assert_eq!(text.parse::<CameraId>().unwrap().to_string(), text);
        }
        assert_eq!(
            "usb:04F2:B6D9".parse::<CameraId>().unwrap().to_string(),
            "usb:04f2:b6d9"
        );
    }

    #[test]
    fn r24_what_names_no_camera_is_refused() {
        for text in [
            "",
            " ",
            "auto",
            "/dev/video0",
            "usb:4f2:b6d9",
            "usb:04f2",
            "usb:+4f2:b6d9",
            "usb:04f2:b6d9 ",
            "usb:04f2:b6d9  serial=1",
            "usb:04f2:b6d9 usb:04f2:b6d9",
            "usb:04f2:b6d9 kind=infrared serial=1",
            "usb:04f2:b6d9 kind=thermal",
            "usb:04f2:b6d9 serial=",
            "usb:04f2:b6d9 serial=%4",
            "usb:04f2:b6d9 serial=%41",
            "usb:04f2:b6d9 serial=%e9",
            "usb:04f2:b6d9 serial=é",
            "usb:04f2:b6d9 colour",
            "kind=colour",
            "serial=1 path=x",
            "built-in",
            "kind=colour built-in",
            "usb:04f2:b6d9 built-in path=a",
            "usb:04f2:b6d9 built-in built-in",
            "usb:04f2:b6d9 built-in=",
            "usb:04f2:b6d9 Built-In",
        ] {
            assert!(text.parse::<CameraId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn r24_a_wish_is_answered_by_a_camera_that_has_all_its_parts() {
        let camera: CameraId = "usb:04f2:b6d9 serial=1 kind=infrared path=a".parse().unwrap();
        for (wish, answered) in [
            ("usb:04f2:b6d9", true),
            ("usb:04f2:b6d9 kind=infrared", true),
            ("path=a", true),
            ("usb:04f2:b6d9 serial=1 kind=infrared path=a", true),
            ("usb:04f2:b6da", false),
            ("usb:04f2:b6d9 serial=2", false),
            ("usb:04f2:b6d9 kind=colour", false),
            ("usb:04f2:b6d9 path=b", false),
        ] {
            assert_eq!(
                wish.parse::<CameraId>().unwrap().names(&camera),
                answered,
                "{wish}"
            );
        }
    }

    #[test]
    fn r24_only_a_built_in_camera_answers_to_built_in() {
        let plugged: CameraId = "usb:04f2:b6d9 serial=1 kind=infrared path=a".parse().unwrap();
        let fixed = CameraId {
            built_in: true,
            ..plugged.clone()
        };
        for wish in [
            "usb:04f2:b6d9",
            "path=a",
            "usb:04f2:b6d9 serial=1 kind=infrared path=a",
        ] {
            let meant: CameraId = format!("{wish} built-in").parse().unwrap();
            assert!(meant.names(&fixed) && !meant.names(&plugged), "{wish}");
            let either: CameraId = wish.parse().unwrap();
            assert!(either.names(&fixed) && either.names(&plugged), "{wish}");
        }
    }
}
