//! The parameters of every method and error, as `org.facelogin.Login.varlink` describes them.

use serde::{Deserialize, Serialize};

use crate::request_id::RequestId;

/// What the daemon decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Let in.
    Match,
    /// A face was seen and it is not this user's.
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
    /// The camera is built in and the lid is closed.
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

macro_rules! message {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type),* }
    };
}

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

message! {
    /// An answer that says nothing but that it was done.
    Done {}
}

message! {
    /// What happened in a scan.
    Detail {
        /// Pictures looked at.
        frames: u32,
        /// Of those, with one face that was good enough to compare.
        usable_frames: u32,
        /// Of the fused probe to the nearest template; for root only.
        distance: Option<f32>,
        /// What the distance was held against; for root only.
        threshold: Option<f32>,
        /// From the request to the first picture, in milliseconds.
        first_frame_ms: Option<u32>,
        /// From the request to the verdict, in milliseconds.
        total_ms: u32,
        /// What would help, for a person.
        hint: Option<String>,
    }
}

message! {
    /// Names one user.
    UserIn {
        /// The account's name.
        user: String,
    }
}

message! {
    /// Names one user, or leaves it to the daemon.
    OptionalUserIn {
        /// The account's name.
        #[serde(default)]
        user: Option<String>,
    }
}

message! {
    /// The answer to `Test`.
    TestOut {
        /// What a login would have been told.
        verdict: Verdict,
        /// Why.
        reason: Reason,
        /// How it went.
        detail: Detail,
    }
}

message! {
    /// One enrolled user who resembles the person in front of the camera.
    Candidate {
        /// The account's name.
        user: String,
        /// Its uid.
        uid: u32,
        /// The nearest template's label.
        label: String,
        /// Its distance.
        distance: f32,
    }
}

message! {
    /// The answer to `Identify`.
    IdentifyOut {
        /// `matched` when there is a candidate.
        reason: Reason,
        /// Nearest first.
        candidates: Vec<Candidate>,
        /// How it went.
        detail: Detail,
    }
}

message! {
    /// One template, without what is secret in it.
    Template {
        /// Its row, never used again.
        id: i64,
        /// The account's name when it was enrolled.
        user: String,
        /// The account's uid when it was enrolled.
        uid: u32,
        /// The user's name for it.
        label: String,
        /// The engine that made it.
        engine: String,
        /// SHA-256 over that engine's model files.
        model: String,
        /// The camera it was made with, or `pictures`.
        camera: String,
        /// How many encodings it fuses.
        encodings: u32,
        /// Seconds since 1970.
        created: i64,
    }
}

message! {
    /// Asks to register from the camera.
    EnrollCameraIn {
        /// The account's name.
        user: String,
        /// A name for the template.
        #[serde(default)]
        label: Option<String>,
    }
}

message! {
    /// Progress of an enrolment from the camera; `template` is set in the last one.
    EnrollCameraOut {
        /// Good pictures so far.
        got: u32,
        /// Good pictures needed.
        wanted: u32,
        /// What to do now, for a person.
        hint: Option<String>,
        /// What was stored.
        template: Option<Template>,
        /// What to know about it.
        warnings: Vec<String>,
    }
}

message! {
    /// One picture file.
    Picture {
        /// Its name, for errors.
        name: String,
        /// JPEG or PNG, base64 with padding.
        data: String,
    }
}

message! {
    /// Asks to register from pictures.
    EnrollPicturesIn {
        /// The account's name.
        user: String,
        /// A name for the template.
        #[serde(default)]
        label: Option<String>,
        /// One to sixteen.
        pictures: Vec<Picture>,
    }
}

message! {
    /// What was stored.
    EnrollPicturesOut {
        /// The new template.
        template: Template,
        /// What to know about it.
        warnings: Vec<String>,
    }
}

message! {
    /// The answer to `ListTemplates`.
    ListTemplatesOut {
        /// In the order of their ids.
        templates: Vec<Template>,
    }
}

message! {
    /// Names one template.
    TemplateIn {
        /// Its id.
        id: i64,
    }
}

message! {
    /// Names one template and its new label.
    RenameTemplateIn {
        /// Its id.
        id: i64,
        /// 1 to 64 characters.
        label: String,
    }
}

message! {
    /// The template that was removed or renamed.
    TemplateOut {
        /// As it was, or as it is now.
        template: Template,
    }
}

message! {
    /// The answer to `ClearTemplates`.
    ClearTemplatesOut {
        /// How many there were.
        removed: u32,
    }
}

message! {
    /// The answer to `Unlock`.
    UnlockOut {
        /// How many counters there were.
        cleared: u32,
    }
}

message! {
    /// Asks for the newest attempts.
    ListAttemptsIn {
        /// The account's name; root may leave it out for all.
        #[serde(default)]
        user: Option<String>,
        /// At most so many, 1 to 1,000.
        limit: u32,
    }
}

message! {
    /// One attempt on record.
    Attempt {
        /// Its number; later attempts have greater ones.
        id: i64,
        /// When it ended, in seconds since 1970.
        time: i64,
        /// The user to be authenticated.
        user: String,
        /// Their uid, when there is such a user.
        uid: Option<u32>,
        /// `PAM_SERVICE`.
        service: String,
        /// `PAM_TTY`.
        tty: Option<String>,
        /// greeter, tty, elevation, locker or unprivileged.
        class: String,
        /// Who asked.
        peer_uid: u32,
        /// The name of a [`Verdict`].
        verdict: String,
        /// The name of a [`Reason`].
        reason: String,
        /// How long it took, in milliseconds.
        millis: u32,
        /// Of the probe to the nearest template; for root only.
        distance: Option<f32>,
        /// Pictures looked at.
        frames: u32,
    }
}

message! {
    /// The answer to `ListAttempts`.
    ListAttemptsOut {
        /// Newest first.
        attempts: Vec<Attempt>,
    }
}

message! {
    /// What `Watch` tells: first nothing, then each elevation of the peer's own account that a face has granted.
    WatchOut {
        /// What was granted; absent in the first reply, which says that the watch has begun.
        elevation: Option<Elevation>,
    }
}

message! {
    /// More rights, granted by face.
    Elevation {
        /// When, in seconds since 1970.
        time: i64,
        /// Whose face it was.
        user: String,
        /// `PAM_SERVICE`.
        service: String,
        /// `PAM_TTY`.
        tty: Option<String>,
    }
}

/// What a camera sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraKind {
    /// Visible light.
    Colour,
    /// Grey formats only.
    Infrared,
    /// Pictures from a folder, for tests and demonstrations.
    Replay,
    /// No format that is known here.
    Unknown,
}

message! {
    /// One camera of this machine.
    Camera {
        /// What the configuration's `camera.device` takes.
        id: String,
        /// The driver's name for it.
        name: String,
        /// The node at the moment.
        device: String,
        /// What it sees.
        kind: CameraKind,
        /// Built in, as far as the firmware tells (sysfs `removable`).
        fixed: bool,
        /// Made by software.
        r#virtual: bool,
        /// A login would use this one.
        chosen: bool,
        /// Why it is chosen, or why not.
        note: String,
    }
}

message! {
    /// The answer to `ListCameras`.
    ListCamerasOut {
        /// In the order of their nodes.
        cameras: Vec<Camera>,
    }
}

message! {
    /// The mismatches counted against a user at one kind of entry.
    Lockout {
        /// greeter, tty, elevation, locker or unprivileged.
        class: String,
        /// Mismatches in a row.
        failures: u32,
        /// How long the face will not be asked.
        remaining_seconds: u64,
    }
}

message! {
    /// A PAM service that may use the face.
    Service {
        /// Its name.
        name: String,
        /// `immediate` or `enter`.
        trigger: String,
    }
}

message! {
    /// The answer to `GetStatus`.
    StatusOut {
        /// The daemon's.
        version: String,
        /// The engine, once its models are loaded.
        engine: Option<String>,
        /// SHA-256 over its model files.
        model: Option<String>,
        /// `ready`, or what the vision process is waiting for.
        vision: String,
        /// The camera a login would use.
        camera: Option<String>,
        /// Services that may use the face.
        services: Vec<Service>,
        /// Where the user must be: seat, local or off.
        presence: String,
        /// Whether logind answers, or what is wrong with it; absent when it is not asked.
        logind: Option<String>,
        /// The user that the rest is about.
        user: String,
        /// Their templates.
        templates: u32,
        /// Of those, made by this engine with these models.
        usable_templates: u32,
        /// Their counters.
        lockouts: Vec<Lockout>,
    }
}

message! {
    /// Error `NotPermitted` and error `Invalid`.
    WhyError {
        /// A sentence.
        why: String,
    }
}

message! {
    /// Error `UnknownUser`.
    UnknownUserError {
        /// The name asked for.
        user: String,
    }
}

message! {
    /// Error `NoSuchTemplate`.
    NoSuchTemplateError {
        /// The id asked for.
        id: i64,
    }
}

message! {
    /// Error `NotEnrolled`: nothing was stored.
    NotEnrolledError {
        /// The picture that was at fault.
        picture: Option<String>,
        /// What was wrong.
        problem: String,
        /// What to do.
        advice: String,
    }
}

message! {
    /// Error `Unavailable`.
    UnavailableError {
        /// Coarsely.
        reason: Reason,
        /// A sentence.
        why: String,
    }
}
