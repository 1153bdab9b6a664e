//! What a login that met nothing better than a flawed picture is told.

use facelogin_protocol::types::Reason;
use facelogin_score::gates::Flaw;

/// The coarse reason: what is wrong exactly is a hint's matter.
pub fn reason(flaw: Flaw) -> Reason {
    match flaw {
        Flaw::NoFace => Reason::NobodySeen,
        Flaw::SeveralFaces => Reason::SeveralFaces,
        _ => Reason::PoorView,
    }
}
