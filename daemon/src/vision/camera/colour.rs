//! A colour camera: a stream, and some time for it to find its exposure.

use std::time::Instant;

use facelogin_protocol::types::CameraKind;

use crate::vision::camera::exposure::{Levels, WarmUp};
use crate::vision::camera::inventory::Node;
use crate::vision::camera::stream::Stream;
use crate::vision::camera::{Camera, CameraError, Shot};

/// An open colour camera.
pub struct Colour {
    id: String,
    stream: Stream,
    warm_up: WarmUp,
    /// When the first picture came.
    first: Option<Instant>,
}

impl Colour {
    /// Opens the node and starts the stream.
    ///
    /// # Errors
    /// As [`Stream::open`].
    pub fn open(node: &Node) -> Result<Self, CameraError> {
        Ok(Self {
            id: node.id.clone(),
            stream: Stream::open(node)?,
            warm_up: WarmUp::default(),
            first: None,
        })
    }
}

impl Camera for Colour {
    fn id(&self) -> &str {
        &self.id
    }

    fn kind(&self) -> CameraKind {
        CameraKind::Colour
    }

    fn next(&mut self) -> Result<Option<Shot>, CameraError> {
        let Some(still) = self.stream.next()? else {
            return Ok(None);
        };
        let first = *self.first.get_or_insert(still.arrived);
        let since_first = still.arrived.duration_since(first);
        let passes = self.warm_up.passes(Levels::of(&still.picture), since_first);
        Ok(passes.then(|| still.steady()))
    }
}
