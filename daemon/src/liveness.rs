//! Whether a face that matches is alive, as far as was seen in the very pictures that matched. Pure, and it only ever
//! denies: what did not match stays so.
//!
//! In colour the vision process asks the liveness networks; in infrared a strobing emitter tells by how much its flash
//! brightens the face more than what is around it. Each picture gives one number or none, the median of them is held
//! against a limit. What was measured: `docs/liveness.md`.

use std::collections::VecDeque;

use facelogin_config::{Config, Liveness as Mode};
use facelogin_protocol::types::CameraKind;

/// The least probability of being alive, by the networks: above every attack and below every median of live faces that was
/// measured, with either engine's detector (`docs/liveness.md`, the table of limits).
pub const NETWORK_LIMIT: f32 = 0.4;

/// By how much the flash must at least brighten the face more than its surroundings, of full scale. Chosen on made pictures
/// of a screen, a poster and skin an arm's length away: a screen is below 0 and a poster at 0, and noise is below 0.04
/// (`FLASH` in `vision/camera/pairing.rs`). No camera and no person has been measured.
pub const FLASH_LIMIT: f32 = 0.05;

/// What is to become of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It stands.
    Stands,
    /// What matched is not alive.
    Refused,
    /// Nothing told whether it is, and it must.
    Unknown,
}

/// What was told of the pictures that would be fused next.
#[derive(Clone, Debug)]
pub struct Liveness {
    mode: Mode,
    /// As many pictures as are fused.
    frames: usize,
    /// By which measure the open camera's pictures are judged.
    limit: Option<(Measure, f32)>,
    /// The open camera's flash was seen.
    strobes: bool,
    window: VecDeque<Option<f32>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Network,
    Flash,
}

impl Liveness {
    /// For probes of so many pictures.
    pub fn new(mode: Mode, frames: usize) -> Self {
        Self {
            mode,
            frames,
            limit: None,
            strobes: false,
            window: VecDeque::new(),
        }
    }

    /// A camera is open that sees this.
    pub fn opened(&mut self, kind: CameraKind) {
        self.limit = match kind {
            CameraKind::Colour | CameraKind::Replay => Some((Measure::Network, NETWORK_LIMIT)),
            CameraKind::Infrared => Some((Measure::Flash, FLASH_LIMIT)),
            CameraKind::Unknown => None,
        };
        self.strobes = false;
        self.window.clear();
    }

    /// A picture was lit by the open camera's flash: from here on it is expected to tell.
    pub fn lit(&mut self) {
        self.strobes = true;
    }

    /// A usable picture, whose face was compared: what the networks say of it, and by how much the flash brightened it more
    /// than its surroundings.
    pub fn observe(&mut self, network: Option<f32>, flash: Option<f32>) {
        self.window.push_back(match self.limit {
            Some((Measure::Network, _)) => network,
            Some((Measure::Flash, _)) => flash,
            None => None,
        });
        if self.window.len() > self.frames {
            self.window.pop_front();
        }
    }

    /// Whoever was in view left it.
    pub fn interrupted(&mut self) {
        self.window.clear();
    }

    /// Whether a match of the pictures in the window stands.
    ///
    /// `on`: unless the median of the answers is below the limit; without any it stands. `required`, and in infrared from
    /// when the flash was seen: more than half of the pictures must have an answer. An answer that is no number refuses.
    pub fn rule(&self) -> Ruling {
        if self.mode == Mode::Off {
            return Ruling::Stands;
        }
        let mut answers: Vec<f32> = self.window.iter().copied().flatten().collect();
        let Some((_, limit)) = self.limit else {
            return self.without_answer();
        };
        if answers.iter().any(|answer| answer.is_nan()) {
            return Ruling::Refused;
        }
        answers.sort_by(f32::total_cmp);
        // Of an even number the lower one of the two in the middle.
        let Some(median) = answers
            .len()
            .checked_sub(1)
            .and_then(|last| answers.get(last / 2))
        else {
            return self.without_answer();
        };
        if *median < limit {
            return Ruling::Refused;
        }
        if 2 * answers.len() <= self.window.len() {
            return self.without_answer();
        }
        Ruling::Stands
    }

    /// For too few answers. Whoever burns out half of a face or drowns the flash on half of the pictures must gain
    /// nothing by it: where the flash was seen it has to tell.
    fn without_answer(&self) -> Ruling {
        let by_flash = matches!(self.limit, Some((Measure::Flash, _)));
        match self.mode {
            Mode::Required => Ruling::Unknown,
            Mode::On if by_flash && self.strobes => Ruling::Unknown,
            Mode::Off | Mode::On => Ruling::Stands,
        }
    }
}

/// Whether anything in the configuration wants to know: the general rules (`facelogin-enroll test`) or a service that may
/// use the face.
pub fn wanted(config: &Config) -> bool {
    modes(config).any(|mode| mode != Mode::Off)
}

/// Whether a camera of this kind will do: where an answer is required, one that can have none is not opened.
pub fn will_do(mode: Mode, network: bool, kind: CameraKind) -> bool {
    let answers = match kind.compared_as() {
        CameraKind::Colour => network,
        // Whether its emitter strobes is seen when it is open.
        CameraKind::Infrared => true,
        CameraKind::Replay | CameraKind::Unknown => false,
    };
    mode != Mode::Required || answers
}

/// What is asked of faces, and what can be told of them by cameras of these `kinds`, for a person; with the remedy where it
/// is too little. Without `kinds`, for both.
pub fn describe(config: &Config, network: bool, kinds: &[CameraKind]) -> String {
    let mut text = rules(config);
    if !wanted(config) {
        text.push_str(": a picture of you may open what you open");
        return text;
    }
    let required = modes(config).any(|mode| mode == Mode::Required);
    let of = |kind| kinds.is_empty() || kinds.iter().any(|each| each.compared_as() == kind);
    if of(CameraKind::Colour) {
        text.push_str(match (network, required) {
            (true, _) => "; colour: by two networks",
            (false, false) => {
                "; colour: none: a picture of you may open what you open; `sudo facelogin-enroll models fetch --set \
                 liveness` gets what it takes"
            }
            (false, true) => {
                "; colour: none, so where it is required no face opens anything; `sudo facelogin-enroll models fetch \
                 --set liveness` gets what it takes"
            }
        });
    }
    if of(CameraKind::Infrared) {
        text.push_str(match required {
            false => {
                "; infrared: by its flash where it strobes, otherwise none: a picture of you may open what you open"
            }
            true => "; infrared: by its flash where it strobes, otherwise none, and where it is required no face opens anything",
        });
    }
    text
}

/// The general rule, and the services that have another.
fn rules(config: &Config) -> String {
    let general = config.rules.liveness;
    let others: Vec<String> = config
        .services
        .iter()
        .filter(|(_, service)| service.enabled && service.rules.liveness != general)
        .map(|(name, service)| format!("{name}: {}", word(service.rules.liveness)))
        .collect();
    match others.as_slice() {
        [] => word(general).into(),
        some => format!("{} ({})", word(general), some.join(", ")),
    }
}

fn modes(config: &Config) -> impl Iterator<Item = Mode> {
    let of_services = config
        .services
        .values()
        .filter(|service| service.enabled)
        .map(|service| service.rules.liveness);
    std::iter::once(config.rules.liveness).chain(of_services)
}

fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "off",
        Mode::On => "on",
        Mode::Required => "required",
    }
}

#[cfg(test)]
#[path = "liveness_tests.rs"]
mod tests;
