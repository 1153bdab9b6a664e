//! What has happened: attempts on record, and elevations as they are granted.

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
