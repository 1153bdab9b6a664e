//! The file that says what camera it is. What it leaves out is as a laptop's camera has it; a function that it does not
//! name is not there.
//!
//! ```toml
//! vendor = 0x04f2
//! product = 0xb6d9
//! serial = "0001"
//! name = "Integrated Camera"
//! port = 2
//!
//! [colour]
//! formats = ["MJPG", "YUYV", "NV12"]
//! sizes = [[640, 480], [1280, 720]]
//! fps = [30, 29.97, 15]
//! tables = false
//! warm_up = 5
//!
//! [infrared]
//! formats = ["GREY", "Y10", "Y12", "Y16"]
//! emitter = false
//! light = "alternate"
//! ```

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::format::Format;
use super::light::Light;

/// The device, as its file describes it. Without a file it is a laptop's camera: see [`Device::default`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Device {
    /// idVendor.
    pub vendor: u16,
    /// idProduct.
    pub product: u16,
    /// bcdDevice.
    pub release: u16,
    /// The serial number; empty for a camera that has none, as many have.
    pub serial: String,
    /// Who made it.
    pub maker: String,
    /// What it is called.
    pub name: String,
    /// The port of `vhci_hcd` it is plugged into, from 0; the first free one if none is named.
    pub port: Option<u32>,
    /// The function with the colour sensor.
    pub colour: Option<Colour>,
    /// The function with the infrared sensor.
    pub infrared: Option<Infrared>,
}

/// The colour function.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Colour {
    /// In the order of preference.
    pub formats: Vec<Format>,
    /// Width and height, in the order of preference.
    pub sizes: Vec<(u16, u16)>,
    /// Frames a second, in the order of preference.
    pub fps: Vec<f64>,
    /// Any rate between the fastest and the slowest one, instead of these alone.
    pub continuous: bool,
    /// Whether the JPEGs carry their Huffman tables; many cameras leave them out.
    pub tables: bool,
    /// How many frames after its start are still too dark, each a little less.
    pub warm_up: u32,
}

/// The infrared function.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Infrared {
    /// In the order of preference.
    pub formats: Vec<Format>,
    /// Width and height, in the order of preference.
    pub sizes: Vec<(u16, u16)>,
    /// Frames a second, in the order of preference.
    pub fps: Vec<f64>,
    /// Any rate between the fastest and the slowest one, instead of these alone.
    pub continuous: bool,
    /// How many frames after its start are still too dark, each a little less.
    pub warm_up: u32,
    /// Whether it has Microsoft's extension unit, by which the host switches the emitter.
    pub emitter: bool,
    /// What the emitter does when nobody has switched it.
    pub light: Light,
}

/// Why a device file is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("the device file {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no TOML, or not the device's.
    #[error("the device file {}: {source}", path.display())]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Where, and what was expected.
        source: Box<toml::de::Error>,
    },
    /// It describes a camera that cannot be.
    #[error("the device file {}: {why}", path.display())]
    Impossible {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Default for Device {
    fn default() -> Self {
        Self {
            vendor: 0x04f2,
            product: 0xb6d9,
            release: 0x1208,
            serial: "0001".into(),
            maker: "Chicony Electronics Co.,Ltd.".into(),
            name: "Integrated Camera".into(),
            port: None,
            colour: Some(Colour::default()),
            infrared: Some(Infrared::default()),
        }
    }
}

impl Default for Colour {
    fn default() -> Self {
        Self {
            formats: vec![Format::Mjpg, Format::Yuyv],
            sizes: vec![(640, 480), (1280, 720)],
            fps: vec![30.0, 15.0],
            continuous: false,
            tables: true,
            warm_up: 0,
        }
    }
}

impl Default for Infrared {
    fn default() -> Self {
        Self {
            formats: vec![Format::Grey],
            sizes: vec![(640, 480)],
            fps: vec![30.0, 15.0],
            continuous: false,
            warm_up: 0,
            emitter: true,
            light: Light::Off,
        }
    }
}

impl Device {
    /// Reads the file of a device. A function that the file does not name is not there.
    ///
    /// # Errors
    /// [`Refused`], naming the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, Refused> {
        let text = std::fs::read_to_string(path).map_err(|source| Refused::Read {
            path: path.into(),
            source,
        })?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, Refused> {
        let mut device: Self = toml::from_str(text).map_err(|source| Refused::Parse {
            path: path.into(),
            source: Box::new(source),
        })?;
        let named: toml::Table = toml::from_str(text).map_err(|source| Refused::Parse {
            path: path.into(),
            source: Box::new(source),
        })?;
        if !named.contains_key("colour") {
            device.colour = None;
        }
        if !named.contains_key("infrared") {
            device.infrared = None;
        }
        device.check().map_err(|why| Refused::Impossible {
            path: path.into(),
            why,
        })?;
        Ok(device)
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.colour.is_none() && self.infrared.is_none() {
            return Err("name [colour], [infrared] or both");
        }
        for texts in [&self.serial, &self.maker, &self.name] {
            // A string descriptor has one byte for its length.
            if texts.encode_utf16().count() > 126 {
                return Err("serial, maker and name have 126 characters at most");
            }
        }
        for (formats, sizes, rates) in [
            self.colour.as_ref().map(|of| (&of.formats, &of.sizes, &of.fps)),
            self.infrared.as_ref().map(|of| (&of.formats, &of.sizes, &of.fps)),
        ]
        .into_iter()
        .flatten()
        {
            check_function(formats, sizes, rates)?;
        }
        Ok(())
    }
}

fn check_function(formats: &[Format], sizes: &[(u16, u16)], rates: &[f64]) -> Result<(), &'static str> {
    if formats.is_empty() || sizes.is_empty() || rates.is_empty() {
        return Err("formats, sizes and fps each name at least one");
    }
    if formats.len() > 16 || sizes.len() > 16 || rates.len() > 16 {
        return Err("formats, sizes and fps each name sixteen at most");
    }
    let even = |size: u16| size.is_multiple_of(2) && (16..=4096).contains(&size);
    if !sizes.iter().all(|&(width, height)| even(width) && even(height)) {
        return Err("a size is even, and from 16 to 4096 pixels");
    }
    if !rates.iter().all(|rate| (1.0..=240.0).contains(rate)) {
        return Err("a rate is from 1 to 240 frames a second");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Device, Refused> {
        Device::parse(text, Path::new("camera.toml"))
    }

    #[test]
    fn a_function_that_is_not_named_is_not_there() {
        let device = parse("[infrared]\nformats = [\"Y10\"]\nfps = [29.97]").expect("a device");
        assert!(device.colour.is_none());
        let infrared = device.infrared.expect("the function that is named");
        assert_eq!(infrared.formats, [Format::Y10]);
        assert_eq!(infrared.sizes, [(640, 480)]);
        assert_eq!(device.vendor, 0x04f2);
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_files_name() {
        for (text, said) in [
            ("vendor = 1", "name [colour], [infrared] or both"),
            ("[colour]\nformats = []", "at least one"),
            ("[colour]\nsizes = [[641, 480]]", "even"),
            ("[colour]\nfps = [0.5]", "from 1 to 240"),
            ("[colour]\nformat = [\"YUYV\"]", "unknown field"),
            ("[colour]\nformats = [\"GRAY\"]", "unknown variant"),
            ("vendor = 70000\n[colour]", "u16"),
        ] {
            let error = parse(text).expect_err(text).to_string();
            assert!(
                error.contains("camera.toml") && error.contains(said),
                "{text:?}: {error}"
            );
        }
    }
}
