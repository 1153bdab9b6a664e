//! Opening the SQLite database: settings, soundness, and schema.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::StoreError;

/// `application_id` of a store: "face" in ASCII.
const APPLICATION_ID: i64 = 0x6661_6365;

/// Schema changes, oldest first; `user_version` says how many are applied. Only ever append.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE key_check (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        sealed BLOB NOT NULL
    ) STRICT;

    -- AUTOINCREMENT: a row's number is in the sealed value's associated data, and is never used again.
    CREATE TABLE template (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user TEXT NOT NULL,
        uid INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),
        label TEXT NOT NULL,
        engine TEXT NOT NULL,
        model TEXT NOT NULL,
        camera TEXT NOT NULL,
        encodings INTEGER NOT NULL CHECK (encodings BETWEEN 1 AND 64),
        created_unix INTEGER NOT NULL,
        sealed BLOB NOT NULL
    ) STRICT;
    CREATE INDEX template_of_user ON template (user, uid);

    CREATE TABLE attempt (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        unix INTEGER NOT NULL,
        user TEXT NOT NULL,
        uid INTEGER CHECK (uid BETWEEN 0 AND 4294967295),
        service TEXT NOT NULL,
        tty TEXT,
        class TEXT NOT NULL,
        peer_uid INTEGER NOT NULL CHECK (peer_uid BETWEEN 0 AND 4294967295),
        verdict TEXT NOT NULL,
        reason TEXT NOT NULL,
        millis INTEGER NOT NULL CHECK (millis BETWEEN 0 AND 4294967295),
        best_distance REAL,
        frames INTEGER NOT NULL CHECK (frames BETWEEN 0 AND 4294967295)
    ) STRICT;
    CREATE INDEX attempt_of_user ON attempt (user);

    CREATE TABLE lockout (
        uid INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),
        class TEXT NOT NULL,
        failures INTEGER NOT NULL CHECK (failures BETWEEN 0 AND 4294967295),
        remaining_secs INTEGER NOT NULL CHECK (remaining_secs >= 0),
        boot_id TEXT NOT NULL,
        at_boottime_secs INTEGER NOT NULL CHECK (at_boottime_secs >= 0),
        PRIMARY KEY (uid, class)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- The name is kept beside the uid: a uid that was given to somebody else brings no password along (R18).
    CREATE TABLE password (
        uid INTEGER PRIMARY KEY CHECK (uid BETWEEN 0 AND 4294967295),
        user TEXT NOT NULL,
        boot_id TEXT NOT NULL,
        at_boottime_secs INTEGER NOT NULL CHECK (at_boottime_secs >= 0)
    ) STRICT;
",
];

/// Another `facelogind` cannot hold the database (the folder is locked before); an administrator's `sqlite3` may, for
/// a moment. Starting is worth that wait, not more.
const BUSY: Duration = Duration::from_millis(250);

/// Setting, how it is written, how it reads back. `locking_mode` comes before anything that touches the file.
fn settings() -> [(&'static str, &'static str, Value); 8] {
    [
        // Nobody else reads or writes while we run, not even as root by mistake.
        ("locking_mode", "EXCLUSIVE", Value::Text("exclusive".into())),
        // A login that was recorded, and a lockout that was counted, are on the disk before anybody hears of it.
        ("journal_mode", "TRUNCATE", Value::Text("truncate".into())),
        ("synchronous", "FULL", Value::Integer(2)),
        // What is deleted is overwritten.
        ("secure_delete", "ON", Value::Integer(1)),
        ("foreign_keys", "ON", Value::Integer(1)),
        ("trusted_schema", "OFF", Value::Integer(0)),
        ("cell_size_check", "ON", Value::Integer(1)),
        // No temporary files.
        ("temp_store", "MEMORY", Value::Integer(2)),
    ]
}

/// Opens the database at `path`, an absolute path without links of an existing file, and takes it for this process.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let failed = |e| StoreError::sqlite(path, e);
    // Neither CREATE (the file is there, with the right mode) nor URI. The bundled SQLite is compiled with URI names
    // on for everybody, but takes only a name that begins with "file:" as one, and an absolute path does not.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    conn.busy_timeout(BUSY).map_err(failed)?;
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        conn.set_db_config(config, on).map_err(failed)?;
    }
    for (name, value, wanted) in settings() {
        conn.pragma_update(None, name, value).map_err(failed)?;
        // SQLite ignores a setting that it does not know or cannot change now.
        if read_setting::<Value>(&conn, name).map_err(failed)? != wanted {
            return Err(StoreError::Setting {
                path: path.to_owned(),
                name,
            });
        }
    }
    // The exclusive lock is taken by the first write transaction, and then kept.
    conn.execute_batch("BEGIN EXCLUSIVE; COMMIT").map_err(failed)?;
    let sound: String = conn
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    if sound != "ok" {
        return Err(StoreError::Damaged {
            path: path.to_owned(),
            detail: sound,
        });
    }
    migrate(&mut conn, path, MIGRATIONS)?;
    Ok(conn)
}

fn migrate(conn: &mut Connection, path: &Path, migrations: &[&str]) -> Result<(), StoreError> {
    let failed = |e| StoreError::sqlite(path, e);
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Exclusive)
        .map_err(failed)?;
    let application: i64 = read_setting(&tx, "application_id").map_err(failed)?;
    let version: i64 = read_setting(&tx, "user_version").map_err(failed)?;
    let tables: i64 = tx
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed)?;
    let foreign = |detail: &str| StoreError::Foreign {
        path: path.to_owned(),
        detail: detail.into(),
    };
    match (application, version, tables) {
        (0, 0, 0) => {}
        (APPLICATION_ID, 1.., 1..) => {}
        (APPLICATION_ID, ..) => return Err(foreign("its schema version does not fit its tables")),
        _ => return Err(foreign("its application id is another")),
    }
    // A program has a handful of migrations.
    let known = migrations.len() as i64;
    if version > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found: version,
            known,
        });
    }
    if version == known {
        return Ok(());
    }
    // 0 <= version < known, so the conversion is exact.
    for migration in &migrations[version as usize..] {
        tx.execute_batch(migration).map_err(failed)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(failed)?;
    tx.pragma_update(None, "user_version", known).map_err(failed)?;
    tx.commit().map_err(failed)
}

fn read_setting<T: rusqlite::types::FromSql>(conn: &Connection, name: &str) -> rusqlite::Result<T> {
    conn.pragma_query_value(None, name, |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("faces.db");
        std::fs::write(&path, b"").unwrap();
        (dir, path)
    }

    #[test]
    fn r18_deleted_content_is_overwritten_and_writes_are_synchronous() {
        let (_dir, path) = empty();
        let conn = open(&path).unwrap();
        for (name, _, wanted) in settings() {
            assert_eq!(read_setting::<Value>(&conn, name).unwrap(), wanted, "{name}");
        }
        assert_eq!(read_setting::<i64>(&conn, "busy_timeout").unwrap(), 250);
    }

    #[test]
    fn a_migration_runs_once_and_keeps_the_rows() {
        let (_dir, path) = empty();
        let mut conn = open(&path).unwrap();
        conn.execute("INSERT INTO lockout VALUES (1, 'tty', 2, 3, 'b', 4)", [])
            .unwrap();
        let more = [
            MIGRATIONS,
            &["ALTER TABLE lockout ADD COLUMN note TEXT NOT NULL DEFAULT 'x'"],
        ]
        .concat();
        let known = MIGRATIONS.len() as i64;
        for _ in 0..2 {
            migrate(&mut conn, &path, &more).unwrap();
        }
        let note: String = conn
            .query_row("SELECT note FROM lockout", [], |r| r.get(0))
            .unwrap();
        assert_eq!(
            (note.as_str(), read_setting::<i64>(&conn, "user_version").unwrap()),
            ("x", known + 1)
        );
        // And what was migrated is too new for the release before.
        let refused = migrate(&mut conn, &path, MIGRATIONS);
        assert!(
            matches!(refused, Err(StoreError::Newer { found, known: ours, .. }) if (found, ours) == (known + 1, known)),
            "{refused:?}"
        );
    }

    #[test]
    fn a_store_of_the_first_release_is_opened_with_all_it_holds() {
        let (_dir, path) = empty();
        let mut conn = Connection::open(&path).unwrap();
        migrate(&mut conn, &path, &MIGRATIONS[..1]).unwrap();
        conn.execute_batch(
            "INSERT INTO lockout VALUES (1, 'tty', 2, 3, 'b', 4);
             INSERT INTO attempt VALUES (7, 1, 'ada', 1, 'login', NULL, 'tty', 0, 'match', 'matched', 5, 0.2, 3);",
        )
        .unwrap();
        drop(conn);
        let conn = open(&path).unwrap();
        let count = |table: &str| -> i64 {
            conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!((count("lockout"), count("attempt"), count("password")), (1, 1, 0));
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let (_dir, path) = empty();
        let mut conn = open(&path).unwrap();
        let broken = [MIGRATIONS, &["CREATE TABLE half (x) ; CREATE TABLE lockout (x)"]].concat();
        assert!(migrate(&mut conn, &path, &broken).is_err());
        let version: i64 = read_setting(&conn, "user_version").unwrap();
        assert_eq!(version, MIGRATIONS.len() as i64);
        assert!(conn.prepare("SELECT * FROM half").is_err());
    }

    #[test]
    fn the_database_of_another_program_is_refused_and_left_alone() {
        for setup in [
            "CREATE TABLE notes (x)",
            "PRAGMA application_id = 7",
            "PRAGMA user_version = 3",
            "CREATE TABLE notes (x); PRAGMA application_id = 1717658469; PRAGMA user_version = -1",
        ] {
            let (_dir, path) = empty();
            Connection::open(&path).unwrap().execute_batch(setup).unwrap();
            let refused = open(&path);
            assert!(
                matches!(refused, Err(StoreError::Foreign { .. })),
                "{setup}: {refused:?}"
            );
            let conn = Connection::open(&path).unwrap();
            assert!(conn.prepare("SELECT * FROM template").is_err(), "{setup}");
        }
    }
}
