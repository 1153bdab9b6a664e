//! The answer, or its absence, as a PAM code.

use facelogin_protocol::ClientError;
use facelogin_protocol::codec::CodecError;
use facelogin_protocol::types::{AuthenticateOut, Reason, UnavailableError, Verdict};
use pamsm::PamError;

use crate::ask::AskError;
use crate::caller::CallerError;
use crate::conversation::PromptError;

/// How an authentication ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The face is the user's. The only variant that lets anybody in (R1).
    Match,
    /// A face was seen and it is not the user's.
    Mismatch,
    /// No face was compared, and what stood in the way passes by itself.
    NothingToCompare,
    /// The face cannot be asked here and now.
    Unavailable,
    /// The password was typed, and waits in `PAM_AUTHTOK` for the next module.
    PasswordTyped,
    /// Too many mismatches.
    LockedOut,
    /// No such account.
    UnknownUser,
    /// The user could not be asked for the name, or for the password or the face.
    ConversationBroke,
    /// Something is wrong with the module's arguments, or with who answers on the socket.
    Fault,
}

impl Outcome {
    /// The code for the PAM stack. Never `PAM_IGNORE`, never `PAM_INCOMPLETE`.
    pub fn code(self, timeout_is_auth_err: bool) -> PamError {
        match self {
            Self::Match => PamError::SUCCESS,
            Self::Mismatch => PamError::AUTH_ERR,
            Self::NothingToCompare if timeout_is_auth_err => PamError::AUTH_ERR,
            Self::NothingToCompare | Self::Unavailable | Self::PasswordTyped => PamError::AUTHINFO_UNAVAIL,
            Self::LockedOut => PamError::MAXTRIES,
            Self::UnknownUser => PamError::USER_UNKNOWN,
            Self::ConversationBroke => PamError::CONV_ERR,
            Self::Fault => PamError::SERVICE_ERR,
        }
    }
}

impl From<&AuthenticateOut> for Outcome {
    fn from(answer: &AuthenticateOut) -> Self {
        match (answer.verdict, answer.reason) {
            (Verdict::Match, Reason::Matched) => Self::Match,
            // A daemon that contradicts itself is not believed in anything.
            (Verdict::Match, _) | (_, Reason::Matched) => Self::Fault,
            (Verdict::NoMatch, _) => Self::Mismatch,
            (Verdict::LockedOut, _) => Self::LockedOut,
            (Verdict::UnknownUser, _) => Self::UnknownUser,
            (Verdict::Unavailable, reason) => unavailable(reason),
        }
    }
}

/// By name, so that a new reason has to be put somewhere: `timeout_result=auth_err` keeps a caller asking that would
/// give up for good, and only what passes by itself is worth that.
fn unavailable(reason: Reason) -> Outcome {
    match reason {
        Reason::NobodySeen
        | Reason::PoorView
        | Reason::SeveralFaces
        | Reason::Busy
        | Reason::RateLimited
        | Reason::JustLocked
        | Reason::LidClosed => Outcome::NothingToCompare,
        Reason::NotMatching
        | Reason::LivenessRefused
        | Reason::LivenessUnavailable
        | Reason::NotEnrolled
        | Reason::OtherEngine
        | Reason::ServiceNotAllowed
        | Reason::Remote
        | Reason::CameraUnavailable
        | Reason::VisionUnavailable
        | Reason::LockedOut
        | Reason::UnknownUser
        | Reason::StoreUnavailable
        | Reason::NotPresent
        | Reason::PasswordFirst
        | Reason::AccountLocked
        | Reason::HomeLocked
        | Reason::Cancelled => Outcome::Unavailable,
        // The prompt follows this answer; as the last one it denies a consent that was given.
        Reason::ConsentNeeded | Reason::Matched => Outcome::Fault,
    }
}

impl From<&AskError> for Outcome {
    fn from(error: &AskError) -> Self {
        match error {
            AskError::Caller(CallerError::NoUser(_)) => Self::ConversationBroke,
            AskError::Caller(CallerError::UserName(_)) | AskError::UnknownUser => Self::UnknownUser,
            AskError::Caller(CallerError::Remote | CallerError::Item { .. })
            | AskError::Lookup(_)
            | AskError::NoRandomness => Self::Unavailable,
            AskError::Prompt(PromptError::Talk(_)) => Self::ConversationBroke,
            AskError::Prompt(PromptError::Authtok) => Self::Fault,
            AskError::PasswordTyped | AskError::PasswordThere => Self::PasswordTyped,
            AskError::Client(error) => Self::from(error),
        }
    }
}

impl From<&ClientError> for Outcome {
    fn from(error: &ClientError) -> Self {
        match error {
            // R25: absent, hung, or dead before or in the middle of its answer.
            ClientError::Unreachable(_)
            | ClientError::NoAnswer
            | ClientError::Broken(CodecError::Socket(_) | CodecError::Truncated) => Self::Unavailable,
            // Whoever answers there does not speak as the daemon does.
            ClientError::Broken(CodecError::TooLong(_) | CodecError::Json(_))
            | ClientError::NotRoot(_)
            | ClientError::Violation(_) => Self::Fault,
            ClientError::Refused { .. } => match error.refusal::<UnavailableError>("Unavailable") {
                Some(refusal) => unavailable(refusal.reason),
                None => Self::Fault,
            },
        }
    }
}

#[cfg(test)]
mod tests;
