//! What is known of single camera models that they do not say of themselves: data files, one a model, built in.
//!
//! They are below `daemon/quirks/`, each with the source of what it says. See `docs/infrared.md` for how to add one.

use std::sync::LazyLock;

use facelogin_protocol::types::CameraKind;
use serde::Deserialize;

use crate::vision::camera::emitter::Guid;

/// Name and text of each file.
const FILES: &[(&str, &str)] = &[
    ("04f2-b634.toml", include_str!("../../../quirks/04f2-b634.toml")),
    ("0bda-58e6.toml", include_str!("../../../quirks/0bda-58e6.toml")),
    ("5986-1141.toml", include_str!("../../../quirks/5986-1141.toml")),
];

/// The longest payload of a control.
const MAX_PAYLOAD: usize = 64;

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quirk {
    /// USB vendor.
    pub vendor: u16,
    /// USB product.
    pub product: u16,
    /// For people.
    pub name: String,
    /// Of the model's nodes only those whose name, as the driver has it, ends so; all where it is left out.
    pub node_ends: Option<String>,
    /// What it sees, where its formats lie.
    pub kind: Option<Sees>,
    /// How its emitter is switched, where not by Microsoft's control.
    pub emitter: Option<Switch>,
}

/// What a node sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sees {
    /// Visible light.
    Colour,
    /// Infrared, whatever format carries it.
    Infrared,
}

/// A control of the maker's that switches the emitter.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Of the extension unit. Without a unit of this GUID that advertises the selector nothing is written.
    #[serde(deserialize_with = "guid")]
    pub unit: Guid,
    /// 1 to 255.
    pub selector: u8,
    /// What switches it on, 1 to 64 bytes: the control's length.
    pub on: Vec<u8>,
    /// What switches it off, as many bytes.
    pub off: Vec<u8>,
    /// Whether "on" lights every other picture.
    pub strobes: bool,
}

/// What is known of a node of this model.
pub fn of(vendor: u16, product: u16, node: &str) -> impl Iterator<Item = &'static Quirk> {
    static ALL: LazyLock<Vec<Quirk>> = LazyLock::new(|| {
        // Each file is parsed by the tests: none is left out here.
        FILES.iter().filter_map(|(_, text)| parse(text).ok()).collect()
    });
    ALL.iter()
        .filter(move |quirk| (quirk.vendor, quirk.product) == (vendor, product))
        .filter(move |quirk| quirk.node_ends.as_ref().is_none_or(|end| node.ends_with(end)))
}

/// What a node sees, if its formats are known to lie about it. `node`: its name as the driver has it.
pub fn kind(vendor: u16, product: u16, node: &str) -> Option<CameraKind> {
    of(vendor, product, node).find_map(|quirk| {
        Some(match quirk.kind? {
            Sees::Colour => CameraKind::Colour,
            Sees::Infrared => CameraKind::Infrared,
        })
    })
}

fn parse(text: &str) -> Result<Quirk, String> {
    let quirk: Quirk = toml::from_str(text).map_err(|error| error.to_string())?;
    if quirk.kind.is_none() && quirk.emitter.is_none() {
        return Err("it says nothing: neither kind nor [emitter]".into());
    }
    if let Some(switch) = &quirk.emitter {
        if switch.selector == 0 {
            return Err("selectors begin at 1".into());
        }
        if switch.on.is_empty() || switch.on.len() > MAX_PAYLOAD || switch.on.len() != switch.off.len() {
            return Err(format!("on and off have 1 to {MAX_PAYLOAD} bytes, and as many"));
        }
        if switch.on == switch.off {
            return Err("on and off are the same".into());
        }
    }
    Ok(quirk)
}

fn guid<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Guid, D::Error> {
    let text = String::deserialize(from)?;
    Guid::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no GUID")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMITTER: &str = "vendor = 0x1234\nproduct = 0x5678\nname = \"Made\"\n[emitter]\n\
        unit = \"{96274e36-eca7-49d5-995c-13cf882759cc}\"\nselector = 2\non = [2]\noff = [1]\nstrobes = false\n";

    #[test]
    fn every_file_is_built_in_says_what_it_is_about_and_where_that_is_from() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/quirks");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        let built_in: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(there, built_in);
        for (name, text) in FILES {
            let quirk = parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(*name, format!("{:04x}-{:04x}.toml", quirk.vendor, quirk.product));
            assert!(text.contains("# Source: https://"), "{name} has no source");
            assert!(!quirk.name.is_empty());
        }
    }

    #[test]
    fn a_node_is_judged_by_model_and_by_name_where_the_file_says_so() {
        use CameraKind::Infrared;
        for (vendor, product, node, expected) in [
            (0x04f2, 0xb634, "HP Wide Vision FHD Camera: HP I", Some(Infrared)),
            (0x04f2, 0xb634, "HP Wide Vision FHD Camera: HP W", None),
            (0x0bda, 0x58e6, "HP Wide Vision FHD Camera: HP I", Some(Infrared)),
            (0x5986, 0x1141, "Integrated IR Camera: Integrate", Some(Infrared)),
            (0x5986, 0x2113, "Integrated Camera: Integrated C", None),
        ] {
            assert_eq!(
                kind(vendor, product, node),
                expected,
                "{vendor:04x}:{product:04x} {node}"
            );
        }
    }

    #[test]
    fn a_control_without_its_units_guid_or_without_a_way_back_is_refused() {
        assert_eq!(parse(EMITTER).unwrap().emitter.unwrap().on, [2]);
        for line in EMITTER.lines().filter(|line| !line.starts_with('[')) {
            let without = EMITTER.replace(&format!("{line}\n"), "");
            assert!(parse(&without).is_err(), "without {line}");
        }
        for (from, to) in [
            ("off = [1]", "off = [1, 0]"),
            ("off = [1]", "off = [2]"),
            ("off = [1]", "off = []"),
            ("selector = 2", "selector = 0"),
            ("selector = 2", "selector = 256"),
            ("96274e36-", ""),
            ("strobes = false", "strobes = false\nalso = 1"),
            ("name = \"Made\"", "name = \"Made\"\nkind = \"depth\""),
        ] {
            assert!(parse(&EMITTER.replace(from, to)).is_err(), "{to}");
        }
        let nothing = EMITTER.split_once("[emitter]").unwrap().0;
        assert!(parse(nothing).is_err());
    }
}
