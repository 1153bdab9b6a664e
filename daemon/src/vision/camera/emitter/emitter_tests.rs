use std::cell::{Cell, RefCell};
use std::rc::Rc;

use nix::errno::Errno;

use super::*;

const UNIT: u8 = 14;

/// A camera with one control, as a script.
#[derive(Clone)]
struct Made(Rc<State>);

struct State {
    selector: u8,
    info: u8,
    length: u16,
    max: Vec<u8>,
    default: Vec<u8>,
    current: RefCell<Vec<u8>>,
    /// What it was told.
    told: RefCell<Vec<Vec<u8>>>,
    /// It answers so many requests more, and is then unplugged.
    answers: Cell<usize>,
    /// How long it then takes to answer the next one, which times out if the time is up.
    pause: Option<Duration>,
    /// It says that it does what it is told, and does not.
    deaf: bool,
}

impl Control for Made {
    fn ask(&self, unit: u8, selector: u8, request: Request, data: &mut [u8]) -> io::Result<()> {
        let camera = &*self.0;
        let Some(left) = camera.answers.get().checked_sub(1) else {
            match camera.pause {
                None => return Err(Errno::ENODEV.into()),
                Some(Duration::ZERO) => return self.time_out(request, data),
                Some(pause) => std::thread::sleep(pause),
            }
            return self.answer(request, data);
        };
        camera.answers.set(left);
        assert_eq!((unit, selector), (UNIT, camera.selector), "another control");
        self.answer(request, data)
    }
}

impl Made {
    /// What it is told reaches it.
    fn time_out(&self, request: Request, data: &[u8]) -> io::Result<()> {
        if request == Request::Set {
            self.0.told.borrow_mut().push(data.to_vec());
        }
        Err(Errno::ETIMEDOUT.into())
    }

    fn answer(&self, request: Request, data: &mut [u8]) -> io::Result<()> {
        let camera = &*self.0;
        let answer = match request {
            Request::Info => vec![camera.info],
            Request::Length => camera.length.to_le_bytes().to_vec(),
            Request::Max => camera.max.clone(),
            Request::Default => camera.default.clone(),
            Request::Current => camera.current.borrow().clone(),
            Request::Set => {
                camera.told.borrow_mut().push(data.to_vec());
                if !camera.deaf {
                    *camera.current.borrow_mut() = data.to_vec();
                }
                return Ok(());
            }
        };
        if answer.len() != data.len() {
            return Err(Errno::ENOBUFS.into());
        }
        data.copy_from_slice(&answer);
        Ok(())
    }
}

fn one(flags: u8) -> Vec<u8> {
    vec![1, 3, flags, 0, 0, 0, 0, 0, 0]
}

fn state(default: u8, current: u8) -> State {
    State {
        selector: modes::SELECTOR,
        info: 0b11,
        length: 9,
        max: one(3),
        default: one(default),
        current: RefCell::new(one(current)),
        told: RefCell::new(Vec::new()),
        answers: Cell::new(usize::MAX),
        pause: None,
        deaf: false,
    }
}

fn made(state: State) -> Made {
    Made(Rc::new(state))
}

fn switch_on(camera: &Made) -> Result<Emitter<Made>, EmitterError> {
    Emitter::tell(camera.clone(), UNIT, &Way::Microsoft)
}

#[test]
fn it_is_on_while_the_camera_is_looked_through_and_then_as_before() {
    // Default, what is found, what it is told, in order.
    for (default, current, told) in [
        (1, 1, vec![one(2), one(1)]),
        // Left on by a process that was killed: "on" is not what comes back.
        (1, 2, vec![one(2), one(1)]),
        // On by the camera's own choice: nothing needs to come back.
        (2, 2, vec![one(2)]),
        (2, 1, vec![one(2), one(1)]),
    ] {
        let camera = made(state(default, current));
        let emitter = switch_on(&camera).unwrap();
        assert!(emitter.strobes());
        assert_eq!(*camera.0.current.borrow(), one(2));
        drop(emitter);
        assert_eq!(*camera.0.told.borrow(), told);
    }
}

#[test]
fn somebody_elses_camera_is_left_as_it_was_found() {
    for (current, told) in [(1, vec![one(2), one(1)]), (2, vec![one(2)])] {
        let camera = made(state(1, current));
        switch_on(&camera).unwrap().never_mind();
        assert_eq!(*camera.0.told.borrow(), told);
        assert_eq!(*camera.0.current.borrow(), one(current));
    }
}

#[test]
fn a_camera_without_alternation_takes_the_dark_picture_off_by_itself() {
    let camera = made(State {
        max: one(5),
        ..state(1, 1)
    });
    assert!(!switch_on(&camera).unwrap().strobes());
    assert_eq!(*camera.0.told.borrow(), [one(4), one(1)]);
}

#[test]
fn a_control_that_is_not_as_it_should_be_is_never_written() {
    for wrong in [
        State {
            info: 0b01,
            ..state(1, 1)
        },
        State {
            info: 0b10,
            ..state(1, 1)
        },
        State {
            length: 17,
            ..state(1, 1)
        },
        State {
            length: 0,
            ..state(1, 1)
        },
        State {
            max: one(1),
            ..state(1, 1)
        },
        State {
            max: vec![0; 9],
            ..state(1, 1)
        },
    ] {
        let camera = made(wrong);
        assert!(switch_on(&camera).is_err());
        assert!(camera.0.told.borrow().is_empty());
    }
}

#[test]
fn a_camera_that_does_not_do_what_it_was_told_gets_back_what_it_had() {
    let camera = made(State {
        deaf: true,
        ..state(1, 1)
    });
    assert!(matches!(switch_on(&camera), Err(EmitterError::NotTaken { .. })));
    // It never changed: there is nothing to put back.
    assert_eq!(*camera.0.told.borrow(), [one(2)]);
}

#[test]
fn a_camera_that_is_unplugged_at_any_moment_is_let_be() {
    for answers in 0..20 {
        let camera = made(state(1, 1));
        camera.0.answers.set(answers);
        let emitter = switch_on(&camera);
        // Six questions, then it is told, then asked again.
        assert_eq!(emitter.is_ok(), answers >= 7, "{answers}");
        drop(emitter);
        let told = camera.0.told.borrow().len();
        assert!(told <= 2 && (told == 2) == (answers >= 9), "{answers}: {told}");
    }
}

#[test]
fn a_camera_that_does_not_answer_in_time_is_asked_nothing_more() {
    for answers in 0..8 {
        let camera = made(State {
            pause: Some(Duration::ZERO),
            ..state(1, 1)
        });
        camera.0.answers.set(answers);
        let stopped = switch_on(&camera);
        assert!(
            matches!(stopped, Err(EmitterError::Stuck(..))) == (answers < 7),
            "{answers}"
        );
        drop(stopped);
        // What it may have been told is taken back, asked or not.
        let expected = if answers < 5 { vec![] } else { vec![one(2), one(1)] };
        assert_eq!(*camera.0.told.borrow(), expected, "{answers}");
    }
}

#[test]
fn an_answer_that_comes_late_is_none() {
    let camera = made(State {
        pause: Some(PROMPT + Duration::from_millis(1)),
        ..state(1, 1)
    });
    camera.0.answers.set(2);
    assert!(matches!(
        switch_on(&camera),
        Err(EmitterError::Stuck(Request::Current, took)) if took > PROMPT
    ));
    assert!(camera.0.told.borrow().is_empty());
}

#[test]
fn what_does_not_say_how_it_is_is_put_back_all_the_same() {
    let camera = made(state(1, 1));
    let emitter = switch_on(&camera).unwrap();
    // It answers GET_CUR with another length.
    camera.0.current.borrow_mut().push(0);
    drop(emitter);
    assert_eq!(*camera.0.told.borrow(), [one(2), one(1)]);
}

fn switch() -> &'static quirks::Switch {
    Box::leak(Box::new(quirks::Switch {
        unit: Guid([9; 16]),
        selector: 2,
        on: vec![2],
        off: vec![1],
        strobes: false,
    }))
}

#[test]
fn a_quirks_control_is_written_only_at_the_length_it_was_written_down_with() {
    for (length, current, told) in [
        (1, 1, vec![vec![2], vec![1]]),
        // Neither its "on" nor its "off": what it was.
        (1, 3, vec![vec![2], vec![3]]),
        // Left on.
        (1, 2, vec![vec![2], vec![1]]),
        (2, 1, vec![]),
    ] {
        let camera = made(State {
            selector: 2,
            length,
            current: RefCell::new(vec![current]),
            ..state(1, 1)
        });
        let switched = Emitter::tell(camera.clone(), UNIT, &Way::Quirk(switch()));
        assert_eq!(switched.is_ok(), length == 1);
        drop(switched);
        assert_eq!(*camera.0.told.borrow(), told);
    }
}

#[test]
fn the_way_is_the_one_that_the_nodes_own_interface_advertises() {
    let interface = |number: u8| vec![9, 4, number, 0, 1, 0x0e, 1, 0, 0];
    let unit = |id: u8, bitmap: u8| {
        let mut bytes = vec![26, 0x24, 6, id];
        bytes.extend(modes::GUID.0);
        bytes.extend([3, 1, 1, 1, bitmap, 0]);
        bytes
    };
    let mut descriptors = vec![9, 2, 0, 0, 4, 1, 0, 0x80, 250];
    for part in [
        interface(0),
        unit(4, 0x06),
        interface(2),
        unit(8, 0x06),
        unit(14, 0x26),
    ] {
        descriptors.extend(part);
    }
    let place = |interface| Place {
        vendor: 0x04f2,
        product: 0xb6d9,
        name: String::new(),
        configuration: 1,
        interface,
        descriptors: descriptors.clone(),
    };
    assert_eq!(way(&place(0)), None);
    assert_eq!(way(&place(2)), Some((14, Way::Microsoft)));
}
