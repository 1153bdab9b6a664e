//! The parameters of the errors.

use super::verdict::Reason;

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
