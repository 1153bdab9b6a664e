//! The PAM module's side of an answer (R1, R2): the real client, a peer that says anything, and the PAM code that comes
//! of it.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use facelogin_protocol::codec::{Inbox, Reply, decode};
use facelogin_protocol::socket::send_all;
use facelogin_protocol::types::{AuthenticateIn, AuthenticateOut};
use facelogin_protocol::{Client, ClientError, Deadline, RequestId, SMALL_MESSAGE};
use pamsm::PamError;
use serde_json::Value;

use super::{ended_by_nul, split};
use crate::ask::AskError;
use crate::code::Outcome;

const ID: &str = "00112233445566778899aabbccddeeff";
const UID: u32 = 1000;

/// What the peer answers to the next request.
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The body is the answer; the header `t` is the module's `timeout_result=auth_err`.
pub fn check(input: &[u8]) {
    let (head, body) = split(input);
    let body = ended_by_nul(body);
    *ANSWER.lock().unwrap_or_else(PoisonError::into_inner) = body.clone();
    let deadline = Deadline::after(Duration::from_secs(10));
    let connected = Client::connect(peer(), deadline);
    if !nix::unistd::geteuid().is_root() {
        // Here the peer is this process, and nobody but root is asked anything.
        assert!(matches!(connected, Err(ClientError::NotRoot(_))));
        return;
    }
    let request = AuthenticateIn {
        request_id: RequestId::parse(ID).expect("32 digits"),
        user: "alice".into(),
        uid: UID,
        service: "login".into(),
        tty: None,
        rhost: None,
        ruser: None,
        consent: false,
        timeout_ms: 4000,
    };
    let result = connected.and_then(|client| client.authenticate(&request, deadline));
    assert!(
        !deadline.passed(),
        "an answer that ended was waited for: {result:?}"
    );
    let late_is_auth_err = head.first() == Some(&b't');
    let code = match &result {
        Ok(answer) => {
            answers_the_request(&body);
            Outcome::from(answer).code(late_is_auth_err)
        }
        Err(_) => Outcome::from(&AskError::from(result.expect_err("an error"))).code(late_is_auth_err),
    };
    assert!(!matches!(code, PamError::IGNORE | PamError::INCOMPLETE));
    let success = code == PamError::SUCCESS;
    assert!(!success || says_match(&body), "{code}");
    assert!(success || !says_match(&body) || !complete(&body), "{code}");
}

/// What must hold of an answer that was believed: one message and no byte more, about this request and this user.
fn answers_the_request(body: &[u8]) {
    let message = body.strip_suffix(&[0]).expect("ended by NUL");
    assert!(!message.contains(&0) && message.len() <= SMALL_MESSAGE);
    let value: Value = serde_json::from_slice(message).expect("JSON");
    let parameters = &value["parameters"];
    // serde also takes the four fields as an array.
    let field = |name: &str, place: usize| match parameters {
        Value::Array(fields) => fields.get(place).cloned().unwrap_or_default(),
        _ => parameters[name].clone(),
    };
    assert_eq!(field("request_id", 0), ID);
    assert_eq!(field("uid", 1), UID);
    assert!(value["error"].is_null() && value["continues"].is_null());
}

/// Whether the answer is the one that lets somebody in, read without the client.
fn says_match(body: &[u8]) -> bool {
    let Some(message) = body.strip_suffix(&[0]) else {
        return false;
    };
    let Ok(Ok(reply)) = std::str::from_utf8(message).map(serde_json::from_str::<StrictReply>) else {
        return false;
    };
    let StrictReply { parameters, .. } = reply;
    message.len() <= SMALL_MESSAGE
        && parameters.request_id == ID
        && parameters.uid == UID
        && parameters.verdict == "match"
        && parameters.reason == "matched"
}

/// Whether the parameters are an answer with all its fields.
fn complete(body: &[u8]) -> bool {
    let message = body.strip_suffix(&[0]).unwrap_or(body);
    decode::<Reply>(message).is_ok_and(|reply| reply.parameters::<AuthenticateOut>().is_ok())
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictReply {
    parameters: StrictAnswer,
    #[serde(rename = "continues", default)]
    _continues: Option<Never>,
    #[serde(rename = "error", default)]
    _error: Option<Never>,
}

/// Nothing can be read as this: the field is absent or null.
#[derive(serde::Deserialize)]
enum Never {}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictAnswer {
    request_id: String,
    uid: u32,
    verdict: String,
    reason: String,
    #[serde(rename = "elevation", default)]
    _elevation: bool,
}

/// Where somebody listens who reads one request and says [`ANSWER`].
fn peer() -> &'static PathBuf {
    static SOCKET: OnceLock<PathBuf> = OnceLock::new();
    SOCKET.get_or_init(|| {
        // The folder stays for as long as the process.
        let folder = tempfile::tempdir().expect("a folder").keep();
        let socket = folder.join("s");
        let listener = UnixListener::bind(&socket).expect("a socket");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let fd = OwnedFd::from(stream);
                let soon = Deadline::after(Duration::from_secs(10));
                if let Ok(Some(_)) = Inbox::default().next(&fd, SMALL_MESSAGE, soon) {
                    let answer = ANSWER.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    // The client may have had enough of it.
                    let _ = send_all(&fd, &answer, soon);
                }
            }
        });
        socket
    })
}
