//! The vision process itself: loads the models, then does what the supervisor asks, one thing at a time.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use facelogin_config::Config;
use facelogin_engine::{Effort, Engine, Frame};
use facelogin_models::{ModelDirs, Trust};
use facelogin_protocol::Deadline;
use facelogin_protocol::socket::SocketError;
use facelogin_protocol::types;
use nix::errno::Errno;

use crate::vision::camera::{self, Camera};
use crate::vision::decode::{self, Picture};
use crate::vision::engines;
use crate::vision::liveness::{Networks, dominant};
use crate::vision::memory;
use crate::vision::wire::{
    FromVision, MAX_JSON, MAX_PICTURE, Observation, ToVision, Wanted, WireError, receive_exactly,
    receive_message, send,
};

/// How long a message to the supervisor may take to leave: it reads at once, or it is gone.
const SENDING: Duration = Duration::from_secs(5);

/// Why the process ends.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The models are missing, altered, or not readable.
    #[error("{0}")]
    Models(String),
    /// The supervisor is gone or talks nonsense.
    #[error("the line to the supervisor: {0}")]
    Wire(#[from] WireError),
    /// The system refused something.
    #[error("{what}: {why}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        why: std::io::Error,
    },
}

enum Order {
    Message(ToVision),
    Picture(Vec<u8>),
    Gone(WireError),
}

/// Serves the supervisor behind `line` until it closes. `ready` is called when the models are loaded, `beat` at least
/// every `beat_every` from then on while all is well, from the very thread that could hang.
pub fn serve(
    line: OwnedFd,
    config: &Config,
    beat_every: Option<Duration>,
    ready: &dyn Fn(),
    beat: &dyn Fn(),
) -> Result<(), ProcessError> {
    match serve_until_end(line, config, beat_every, ready, beat) {
        // The supervisor went away in the middle of something: that is how it ends, too.
        Err(ProcessError::Wire(WireError::Closed)) => Ok(()),
        Err(ProcessError::Wire(WireError::Socket(SocketError::System {
            errno: Errno::EPIPE | Errno::ECONNRESET,
            ..
        }))) => Ok(()),
        end => end,
    }
}

fn serve_until_end(
    line: OwnedFd,
    config: &Config,
    beat_every: Option<Duration>,
    ready: &dyn Fn(),
    beat: &dyn Fn(),
) -> Result<(), ProcessError> {
    let system = |what| move |why| ProcessError::System { what, why };
    let reader = line.try_clone().map_err(system("duplicating the line"))?;
    let mut vision = match load(config) {
        Ok((engine, networks, load_ms)) => {
            let id = engine.id();
            let hello = FromVision::Hello {
                engine: id.name.clone(),
                liveness: networks.loaded(),
                model: id.model.clone(),
                load_ms,
            };
            send(&line, &hello, Deadline::after(SENDING))?;
            Vision {
                line,
                config,
                engine,
                networks,
            }
        }
        Err(error) => {
            // Best effort: the supervisor may be gone, and the error is returned in any case.
            let _ = send(
                &line,
                &FromVision::Broken {
                    why: error.to_string(),
                },
                Deadline::after(SENDING),
            );
            return Err(error);
        }
    };
    memory::give_back();
    ready();
    let (orders, inbox) = channel();
    std::thread::Builder::new()
        .name("orders".into())
        .spawn(move || read_orders(&reader, &orders))
        .map_err(system("starting a thread"))?;
    loop {
        beat();
        let order = match beat_every {
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(every) => inbox.recv_timeout(every),
        };
        match order {
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Ok(Order::Gone(error)) => return Err(error.into()),
            Ok(Order::Message(ToVision::Start { scan, wanted })) => {
                vision.scan(scan, &wanted, &inbox, beat)?;
                memory::give_back();
            }
            // A scan that failed on its own is stopped all the same.
            Ok(Order::Message(ToVision::Stop { scan })) => vision.say(&FromVision::Stopped { scan })?,
            Ok(Order::Message(ToVision::Cameras {})) => {
                vision.say(&fitting(camera::list(&config.camera))?)?;
            }
            // Its bytes come as an order of their own.
            Ok(Order::Message(ToVision::Picture { .. })) => {}
            Ok(Order::Picture(bytes)) => {
                let faces = vision.look_at(&bytes);
                vision.say(&FromVision::Picture(faces))?;
                memory::give_back();
            }
        }
    }
}

/// The list as one message, without the last cameras where it would be too long for one: names, serial numbers and
/// formats are what devices say, and no device may end the process.
fn fitting(mut cameras: Vec<types::Camera>) -> Result<FromVision, WireError> {
    // What surrounds the list in the message: `{"Cameras":{"cameras":` and `}}`.
    while serde_json::to_vec(&cameras)?.len() > MAX_JSON - 64 && cameras.pop().is_some() {}
    Ok(FromVision::Cameras { cameras })
}

fn load(config: &Config) -> Result<(Box<dyn Engine>, Networks, u32), ProcessError> {
    let begun = Instant::now();
    let dirs = match &config.models {
        Some(folder) => ModelDirs::only(folder.clone()),
        None => ModelDirs::system(),
    };
    let engine = engines::load(config.engine, &dirs, Trust::RootOwned)
        .map_err(|error| ProcessError::Models(error.to_string()))?;
    let networks = Networks::load(config, &dirs, Trust::RootOwned).map_err(ProcessError::Models)?;
    Ok((
        engine,
        networks,
        u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX),
    ))
}

/// The folders this configuration has the process read pictures and models from, for its sandbox.
pub fn folders(config: &Config) -> Vec<PathBuf> {
    let models = match &config.models {
        Some(folder) => vec![folder.clone()],
        None => ModelDirs::system().folders().to_vec(),
    };
    models.into_iter().chain(config.camera.replay.clone()).collect()
}

fn read_orders(line: &OwnedFd, orders: &Sender<Order>) {
    // The supervisor may be silent for as long as nobody logs in: wait in days, each message within seconds.
    loop {
        let idle = Deadline::after(Duration::from_secs(86_400));
        let ready = idle.wait(std::os::fd::AsFd::as_fd(line), nix::poll::PollFlags::POLLIN);
        if matches!(ready, Ok(None)) {
            continue;
        }
        let order = next_order(line).unwrap_or_else(Order::Gone);
        let gone = matches!(order, Order::Gone(_));
        if orders.send(order).is_err() || gone {
            return;
        }
    }
}

fn next_order(line: &OwnedFd) -> Result<Order, WireError> {
    let deadline = Deadline::after(Duration::from_secs(10));
    match receive_message(line, deadline)? {
        ToVision::Picture { length } if length <= MAX_PICTURE => {
            let mut bytes = vec![0; length];
            receive_exactly(line, &mut bytes, deadline)?;
            Ok(Order::Picture(bytes))
        }
        ToVision::Picture { length } => Err(WireError::TooLong(length)),
        message => Ok(Order::Message(message)),
    }
}

struct Vision<'a> {
    line: OwnedFd,
    config: &'a Config,
    engine: Box<dyn Engine>,
    networks: Networks,
}

impl Vision<'_> {
    fn say(&self, message: &FromVision) -> Result<(), WireError> {
        send(&self.line, message, Deadline::after(SENDING))
    }

    fn scan(
        &mut self,
        scan: u64,
        wanted: &Wanted,
        inbox: &Receiver<Order>,
        beat: &dyn Fn(),
    ) -> Result<(), WireError> {
        let failed = |why: String| FromVision::Failed { scan, why };
        let mut camera = match camera::open(&self.config.camera, wanted) {
            Ok(camera) => camera,
            Err(error) => return self.say(&failed(error.to_string())),
        };
        self.say(&FromVision::Opened {
            scan,
            camera: camera.id().into(),
            kind: camera.kind(),
        })?;
        self.engine.begin();
        let mut number = 0;
        loop {
            match inbox.try_recv() {
                Ok(Order::Message(ToVision::Stop { scan: of })) if of == scan => {
                    drop(camera);
                    return self.say(&FromVision::Stopped { scan });
                }
                Err(TryRecvError::Empty) => {}
                // Anything else in the middle of a scan, or the end of the line: this conversation is over.
                Ok(Order::Gone(error)) => return Err(error),
                Ok(_) | Err(TryRecvError::Disconnected) => return Err(WireError::Closed),
            }
            beat();
            if wanted.thorough {
                // What the pictures so far have shown would let the engine look less closely.
                self.engine.begin();
            }
            match self.one_picture(camera.as_mut(), scan, number) {
                Ok(None) => continue,
                Ok(Some(observation)) => self.say(&FromVision::Observation(observation))?,
                Err(why) => {
                    drop(camera);
                    return self.say(&failed(why));
                }
            }
            number += 1;
        }
    }

    fn one_picture(
        &mut self,
        camera: &mut dyn Camera,
        scan: u64,
        number: u64,
    ) -> Result<Option<Observation>, String> {
        let Some(shot) = camera.next().map_err(|error| error.to_string())? else {
            return Ok(None);
        };
        let frame = frame_of(&shot.picture)?;
        let mut analysis = self
            .engine
            .analyse(&frame, Effort::Video)
            .map_err(|error| error.to_string())?;
        self.networks
            .look(&frame, &mut analysis)
            .map_err(|error| error.to_string())?;
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        // Of the face that a login compares; without one, of the largest.
        let bbox = match dominant(&mut analysis.faces) {
            Some(face) => Some(face.bbox),
            None => analysis.faces.first().map(|face| face.bbox),
        };
        let flashed = shot.dark.as_ref().zip(bbox);
        let strobe = flashed.and_then(|(dark, bbox)| camera::strobe(&shot.picture, dark, &bbox));
        Ok(Some(Observation {
            scan,
            number,
            sequence: shot.sequence,
            light: shot.light,
            strobe,
            faces: analysis.faces,
            brightness: analysis.brightness,
            decode_us: micros(shot.decoding),
            times: analysis.times,
            latency_us: micros(shot.arrived.elapsed()),
        }))
    }

    fn look_at(&mut self, bytes: &[u8]) -> Result<Vec<facelogin_engine::Face>, String> {
        let picture = decode::picture_file(bytes).map_err(|error| error.to_string())?;
        let frame = frame_of(&picture)?;
        let analysis = self
            .engine
            .analyse(&frame, Effort::Still)
            .map_err(|error| error.to_string())?;
        Ok(analysis.faces)
    }
}

fn frame_of(picture: &Picture) -> Result<Frame<'_>, String> {
    Frame::new(picture.width, picture.height, picture.pixels()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_cameras_that_is_too_long_for_a_message_loses_its_last_ones() {
        let camera = |number: usize| types::Camera {
            id: "%ff".repeat(126),
            name: "\u{1}".repeat(31),
            device: format!("/dev/video{number}"),
            kind: types::CameraKind::Colour,
            formats: vec!["GREY".into(); 16],
            emitter: false,
            fixed: false,
            r#virtual: false,
            chosen: false,
            note: "it can be unplugged".into(),
        };
        for (there, kept) in [(0, Some(0)), (3, Some(3)), (500, None)] {
            let message = fitting((0..there).map(camera).collect()).unwrap();
            assert!(serde_json::to_vec(&message).unwrap().len() <= MAX_JSON);
            let FromVision::Cameras { cameras } = message else {
                panic!("{message:?}");
            };
            assert!(
                cameras.len() > 50 || kept == Some(cameras.len()),
                "{}",
                cameras.len()
            );
            for (number, camera) in cameras.iter().enumerate() {
                assert_eq!(camera.device, format!("/dev/video{number}"));
            }
        }
        // One alone that is too long.
        let long = types::Camera {
            name: "x".repeat(MAX_JSON),
            ..camera(0)
        };
        assert!(matches!(fitting(vec![long]), Ok(FromVision::Cameras { cameras }) if cameras.is_empty()));
    }
}
