//! What the exit code says. Scripts rely on it: a code never changes its meaning.

use std::process::ExitCode;

/// The exit code of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; the answer, if there was a question, is yes.
    Ok = 0,
    /// The answer is no: the face does not match, nobody was recognised, a question was not confirmed, a link of the chain
    /// is broken.
    Negative = 1,
    /// The command line makes no sense. The same code as clap's.
    Usage = 2,
    /// Root is needed, the password was not accepted, or the daemon does not permit it to this user.
    NotPermitted = 3,
    /// The daemon, the models' origin or the desktop cannot be reached, or no scan is possible at the moment.
    Unavailable = 4,
    /// A picture, name, id, configuration or model file is not usable. Nothing was changed.
    BadInput = 5,
    /// The daemon broke the protocol, or the output cannot be written.
    Internal = 6,
}

impl Exit {
    const ALL: [Self; 7] = [
        Self::Ok,
        Self::Negative,
        Self::Usage,
        Self::NotPermitted,
        Self::Unavailable,
        Self::BadInput,
        Self::Internal,
    ];

    fn meaning(self) -> &'static str {
        match self {
            Self::Ok => {
                "done; test: the face matches; identify: somebody was recognised; doctor: no link is broken"
            }
            Self::Negative => {
                "the answer is no: no match, nobody recognised, not confirmed, a link is broken"
            }
            Self::Usage => "the command line makes no sense",
            Self::NotPermitted => "not permitted, root is needed, or the password was not accepted",
            Self::Unavailable => {
                "the daemon, the models' origin or the desktop cannot be reached or cannot serve now"
            }
            Self::BadInput => {
                "a picture, name, id, configuration or model is not usable; nothing was changed"
            }
            Self::Internal => "the daemon's answer is not valid, or the output cannot be written",
        }
    }

    /// The list for `--help`.
    pub fn help() -> String {
        let lines = Self::ALL.map(|exit| format!("  {}  {}", exit as u8, exit.meaning()));
        format!("Exit codes:\n{}", lines.join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_that_were_promised() {
        let codes = Exit::ALL.map(|exit| exit as u8);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6]);
        for exit in Exit::ALL {
            assert!(Exit::help().contains(exit.meaning()));
        }
    }
}
