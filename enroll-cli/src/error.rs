//! Everything that can go wrong, each with a sentence, a way out, and an exit code.

use std::io;
use std::path::PathBuf;

use facelogin_config::ConfigError;
use facelogin_models::FetchError;
use facelogin_protocol::types::Reason;
use facelogin_protocol::{ClientError, INTERFACE_NAME};

use crate::desktop::DesktopError;
use crate::exit::Exit;
use crate::password::PasswordError;
use crate::pictures::PictureError;
use crate::words;

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The caller is not root, and the command is for root.
    #[error("this needs root: try {command_line}")]
    NeedsRoot {
        /// With `sudo`, ready to be copied.
        command_line: String,
    },
    /// Root was not reached through sudo and named no user.
    #[error("whose face? Root has to name the user: --user NAME")]
    WhichUser,
    /// The caller's uid has no name.
    #[error("uid {0} has no name on this machine; name the user: --user NAME")]
    Nameless(u32),
    /// A destructive command, no terminal to ask at, and no `--yes`.
    #[error("nobody can be asked for confirmation here; add --yes to remove the faces of {user} without it")]
    Unconfirmed {
        /// Whose faces.
        user: String,
    },
    /// More pictures than an enrolment takes.
    #[error("{given} pictures are too many; name at most {}", crate::pictures::MOST)]
    TooManyPictures {
        /// How many were named.
        given: usize,
    },
    /// No home folder to put models into.
    #[error("there is no home folder to put the models into; name a folder with --to DIR")]
    NoTarget,
    /// What is enrolled may not be changed without a password.
    #[error("{}", words::sentences(&[why.to_string()]))]
    Password {
        /// Why not.
        #[from]
        why: PasswordError,
    },
    /// Nothing can be shown on a desktop.
    #[error(transparent)]
    Desktop(#[from] DesktopError),
    /// The daemon does not permit it to this user.
    #[error("facelogind does not permit this: {}", words::sentences(&[why]))]
    NotPermitted {
        /// The daemon's sentence.
        why: String,
    },
    /// Nobody listens there.
    #[error("cannot reach facelogind at {}: {why}. Is it running? Try: systemctl status facelogind", socket.display())]
    Unreachable {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The conversation ended early.
    #[error("{0}. Its log says more: journalctl -u facelogind")]
    Lost(ClientError),
    /// The daemon runs but cannot do it now.
    #[error("{}", words::sentences(&[why, words::remedy(*reason)]))]
    Unavailable {
        /// Coarsely.
        reason: Reason,
        /// The daemon's sentence.
        why: String,
    },
    /// No such account.
    #[error("there is no user {user} on this machine; check the name")]
    UnknownUser {
        /// The name asked for.
        user: String,
    },
    /// No such template.
    #[error("there is no template {id}; `facelogin-enroll list` shows those there are")]
    NoSuchTemplate {
        /// The id asked for.
        id: i64,
    },
    /// The daemon found the pictures, or the scan, not good enough.
    #[error("{}", words::not_enrolled(picture.as_deref(), problem, advice))]
    NotEnrolled {
        /// The file, as it was named on the command line.
        picture: Option<String>,
        /// What was wrong.
        problem: String,
        /// What to do.
        advice: String,
    },
    /// The daemon does not take a value.
    #[error("facelogind does not accept this: {}", words::sentences(&[why]))]
    Invalid {
        /// The daemon's sentence.
        why: String,
    },
    /// A picture file that is not sent at all.
    #[error("{0}. Nothing was stored.")]
    Picture(#[from] PictureError),
    /// The configuration file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Models that are missing or not as they should be.
    #[error("{}", words::sentences(problems))]
    Models {
        /// A sentence for each.
        problems: Vec<String>,
    },
    /// Models that could not be obtained.
    #[error("{why}{}", fetch_remedy(why))]
    Fetch {
        /// What happened.
        #[from]
        why: FetchError,
    },
    /// The daemon broke the protocol, or is not root's.
    #[error("{0}. Are facelogind and facelogin-enroll of the same version?")]
    Protocol(ClientError),
    /// Nothing could be measured.
    #[error(transparent)]
    Evaluate(#[from] crate::commands::evaluate::error::EvaluateError),
    /// PAM's stacks, or the allow-list, stay as they are.
    #[error(transparent)]
    Pam(#[from] crate::commands::pam::PamError),
    /// The answer cannot be written.
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
}

impl CliError {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::WhichUser
            | Self::Nameless(_)
            | Self::Unconfirmed { .. }
            | Self::TooManyPictures { .. }
            | Self::NoTarget => Exit::Usage,
            Self::Password { why } => match why {
                PasswordError::NoTerminalForRoot | PasswordError::NoTerminal { .. } => Exit::Usage,
                _ => Exit::NotPermitted,
            },
            Self::Evaluate(why) => why.exit(),
            Self::Desktop(_) => Exit::Unavailable,
            Self::NeedsRoot { .. } | Self::NotPermitted { .. } => Exit::NotPermitted,
            Self::Unreachable { .. } | Self::Lost(_) | Self::Unavailable { .. } => Exit::Unavailable,
            Self::UnknownUser { .. }
            | Self::NoSuchTemplate { .. }
            | Self::NotEnrolled { .. }
            | Self::Invalid { .. }
            | Self::Picture(_)
            | Self::Pam(_)
            | Self::Config(_)
            | Self::Models { .. } => Exit::BadInput,
            Self::Fetch { why } => fetch_exit(why),
            Self::Protocol(_) | Self::Output(_) => Exit::Internal,
        }
    }

    /// Whether the daemon only said that it is asked too often.
    pub fn is_rate_limit(&self) -> bool {
        matches!(
            self,
            Self::Unavailable {
                reason: Reason::RateLimited,
                ..
            }
        )
    }

    /// The name of its kind in JSON. Scripts rely on it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NeedsRoot { .. } => "needs_root",
            Self::WhichUser
            | Self::Nameless(_)
            | Self::Unconfirmed { .. }
            | Self::TooManyPictures { .. }
            | Self::NoTarget => "usage",
            Self::Password { .. } => "password",
            Self::Desktop(_) => "desktop",
            Self::NotPermitted { .. } => "not_permitted",
            Self::Unreachable { .. } => "unreachable",
            Self::Lost(_) => "no_answer",
            Self::Unavailable { .. } => "unavailable",
            Self::UnknownUser { .. } => "unknown_user",
            Self::NoSuchTemplate { .. } => "no_such_template",
            Self::NotEnrolled { .. } => "not_enrolled",
            Self::Invalid { .. } => "invalid",
            Self::Picture(_) => "picture",
            Self::Config(_) => "config",
            Self::Evaluate(_) => "evaluate",
            Self::Pam(_) => "pam",
            Self::Models { .. } => "models",
            Self::Fetch { .. } => "fetch",
            Self::Protocol(_) => "protocol",
            Self::Output(_) => "output",
        }
    }

    /// What a refusal by the daemon means here; `None` when it is no error of the interface.
    pub fn of_refusal(error: &ClientError) -> Option<Self> {
        use facelogin_protocol::types::{
            NoSuchTemplateError, NotEnrolledError, UnavailableError, UnknownUserError, WhyError,
        };
        let ClientError::Refused { name, .. } = error else {
            return None;
        };
        let short = name.strip_prefix(INTERFACE_NAME)?.strip_prefix('.')?;
        Some(match short {
            "NotPermitted" => Self::NotPermitted {
                why: error.refusal::<WhyError>(short)?.why,
            },
            "Invalid" => Self::Invalid {
                why: error.refusal::<WhyError>(short)?.why,
            },
            "UnknownUser" => Self::UnknownUser {
                user: error.refusal::<UnknownUserError>(short)?.user,
            },
            "NoSuchTemplate" => Self::NoSuchTemplate {
                id: error.refusal::<NoSuchTemplateError>(short)?.id,
            },
            "NotEnrolled" => {
                let NotEnrolledError {
                    picture,
                    problem,
                    advice,
                } = error.refusal(short)?;
                Self::NotEnrolled {
                    picture,
                    problem,
                    advice,
                }
            }
            "Unavailable" => {
                let UnavailableError { reason, why } = error.refusal(short)?;
                Self::Unavailable { reason, why }
            }
            _ => return None,
        })
    }
}

fn fetch_exit(why: &FetchError) -> Exit {
    match why {
        FetchError::Connect { .. } | FetchError::Status { .. } | FetchError::Busy { .. } => Exit::Unavailable,
        FetchError::Read { from, .. } if from.starts_with("https:") => Exit::Unavailable,
        FetchError::NotInFolder { .. }
        | FetchError::Read { .. }
        | FetchError::TooLarge { .. }
        | FetchError::Hash { .. } => Exit::BadInput,
        FetchError::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            Exit::NotPermitted
        }
        FetchError::Io { .. } | FetchError::NotLoopback { .. } => Exit::Internal,
    }
}

/// The library knows of a folder; only this tool knows what the option is called.
fn fetch_remedy(why: &FetchError) -> &'static str {
    match why {
        FetchError::Connect { .. } | FetchError::Status { .. } => " (--from DIR)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_of_errors_has_its_exit_code_and_kind() {
        let why = || "x".to_string();
        let broken = ClientError::Violation("x");
        for (error, exit, kind) in [
            (
                CliError::NeedsRoot { command_line: why() },
                Exit::NotPermitted,
                "needs_root",
            ),
            (CliError::WhichUser, Exit::Usage, "usage"),
            (PasswordError::NoTerminalForRoot.into(), Exit::Usage, "password"),
            (
                PasswordError::Refused {
                    user: why(),
                    why: why(),
                }
                .into(),
                Exit::NotPermitted,
                "password",
            ),
            (
                CliError::NotPermitted { why: why() },
                Exit::NotPermitted,
                "not_permitted",
            ),
            (
                CliError::Unavailable {
                    reason: Reason::Busy,
                    why: why(),
                },
                Exit::Unavailable,
                "unavailable",
            ),
            (
                CliError::UnknownUser { user: why() },
                Exit::BadInput,
                "unknown_user",
            ),
            (
                CliError::NoSuchTemplate { id: 1 },
                Exit::BadInput,
                "no_such_template",
            ),
            (CliError::Invalid { why: why() }, Exit::BadInput, "invalid"),
            (
                CliError::Lost(ClientError::NoAnswer),
                Exit::Unavailable,
                "no_answer",
            ),
            (CliError::Protocol(broken), Exit::Internal, "protocol"),
        ] {
            assert_eq!((error.exit(), error.kind()), (exit, kind));
        }
    }

    #[test]
    fn an_unreachable_origin_is_told_with_its_remedy() {
        let error = CliError::from(FetchError::Status {
            url: "https://example.invalid/m.bz2".into(),
            code: 503,
        });
        assert_eq!(error.exit(), Exit::Unavailable);
        assert!(error.to_string().ends_with("(--from DIR)"), "{error}");
    }

    #[test]
    fn not_enrolled_names_file_problem_advice_and_outcome() {
        let error = CliError::NotEnrolled {
            picture: Some("dir/a.png".into()),
            problem: "the face is too small".into(),
            advice: "Use a larger picture.".into(),
        };
        assert_eq!(
            error.to_string(),
            "dir/a.png: the face is too small. Use a larger picture. Nothing was stored."
        );
    }
}
