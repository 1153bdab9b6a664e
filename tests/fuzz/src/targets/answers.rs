//! The PAM module's side of an answer (R1, R2): the real client, a peer that says anything, and the PAM code that comes
//! of it.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use facelogin_protocol::codec::Inbox;
use facelogin_protocol::socket::send_all;
use facelogin_protocol::types::{AuthenticateIn, Reason, Verdict};
use facelogin_protocol::{Client, ClientError, Deadline, RequestId, SMALL_MESSAGE};
use pamsm::PamError;
use serde_json::Value;

use super::{ended_by_nul, split};
use crate::ask::AskError;
use crate::caller::Caller;
use crate::code::Outcome;
use crate::module::words;

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
    let result = result.map_err(AskError::from);
    let outcome = match &result {
        Ok(answer) => {
            answers_the_request(&body);
            Outcome::from(answer)
        }
        Err(error) => Outcome::from(error),
    };
    let code = outcome.code(head.first() == Some(&b't'));
    assert!(!matches!(code, PamError::IGNORE | PamError::INCOMPLETE));
    let success = code == PamError::SUCCESS;
    assert_eq!(success, says_match(&body), "{code}");

    let caller = Caller {
        user: "alice".into(),
        service: "login".into(),
        tty: None,
        ruser: None,
    };
    if let Some(line) = words::after(&caller, &result, true) {
        assert!(!line.contains(char::is_control));
        assert!(success || !line.contains("approved"), "{line}");
    }
}

/// What must hold of an answer that was believed: one message and no byte more, about this request and this user.
fn answers_the_request(body: &[u8]) {
    let message = body.strip_suffix(&[0]).expect("ended by NUL");
    assert!(!message.contains(&0) && message.len() <= SMALL_MESSAGE);
    let value: Value = serde_json::from_slice(message).expect("JSON");
    let parameters = &value["parameters"];
    assert_eq!(parameters["request_id"], ID);
    assert_eq!(parameters["uid"], UID);
    assert!(value["error"].is_null() && value["continues"].is_null());
}

/// Whether the answer is the one that lets somebody in, read without the client.
fn says_match(body: &[u8]) -> bool {
    let Some(message) = body.strip_suffix(&[0]) else {
        return false;
    };
    let Ok(reply) = serde_json::from_slice::<StrictReply>(message) else {
        return false;
    };
    // An array of the fields is not what was promised.
    let value: Value = serde_json::from_slice(message).expect("it was read already");
    let StrictReply { parameters, .. } = reply;
    message.len() <= SMALL_MESSAGE
        && value["parameters"].is_object()
        && parameters.request_id == ID
        && parameters.uid == UID
        && parameters.verdict == Verdict::Match
        && parameters.reason == Reason::Matched
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
    verdict: Verdict,
    reason: Reason,
    #[serde(rename = "elevation")]
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
