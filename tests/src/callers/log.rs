//! The system log of a world: everything that its programs say to `/dev/log`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex};
use std::thread;

const PATH: &str = "/dev/log";

/// What the module decided, as it logs it with the argument `debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided(pub String);

/// The log.
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Begins to listen. The thread that reads ends with the process: it holds nothing that anybody waits for.
    pub fn start() -> Self {
        let socket = UnixDatagram::bind(PATH).unwrap();
        fs::set_permissions(PATH, Permissions::from_mode(0o666)).unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        thread::spawn(move || {
            let mut buffer = vec![0; 16 * 1024];
            while let Ok(length) = socket.recv(&mut buffer) {
                let line = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let end = line == END;
                kept.lock().unwrap().push(line);
                if end {
                    break;
                }
            }
        });
        Self(lines)
    }

    /// Everything that was said before now: a line of ours goes last, and the others are read before it.
    pub fn lines(&self) -> Vec<String> {
        let mark = format!("{MARK}{}", self.0.lock().unwrap().len());
        UnixDatagram::unbound()
            .unwrap()
            .send_to(mark.as_bytes(), PATH)
            .unwrap();
        crate::system::until("the log is read", || {
            self.0.lock().unwrap().contains(&mark).then_some(())
        });
        let lines = self.0.lock().unwrap();
        lines
            .iter()
            .filter(|line| !line.starts_with(MARK))
            .cloned()
            .collect()
    }
}

/// Begins a line of our own.
const MARK: &str = "mark ";

/// Ends the reader.
const END: &str = "end of the log";

impl Drop for Log {
    fn drop(&mut self) {
        if let Ok(socket) = UnixDatagram::unbound() {
            let _ = socket.send_to(END.as_bytes(), PATH);
        }
    }
}

impl Decided {
    /// Reads one line of the log; `None` when it is another.
    pub fn read(line: &str) -> Option<Self> {
        let (_, said) = line.split_once("pam_facelogin(")?;
        let (_, said) = said.split_once("): ")?;
        let (_, code) = said.split_once(';')?.0.split_once(", ")?;
        let is_code = |text: &str| {
            text.chars()
                .all(|letter| letter.is_ascii_uppercase() || letter == '_')
        };
        is_code(code).then(|| Self(format!("PAM_{code}")))
    }
}
