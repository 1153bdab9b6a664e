//! What the camera says of itself.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::camera::{Camera, Kind, Part};
use super::descriptors::Function;
use super::fault::Fault;
use super::format::Format;
use super::vhci;

/// All of it.
#[derive(Debug, Serialize)]
pub struct State {
    /// Whether it is plugged in.
    pub plugged: bool,
    /// The port, while it is.
    pub port: Option<u32>,
    /// The name on the bus, as `1-1`, while it is.
    pub device: Option<String>,
    /// The scene's folder.
    pub scene: Option<PathBuf>,
    /// What is wrong with it now.
    pub fault: Fault,
    /// The colour function.
    pub colour: Option<FunctionState>,
    /// The infrared function.
    pub infrared: Option<FunctionState>,
    /// The emitter, where the host can switch it.
    pub emitter: Option<EmitterState>,
    /// Writes to controls that are not advertised, that are the maker's, or that say nothing the control knows.
    pub violations: Vec<String>,
}

/// One function.
#[derive(Debug, Serialize)]
pub struct FunctionState {
    /// The node that captures.
    pub node: Option<PathBuf>,
    /// Whether somebody has the node open.
    pub open: bool,
    /// Whether it streams.
    pub streaming: bool,
    /// bAlternateSetting.
    pub setting: u8,
    /// What it streams.
    pub format: Option<Format>,
    /// Width and height, in pixels.
    pub size: Option<(u16, u16)>,
    /// Frames a second.
    pub fps: Option<f64>,
    /// Frames sent so far, over all starts.
    pub frames: u64,
    /// Frames lost because the one before was still going out.
    pub skipped: u64,
    /// How often it was started.
    pub opened: u64,
}

/// The emitter.
#[derive(Debug, Serialize)]
pub struct EmitterState {
    /// The control's bytes.
    pub current: Vec<u8>,
    /// The mode in them.
    pub mode: u8,
    /// Every mode it was told so far.
    pub set: Vec<u8>,
}

impl State {
    /// Of a camera on a port, or on none. `device`: its name on the bus.
    pub fn of(camera: &Camera, port: Option<u32>, device: Option<String>) -> Self {
        let mut state = Self {
            plugged: port.is_some(),
            port,
            scene: camera.scene().folder().map(Into::into),
            fault: camera.fault(),
            colour: None,
            infrared: None,
            emitter: None,
            violations: camera.violations.clone(),
            device,
        };
        for (index, part) in camera.functions.iter().enumerate() {
            let interface = Function::control_interface(index);
            let node = state
                .device
                .as_deref()
                .and_then(|device| vhci::node(device, interface));
            let of = Some(FunctionState::of(part, node));
            match part.kind {
                Kind::Colour => state.colour = of,
                Kind::Infrared => state.infrared = of,
            }
            if let Some(emitter) = &part.emitter {
                state.emitter = Some(EmitterState {
                    current: emitter.current().to_vec(),
                    mode: emitter.light().mode(),
                    set: emitter.set_so_far().to_vec(),
                });
            }
        }
        state
    }

    /// As JSON.
    ///
    /// # Errors
    /// The encoder's.
    pub fn all(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    /// What goes by this name, as `colour.node`: a text as it is, all else as JSON in one line; none if nothing does.
    ///
    /// # Errors
    /// The encoder's.
    pub fn named(&self, name: &str) -> serde_json::Result<Option<String>> {
        let all = serde_json::to_value(self)?;
        let found = name.split('.').try_fold(&all, |value, key| value.get(key));
        Ok(found.map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }))
    }
}

impl FunctionState {
    fn of(part: &Part, node: Option<PathBuf>) -> Self {
        let mode = part.stream.mode();
        Self {
            node,
            open: part.stream.is_open(),
            streaming: mode.is_some(),
            setting: u8::from(mode.is_some()),
            format: mode.map(|mode| mode.format),
            size: mode.map(|mode| mode.size),
            fps: mode.map(|mode| (1e9 / f64::from(mode.interval)).round() / 100.0),
            frames: part.stream.sent,
            skipped: part.stream.skipped,
            opened: part.stream.opened,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usb_camera::Device;
    use crate::usb_camera::scene::Scene;

    #[test]
    fn one_thing_can_be_asked_for_by_its_name() {
        let camera = Camera::new(Device::default(), Scene::default());
        let state = State::of(&camera, None, None);
        let said = |name| state.named(name).expect("JSON");
        assert_eq!(said("fault").as_deref(), Some("none"));
        assert_eq!(said("infrared.streaming").as_deref(), Some("false"));
        assert_eq!(said("emitter.current").as_deref(), Some("[1,3,1,0,0,0,0,0,0]"));
        assert_eq!(said("port").as_deref(), Some("null"));
        assert_eq!(said("colour.colour"), None);
    }
}
