//! What every engine can do.

use crate::{Analysis, EngineError, EngineId, Frame};

/// Finds and encodes faces. One thread owns an engine; it may be moved to another thread but not shared.
pub trait Engine {
    /// Who made the encodings: they are comparable only between equal identities.
    fn id(&self) -> &EngineId;

    /// Forgets the frames analysed so far with [`Effort::Video`]: those that follow are another scan's. An
    /// engine that looks at each frame by itself has nothing to forget.
    fn begin(&mut self) {}

    /// Everything the engine can tell of one frame. A frame without a face is an `Ok` with no faces.
    fn analyse(&mut self, frame: &Frame<'_>, effort: Effort) -> Result<Analysis, EngineError>;
}

/// How hard to look for faces. It concerns detection only: landmarks and encodings always use the whole picture's
/// pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// One of a scan's camera frames: detection on a copy whose long side is at most 640 pixels. dlib's detector finds
    /// faces from 80 pixels there, an eighth of the picture's width. What the scan's frames since [`Engine::begin`] have
    /// shown decides how closely: faces much farther away than the nearest are looked for in one of three frames only.
    Video,
    /// A single picture: detection at full resolution up to 2,400 pixels on the long side (larger ones are scaled down
    /// to that), and once more on a copy of twice the size if nothing was found and that copy's long side is at most
    /// 1,600 pixels. Up to a second of one core.
    Still,
}
