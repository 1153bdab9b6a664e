//! An infrared camera: a stream, its emitter switched on for as long, and of a strobing one's pictures the lit ones, each
//! with the dark one before it.

use std::time::Instant;

use facelogin_protocol::types::CameraKind;

use crate::vision::camera::emitter::Emitter;
use crate::vision::camera::inventory::Node;
use crate::vision::camera::luma::Luma;
use crate::vision::camera::pairing::{Grid, Paired, Pairing, Taken};
use crate::vision::camera::stream::{Still, Stream};
use crate::vision::camera::{Camera, CameraError, Shot};
use crate::vision::wire::Light;

/// An open infrared camera.
pub struct Infrared {
    id: String,
    // In this order: the stream is stopped, then its emitter is as before.
    stream: Stream,
    _emitter: Option<Emitter>,
    pairing: Pairing<Still>,
    begun: Instant,
}

impl Infrared {
    /// Opens the node with its emitter on, where it has one that can be switched, and starts the stream.
    ///
    /// An emitter that cannot be switched is no reason to fail: many a camera drives its own, and of one that stays dark
    /// the scan says that it saw nobody.
    ///
    /// # Errors
    /// As [`Stream::open`]; the emitter is then what it was.
    pub fn open(node: &Node) -> Result<Self, CameraError> {
        // Before the stream begins, as the systems do for which these cameras are made.
        let emitter = Emitter::switch_on(node).ok().flatten();
        let stream = match Stream::open(node) {
            Ok(stream) => stream,
            Err(error) => {
                // Whoever has the camera may have switched it on for themselves.
                if let (Some(emitter), CameraError::Busy { .. }) = (emitter, &error) {
                    emitter.never_mind();
                }
                return Err(error);
            }
        };
        let told = emitter.as_ref().is_some_and(Emitter::strobes);
        Ok(Self {
            id: node.id.clone(),
            stream,
            _emitter: emitter,
            pairing: Pairing::new(told),
            begun: Instant::now(),
        })
    }
}

impl Camera for Infrared {
    fn id(&self) -> &str {
        &self.id
    }

    fn kind(&self) -> CameraKind {
        CameraKind::Infrared
    }

    fn next(&mut self) -> Result<Option<Shot>, CameraError> {
        let Some(still) = self.stream.next()? else {
            return Ok(None);
        };
        let luma = still.picture.luma();
        let taken = Taken {
            sequence: still.sequence,
            // Where the driver does not tell, arriving has to do.
            at: still
                .taken
                .unwrap_or_else(|| still.arrived.saturating_duration_since(self.begun)),
            grid: Grid::of(&Luma::new(&luma, still.picture.width)),
            picture: still,
        };
        Ok(match self.pairing.push(taken) {
            Paired::Wait => None,
            Paired::Steady(still) => Some(still.steady()),
            // Levels of two depths cannot be compared.
            Paired::Lit { lit, dark } if lit.depth != dark.depth => Some(lit.steady()),
            Paired::Lit { lit, dark } => Some(Shot {
                light: Light::Lit,
                dark: Some(dark.picture),
                ..lit.steady()
            }),
        })
    }
}
