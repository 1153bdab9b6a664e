//! Homes of systemd-homed, asked over its own Varlink socket: `GetUserRecord` of `io.systemd.UserDatabase`.
//!
//! The record is somebody else's format and grows: unknown fields are passed over, but what is relied on (whose record
//! it is, and the state of the home on this machine) must be there as documented in systemd's JSON User Records.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use facelogin_protocol::codec::CodecError;
use facelogin_protocol::socket::SocketError;
use facelogin_protocol::{Client, ClientError, Deadline};
use nix::errno::Errno;
use serde::{Deserialize, Serialize};

/// Where systemd-homed answers about its users.
pub const SOCKET: &str = "/run/systemd/userdb/io.systemd.Home";

const INTERFACE: &str = "io.systemd.UserDatabase";
const SERVICE: &str = "io.systemd.Home";

/// Why it is not known.
#[derive(Debug, thiserror::Error)]
pub enum HomedError {
    /// The exchange failed.
    #[error("systemd-homed: {0}")]
    Call(String),
    /// The record is not the one that was asked for.
    #[error("systemd-homed's record is about somebody else")]
    Other,
    /// The state is kept by machine.
    #[error("cannot read /etc/machine-id: {0}")]
    MachineId(io::Error),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    user_name: &'a str,
    service: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    record: Record,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    user_name: String,
    #[serde(default)]
    status: BTreeMap<String, Status>,
}

#[derive(Deserialize)]
struct Status {
    state: Option<String>,
}

/// Whether this is a user of systemd-homed whose home is not active. False where there is no systemd-homed.
pub fn is_closed(
    socket: &Path,
    machine_id: &Path,
    user: &str,
    deadline: Deadline,
) -> Result<bool, HomedError> {
    let asked = Asked {
        user_name: user,
        service: SERVICE,
    };
    let answer = Client::connect_to_interface(socket, INTERFACE, deadline)
        .and_then(|mut client| client.call::<Answer>("GetUserRecord", &asked, deadline));
    let record = match answer {
        Ok(answer) => answer.record,
        Err(error) => {
            return if is_none_of_its(&error) {
                Ok(false)
            } else {
                Err(HomedError::Call(words(&error)))
            };
        }
    };
    if record.user_name != user {
        return Err(HomedError::Other);
    }
    let machine = super::small_file(machine_id)
        .map_err(HomedError::MachineId)?
        .unwrap_or_default();
    let state = record
        .status
        .get(machine.trim_end())
        .and_then(|status| status.state.as_deref());
    // A lingering home is still mounted, and a new session takes it over without a password.
    Ok(!matches!(state, Some("active" | "lingering")))
}

/// Nobody listens there, or it does not know the user.
fn is_none_of_its(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable(SocketError::System { errno, .. }) => {
            matches!(errno, Errno::ENOENT | Errno::ENOTDIR | Errno::ECONNREFUSED)
        }
        ClientError::Refused { name, .. } => name == "io.systemd.UserDatabase.NoRecordFound",
        _ => false,
    }
}

/// The client's errors speak of facelogind.
fn words(error: &ClientError) -> String {
    match error {
        ClientError::Unreachable(error) | ClientError::Broken(CodecError::Socket(error)) => error.to_string(),
        ClientError::NotRoot(uid) => format!("uid {uid} answers in its place"),
        ClientError::Broken(error) => error.to_string(),
        ClientError::NoAnswer => "it closed without an answer".into(),
        ClientError::Violation(what) => format!("its answer is not valid: {what}"),
        ClientError::Refused { name, .. } => name.clone(),
    }
}
