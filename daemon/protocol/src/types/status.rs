//! How things stand, and the counters of mismatches.

message! {
    /// The answer to `Unlock`.
    UnlockOut {
        /// How many counters there were.
        cleared: u32,
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
        /// How strict the comparison is, and what was measured of that; a sentence.
        security: String,
        /// Where the user must be: seat, local or off.
        presence: String,
        /// What is asked of a face's being alive, and what the machine can tell of it, in words.
        liveness: String,
        /// Whether the vision process has the networks that look at faces in colour for signs of life.
        liveness_networks: bool,
        /// SHA-256 of the configuration that the daemon runs with, all defaults filled in, as TOML; for root only.
        configuration: Option<String>,
        /// Whether logind answers, or what is wrong with it; absent when it is not asked.
        logind: Option<String>,
        /// The user that the rest is about.
        user: String,
        /// Their templates.
        templates: u32,
        /// Of those, made by this engine with these models.
        usable_templates: u32,
        /// Whether their face waits until the password was typed; absent where it never does.
        password_due: Option<bool>,
        /// Their counters.
        lockouts: Vec<Lockout>,
    }
}
