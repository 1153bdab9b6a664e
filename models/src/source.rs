//! Where missing model files are obtained from.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::Duration;

use nix::fcntl::OFlag;

use crate::{FetchError, ModelFile};

/// Time to reach the server, to hear its answer's first bytes, and for everything together. The largest file,
/// SFace's encoder, is 38.7 MB and not packed: ten minutes are 65 kB/s.
const CONNECT: Duration = Duration::from_secs(15);
const ANSWER: Duration = Duration::from_secs(30);
const OVERALL: Duration = Duration::from_secs(600);

/// The origin answers with one redirect; a few more are allowed, each of them HTTPS.
const REDIRECTS: u32 = 4;

/// Where missing files come from. Whatever the source, the hash in the manifest decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Each file's `origin`, over HTTPS and nothing else.
    Https,
    /// A folder that holds `NAME` or `NAME.bz2`: for machines without a network, and for images built beforehand.
    Folder(PathBuf),
    /// A plain HTTP server on this very machine, for tests.
    Loopback(Loopback),
}

/// The address of an HTTP server on 127.0.0.1. For tests of fetching only: no other host can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loopback(u16);

impl Loopback {
    /// Takes `http://127.0.0.1:PORT` and refuses everything else: another host, scheme, path or credentials.
    pub fn new(base: &str) -> Result<Self, FetchError> {
        base.strip_prefix("http://127.0.0.1:")
            // `parse` alone would take "+80".
            .filter(|port| port.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|port| port.parse().ok())
            .filter(|port| *port != 0)
            .map(Self)
            .ok_or_else(|| FetchError::NotLoopback {
                base: base.to_owned(),
            })
    }
}

/// Bytes of one model file on their way in.
pub(crate) struct Incoming {
    /// Where from, for messages.
    pub(crate) from: String,
    /// Whether the bytes are packed with bzip2.
    pub(crate) packed: bool,
    /// The bytes, not bounded yet.
    pub(crate) bytes: Box<dyn Read>,
}

impl Source {
    pub(crate) fn open(&self, file: &ModelFile) -> Result<Incoming, FetchError> {
        match self {
            Self::Https => get(&agent(true), file.origin.to_owned()),
            Self::Loopback(Loopback(port)) => get(
                &agent(false),
                // What it is called at its origin, packed or plain.
                format!(
                    "http://127.0.0.1:{port}/{}",
                    file.origin.rsplit('/').next().unwrap_or(file.name)
                ),
            ),
            Self::Folder(folder) => {
                let plain = folder.join(file.name);
                let packed = folder.join(format!("{}.bz2", file.name));
                match (open_regular(&plain)?, open_regular(&packed)?) {
                    (Some(bytes), _) => Ok(from_file(plain, false, bytes)),
                    (None, Some(bytes)) => Ok(from_file(packed, true, bytes)),
                    (None, None) => Err(FetchError::NotInFolder {
                        name: file.name,
                        folder: folder.to_owned(),
                    }),
                }
            }
        }
    }
}

fn from_file(path: PathBuf, packed: bool, file: File) -> Incoming {
    Incoming {
        from: path.display().to_string(),
        packed,
        bytes: Box::new(file),
    }
}

fn open_regular(path: &PathBuf) -> Result<Option<File>, FetchError> {
    let io = |source| FetchError::Io {
        path: path.clone(),
        source,
    };
    // A link is followed here: the folder is the caller's choice, and the hash decides. A pipe must not block.
    let flags = (OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).bits();
    match File::options().read(true).custom_flags(flags).open(path) {
        Ok(file) if file.metadata().map_err(io)?.is_file() => Ok(Some(file)),
        Ok(_) => Err(io(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io(e)),
    }
}

fn agent(https: bool) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .https_only(https)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_global(Some(OVERALL))
        .max_redirects(if https { REDIRECTS } else { 0 })
        .http_status_as_error(true)
        .user_agent(concat!("facelogin/", env!("CARGO_PKG_VERSION")));
    // A proxy from the environment is honoured for HTTPS, which it cannot read or change, and never for loopback.
    let config = if https { config } else { config.proxy(None) };
    config.build().into()
}

fn get(agent: &ureq::Agent, url: String) -> Result<Incoming, FetchError> {
    match agent.get(&url).call() {
        // With no redirects allowed, ureq hands a 3xx over as an answer like any other.
        Ok(answer) if answer.status().as_u16() != 200 => Err(FetchError::Status {
            code: answer.status().as_u16(),
            url,
        }),
        Ok(answer) => {
            // ureq's own limit is lifted because the caller's is exact.
            let bytes = answer.into_body().into_with_config().limit(u64::MAX).reader();
            Ok(Incoming {
                packed: url.ends_with(".bz2"),
                from: url,
                bytes: Box::new(bytes),
            })
        }
        Err(ureq::Error::StatusCode(code)) => Err(FetchError::Status { code, url }),
        Err(source) => Err(FetchError::Connect {
            url,
            source: Box::new(source),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_may_be_spoken_to_without_tls() {
        assert_eq!(Loopback::new("http://127.0.0.1:8080").unwrap(), Loopback(8080));
        for base in [
            "http://127.0.0.1",
            "http://127.0.0.1:",
            "http://127.0.0.1:0",
            "http://127.0.0.1:+80",
            "http://127.0.0.1:80/x",
            "http://127.0.0.1:80@example.org",
            "http://127.0.0.1:65536",
            "http://127.0.0.1.example.org:80",
            "http://localhost:80",
            "https://127.0.0.1:80",
            "http://10.0.0.1:80",
            "",
        ] {
            assert!(Loopback::new(base).is_err(), "{base:?}");
        }
    }

    #[test]
    fn the_https_source_refuses_plain_http() {
        let error = get(&agent(true), "http://127.0.0.1:9/x".into()).err().unwrap();
        assert!(
            matches!(&error, FetchError::Connect { source, .. } if matches!(**source, ureq::Error::RequireHttpsOnly(_))),
            "{error}"
        );
    }
}
