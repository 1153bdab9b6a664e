//! A camera's infrared emitter, switched on through a control that the camera advertises, and back afterwards.
//!
//! Only ever one control is written: Microsoft's for face authentication, or the one that a quirk file names for this very
//! model; and only if the descriptors of the node's own interface advertise it in a unit with that GUID. Cameras have been
//! lost for good to programs that tried out the others.
//!
//! It is set anew at each opening. A camera that lost its power in between, as in suspend, needs nothing more.

mod descriptors;
mod ioctl;
mod modes;
mod place;

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::vision::camera::inventory::Node;
use crate::vision::camera::quirks;

use place::Place;

pub use descriptors::{Guid, Unit, units};

/// A request of the video class (USB Video Class 1.5, table A-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Request {
    /// SET_CUR.
    Set = 0x01,
    /// GET_CUR.
    Current = 0x81,
    /// GET_MAX.
    Max = 0x83,
    /// GET_LEN.
    Length = 0x85,
    /// GET_INFO.
    Info = 0x86,
    /// GET_DEF.
    Default = 0x87,
}

/// An answer takes a few milliseconds. One that takes longer than this comes from a firmware that is stuck.
const PROMPT: Duration = Duration::from_millis(500);

/// The cameras, by identity, whose control did not answer in time. `uvcvideo` waits five seconds for each answer, which is
/// more than a whole login has: asked at every opening, such a camera would be of no use at all. They are forgotten
/// when the process ends.
static STUCK: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn stuck() -> MutexGuard<'static, BTreeSet<String>> {
    // A set is whole, whoever panicked while they held it.
    STUCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// GET_INFO's bits for a control that can be read and written.
const READ_AND_WRITE: u8 = 0b11;

/// Something that answers requests to the controls of its extension units: an open node.
pub trait Control {
    /// Sends `data`, or fills it.
    ///
    /// # Errors
    /// What the driver says: the device is gone, the control is not there, `data` is not as long as the control.
    fn ask(&self, unit: u8, selector: u8, request: Request, data: &mut [u8]) -> io::Result<()>;
}

/// Why an emitter could not be switched on.
#[derive(Debug, thiserror::Error)]
pub enum EmitterError {
    /// The driver, or the device behind it, refused.
    #[error("the emitter's control does not answer {0:?}: {1}")]
    Refused(Request, io::Error),
    /// It answered too late, or not at all. It is asked nothing more.
    #[error("the emitter's control took {1:.1?} for {0:?}: it is left alone from now on")]
    Stuck(Request, Duration),
    /// The node does not open.
    #[error("cannot open {0} for its emitter: {1}")]
    Open(String, io::Error),
    /// It advertises the control, and says that it cannot be read and written.
    #[error("the emitter's control can not be both read and written (GET_INFO says {0:#04x})")]
    Info(u8),
    /// It has another length.
    #[error("the emitter's control has {found} bytes, expected {expected}")]
    Length {
        /// What it should have.
        expected: usize,
        /// What it says.
        found: u16,
    },
    /// It says nothing that makes sense.
    #[error("the emitter's control offers neither of the modes that are known (GET_MAX says {0:02x?})")]
    Modes(Vec<u8>),
    /// It was told, and does not say that it does.
    #[error("the emitter was told {told:02x?} and says {says:02x?}")]
    NotTaken {
        /// What was asked for.
        told: Vec<u8>,
        /// What is in force.
        says: Vec<u8>,
    },
}

/// How a camera's emitter is switched.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    Microsoft,
    Quirk(&'static quirks::Switch),
}

/// Whether there is a way to switch the node's emitter. Reads descriptors; the device is left alone.
pub fn known(node: &Node) -> bool {
    Place::of(node).is_some_and(|place| way(&place).is_some())
}

fn way(place: &Place) -> Option<(u8, Way)> {
    let units = units(&place.descriptors, place.configuration, place.interface);
    let unit = |guid: Guid, selector| {
        let has = |unit: &&Unit| unit.guid == guid && unit.advertises(selector);
        units.iter().find(has).map(|unit| unit.id)
    };
    let switches =
        quirks::of(place.vendor, place.product, &place.name).filter_map(|quirk| quirk.emitter.as_ref());
    // What is known of the very model goes before what holds for all.
    let by_quirk = switches
        .filter_map(|switch| Some((unit(switch.unit, switch.selector)?, Way::Quirk(switch))))
        .next();
    by_quirk.or_else(|| Some((unit(modes::GUID, modes::SELECTOR)?, Way::Microsoft)))
}

/// An emitter that is on. Dropping it puts back what was in force before, if the device is still there.
#[derive(Debug)]
pub struct Emitter<C: Control = File> {
    device: C,
    unit: u8,
    selector: u8,
    found: Vec<u8>,
    back: Vec<u8>,
    strobes: bool,
    stuck: bool,
}

impl Emitter {
    /// Switches on the node's emitter. `Ok(None)`: none is known, and the camera may drive one by itself; or its control
    /// did not answer this process before.
    ///
    /// The node stays open until the emitter is dropped: some cameras forget what they were told when it is closed.
    ///
    /// # Errors
    /// The camera can be looked through all the same; it may be dark.
    pub fn switch_on(node: &Node) -> Result<Option<Self>, EmitterError> {
        if stuck().contains(&node.id) {
            return Ok(None);
        }
        let Some((unit, way)) = Place::of(node).and_then(|place| way(&place)) else {
            return Ok(None);
        };
        let device = node
            .hold()
            .map_err(|error| EmitterError::Open(node.id.clone(), error))?;
        let told = Self::tell(device, unit, &way);
        if let Err(EmitterError::Stuck(..)) = told {
            stuck().insert(node.id.clone());
        }
        told.map(Some)
    }
}

impl<C: Control> Emitter<C> {
    fn tell(device: C, unit: u8, way: &Way) -> Result<Self, EmitterError> {
        let (selector, length) = match way {
            Way::Microsoft => (modes::SELECTOR, modes::LENGTH),
            Way::Quirk(switch) => (switch.selector, switch.on.len()),
        };
        let ask = |request, data: &mut [u8]| promptly(&device, unit, selector, request, data);
        let mut info = [0];
        ask(Request::Info, &mut info)?;
        if info[0] & READ_AND_WRITE != READ_AND_WRITE {
            return Err(EmitterError::Info(info[0]));
        }
        let mut found = [0; 2];
        ask(Request::Length, &mut found)?;
        let found = u16::from_le_bytes(found);
        if usize::from(found) != length {
            return Err(EmitterError::Length {
                expected: length,
                found,
            });
        }
        let mut current = vec![0; length];
        ask(Request::Current, &mut current)?;
        let found = current.clone();
        let (on, back, strobes) = match way {
            Way::Microsoft => {
                let (mut max, mut default, mut now) =
                    ([0; modes::LENGTH], [0; modes::LENGTH], [0; modes::LENGTH]);
                ask(Request::Max, &mut max)?;
                ask(Request::Default, &mut default)?;
                now.copy_from_slice(&current);
                let plan = modes::plan(&max, &default, &now).ok_or(EmitterError::Modes(max.into()))?;
                (plan.on.to_vec(), plan.back.to_vec(), plan.strobes)
            }
            // A process that died may have left it on.
            Way::Quirk(switch) if current == switch.on => {
                (switch.on.clone(), switch.off.clone(), switch.strobes)
            }
            Way::Quirk(switch) => (switch.on.clone(), current, switch.strobes),
        };
        let mut emitter = Self {
            device,
            unit,
            selector,
            found,
            back,
            strobes,
            stuck: false,
        };
        // From here on, whatever happens, dropping it puts things back. Written even if it is in force already: some
        // cameras light up only when they are told after they were opened.
        let (mut told, mut says) = (on.clone(), vec![0; length]);
        let ask = |request, data: &mut [u8]| promptly(&emitter.device, unit, selector, request, data);
        let answer = ask(Request::Set, &mut told).and_then(|()| ask(Request::Current, &mut says));
        if let Err(error) = answer {
            emitter.stuck = matches!(error, EmitterError::Stuck(..));
            return Err(error);
        }
        if says != on {
            return Err(EmitterError::NotTaken { told: on, says });
        }
        Ok(emitter)
    }

    /// Puts it back to what it was, whatever that was: for when the camera turns out to be in somebody else's use, who may
    /// have switched it on.
    pub fn never_mind(mut self) {
        self.back = std::mem::take(&mut self.found);
    }

    /// Whether it lights every other picture, as far as it was told so and says so.
    pub fn strobes(&self) -> bool {
        self.strobes
    }
}

/// Asks, and takes no answer that was long in coming.
fn promptly<C: Control>(
    device: &C,
    unit: u8,
    selector: u8,
    request: Request,
    data: &mut [u8],
) -> Result<(), EmitterError> {
    let asked = Instant::now();
    let answer = device.ask(unit, selector, request, data);
    let took = asked.elapsed();
    match answer {
        Err(error) if error.kind() != io::ErrorKind::TimedOut && took <= PROMPT => {
            Err(EmitterError::Refused(request, error))
        }
        Ok(()) if took <= PROMPT => Ok(()),
        _ => Err(EmitterError::Stuck(request, took)),
    }
}

impl<C: Control> Drop for Emitter<C> {
    fn drop(&mut self) {
        let mut current = vec![0; self.back.len()];
        let ask = |request, data: &mut [u8]| self.device.ask(self.unit, self.selector, request, data);
        // One that is as it was needs no word. One that does not say may do what it is told all the same, and one that is
        // stuck is told without another wait for what it would say.
        let as_it_was = !self.stuck && ask(Request::Current, &mut current).is_ok() && current == self.back;
        if !as_it_was {
            // Nobody is left to tell of a failure; the next opening does not take what it finds for what was there before.
            let _ = ask(Request::Set, &mut self.back);
        }
    }
}

#[cfg(test)]
#[path = "emitter_tests.rs"]
mod tests;
