//! Calls to the daemon, with what can go wrong in them turned into this tool's errors.

use std::path::{Path, PathBuf};
use std::time::Duration;

use facelogin_protocol::codec::CodecError;
use facelogin_protocol::{Client, ClientError, Deadline};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::CliError;

/// For what the daemon answers from memory or from its store.
pub const QUICK: Duration = Duration::from_secs(5);

/// For a list of cameras: the daemon waits 6 s for a scan to end before it says that one is running.
pub const LISTING: Duration = Duration::from_secs(10);

/// For a scan: the longest that the configuration allows is 30 s, and the daemon may be ending another one.
pub const SCAN: Duration = Duration::from_secs(40);

/// For an enrolment: the daemon ends one from the camera after 45 s; sixteen large pictures take about as long.
pub const ENROLMENT: Duration = Duration::from_secs(60);

/// The parameters of a method that takes none.
#[derive(Serialize)]
pub struct Nothing {}

/// Where the daemon listens. Each call is a connection of its own.
#[derive(Debug)]
pub struct Daemon {
    socket: PathBuf,
}

impl Daemon {
    /// At this socket.
    pub fn at(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Where that is.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The version of whoever serves there, by what every Varlink service answers.
    pub fn version(&self, wait: Duration) -> Result<String, CliError> {
        #[derive(Deserialize)]
        struct Info {
            version: String,
        }
        let deadline = Deadline::after(wait);
        Client::connect_to_interface(&self.socket, "org.varlink.service", deadline)
            .and_then(|mut client| client.call("GetInfo", &Nothing {}, deadline))
            .map(|info: Info| info.version)
            .map_err(|error| self.explain(error))
    }

    /// One call, one reply.
    pub fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        parameters: &impl Serialize,
        wait: Duration,
    ) -> Result<T, CliError> {
        let deadline = Deadline::after(wait);
        Client::connect(&self.socket, deadline)
            .and_then(|mut client| client.call(method, parameters, deadline))
            .map_err(|error| self.explain(error))
    }

    /// One call, any number of replies; the last one is returned.
    pub fn call_more<T: DeserializeOwned>(
        &self,
        method: &str,
        parameters: &impl Serialize,
        wait: Duration,
        each: impl FnMut(T),
    ) -> Result<T, CliError> {
        let deadline = Deadline::after(wait);
        Client::connect(&self.socket, deadline)
            .and_then(|mut client| client.call_more(method, parameters, deadline, each))
            .map_err(|error| self.explain(error))
    }

    fn explain(&self, error: ClientError) -> CliError {
        if let Some(refusal) = CliError::of_refusal(&error) {
            return refusal;
        }
        match error {
            ClientError::Unreachable(why) => CliError::Unreachable {
                socket: self.socket.clone(),
                why: why.to_string(),
            },
            lost @ (ClientError::NoAnswer | ClientError::Broken(CodecError::Socket(_))) => {
                CliError::Lost(lost)
            }
            other => CliError::Protocol(other),
        }
    }
}
