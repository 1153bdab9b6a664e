//! The errors a method can answer with, as Varlink errors.

use facelogin_protocol::INTERFACE_NAME;
use facelogin_protocol::codec::encode_error;
use facelogin_protocol::types::{
    NoSuchTemplateError, NotEnrolledError, Reason, UnavailableError, UnknownUserError, WhyError,
};
use serde::Serialize;

use crate::store::StoreError;
use crate::vision::link::VisionError;

/// Why a method gave no result.
#[derive(Debug)]
pub enum Failure {
    /// The peer may not ask this.
    NotPermitted(&'static str),
    /// No such account.
    UnknownUser(String),
    /// No such template.
    NoSuchTemplate(i64),
    /// Nothing was stored.
    NotEnrolled(NotEnrolledError),
    /// Not now.
    Unavailable(Reason, String),
    /// A parameter is out of bounds.
    Invalid(String),
    /// Nobody knows that method.
    MethodNotFound(String),
    /// Nobody knows that interface.
    InterfaceNotFound(String),
    /// The parameters are not this method's.
    InvalidParameter(String),
}

#[derive(Serialize)]
struct Method {
    method: String,
}

#[derive(Serialize)]
struct Interface {
    interface: String,
}

#[derive(Serialize)]
struct Parameter {
    parameter: String,
}

impl Failure {
    /// What is fit for everybody: the rest names files, and may be the words of a process that parses pictures.
    pub fn without_details(self) -> Self {
        match self {
            Self::Unavailable(reason, _) => Self::Unavailable(reason, reason.name().into()),
            other => other,
        }
    }

    /// As bytes for the wire.
    pub fn encode(self) -> Result<Vec<u8>, serde_json::Error> {
        let own = |name: &str| format!("{INTERFACE_NAME}.{name}");
        let varlink = |name: &str| format!("org.varlink.service.{name}");
        match self {
            Self::NotPermitted(why) => encode_error(&own("NotPermitted"), &WhyError { why: why.into() }),
            Self::UnknownUser(user) => encode_error(&own("UnknownUser"), &UnknownUserError { user }),
            Self::NoSuchTemplate(id) => encode_error(&own("NoSuchTemplate"), &NoSuchTemplateError { id }),
            Self::NotEnrolled(error) => encode_error(&own("NotEnrolled"), &error),
            Self::Unavailable(reason, why) => {
                encode_error(&own("Unavailable"), &UnavailableError { reason, why })
            }
            Self::Invalid(why) => encode_error(&own("Invalid"), &WhyError { why }),
            Self::MethodNotFound(method) => encode_error(&varlink("MethodNotFound"), &Method { method }),
            Self::InterfaceNotFound(interface) => {
                encode_error(&varlink("InterfaceNotFound"), &Interface { interface })
            }
            Self::InvalidParameter(parameter) => {
                encode_error(&varlink("InvalidParameter"), &Parameter { parameter })
            }
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchTemplate { id, .. } => Self::NoSuchTemplate(id),
            StoreError::Invalid { .. } | StoreError::TooMany { .. } => Self::Invalid(error.to_string()),
            other => Self::Unavailable(Reason::StoreUnavailable, other.to_string()),
        }
    }
}

impl From<VisionError> for Failure {
    fn from(error: VisionError) -> Self {
        Self::Unavailable(reason_of(&error), error.to_string())
    }
}

/// What a caller is told of a fault between us and the camera.
pub fn reason_of(error: &VisionError) -> Reason {
    match error {
        VisionError::Camera(_) | VisionError::TimedOut => Reason::CameraUnavailable,
        VisionError::NotReady(_)
        | VisionError::Lost(_)
        | VisionError::OutOfTurn
        | VisionError::Picture(_) => Reason::VisionUnavailable,
    }
}
