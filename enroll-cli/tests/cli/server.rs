//! A daemon that follows a script: one connection, one call, the given answers.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use facelogin_protocol::codec::{encode_error, encode_reply};
use serde_json::{Value, json};

use crate::run;

/// What the daemon says to the call.
pub enum Answer {
    Reply(Value),
    /// A reply that others follow.
    Continues(Value),
    /// An error of the interface, without its prefix.
    Error(&'static str, Value),
    /// Bytes as they are.
    Raw(&'static [u8]),
}

pub struct Server {
    _dir: tempfile::TempDir,
    path: PathBuf,
    thread: JoinHandle<Option<Value>>,
}

impl Server {
    /// `None` when not root: the client trusts no other daemon.
    pub fn start(answers: Vec<Answer>) -> Option<Self> {
        if run::skip_without_root("the client asks no daemon that is not root's") {
            return None;
        }
        let dir = run::open_dir();
        let path = dir.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let thread = thread::spawn(move || serve(&listener, answers));
        Some(Self {
            _dir: dir,
            path,
            thread,
        })
    }

    /// The arguments that name this server, before `args`.
    pub fn args<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        [&["--socket", self.path.to_str().unwrap()], args].concat()
    }

    pub fn run(&self, args: &[&str]) -> run::Ran {
        run::run(&self.args(args))
    }

    /// The call, if there was one.
    pub fn call(self) -> Option<Value> {
        // If nobody came, the server still waits: come and go.
        drop(UnixStream::connect(&self.path));
        self.thread.join().unwrap()
    }
}

fn serve(listener: &UnixListener, answers: Vec<Answer>) -> Option<Value> {
    let (mut stream, _) = listener.accept().unwrap();
    let mut message = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    while message.last() != Some(&0) {
        match stream.read(&mut chunk).unwrap() {
            0 => return None,
            got => message.extend_from_slice(&chunk[..got]),
        }
    }
    message.pop();
    for answer in answers {
        let bytes = match answer {
            Answer::Reply(value) => encode_reply(&value, false).unwrap(),
            Answer::Continues(value) => encode_reply(&value, true).unwrap(),
            Answer::Error(name, value) => {
                encode_error(&format!("org.facelogin.Login.{name}"), &value).unwrap()
            }
            Answer::Raw(bytes) => bytes.to_vec(),
        };
        stream.write_all(&bytes).unwrap();
    }
    Some(serde_json::from_slice(&message).unwrap())
}

/// A template on the wire.
pub fn template(id: i64, label: &str) -> Value {
    json!({
        "id": id, "user": "alice", "uid": 1000, "label": label, "engine": "dlib", "model": "ab",
        "camera": "pictures", "kind": "colour", "encodings": 1, "created": 1_700_000_000,
    })
}

/// What happened in a scan, on the wire.
pub fn detail() -> Value {
    json!({
        "frames": 5, "usable_frames": 3, "distance": 0.25, "threshold": 0.36, "first_frame_ms": 210,
        "total_ms": 640, "camera": "replay", "strobe": null, "live": null, "hint": null,
    })
}
