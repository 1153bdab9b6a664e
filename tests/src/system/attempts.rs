//! What the store has on record, read from a copy: the daemon holds the file itself.

use std::fs;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{System, until};

/// One row, as far as tests look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The name that was asked about.
    pub user: String,
    /// `PAM_SERVICE`.
    pub service: String,
    /// The entry class.
    pub class: String,
    /// From `SO_PEERCRED`.
    pub peer_uid: u32,
    /// What was answered.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// Pictures looked at.
    pub frames: u32,
}

impl System {
    /// All attempts, oldest first.
    pub fn attempts(&self) -> Vec<Attempt> {
        // A copy made while the daemon writes may be torn: then the next one is not.
        until("a readable copy of the store", || self.read_attempts().ok())
    }

    /// How many attempts there are, once nobody is being served any more: an attempt is recorded after its answer, by
    /// the thread of its connection.
    #[track_caller]
    pub fn recorded(&self) -> usize {
        until("nobody is being served", || {
            let tasks = fs::read_dir(format!("/proc/{}/task", self.daemon_pid())).unwrap();
            let serving = tasks.flatten().any(|task| {
                fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.starts_with("peer-"))
            });
            (!serving).then_some(())
        });
        self.attempts().len()
    }

    /// The attempt that follows the first `before`: it is recorded after the answer.
    #[track_caller]
    pub fn attempt_after(&self, before: usize) -> Attempt {
        until(&format!("attempt {} is on record", before + 1), || {
            self.attempts().into_iter().nth(before)
        })
    }

    pub(super) fn read_attempts(&self) -> rusqlite::Result<Vec<Attempt>> {
        let copy = TempDir::new().unwrap();
        let file = copy.path().join("faces.db");
        match fs::copy(self.state().join("faces.db"), &file) {
            Ok(1..) => {}
            _ => return Ok(Vec::new()),
        }
        // With its journal, if there is one: without it, what is half written would count as written, and be gone
        // after the daemon's next start.
        let journal = "faces.db-journal";
        let _ = fs::copy(self.state().join(journal), copy.path().join(journal));
        let database = Connection::open(&file)?;
        let mut query = database.prepare(
            "SELECT user, service, class, peer_uid, verdict, reason, frames FROM attempt ORDER BY id",
        )?;
        let rows = query.query_map([], |row| {
            Ok(Attempt {
                user: row.get(0)?,
                service: row.get(1)?,
                class: row.get(2)?,
                peer_uid: row.get(3)?,
                verdict: row.get(4)?,
                reason: row.get(5)?,
                frames: row.get(6)?,
            })
        })?;
        rows.collect()
    }

    /// The database itself, for tests that change it while no daemon runs.
    pub fn database(&self) -> Connection {
        assert!(self.daemon.is_none(), "the daemon holds it");
        Connection::open(self.state().join("faces.db")).unwrap()
    }
}
