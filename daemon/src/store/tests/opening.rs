//! Opening: the folder, the files, the lock, and the soundness of the database.

use super::*;

#[test]
fn r17_r18_a_new_store_is_private_and_comes_back_after_closing() {
    let place = Place::used();
    assert_eq!(mode(&place.dir), 0o700);
    assert_eq!(mode(&place.file("faces.db")), 0o600);
    assert_eq!(mode(&place.file("store.key")), 0o600);
    assert_eq!(fs::read(place.file("store.key")).unwrap().len(), 32);
    for entry in fs::read_dir(&place.dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{path:?}");
    }

    let store = place.open().unwrap();
    assert_eq!(store.folder(), place.dir);
    let found = store.templates_of("ada", 1000).unwrap();
    assert_eq!((found.len(), &found[0].encodings), (1, &encodings()));
    assert_eq!(found[0].info, store.list(None).unwrap()[0]);
    assert_eq!(found[0].info.encodings, 3);
    assert!(found[0].info.created_unix > 1_700_000_000);
}

#[test]
fn r17_a_folder_that_is_a_link_or_open_to_others_is_refused_and_left_as_it_is() {
    let place = Place::used();
    let link = place.dir.with_file_name("link");
    symlink(&place.dir, &link).unwrap();
    for named in [
        link.clone(),
        PathBuf::from(format!("{}/", link.display())),
        link.join("."),
    ] {
        let refused = Store::open(&named, place.key());
        assert!(
            matches!(refused, Err(StoreError::Unsafe { .. })),
            "{named:?}: {refused:?}"
        );
    }
    for bad in [0o710, 0o701, 0o750, 0o755, 0o770, 0o1777] {
        set_mode(&place.dir, bad);
        let refused = place.open();
        assert!(
            matches!(refused, Err(StoreError::Unsafe { .. })),
            "{bad:o}: {refused:?}"
        );
        assert_eq!(mode(&place.dir), bad);
    }
    set_mode(&place.dir, 0o700);
    place.open().unwrap();

    let file = place.file("store.key");
    assert!(matches!(
        Store::open(&file, place.key()),
        Err(StoreError::Io { .. } | StoreError::Unsafe { .. })
    ));
    let missing = place.dir.join("a/b");
    assert!(matches!(
        Store::open(&missing, place.key()),
        Err(StoreError::Io { .. })
    ));
}

#[test]
fn r17_files_of_the_wrong_mode_or_kind_are_refused_and_left_as_they_are() {
    for name in ["faces.db", "store.key"] {
        let place = Place::used();
        let path = place.file(name);
        for bad in [0o640, 0o604, 0o644, 0o660, 0o666, 0o700, 0o4600] {
            set_mode(&path, bad);
            let refused = place.open();
            assert!(
                matches!(refused, Err(StoreError::Unsafe { .. })),
                "{name} {bad:o}: {refused:?}"
            );
            assert_eq!(mode(&path), bad);
        }
        set_mode(&path, 0o600);
        place.open().unwrap();

        let away = place.file("away");
        fs::rename(&path, &away).unwrap();
        symlink(&away, &path).unwrap();
        assert!(
            matches!(place.open(), Err(StoreError::Unsafe { .. })),
            "{name}: a link"
        );
        fs::remove_file(&path).unwrap();
        symlink("/nonexistent/faces", &path).unwrap();
        assert!(
            matches!(place.open(), Err(StoreError::Unsafe { .. })),
            "{name}: a broken link"
        );
        fs::remove_file(&path).unwrap();
        fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        assert!(
            matches!(place.open(), Err(StoreError::Unsafe { .. })),
            "{name}: a folder"
        );
        fs::remove_dir(&path).unwrap();
        // A FIFO must not hang the daemon.
        nix::unistd::mkfifo(
            &path,
            nix::sys::stat::Mode::S_IRUSR | nix::sys::stat::Mode::S_IWUSR,
        )
        .unwrap();
        assert!(
            matches!(place.open(), Err(StoreError::Unsafe { .. })),
            "{name}: a FIFO"
        );
    }
}

#[test]
fn r17_what_belongs_to_somebody_else_is_refused() {
    // Only root can give files away; for others, the kernel keeps a stranger's 0600 file from being opened at all.
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    for name in ["", "faces.db", "store.key"] {
        let place = Place::used();
        std::os::unix::fs::chown(place.file(name), Some(12_345), None).unwrap();
        let refused = place.open();
        assert!(
            matches!(refused, Err(StoreError::Unsafe { .. })),
            "{name}: {refused:?}"
        );
    }
}

fn is_locked(file: &fs::File) -> bool {
    let mut lock = nix::libc::flock {
        l_type: nix::libc::F_WRLCK as i16,
        l_whence: nix::libc::SEEK_SET as i16,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    nix::fcntl::fcntl(file, nix::fcntl::FcntlArg::F_OFD_GETLK(&mut lock)).unwrap();
    lock.l_type != nix::libc::F_UNLCK as i16
}

#[test]
fn a_store_in_use_is_refused_until_it_is_dropped() {
    let place = Place::used();
    let store = place.open().unwrap();
    let second = place.open();
    assert!(matches!(second, Err(StoreError::InUse { .. })), "{second:?}");
    assert!(second.unwrap_err().to_string().contains("in use"));
    assert_eq!(
        store.count_for("ada", 1000).unwrap(),
        1,
        "the first one is unharmed"
    );
    // Refusing must not cost the first one its lock on the database. An open-file-description lock conflicts with
    // the process's own record locks, so it sees them; closing its file would drop them, so that comes last.
    let probe = fs::File::options()
        .read(true)
        .write(true)
        .open(place.file("faces.db"))
        .unwrap();
    assert!(is_locked(&probe), "the database is no longer locked");
    drop(store);
    assert!(!is_locked(&probe));
    drop(probe);
    place.open().unwrap();
}

#[test]
fn a_database_held_by_another_program_is_in_use() {
    let place = Place::used();
    let held = Connection::open(place.file("faces.db")).unwrap();
    held.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert!(matches!(place.open(), Err(StoreError::InUse { .. })));
    drop(held);

    let _store = place.open().unwrap();
    let reader = Connection::open(place.file("faces.db")).unwrap();
    reader.busy_timeout(std::time::Duration::ZERO).unwrap();
    assert!(
        reader
            .query_row("SELECT count(*) FROM template", [], |r| r.get::<_, i64>(0))
            .is_err()
    );
}

#[test]
fn a_damaged_database_is_an_error_and_never_recreated() {
    let place = Place::used();
    let whole = fs::read(place.file("faces.db")).unwrap();
    let mut header = whole.clone();
    header[..16].fill(b'x');
    let mut middle = whole.clone();
    let at = middle.len() / 2;
    middle[at..].fill(0xA5);
    // A page that opening by itself would not look at.
    let unread = Connection::open(place.file("faces.db")).unwrap();
    let page: u32 = unread
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'lockout'",
            [],
            |r| r.get(0),
        )
        .unwrap();
    let mut lockouts = whole.clone();
    let at = (page as usize - 1) * 4096;
    lockouts[at..at + 4096].fill(0xA5);
    let cut = whole[..whole.len() / 2].to_vec();
    for (what, bytes) in [
        ("header", header),
        ("middle", middle),
        ("lockouts", lockouts),
        ("cut", cut),
        ("text", vec![b'#'; 9000]),
    ] {
        let place = Place::used();
        write(&place.file("faces.db"), &bytes);
        let refused = place.open();
        assert!(
            matches!(refused, Err(StoreError::Damaged { .. })),
            "{what}: {refused:?}"
        );
        let message = refused.unwrap_err().to_string();
        assert!(
            message.contains("faces.db") && message.contains("backup"),
            "{message}"
        );
        assert_eq!(fs::read(place.file("faces.db")).unwrap(), bytes, "{what}");
    }
}

#[test]
fn a_database_of_a_later_release_is_refused() {
    let place = Place::used();
    place.sql("PRAGMA user_version = 99");
    let refused = place.open();
    assert!(
        matches!(refused, Err(StoreError::Newer { found: 99, .. })),
        "{refused:?}"
    );
}
