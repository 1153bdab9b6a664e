//! The questions to the daemon: each one connection, one deadline, one answer.

use std::time::Duration;

use facelogin_protocol::types::{AuthenticateIn, AuthenticateOut, Done, ReportPasswordIn};
use facelogin_protocol::{Client, ClientError, Deadline, RequestId};
use nix::errno::Errno;
use nix::unistd::User;

use crate::args::Settings;
use crate::caller::{Caller, CallerError};
use crate::conversation::PromptError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The login is not one to ask about.
    #[error(transparent)]
    Caller(#[from] CallerError),
    /// The name has no account.
    #[error("no account has this name")]
    UnknownUser,
    /// Whether the name has an account cannot be told.
    #[error("the account cannot be looked up: {0}")]
    Lookup(Errno),
    /// No request id can be made.
    #[error("the kernel gives no random numbers")]
    NoRandomness,
    /// The prompt had no answer.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The prompt was answered with a password.
    #[error("the password was typed")]
    PasswordTyped,
    /// No prompt: the password is there already.
    #[error("the password has been asked for already")]
    PasswordThere,
    /// The daemon was asked and gave no answer to rely on.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// The daemon is told to answer this much before the deadline, so that its reason arrives.
const MARGIN: Duration = Duration::from_millis(200);

/// The longest that a report after a password may hold the login up.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// Asks the daemon about this login; `consent`: the user has asked for the scan at the prompt.
pub fn ask(caller: &Caller, settings: &Settings, consent: bool) -> Result<AuthenticateOut, AskError> {
    // From here on nothing waits for a person at a keyboard: the prompts, libpam's and ours, are over.
    let deadline = Deadline::after(settings.timeout);
    let uid = uid_of(&caller.user)?;
    let request_id = RequestId::random().ok_or(AskError::NoRandomness)?;
    let client = Client::connect(&settings.socket, deadline)?;
    let request = AuthenticateIn {
        request_id,
        user: caller.user.clone(),
        uid,
        service: caller.service.clone(),
        tty: caller.tty.clone(),
        // A login that has one does not come this far.
        rhost: None,
        ruser: caller.ruser.clone(),
        consent,
        timeout_ms: millis(deadline.remaining().saturating_sub(MARGIN)),
    };
    Ok(client.authenticate(&request, deadline)?)
}

/// Tells the daemon that this user's password was typed and accepted.
pub fn report_password(caller: &Caller, settings: &Settings) -> Result<(), AskError> {
    let deadline = Deadline::after(settings.timeout.min(REPORT_TIMEOUT));
    let report = ReportPasswordIn {
        user: caller.user.clone(),
        uid: uid_of(&caller.user)?,
        service: caller.service.clone(),
    };
    let mut client = Client::connect(&settings.socket, deadline)?;
    let Done {} = client.call("ReportPassword", &report, deadline)?;
    Ok(())
}

/// R5: name to uid, once; the daemon gets both and resolves the name again.
pub fn uid_of(user: &str) -> Result<u32, AskError> {
    match User::from_name(user) {
        Ok(Some(account)) => Ok(account.uid.as_raw()),
        // What getpwnam_r(3) lists for "not found".
        Ok(None) | Err(Errno::ENOENT | Errno::ESRCH) => Err(AskError::UnknownUser),
        Err(errno) => Err(AskError::Lookup(errno)),
    }
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use facelogin_protocol::SMALL_MESSAGE;
    use facelogin_protocol::codec::encode_call;

    #[test]
    fn r05_a_name_is_resolved_or_refused() {
        assert_eq!(uid_of("root").unwrap(), 0);
        assert!(matches!(
            uid_of("no-such-account-here"),
            Err(AskError::UnknownUser)
        ));
    }

    #[test]
    fn r20_the_largest_request_is_a_small_message() {
        // Of the characters that `caller` lets through, these take the most bytes in JSON.
        let worst = "\"".repeat(256);
        let request = AuthenticateIn {
            request_id: RequestId::random().unwrap(),
            user: worst.clone(),
            uid: u32::MAX,
            service: worst.clone(),
            tty: Some(worst.clone()),
            rhost: None,
            ruser: Some(worst),
            consent: false,
            timeout_ms: u32::MAX,
        };
        let bytes = encode_call("org.facelogin.Login.Authenticate", &request, false).unwrap();
        assert!(bytes.len() <= SMALL_MESSAGE, "{}", bytes.len());
    }
}
