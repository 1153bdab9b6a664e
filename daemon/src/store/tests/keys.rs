//! Keys: made, missing, wrong, given as a credential.

use super::*;

#[test]
fn r18_a_missing_key_is_made_only_for_a_store_without_templates() {
    let place = Place::used();
    fs::remove_file(place.file("store.key")).unwrap();
    let refused = place.open();
    assert!(
        matches!(refused, Err(StoreError::KeyMissing { templates: 1, .. })),
        "{refused:?}"
    );
    assert!(!place.file("store.key").exists());

    // Without templates nothing is lost with the old key.
    place.sql("DELETE FROM template");
    drop(place.open().unwrap());
    assert_eq!(mode(&place.file("store.key")), 0o600);
    place
        .open()
        .unwrap()
        .add_template(&template("ada", 1000))
        .unwrap();
    assert_eq!(place.open().unwrap().templates_of("ada", 1000).unwrap().len(), 1);
}

#[test]
fn r18_a_wrong_key_is_recognised_with_and_without_templates() {
    for place in [Place::used(), Place::new()] {
        drop(place.open().unwrap());
        write(&place.file("store.key"), &[9; 32]);
        let refused = place.open();
        assert!(matches!(refused, Err(StoreError::KeyWrong { .. })), "{refused:?}");
        assert_eq!(fs::read(place.file("store.key")).unwrap(), [9; 32]);
        for useless in [&b""[..], b"short", &[0; 32], &[1; 4096]] {
            write(&place.file("store.key"), useless);
            assert!(
                matches!(place.open(), Err(StoreError::KeyUnusable { .. })),
                "{useless:?}"
            );
        }
    }
    let place = Place::used();
    place.sql("DELETE FROM key_check");
    assert!(
        matches!(place.open(), Err(StoreError::Damaged { .. })),
        "templates, but no check"
    );
}

#[test]
fn r18_a_credential_is_the_key_and_is_never_created() {
    let place = Place::new();
    let path = place.dir.with_file_name("store-key");
    let credential = KeySource::Credential(path.clone());
    let refused = Store::open(&place.dir, credential.clone());
    assert!(
        matches!(refused, Err(StoreError::KeyMissing { templates: 0, .. })),
        "{refused:?}"
    );
    assert!(!path.exists());

    write(&path, format!("{}\n", "5c".repeat(32)).as_bytes());
    set_mode(&path, 0o400);
    Store::open(&place.dir, credential.clone())
        .unwrap()
        .add_template(&template("ada", 1000))
        .unwrap();
    assert!(!place.file("store.key").exists());

    // The same key in its other form, from the other place.
    write(&place.file("store.key"), &[0x5c; 32]);
    assert_eq!(place.open().unwrap().templates_of("ada", 1000).unwrap().len(), 1);
    // And a store made with a key file does not open with another credential.
    fs::remove_file(&path).unwrap();
    write(&path, &[8; 32]);
    assert!(matches!(
        Store::open(&place.dir, credential),
        Err(StoreError::KeyWrong { .. })
    ));
}

#[test]
fn r18_an_unfinished_key_file_of_a_crash_is_no_obstacle() {
    let place = Place::new();
    fs::DirBuilder::new().mode(0o700).create(&place.dir).unwrap();
    write(&place.file("store.key.new"), b"half");
    place.open().unwrap();
    assert!(!place.file("store.key.new").exists());
}
