//! Authentication, and what comes of a typed password.

use super::verdict::{Reason, Verdict};
use crate::request_id::RequestId;

message! {
    /// Asks whether the person in front of the camera is `user`.
    AuthenticateIn {
        /// Comes back unchanged.
        request_id: RequestId,
        /// `PAM_USER`.
        user: String,
        /// The uid that the caller resolved `user` to.
        uid: u32,
        /// `PAM_SERVICE`.
        service: String,
        /// `PAM_TTY`.
        tty: Option<String>,
        /// `PAM_RHOST`.
        rhost: Option<String>,
        /// `PAM_RUSER`.
        ruser: Option<String>,
        /// The user asked for the scan at a prompt of this call.
        consent: bool,
        /// How long the caller will wait, in milliseconds.
        timeout_ms: u32,
    }
}

message! {
    /// The answer to [`AuthenticateIn`].
    AuthenticateOut {
        /// The request's.
        request_id: RequestId,
        /// The request's.
        uid: u32,
        /// What was decided.
        verdict: Verdict,
        /// Why.
        reason: Reason,
        /// The service hands out another user's rights: whoever is let in by face is told so (R26).
        elevation: bool,
    }
}

message! {
    /// Says that a password was typed and accepted: the answer is empty.
    ReportPasswordIn {
        /// `PAM_USER`.
        user: String,
        /// The uid that the caller resolved `user` to.
        uid: u32,
        /// `PAM_SERVICE`.
        service: String,
    }
}
