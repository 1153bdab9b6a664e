//! What can go wrong with the store, each with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the store refused. Every variant means "no answer": a caller that compares faces must treat each as a
/// failure, never as "no templates".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A system call on a file or folder of the store failed.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was being done, as a verb phrase: "open", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },

    /// A file or folder has the wrong type, owner or mode. It is never repaired silently: somebody may have read
    /// or changed it meanwhile.
    #[error("{path} {problem}; {remedy}", path = path.display())]
    Unsafe {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What the administrator can do.
        remedy: String,
    },

    /// Another process (or another `Store` of this one) holds the store.
    #[error(
        "the store in {path} is in use by another process; only one facelogind may have it open: stop the other one \
         (systemctl status facelogind), or close the sqlite3 shell that holds it",
        path = path.display()
    )]
    InUse {
        /// The store's folder.
        path: PathBuf,
    },

    /// The database is corrupt. It is never recreated: that would quietly unenrol everybody and reset every lockout.
    #[error(
        "{path} is damaged ({detail}); restore it from a backup, or move it away and enrol again \
         (passwords keep working meanwhile)",
        path = path.display()
    )]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },

    /// The database is a sound SQLite file, but of some other program.
    #[error("{path} is not a facelogin store ({detail}); move it away, or point the store at another folder", path = path.display())]
    Foreign {
        /// The database file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },

    /// The database was written by a later release.
    #[error(
        "{path} has schema version {found}, and this facelogind knows versions up to {known}; install the newer \
         facelogin again, or restore a backup made by this one",
        path = path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// Its `user_version`.
        found: i64,
        /// The newest version known here.
        known: i64,
    },

    /// There is no key, and either there are templates that need one, or the key is to come from a credential.
    #[error(
        "the store's key {path} is missing, and {templates} template(s) need it; bring the key back from a backup or \
         fix the unit's LoadCredential, or move faces.db away and enrol again",
        path = path.display()
    )]
    KeyMissing {
        /// Where the key was looked for.
        path: PathBuf,
        /// How many templates the store holds.
        templates: u32,
    },

    /// The key is not the one this store was made with.
    #[error(
        "the key {path} is not the one this store was made with; bring the right key back, or move faces.db away and \
         enrol again",
        path = path.display()
    )]
    KeyWrong {
        /// Where the key came from.
        path: PathBuf,
    },

    /// The key file holds something that is no key.
    #[error("{path} holds no usable key ({problem}); a key is 32 random bytes, or 64 hexadecimal digits", path = path.display())]
    KeyUnusable {
        /// Where the key came from.
        path: PathBuf,
        /// What is wrong, without any of its content.
        problem: &'static str,
    },

    /// A template does not authenticate: its row, or the identity it is bound to, was changed.
    #[error(
        "template {id} of user {user:?} was changed outside facelogin, and is not used; remove it \
         (facelogin-enroll remove {id}) and enrol again, or restore a backup"
    )]
    Tampered {
        /// The row.
        id: i64,
        /// The user that the row names now; not to be trusted.
        user: String,
    },

    /// A value given to the store is outside its bounds.
    #[error("{field} {problem}")]
    Invalid {
        /// Which value.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },

    /// The user already has as many templates of this engine as are allowed.
    #[error("user {user:?} already has {limit} templates of engine {engine:?}; remove one first")]
    TooMany {
        /// The user.
        user: String,
        /// The engine.
        engine: String,
        /// [`super::MAX_TEMPLATES`].
        limit: u32,
    },

    /// No template has this number.
    #[error("there is no template {id}; facelogin-enroll list shows them")]
    NoSuchTemplate {
        /// The number asked for.
        id: i64,
    },

    /// The kernel gave no random bytes.
    #[error("the system gave no random numbers: {0}")]
    Random(getrandom::Error),

    /// The cipher refused to seal; cannot happen within the bounds of a template.
    #[error("an encoding could not be encrypted")]
    Seal,

    /// SQLite did not take one of the settings that the store relies on.
    #[error("SQLite did not accept the setting {name} for {path}; this build of SQLite cannot be used", path = path.display())]
    Setting {
        /// The database file.
        path: PathBuf,
        /// The setting.
        name: &'static str,
    },

    /// SQLite failed in some other way: disk full, out of memory.
    #[error("the database {path} failed: {source}", path = path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// What SQLite said. It holds no bound values.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Sorts an SQLite failure on the database at `path`.
    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> StoreError {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::InUse {
                path: path.parent().map_or_else(|| path.clone(), Path::to_owned),
            },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged {
                path,
                detail: source.to_string(),
            },
            _ => match source {
                // The tables are STRICT, so a value of the wrong type or range did not come from here.
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => StoreError::Damaged {
                    path,
                    detail: source.to_string(),
                },
                source => StoreError::Database { path, source },
            },
        }
    }

    pub(super) fn invalid(field: &'static str, problem: impl Into<String>) -> StoreError {
        StoreError::Invalid {
            field,
            problem: problem.into(),
        }
    }
}
