//! What encryption promises: nothing in the clear, and each template only for whom it was made.

use super::*;

#[test]
fn r18_name_and_uid_must_both_match() {
    let place = Place::used();
    let store = place.open().unwrap();
    for (user, uid, found) in [
        ("ada", 1000, 1),
        ("ada", 1001, 0),
        ("bob", 1000, 0),
        ("Ada", 1000, 0),
        ("ada ", 1000, 0),
        ("ad%", 1000, 0),
        ("", 1000, 0),
    ] {
        assert_eq!(
            store.templates_of(user, uid).unwrap().len(),
            found,
            "{user:?} {uid}"
        );
        assert_eq!(
            store.count_for(user, uid).unwrap() as usize,
            found,
            "{user:?} {uid}"
        );
    }
    assert_eq!(store.all_templates().unwrap().len(), 1);
}

#[test]
fn r18_a_changed_row_fails_the_whole_lookup() {
    let changes = [
        "UPDATE template SET user = 'ada', uid = 1000 WHERE user = 'eve'", // eve's face for ada's login
        "UPDATE template SET sealed = (SELECT sealed FROM template WHERE user = 'eve') WHERE user = 'ada'",
        "UPDATE template SET id = 77 WHERE id = 1",
        "UPDATE template SET engine = 'onnx' WHERE user = 'ada'",
        "UPDATE template SET model = 'm1' WHERE user = 'ada'",
        "UPDATE template SET camera = '' WHERE user = 'ada'",
        "UPDATE template SET created_unix = created_unix + 1 WHERE user = 'ada'",
        "UPDATE template SET encodings = 2 WHERE user = 'ada'",
        "UPDATE template SET sealed = x'' WHERE user = 'ada'",
        "UPDATE template SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE user = 'ada'",
        "INSERT INTO template SELECT 99, user, uid, label, engine, model, camera, encodings, created_unix, sealed
         FROM template WHERE id = 1",
    ];
    for change in changes {
        let place = Place::used();
        let mut store = place.open().unwrap();
        store.add_template(&template("ada", 1000)).unwrap();
        store.add_template(&template("eve", 1001)).unwrap();
        drop(store);
        place.sql(change);
        let store = place.open().unwrap();
        let refused = store.templates_of("ada", 1000);
        assert!(
            matches!(refused, Err(StoreError::Tampered { .. })),
            "{change}: {refused:?}"
        );
        assert!(
            matches!(store.all_templates(), Err(StoreError::Tampered { .. })),
            "{change}"
        );
        // The remedy that the message names must work.
        let Err(StoreError::Tampered { id, .. }) = refused else {
            unreachable!()
        };
        assert!(
            store.list(Some("ada")).unwrap().iter().any(|t| t.id == id),
            "{change}"
        );
    }
    // The label is the person's own and bound to nothing.
    let place = Place::used();
    place.sql("UPDATE template SET label = 'other'");
    assert_eq!(
        place.open().unwrap().templates_of("ada", 1000).unwrap()[0]
            .info
            .label,
        "other"
    );
}

#[test]
fn r18_one_tampered_row_can_be_removed_and_the_rest_works_again() {
    let place = Place::used();
    let bad = place
        .open()
        .unwrap()
        .add_template(&template("ada", 1000))
        .unwrap();
    place.sql(&format!(
        "UPDATE template SET sealed = zeroblob(200) WHERE id = {bad}"
    ));
    let mut store = place.open().unwrap();
    let refused = store.templates_of("ada", 1000);
    assert!(matches!(&refused, Err(StoreError::Tampered { id, user }) if *id == bad && user == "ada"));
    store.remove(bad).unwrap();
    assert_eq!(store.templates_of("ada", 1000).unwrap().len(), 1);
}

/// Whether any two numbers of an encoding that follow each other stand in `bytes`, in either byte order. Two, since
/// four bytes of ciphertext may well equal one number by chance.
fn shows(bytes: &[u8], encodings: &[Vec<f32>]) -> bool {
    let mut runs = std::collections::HashSet::new();
    for pair in encodings.iter().flat_map(|e| e.windows(2)) {
        runs.insert([pair[0].to_le_bytes(), pair[1].to_le_bytes()].concat());
        runs.insert([pair[0].to_be_bytes(), pair[1].to_be_bytes()].concat());
    }
    bytes.windows(8).any(|window| runs.contains(window))
}

fn all_bytes(dir: &Path) -> Vec<u8> {
    fs::read_dir(dir)
        .unwrap()
        .flat_map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect()
}

#[test]
fn r18_no_number_of_an_encoding_is_ever_in_a_file_and_removed_rows_are_overwritten() {
    let plain = encodings::encode(&encodings()).unwrap();
    assert!(
        shows(&[b"header", &plain[..], b"trailer"].concat(), &encodings()),
        "the search finds what is there"
    );

    let place = Place::new();
    let mut store = place.open().unwrap();
    let mut big = template("ada", 1000);
    big.encodings = vec![encodings().concat(); 20]; // spills into overflow pages
    let ids = [
        store.add_template(&template("ada", 1000)).unwrap(),
        store.add_template(&big).unwrap(),
    ];
    assert!(!shows(&all_bytes(&place.dir), &encodings()));
    let sealed = |id: i64| -> Vec<u8> {
        store
            .conn
            .query_row("SELECT sealed FROM template WHERE id = ?1", [id], |r| r.get(0))
            .unwrap()
    };
    let sealed = ids.map(sealed);
    let pieces: Vec<&[u8]> = sealed.iter().flat_map(|s| s.chunks_exact(64)).collect();
    let holds = |bytes: &[u8], piece: &[u8]| bytes.windows(piece.len()).any(|w| w == piece);
    let before = all_bytes(&place.dir);
    let kept = pieces.iter().filter(|p| holds(&before, p)).count();
    assert!(kept > pieces.len() / 2, "the search finds what is there");

    store.rename(ids[0], "renamed").unwrap();
    assert!(!shows(&all_bytes(&place.dir), &encodings()));
    for id in ids {
        store.remove(id).unwrap();
    }
    let assert_gone = |when: &str| {
        let bytes = all_bytes(&place.dir);
        assert!(!shows(&bytes, &encodings()), "{when}");
        assert!(!pieces.iter().any(|p| holds(&bytes, p)), "{when}");
    };
    assert_gone("while open");
    drop(store);
    assert_gone("after closing");
}

#[test]
fn r18_debug_shows_no_number_of_an_encoding() {
    let place = Place::used();
    let store = place.open().unwrap();
    let mut new = template("ada", 1000);
    new.encodings = vec![vec![0.123_456; 4]];
    let printed = format!("{new:?} {:?} {store:?}", store.templates_of("ada", 1000).unwrap());
    assert!(!printed.contains("0.1") && !printed.contains("0.0"), "{printed}");
}
