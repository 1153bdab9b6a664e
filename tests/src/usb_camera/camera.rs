//! The device: its functions, what is in front of it, what is wrong with it.

use std::sync::Arc;
use std::time::Instant;

use super::control::{self, Answer};
use super::convert::Wanted;
use super::descriptors::{self, Function};
use super::device::Device;
use super::emitter::Emitter;
use super::fault::{Fault, Spell, corrupt};
use super::light::{Light, Lit};
use super::modes::{Mode, Modes};
use super::payload::Outgoing;
use super::probe::Agreement;
use super::scene::{Scene, Shown};
use super::stream::Stream;
use super::usbip::{self, Request};

/// Ticks of the camera's clock in a microsecond, as its descriptor says: 48 MHz.
const CLOCK: u128 = 48;

/// The camera, as the bus and as whoever scripts it see it.
pub struct Camera {
    /// What it is.
    pub device: Device,
    pub(super) functions: Vec<Part>,
    pub(super) configured: u8,
    /// Writes to controls that it does not advertise, or that are nobody's business but its maker's.
    pub(super) violations: Vec<String>,
    scene: Scene,
    started: Instant,
}

/// A function and what becomes of it.
pub(super) struct Part {
    pub kind: Kind,
    pub function: Function,
    pub agreement: Agreement,
    pub stream: Stream,
    pub emitter: Option<Emitter>,
    /// Why the last request was refused (USB Video Class 1.1, 4.2.1.2).
    pub refusal: u8,
    unasked: Light,
    tables: bool,
    warm_up: u32,
    spell: Spell,
    last: Option<u64>,
}

/// What sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The colour sensor.
    Colour,
    /// The infrared sensor.
    Infrared,
}

impl Camera {
    /// A camera in front of which is `scene`.
    pub fn new(device: Device, scene: Scene) -> Self {
        let mut functions = Vec::new();
        if let Some(colour) = &device.colour {
            let modes = Modes::new(&colour.formats, &colour.sizes, &colour.fps, colour.continuous);
            let mut part = Part::new(Kind::Colour, modes, functions.len(), None);
            (part.tables, part.warm_up) = (colour.tables, colour.warm_up);
            functions.push(part);
        }
        if let Some(infrared) = &device.infrared {
            let modes = Modes::new(
                &infrared.formats,
                &infrared.sizes,
                &infrared.fps,
                infrared.continuous,
            );
            let emitter = infrared.emitter.then_some(infrared.light);
            let mut part = Part::new(Kind::Infrared, modes, functions.len(), emitter);
            (part.unasked, part.warm_up) = (infrared.light, infrared.warm_up);
            functions.push(part);
        }
        Self {
            device,
            functions,
            configured: 0,
            violations: Vec::new(),
            scene,
            started: Instant::now(),
        }
    }

    /// Puts another scene in front of it.
    pub fn show(&mut self, scene: Scene) {
        self.scene = scene;
    }

    /// What is in front of it.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// From the next frame on; `frames`: for how many of each stream, if not until further notice.
    pub fn fail(&mut self, fault: Fault, frames: Option<u64>) {
        for part in &mut self.functions {
            part.spell = Spell::new(fault, frames);
        }
    }

    /// What is wrong with it now.
    pub fn fault(&self) -> Fault {
        let mut faults = self.functions.iter().map(|part| part.spell.fault());
        faults.find(|&fault| fault != Fault::None).unwrap_or_default()
    }

    /// The device descriptor.
    pub fn device_descriptor(&self) -> Vec<u8> {
        let Device {
            vendor,
            product,
            release,
            serial,
            ..
        } = &self.device;
        descriptors::device(*vendor, *product, *release, !serial.is_empty())
    }

    /// The configuration descriptor with all that belongs to it.
    pub fn configuration_descriptor(&self) -> Vec<u8> {
        let functions: Vec<_> = self
            .functions
            .iter()
            .map(|part| {
                (
                    part.function.clone(),
                    if part.kind == Kind::Colour { 4 } else { 5 },
                )
            })
            .collect();
        descriptors::configuration(&functions)
    }

    /// The string with this index, from 1.
    pub fn string(&self, index: u8) -> Option<&str> {
        let texts = [
            self.device.maker.as_str(),
            &self.device.name,
            &self.device.serial,
            "Integrated Camera",
            "Integrated IR Camera",
        ];
        let text = texts.get(usize::from(index).checked_sub(1)?).copied()?;
        (!text.is_empty()).then_some(text)
    }

    /// It lost its power, or gets it anew.
    pub fn reset(&mut self) {
        self.configured = 0;
        for part in &mut self.functions {
            part.stream.reset();
            part.agreement = Agreement::new(&part.function.modes);
            if let Some(emitter) = &mut part.emitter {
                emitter.reset();
            }
        }
    }

    /// When it has something to do on its own.
    pub fn due(&self) -> Option<Instant> {
        self.functions.iter().filter_map(|part| part.stream.due()).min()
    }

    /// What a request brings about; its answer goes into `out`, now or when there is one.
    pub fn take(&mut self, request: Request, out: &mut Vec<u8>) {
        match request {
            Request::Control { seqnum, setup, data } => match control::answer(self, &setup, &data) {
                Answer::Data(mut data) => {
                    data.truncate(usize::from(setup.length));
                    usbip::submitted(out, seqnum, 0, &data, 0);
                }
                Answer::Done => usbip::submitted(out, seqnum, 0, &[], data.len()),
                Answer::Stall => usbip::submitted(out, seqnum, usbip::STALLED, &[], 0),
            },
            Request::In { endpoint, urb } => {
                let Some((index, frames)) = self.endpoint(endpoint) else {
                    usbip::submitted(out, urb.seqnum, usbip::STALLED, &[], 0);
                    return;
                };
                let stream = &mut self.functions[index].stream;
                if frames {
                    stream.submit(urb);
                    stream.pump(out);
                } else {
                    stream.wait(urb.seqnum);
                }
            }
            Request::Out { seqnum } => usbip::submitted(out, seqnum, usbip::STALLED, &[], 0),
            Request::Unlink { seqnum, which } => {
                let mut streams = self.functions.iter_mut().map(|part| &mut part.stream);
                let was_there = streams.any(|stream| stream.forget(which));
                usbip::unlinked(out, seqnum, was_there);
            }
        }
    }

    /// Sends the frames that are due.
    pub fn tick(&mut self, now: Instant, out: &mut Vec<u8>) {
        let time = (now.saturating_duration_since(self.started).as_micros() * CLOCK) as u32;
        for part in &mut self.functions {
            let Some(mode) = part.stream.mode() else { continue };
            let interval = part.spell.fault().interval(mode.interval);
            let Some(number) = part.stream.take_due(now, interval) else {
                continue;
            };
            let fault = part.spell.take();
            if fault == Fault::Silent {
                continue;
            }
            if part.stream.is_sending() {
                part.stream.skipped += 1;
                continue;
            }
            let (picture, shown, wanted) = part.next(fault, number, mode);
            part.last = Some(picture);
            // A picture that cannot be encoded is a frame that does not come.
            let Ok(mut bytes) = self.scene.frame(shown, wanted) else {
                continue;
            };
            if fault == Fault::Corrupt {
                corrupt(Arc::<Vec<u8>>::make_mut(&mut bytes), mode.format, number);
            }
            let length = fault.length(bytes.len());
            let flagged = fault == Fault::Flagged;
            part.stream
                .put(|odd| Outgoing::new(bytes, length, odd, flagged, time));
            part.stream.pump(out);
        }
    }

    /// Makes what the next frames are likely to show, while there is time: not while one is going out.
    pub fn prepare(&mut self) {
        if self.functions.iter().any(|part| part.stream.is_sending()) {
            return;
        }
        for part in &self.functions {
            let (Some(mode), Some(number)) = (part.stream.mode(), part.stream.taken()) else {
                continue;
            };
            let (_, shown, wanted) = part.next(part.spell.fault(), number, mode);
            // It is tried again when the frame is due.
            let _ = self.scene.frame(shown, wanted);
        }
    }

    /// Which function's, and whether it carries frames.
    fn endpoint(&self, endpoint: u8) -> Option<(usize, bool)> {
        (0..self.functions.len()).find_map(|index| {
            if endpoint == Function::streaming_endpoint(index) {
                Some((index, true))
            } else if endpoint == Function::status_endpoint(index) {
                Some((index, false))
            } else {
                None
            }
        })
    }
}

impl Part {
    fn new(kind: Kind, modes: Modes, index: usize, emitter: Option<Light>) -> Self {
        Self {
            kind,
            agreement: Agreement::new(&modes),
            function: Function {
                modes,
                emitter: emitter.is_some(),
                makers_unit: kind == Kind::Infrared,
            },
            stream: Stream::default(),
            emitter: emitter.map(|light| Emitter::new(Function::streaming_interface(index), light)),
            refusal: 0,
            unasked: Light::Off,
            tables: true,
            warm_up: 0,
            spell: Spell::default(),
            last: None,
        }
    }

    /// Which picture the next frame is, what it shows, and how. `number`: of frames since the start.
    fn next(&self, fault: Fault, number: u64, mode: Mode) -> (u64, Shown, Wanted) {
        let picture = match (fault, self.last) {
            (Fault::Frozen, Some(last)) => last,
            (_, Some(last)) => last + 1,
            (_, None) => 0,
        };
        let shown = match fault {
            Fault::Black => Shown::Black,
            Fault::White => Shown::White,
            _ => Shown::Picture(picture),
        };
        let shines = self
            .emitter
            .as_ref()
            .map_or(self.unasked, Emitter::light)
            .shines(picture);
        let lit = match (self.kind, shines, fault) {
            (Kind::Colour, _, _) => None,
            (Kind::Infrared, false, _) => Some(Lit::Dark),
            (Kind::Infrared, true, Fault::Flat) => Some(Lit::Around),
            (Kind::Infrared, true, _) => Some(Lit::Near),
        };
        let exposure = match u64::from(self.warm_up) {
            warm_up if number < warm_up => (256 * (number + 1) / (warm_up + 1)) as u16,
            _ => 256,
        };
        let wanted = Wanted {
            format: mode.format,
            size: mode.size,
            lit,
            tables: self.tables,
            exposure,
        };
        (picture, shown, wanted)
    }
}
