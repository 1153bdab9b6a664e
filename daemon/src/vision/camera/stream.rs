//! A V4L2 node that is being read.
//!
//! Of the pictures that the driver hands over only those count that [`Sieve`] lets through; of several that are ready
//! the newest. Waiting is done in slices, so that whoever reads can see in between that it is to stop.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use facelogin_protocol::types::CameraKind;
use nix::libc::{EBUSY, ENODEV, ENOSPC};
use nix::time::{ClockId, clock_gettime};
use v4l::buffer::{Flags, Metadata};
use v4l::{Device, FourCC};

use crate::vision::camera::buffers::{self, Buffers};
use crate::vision::camera::drops::{Cause, Drops, Fetched, GivenUp, Patience, SILENCE, Sieve, Told, blank};
use crate::vision::camera::format::{FPS, Format, rate};
use crate::vision::camera::inventory::Node;
use crate::vision::camera::settle::{Settled, settle};
use crate::vision::camera::{CameraError, Shot};
use crate::vision::decode::{DecodeError, Depth, Layout, Picture, mjpeg, mjpeg_grey};
use crate::vision::wire::Light;

/// The longest wait before the caller has its turn: a picture's time at 30 a second.
const SLICE: Duration = Duration::from_millis(33);

/// A node that is being read. Dropping it stops it.
pub struct Stream {
    id: String,
    device: Device,
    buffers: Buffers,
    settled: Settled,
    eye: Eye,
    sieve: Sieve,
    patience: Patience,
    drops: Drops,
    left: Instant,
}

/// One picture, and what is known of it.
#[derive(Debug)]
pub struct Still {
    /// Its pixels: grey of an infrared camera.
    pub picture: Picture,
    /// The format its bytes came in.
    pub format: [u8; 4],
    /// The driver's number for it.
    pub sequence: u32,
    /// When it was taken, on the kernel's monotonic clock, where the driver tells.
    pub taken: Option<Duration>,
    /// The depth that its levels were made with: only pictures of equal depth can be compared level by level.
    pub depth: Depth,
    /// When its bytes were handed over.
    pub arrived: Instant,
    /// How long the pixels took to decode.
    pub decoding: Duration,
}

impl Still {
    /// As a shot in the light as it is.
    pub fn steady(self) -> Shot {
        Shot {
            picture: self.picture,
            format: self.format,
            sequence: self.sequence,
            taken: self.taken,
            light: Light::Steady,
            dark: None,
            arrived: self.arrived,
            decoding: self.decoding,
        }
    }
}

impl Stream {
    /// Opens the node in the best format that it offers for its kind, and starts it.
    ///
    /// # Errors
    /// [`CameraError::Busy`] while another program has it, [`CameraError::Open`] otherwise.
    pub fn open(node: &Node) -> Result<Self, CameraError> {
        Self::open_number(node.number, &node.id, node.kind, None)
    }

    /// As [`Stream::open`]: /dev/video`number`, whose identity is `id`, as a camera of this kind; in the format with this
    /// V4L2 code if one is named.
    ///
    /// # Errors
    /// As there.
    pub fn open_number(
        number: u32,
        id: &str,
        kind: CameraKind,
        only: Option<[u8; 4]>,
    ) -> Result<Self, CameraError> {
        let id = || id.to_owned();
        // v4l panics at a driver's nonsense: a name that is not UTF-8, a colour space of the future.
        match catch_unwind(|| open(number, id(), kind, only)) {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) if error.raw_os_error() == Some(EBUSY) => Err(CameraError::Busy { id: id() }),
            Ok(Err(error)) => Err(CameraError::Open {
                id: id(),
                why: words(&error),
            }),
            Err(_) => Err(CameraError::Open {
                id: id(),
                why: "its driver describes it in a way that cannot be read".into(),
            }),
        }
    }

    /// The next good picture. `None`: none came within a picture's time at 30 a second; ask again.
    ///
    /// # Errors
    /// [`CameraError::Read`] when it is unplugged, frozen, or silent for [`SILENCE`], [`CameraError::Damaged`] when all
    /// that it has given for a second was damaged.
    // An iterator's `None` would be the end.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Still>, CameraError> {
        let begun = Instant::now();
        let away = begun.duration_since(self.left);
        let still = self.within_slice(begun, away);
        self.left = Instant::now();
        match (still.map_err(|error| self.lost(&error))?, self.patience.end()) {
            (Some(still), _) => Ok(Some(still)),
            (None, Some(end)) => Err(self.given_up(end)),
            (None, None) => Ok(None),
        }
    }

    /// What was thrown away so far.
    pub fn drops(&self) -> Drops {
        self.drops
    }

    /// In words, the format, size and rate it is read in.
    pub fn mode(&self) -> String {
        let Settled {
            format,
            layout,
            interval,
            ..
        } = self.settled;
        let rate = interval
            .and_then(rate)
            .map_or(String::new(), |rate| format!(" at {rate:.2} a second"));
        let Layout { width, height, .. } = layout;
        format!("{} {width}x{height}{rate}", FourCC::new(&format.fourcc()))
    }

    /// The open node, for its controls.
    pub fn device(&self) -> &Device {
        &self.device
    }

    fn within_slice(&mut self, begun: Instant, away: Duration) -> io::Result<Option<Still>> {
        let handle = self.buffers.handle();
        let mut awaited = false;
        // Bounded, for a driver that is always ready would hold us here.
        for _ in 0..2 * buffers::MAX {
            if !self.buffers.ready(Duration::ZERO)? {
                let waiting = Instant::now();
                let ready = self.buffers.ready(SLICE.saturating_sub(begun.elapsed()))?;
                self.patience.waited(waiting.elapsed());
                if !ready {
                    break;
                }
                awaited = true;
            }
            let Some((bytes, meta)) = self.buffers.fetch()? else {
                continue;
            };
            let told = told(bytes, &meta);
            let fetched = Fetched {
                now: monotonic(),
                awaited,
                away,
            };
            let looked = match self.sieve.judge(told, fetched) {
                Some(cause) => Err(cause),
                None if !awaited && buffers::ready(&handle, Duration::ZERO)? => Err(Cause::Stale),
                None => self.eye.look(&self.settled, bytes, told, &mut self.sieve),
            };
            self.patience.picture(looked.as_ref().err().copied());
            match looked {
                Ok(still) => return Ok(Some(still)),
                Err(cause) => self.drops.count(cause),
            }
            if begun.elapsed() >= SLICE {
                break;
            }
        }
        Ok(None)
    }

    fn lost(&self, error: &io::Error) -> CameraError {
        CameraError::Read {
            id: self.id.clone(),
            why: words(error),
        }
    }

    fn given_up(&self, end: GivenUp) -> CameraError {
        let (id, drops) = (self.id.clone(), self.drops);
        let why = match end {
            GivenUp::Damaged => {
                let last = self
                    .eye
                    .last
                    .as_ref()
                    .map_or(String::new(), |why| format!("; the last one: {why}"));
                return CameraError::Damaged {
                    id,
                    why: format!("{drops}{last}"),
                };
            }
            GivenUp::Silent => format!("none came for {} seconds", SILENCE.as_secs()),
            GivenUp::Frozen => "it shows the same one again and again".into(),
        };
        CameraError::Read { id, why }
    }
}

/// What turns bytes into pictures.
struct Eye {
    grey: bool,
    depth: Depth,
    hasher: RandomState,
    /// What was wrong with the last damaged one.
    last: Option<DecodeError>,
}

impl Eye {
    fn look(
        &mut self,
        settled: &Settled,
        bytes: &[u8],
        told: Told,
        sieve: &mut Sieve,
    ) -> Result<Still, Cause> {
        let arrived = Instant::now();
        // What follows the pixels is an earlier picture's, or a counter.
        let bytes = bytes
            .get(..settled.needed)
            .filter(|all| !all.is_empty())
            .unwrap_or(bytes);
        let seen = sieve.seen(self.hasher.hash_one(bytes));
        let Layout { width, height, .. } = settled.layout;
        let picture = match (settled.format, self.grey) {
            (Format::Raw(raw), grey) => raw.decode(bytes, settled.layout, grey, &mut self.depth),
            (Format::Mjpg, true) => mjpeg_grey(bytes, width, height),
            (Format::Mjpg, false) => mjpeg(bytes, width, height),
        };
        let picture = picture.map_err(|why| {
            self.last = Some(why);
            Cause::Short
        })?;
        if seen && !blank(&picture.luma()) {
            return Err(Cause::Repeated);
        }
        Ok(Still {
            picture,
            format: settled.format.fourcc(),
            sequence: told.sequence,
            taken: told.taken,
            depth: self.depth,
            arrived,
            decoding: arrived.elapsed(),
        })
    }
}

fn open(number: u32, id: String, kind: CameraKind, only: Option<[u8; 4]>) -> io::Result<Stream> {
    let device = Device::new(number as usize)?;
    // Nothing can have been taken before.
    let started = monotonic();
    let (settled, buffers) = settle(&device, kind, only)?;
    let interval = settled.interval.and_then(rate).unwrap_or(FPS).recip();
    let interval = Duration::try_from_secs_f64(interval).unwrap_or(SLICE);
    Ok(Stream {
        id,
        device,
        buffers,
        eye: Eye {
            grey: kind == CameraKind::Infrared,
            depth: Depth::default(),
            hasher: RandomState::new(),
            last: None,
        },
        sieve: Sieve::new(settled.needed, interval, started),
        settled,
        patience: Patience::default(),
        drops: Drops::default(),
        left: Instant::now(),
    })
}

fn told(bytes: &[u8], meta: &Metadata) -> Told {
    let monotonic = meta.flags & Flags::TIMESTAMP_MASK == Flags::TIMESTAMP_MONOTONIC;
    let seconds = u64::try_from(meta.timestamp.sec).ok();
    let micros = u32::try_from(meta.timestamp.usec)
        .ok()
        .filter(|&micros| micros < 1_000_000);
    let taken = seconds
        .zip(micros)
        .map(|(sec, usec)| Duration::new(sec, usec * 1000));
    Told {
        used: bytes.len(),
        flagged: meta.flags.contains(Flags::ERROR),
        sequence: meta.sequence,
        taken: taken.filter(|taken| monotonic && !taken.is_zero()),
    }
}

fn monotonic() -> Duration {
    // This clock is always there.
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from)
}

/// For a person.
fn words(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(ENODEV) => "it was unplugged".into(),
        Some(ENOSPC) => "the USB port or hub that it shares has no bandwidth left for it".into(),
        _ => error.to_string(),
    }
}
