//! R18: what happens when the store, its key, the models or a template are not what they were.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER, uid};
use facelogin_tests::system::{System, SystemOptions, until};

/// With one template, and the daemon ended.
fn stopped() -> Option<System> {
    let mut system = System::start(&SystemOptions::default())?;
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    system.stop_daemon();
    Some(system)
}

#[track_caller]
fn assert_refused(system: &mut System, words: &[&str]) {
    let refused = system.start_refused();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for part in words {
        assert!(refused.said.contains(part), "{part}: {refused:?}");
    }
    assert_eq!(
        code::name(system.login("login", ENROLLED)),
        "PAM_AUTHINFO_UNAVAIL"
    );
}

#[test]
fn r18_the_store_is_root_s_alone_and_holds_no_encoding_in_the_clear() {
    let Some(system) = stopped() else { return };
    let mode = |path: &Path| {
        let meta = fs::metadata(path).unwrap();
        (meta.uid(), meta.mode() & 0o7777)
    };
    assert_eq!(mode(&system.state()), (0, 0o700));
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(system.state()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), (0, 0o600), "{}", path.display());
        names.push(path.file_name().unwrap().to_str().unwrap().into());
    }
    names.sort();
    assert!(names.contains(&"faces.db".into()) && names.contains(&"store.key".into()));
    // The key is not in the database.
    let key = fs::read(system.state().join("store.key")).unwrap();
    let database = fs::read(system.state().join("faces.db")).unwrap();
    assert!(!database.windows(key.len()).any(|window| window == key));
}

#[test]
fn r18_a_damaged_store_keeps_the_daemon_from_starting() {
    let Some(mut system) = stopped() else { return };
    let file = system.state().join("faces.db");
    let good = fs::read(&file).unwrap();
    let page = 4096;
    let damages: [(&str, Vec<usize>); 3] = [
        ("its first bytes", (0..64).collect()),
        ("the schema's page", (100..400).collect()),
        (
            "the start of every further page",
            (1..good.len() / page)
                .flat_map(|number| number * page..number * page + 48)
                .collect(),
        ),
    ];
    for (what, places) in damages {
        let mut bytes = good.clone();
        for place in places {
            bytes[place] ^= 0x5a;
        }
        fs::write(&file, &bytes).unwrap();
        let refused = system.start_refused();
        assert_eq!(refused.code, Some(1), "{what}: {refused:?}");
        assert!(refused.said.contains("faces.db"), "{what}: {refused:?}");
        assert_eq!(fs::read(&file).unwrap(), bytes, "{what}: it is left alone");
    }
    fs::write(&file, &good[..good.len() / 2]).unwrap();
    assert_refused(&mut system, &["faces.db"]);
    fs::write(&file, &good).unwrap();
    system.start_daemon();
    system.wait_until_ready();
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
}

#[test]
fn r18_the_key_must_be_the_store_s() {
    let Some(mut system) = stopped() else { return };
    let file = system.state().join("store.key");
    let good = fs::read(&file).unwrap();
    fs::write(&file, [7; 32]).unwrap();
    assert_refused(
        &mut system,
        &["store.key", "not the one this store was made with"],
    );
    fs::write(&file, b"short").unwrap();
    assert_refused(&mut system, &["store.key", "no usable key"]);
    fs::remove_file(&file).unwrap();
    assert_refused(&mut system, &["store.key", "is missing", "1 template"]);
    assert!(!file.exists(), "no new key over a store that has templates");
    fs::write(&file, &good).unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    assert_refused(&mut system, &["store.key", "0644"]);
    fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    system.start_daemon();
    system.wait_until_ready();
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
}

#[test]
fn r17_r18_files_that_others_could_have_changed_are_refused() {
    let Some(mut system) = stopped() else { return };
    let state = system.state();
    let database = state.join("faces.db");
    let mode = |path: &Path, bits| fs::set_permissions(path, PermissionsExt::from_mode(bits)).unwrap();
    mode(&state, 0o755);
    assert_refused(&mut system, &["state", "0755"]);
    mode(&state, 0o700);
    mode(&database, 0o660);
    assert_refused(&mut system, &["faces.db", "0660"]);
    mode(&database, 0o600);
    std::os::unix::fs::chown(&database, Some(uid(STRANGER)), None).unwrap();
    assert_refused(&mut system, &["faces.db", "belongs to uid"]);
    std::os::unix::fs::chown(&database, Some(0), None).unwrap();
    let elsewhere = state.join("elsewhere.db");
    fs::rename(&database, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &database).unwrap();
    assert_refused(&mut system, &["faces.db", "symbolic link"]);
}

#[test]
fn r18_a_template_moved_to_another_identity_lets_nobody_in() {
    let Some(mut system) = stopped() else { return };
    let file = system.state().join("faces.db");
    let good = fs::read(&file).unwrap();
    // What is changed in the row, then who logs in, and what is on record of it. Nobody is let in.
    for (change, user, reason) in [
        ("uid = 6", ENROLLED, "not_enrolled"),
        ("user = 'man'", STRANGER, "not_enrolled"),
        ("user = 'man', uid = 6", STRANGER, "store_unavailable"),
        ("user = 'man', uid = 6", ENROLLED, "not_enrolled"),
        ("camera = 'other'", ENROLLED, "store_unavailable"),
        ("id = 7", ENROLLED, "store_unavailable"),
        ("encodings = 1", ENROLLED, "store_unavailable"),
        ("sealed = zeroblob(length(sealed))", ENROLLED, "store_unavailable"),
        ("sealed = x''", ENROLLED, "store_unavailable"),
    ] {
        assert_eq!((uid(ENROLLED), uid(STRANGER)), (5, 6));
        fs::write(&file, &good).unwrap();
        let database = system.database();
        let changed = database
            .execute(&format!("UPDATE template SET {change}"), [])
            .unwrap();
        assert_eq!(changed, 1);
        drop(database);
        system.start_daemon();
        system.wait_until_ready();
        let (result, attempt) = system.recorded_login("login", user);
        assert_eq!(
            (result, attempt.reason.as_str()),
            ("PAM_AUTHINFO_UNAVAIL", reason),
            "{change}, {user}"
        );
        system.stop_daemon();
    }
    fs::write(&file, &good).unwrap();
    system.start_daemon();
    system.wait_until_ready();
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
}

#[test]
fn r18_a_template_of_another_model_is_not_compared() {
    let Some(mut system) = stopped() else { return };
    let database = system.database();
    database
        .execute_batch("UPDATE template SET model = 'other'")
        .unwrap();
    drop(database);
    system.start_daemon();
    system.wait_until_ready();
    let (result, attempt) = system.recorded_login("login", ENROLLED);
    assert_eq!(
        (result, attempt.reason.as_str(), attempt.frames),
        ("PAM_AUTHINFO_UNAVAIL", "other_engine", 0)
    );
    assert_eq!(system.status(ENROLLED).usable_templates, 0);
}

#[test]
fn r18_altered_models_are_never_loaded() {
    let Some(mut system) = stopped() else { return };
    let name = "shape_predictor_5_face_landmarks.dat";
    let file = system.models().join(name);
    let good = fs::read(&file).unwrap();
    let replace = |bytes: Option<&[u8]>, mode: u32| {
        // The file may be a link to the cached one: a new one takes its place.
        fs::remove_file(&file).unwrap();
        if let Some(bytes) = bytes {
            fs::write(&file, bytes).unwrap();
            fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
        }
    };
    let mut altered = good.clone();
    altered[good.len() / 2] ^= 1;
    for (bytes, mode) in [
        (Some(&altered[..]), 0o644),
        (Some(&good[1..]), 0o644),
        (Some(&good[..]), 0o666),
        (None, 0),
    ] {
        let before = system.attempts().len();
        if file.exists() {
            replace(bytes, mode);
        }
        system.start_daemon();
        let status = until("the reason", || {
            // The socket may not be there yet.
            let ran = system.cli(&["status", "--json", "--user", ENROLLED]);
            let vision = (ran.code == 0).then(|| ran.json()["vision"].as_str().unwrap().to_owned());
            vision.filter(|vision| vision.contains(name))
        });
        assert_ne!(status, "ready");
        assert_eq!(
            code::name(system.login("login", ENROLLED)),
            "PAM_AUTHINFO_UNAVAIL"
        );
        assert_eq!(system.attempt_after(before).reason, "vision_unavailable");
        let verified = system.cli(&["models", "verify"]).expect(5);
        assert!(verified.err.contains(name), "{verified:?}");
        let listed = system.cli(&["models", "list", "--json"]).expect(0);
        // Of all sets.
        assert_eq!(listed.json()["files"].as_array().unwrap().len(), 6);
        system.stop_daemon();
    }
    fs::write(&file, &good).unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    system.start_daemon();
    system.wait_until_ready();
    assert_eq!(code::name(system.login("login", ENROLLED)), "PAM_SUCCESS");
}
