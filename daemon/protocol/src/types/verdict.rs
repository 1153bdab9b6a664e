//! What was decided, and why.

use serde::{Deserialize, Serialize};

/// What the daemon decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Let in.
    Match,
    /// A face was seen and it is not this user's, or is not alive.
    NoMatch,
    /// No answer: ask for the password.
    Unavailable,
    /// Too many mismatches.
    LockedOut,
    /// No such account, or its name and uid disagree.
    UnknownUser,
}

/// Why, coarsely: fit for every peer to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The face is the user's.
    Matched,
    /// The face is not the user's.
    NotMatching,
    /// No face came into view in time.
    NobodySeen,
    /// A face came into view, but never well enough to compare.
    PoorView,
    /// Several people were in view and none stood out.
    SeveralFaces,
    /// The face is the user's, and not alive as far as could be seen. Only root is told, by `Test` and the history: everybody
    /// else, and every `Authenticate`, is told [`Self::NotMatching`].
    LivenessRefused,
    /// The configuration wants a face that is alive, and this camera or this machine cannot tell. After a scan, with
    /// [`Verdict::NoMatch`], the face is the user's, and only root is told, as for [`Self::LivenessRefused`].
    LivenessUnavailable,
    /// The user has no template.
    NotEnrolled,
    /// The user's templates belong to another engine or other model files.
    OtherEngine,
    /// The configuration does not let this service use the face.
    ServiceNotAllowed,
    /// The request comes from another machine.
    Remote,
    /// The camera is absent, busy, unbound or hung.
    CameraUnavailable,
    /// The vision process is starting, was lost, or has no models.
    VisionUnavailable,
    /// Somebody else's scan is running.
    Busy,
    /// Too many mismatches.
    LockedOut,
    /// This peer asks too often.
    RateLimited,
    /// No such account, or its name and uid disagree.
    UnknownUser,
    /// The store of templates cannot be read.
    StoreUnavailable,
    /// A scan would begin if the user asked for it at a prompt.
    ConsentNeeded,
    /// The user is not, or not only, where this machine's camera is.
    NotPresent,
    /// No camera could be used but built-in ones, and the lid is closed.
    LidClosed,
    /// The screen was locked a moment ago.
    JustLocked,
    /// The configuration wants the password typed first.
    PasswordFirst,
    /// The account's password is locked, or the account has expired.
    AccountLocked,
    /// The home folder is encrypted and only the password opens it.
    HomeLocked,
    /// The caller went away.
    Cancelled,
}

impl Verdict {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::NoMatch => "no_match",
            Self::Unavailable => "unavailable",
            Self::LockedOut => "locked_out",
            Self::UnknownUser => "unknown_user",
        }
    }
}

impl Reason {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::NotMatching => "not_matching",
            Self::NobodySeen => "nobody_seen",
            Self::PoorView => "poor_view",
            Self::SeveralFaces => "several_faces",
            Self::LivenessRefused => "liveness_refused",
            Self::LivenessUnavailable => "liveness_unavailable",
            Self::NotEnrolled => "not_enrolled",
            Self::OtherEngine => "other_engine",
            Self::ServiceNotAllowed => "service_not_allowed",
            Self::Remote => "remote",
            Self::CameraUnavailable => "camera_unavailable",
            Self::VisionUnavailable => "vision_unavailable",
            Self::Busy => "busy",
            Self::LockedOut => "locked_out",
            Self::RateLimited => "rate_limited",
            Self::UnknownUser => "unknown_user",
            Self::StoreUnavailable => "store_unavailable",
            Self::ConsentNeeded => "consent_needed",
            Self::NotPresent => "not_present",
            Self::LidClosed => "lid_closed",
            Self::JustLocked => "just_locked",
            Self::PasswordFirst => "password_first",
            Self::AccountLocked => "account_locked",
            Self::HomeLocked => "home_locked",
            Self::Cancelled => "cancelled",
        }
    }
}
