//! The requests to the control endpoint: USB's own (USB 2.0, 9.4) and the video class's (USB Video Class 1.1, 4).

use std::time::Instant;

use super::camera::{Camera, Kind, Part};
use super::descriptors::{self, Function};
use super::emitter;
use super::probe::{self, Agreement};
use super::usbip::Setup;

/// What a request brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Data for the host.
    Data(Vec<u8>),
    /// It is done.
    Done,
    /// It is not understood.
    Stall,
}

const SET_CUR: u8 = 0x01;
const GET_CUR: u8 = 0x81;
const GET_LEN: u8 = 0x85;
const GET_INFO: u8 = 0x86;
const GET_DEF: u8 = 0x87;

/// VC_REQUEST_ERROR_CODE_CONTROL.
const ERROR_CODE: u8 = 2;
const PROBE: u8 = 1;
const COMMIT: u8 = 2;

/// Error codes of the class: a value out of range, a unit, a control, a request that there is not.
const OUT_OF_RANGE: u8 = 4;
const INVALID_UNIT: u8 = 5;
const INVALID_CONTROL: u8 = 6;
const INVALID_REQUEST: u8 = 7;

/// Bytes of the controls of the maker's unit.
const MAKERS_LENGTH: usize = 4;

/// Answers a request. `data`: what the host sent along.
pub fn answer(camera: &mut Camera, setup: &Setup, data: &[u8]) -> Answer {
    match setup.kind {
        0x80 => to_host(camera, setup),
        0x00 => to_device(camera, setup),
        0x81 => of_interface(camera, setup),
        0x01 => set_interface(camera, setup),
        // An endpoint is never halted.
        0x82 if setup.request == 0 => Answer::Data(vec![0, 0]),
        0x02 if setup.request == 1 => Answer::Done,
        0x21 | 0xa1 => of_class(camera, setup, data),
        _ => Answer::Stall,
    }
}

fn to_host(camera: &Camera, setup: &Setup) -> Answer {
    let [index, kind] = setup.value.to_le_bytes();
    match (setup.request, kind) {
        (0, _) => Answer::Data(vec![0, 0]),
        (6, 1) => Answer::Data(camera.device_descriptor()),
        (6, 2) if index == 0 => Answer::Data(camera.configuration_descriptor()),
        (6, 3) if index == 0 => Answer::Data(descriptors::languages()),
        (6, 3) => camera
            .string(index)
            .map_or(Answer::Stall, |text| Answer::Data(descriptors::string(text))),
        (8, _) => Answer::Data(vec![camera.configured]),
        _ => Answer::Stall,
    }
}

fn to_device(camera: &mut Camera, setup: &Setup) -> Answer {
    match (setup.request, setup.value) {
        // SET_CONFIGURATION: the device is as it was when it got its power, but for the emitter.
        (9, configuration @ (0 | 1)) => {
            camera.configured = configuration as u8;
            for part in &mut camera.functions {
                part.stream.stop();
                part.agreement = Agreement::new(&part.function.modes);
            }
            Answer::Done
        }
        // SET_ADDRESS; SET_FEATURE and CLEAR_FEATURE, of which a camera has none.
        (5, _) => Answer::Done,
        _ => Answer::Stall,
    }
}

fn of_interface(camera: &mut Camera, setup: &Setup) -> Answer {
    let Some((part, streaming)) = interface(camera, setup.index as u8) else {
        return Answer::Stall;
    };
    match setup.request {
        0 => Answer::Data(vec![0, 0]),
        10 => Answer::Data(vec![u8::from(streaming && part.stream.mode().is_some())]),
        _ => Answer::Stall,
    }
}

/// SET_INTERFACE: the setting that has the endpoint starts the stream, the one without stops it.
fn set_interface(camera: &mut Camera, setup: &Setup) -> Answer {
    if setup.request != 11 {
        return Answer::Stall;
    }
    match (interface(camera, setup.index as u8), setup.value) {
        (Some((part, true)), 1) => match part.agreement.committed {
            Some(mode) => {
                part.stream.start(mode, Instant::now());
                Answer::Done
            }
            None => Answer::Stall,
        },
        (Some((part, true)), 0) => {
            part.stream.stop();
            Answer::Done
        }
        (Some((_, false)), 0) => Answer::Done,
        _ => Answer::Stall,
    }
}

/// The interface's function, and whether it is the one that carries the frames.
fn interface(camera: &mut Camera, number: u8) -> Option<(&mut Part, bool)> {
    let part = camera.functions.get_mut(usize::from(number / 2))?;
    Some((part, number % 2 == 1))
}

fn of_class(camera: &mut Camera, setup: &Setup, data: &[u8]) -> Answer {
    let [number, unit] = setup.index.to_le_bytes();
    let selector = (setup.value >> 8) as u8;
    let Some((part, streaming)) = interface(camera, number) else {
        return Answer::Stall;
    };
    let outcome = if streaming {
        of_stream(part, setup.request, selector, data)
    } else {
        of_unit(part, setup.request, unit, selector, data)
    };
    let (outcome, violation) = match outcome {
        Ok(answer) => (Ok(answer), None),
        Err(Refusal::Plain(code)) => (Err(code), None),
        Err(Refusal::Violation(code)) => (Err(code), Some(())),
        Err(Refusal::TakenViolation) => (Ok(Answer::Done), Some(())),
    };
    let name = match part.kind {
        Kind::Colour => "colour",
        Kind::Infrared => "infrared",
    };
    // The control that tells of the error is no request of its own.
    let tells = !streaming && unit == 0 && selector == ERROR_CODE;
    if !tells {
        part.refusal = outcome.as_ref().err().copied().unwrap_or(0);
    }
    if violation.is_some() {
        let bytes: Vec<_> = data.iter().map(|byte| format!("{byte:02x}")).collect();
        let bytes = bytes.join(" ");
        let what = format!("{name}: SET_CUR unit {unit} selector {selector}: {bytes}");
        camera.violations.push(what);
    }
    outcome.unwrap_or(Answer::Stall)
}

/// Why a request is not answered.
enum Refusal {
    Plain(u8),
    /// It is not answered, and should never have been sent.
    Violation(u8),
    /// It should never have been sent, and the camera takes it all the same.
    TakenViolation,
}

fn of_stream(part: &mut Part, request: u8, selector: u8, data: &[u8]) -> Result<Answer, Refusal> {
    if !matches!(selector, PROBE | COMMIT) {
        return Err(refused(request, INVALID_CONTROL));
    }
    let modes = &part.function.modes;
    match request {
        SET_CUR => {
            let mode = probe::wished(modes, data).ok_or(Refusal::Plain(OUT_OF_RANGE))?;
            if selector == PROBE {
                part.agreement.probed = mode;
            } else {
                part.agreement.committed = Some(mode);
            }
            Ok(Answer::Done)
        }
        GET_CUR => {
            let committed = part.agreement.committed.filter(|_| selector == COMMIT);
            let mode = committed.unwrap_or(part.agreement.probed);
            Ok(Answer::Data(probe::bytes(&mode).to_vec()))
        }
        // GET_MIN, GET_MAX, GET_DEF.
        0x82 | 0x83 | GET_DEF if selector == PROBE => {
            Ok(Answer::Data(probe::bytes(&modes.nearest(1, 1, 0)).to_vec()))
        }
        GET_LEN => Ok(Answer::Data((probe::LENGTH as u16).to_le_bytes().to_vec())),
        GET_INFO => Ok(Answer::Data(vec![0b11])),
        _ => Err(Refusal::Plain(INVALID_REQUEST)),
    }
}

fn of_unit(part: &mut Part, request: u8, unit: u8, selector: u8, data: &[u8]) -> Result<Answer, Refusal> {
    let Function { makers_unit, .. } = part.function;
    match (unit, selector) {
        (0, ERROR_CODE) if request == GET_CUR => Ok(Answer::Data(vec![part.refusal])),
        (0, ERROR_CODE) if request == GET_INFO => Ok(Answer::Data(vec![0b01])),
        (descriptors::EMITTER, emitter::SELECTOR) => {
            let Some(emitter) = &mut part.emitter else {
                return Err(refused(request, INVALID_UNIT));
            };
            if request == SET_CUR {
                let taken = emitter.set(data);
                return if taken {
                    Ok(Answer::Done)
                } else {
                    Err(Refusal::Violation(OUT_OF_RANGE))
                };
            }
            let bytes = emitter.get(request).ok_or(Refusal::Plain(INVALID_REQUEST))?;
            Ok(Answer::Data(bytes))
        }
        (descriptors::MAKERS, 1..=3) if makers_unit => match request {
            SET_CUR => Err(Refusal::TakenViolation),
            GET_LEN => Ok(Answer::Data((MAKERS_LENGTH as u16).to_le_bytes().to_vec())),
            GET_INFO => Ok(Answer::Data(vec![0b11])),
            GET_CUR..=GET_DEF => Ok(Answer::Data(vec![0; MAKERS_LENGTH])),
            _ => Err(Refusal::Plain(INVALID_REQUEST)),
        },
        (descriptors::EMITTER | descriptors::MAKERS, _) => Err(refused(request, INVALID_CONTROL)),
        _ => Err(refused(request, INVALID_UNIT)),
    }
}

/// A control that the camera does not advertise: asking is no harm.
fn refused(request: u8, code: u8) -> Refusal {
    if request == SET_CUR {
        Refusal::Violation(code)
    } else {
        Refusal::Plain(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usb_camera::scene::Scene;
    use crate::usb_camera::{Device, light::Light};

    fn camera() -> Camera {
        Camera::new(Device::default(), Scene::default())
    }

    fn ask(camera: &mut Camera, setup: [u8; 8], data: &[u8]) -> Answer {
        answer(camera, &Setup::new(setup), data)
    }

    /// A request of the class to a unit of the infrared function, whose control interface is 2.
    fn unit(camera: &mut Camera, request: u8, unit: u8, selector: u8, data: &[u8]) -> Answer {
        let kind = if request == SET_CUR { 0x21 } else { 0xa1 };
        let length = data.len().max(9) as u8;
        ask(camera, [kind, request, 0, selector, 2, unit, length, 0], data)
    }

    #[test]
    fn it_is_enumerated() {
        let mut camera = camera();
        let Answer::Data(device) = ask(&mut camera, [0x80, 6, 0, 1, 0, 0, 64, 0], &[]) else {
            panic!("a device descriptor");
        };
        assert_eq!(device[8..12], [0xf2, 0x04, 0xd9, 0xb6]);
        let Answer::Data(name) = ask(&mut camera, [0x80, 6, 2, 3, 9, 4, 255, 0], &[]) else {
            panic!("a name");
        };
        assert_eq!(name, descriptors::string("Integrated Camera"));
        assert_eq!(ask(&mut camera, [0x00, 9, 1, 0, 0, 0, 0, 0], &[]), Answer::Done);
        assert_eq!(
            ask(&mut camera, [0x80, 8, 0, 0, 0, 0, 1, 0], &[]),
            Answer::Data(vec![1])
        );
        // The qualifier of a device that can be slower; a string that there is not.
        for setup in [[0x80, 6, 0, 6, 0, 0, 10, 0], [0x80, 6, 9, 3, 9, 4, 255, 0]] {
            assert_eq!(ask(&mut camera, setup, &[]), Answer::Stall);
        }
    }

    #[test]
    fn a_stream_starts_once_it_is_agreed_on() {
        let mut camera = camera();
        let start = [0x01, 11, 1, 0, 1, 0, 0, 0];
        assert_eq!(
            ask(&mut camera, start, &[]),
            Answer::Stall,
            "nothing is committed"
        );
        let Answer::Data(mut wish) = ask(&mut camera, [0xa1, GET_DEF, 0, PROBE, 1, 0, 34, 0], &[]) else {
            panic!("a proposal");
        };
        wish[2..4].copy_from_slice(&[2, 1]);
        for selector in [PROBE, COMMIT] {
            let setup = [0x21, SET_CUR, 0, selector, 1, 0, 34, 0];
            assert_eq!(ask(&mut camera, setup, &wish), Answer::Done);
        }
        assert_eq!(ask(&mut camera, start, &[]), Answer::Done);
        let get = [0x81, 10, 0, 0, 1, 0, 1, 0];
        assert_eq!(ask(&mut camera, get, &[]), Answer::Data(vec![1]));
        let mode = camera.functions[0].stream.mode().expect("it runs");
        assert_eq!((mode.format_index, mode.size), (2, (640, 480)));
        assert_eq!(ask(&mut camera, [0x01, 11, 0, 0, 1, 0, 0, 0], &[]), Answer::Done);
        assert_eq!(ask(&mut camera, get, &[]), Answer::Data(vec![0]));
    }

    #[test]
    fn the_emitter_is_switched_by_the_control_that_is_advertised() {
        let mut camera = camera();
        let on = [1, 3, 2, 0, 0, 0, 0, 0, 0];
        assert_eq!(unit(&mut camera, GET_LEN, 4, 6, &[]), Answer::Data(vec![9, 0]));
        assert_eq!(unit(&mut camera, SET_CUR, 4, 6, &on), Answer::Done);
        assert_eq!(unit(&mut camera, GET_CUR, 4, 6, &[]), Answer::Data(on.to_vec()));
        assert!(camera.violations.is_empty());
        camera.reset();
        let emitter = camera.functions[1].emitter.as_ref().expect("an emitter");
        assert_eq!((emitter.light(), emitter.set_so_far()), (Light::Off, &[2][..]));
    }

    #[test]
    fn a_write_to_anything_else_is_recorded() {
        let on = [1, 3, 2, 0, 0, 0, 0, 0, 0];
        for (number, selector, bytes, answer, code) in [
            (4, 5, &on[..], Answer::Stall, INVALID_CONTROL),
            (9, 6, &on[..], Answer::Stall, INVALID_UNIT),
            (4, 6, &on[..3], Answer::Stall, OUT_OF_RANGE),
            (5, 2, &[1, 2, 3, 4][..], Answer::Done, 0),
        ] {
            let mut camera = camera();
            assert_eq!(
                unit(&mut camera, GET_CUR, number, selector, &[]) == Answer::Stall,
                code > 4
            );
            assert!(camera.violations.is_empty(), "asking is no harm");
            assert_eq!(unit(&mut camera, SET_CUR, number, selector, bytes), answer);
            assert_eq!(
                unit(&mut camera, GET_CUR, 0, ERROR_CODE, &[]),
                Answer::Data(vec![code])
            );
            let expected = format!("infrared: SET_CUR unit {number} selector {selector}: ");
            let [violation] = &camera.violations[..] else {
                panic!("one violation: {:?}", camera.violations);
            };
            assert!(violation.starts_with(&expected), "{violation}");
        }
    }
}
