//! Adding, listing, renaming, removing.

use super::*;

#[test]
fn templates_are_listed_renamed_removed_and_cleared() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    let a = store.add_template(&template("ada", 1000)).unwrap();
    let b = store.add_template(&template("bob", 1001)).unwrap();
    let old = store.add_template(&template("ada", 555)).unwrap();
    let ids = |store: &Store, user| store.list(user).unwrap().iter().map(|t| t.id).collect::<Vec<_>>();
    assert_eq!(ids(&store, None), [a, b, old]);
    assert_eq!(
        ids(&store, Some("ada")),
        [a, old],
        "a name's rows, whatever the uid: an old account's can be seen"
    );
    assert!(ids(&store, Some("nobody")).is_empty());

    let renamed = store.rename(b, "with glasses").unwrap();
    assert_eq!(renamed, store.list(Some("bob")).unwrap()[0]);
    assert_eq!(renamed.label, "with glasses");
    assert_eq!(store.templates_of("bob", 1001).unwrap()[0].encodings, encodings());
    for bad in ["", "a\nb", &"x".repeat(65)] {
        assert!(matches!(store.rename(b, bad), Err(StoreError::Invalid { .. })));
    }

    assert_eq!(store.remove(b).unwrap(), renamed);
    assert!(matches!(store.remove(b), Err(StoreError::NoSuchTemplate { .. })));
    assert!(matches!(
        store.rename(b, "x"),
        Err(StoreError::NoSuchTemplate { .. })
    ));
    assert_eq!(store.clear("ada").unwrap(), 2);
    assert_eq!(store.clear("ada").unwrap(), 0);
    assert!(store.all_templates().unwrap().is_empty());
}

#[test]
fn r18_a_templates_number_is_never_used_again() {
    let place = Place::used();
    let mut store = place.open().unwrap();
    let last = store.add_template(&template("ada", 1000)).unwrap();
    store.clear("ada").unwrap();
    drop(store);
    let next = place
        .open()
        .unwrap()
        .add_template(&template("bob", 1001))
        .unwrap();
    assert!(next > last, "{next} after {last}");
}

#[test]
fn a_user_has_at_most_eight_templates_of_an_engine() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    for _ in 0..MAX_TEMPLATES {
        store.add_template(&template("ada", 1000)).unwrap();
    }
    let refused = store.add_template(&template("ada", 1000));
    assert!(
        matches!(refused, Err(StoreError::TooMany { limit: 8, .. })),
        "{refused:?}"
    );
    let mut other = template("ada", 1000);
    other.engine = "onnx".into();
    store.add_template(&other).unwrap();
    store.add_template(&template("bob", 1001)).unwrap();
    assert_eq!(store.count_for("ada", 1000).unwrap(), 9);
    store.remove(1).unwrap();
    store.add_template(&template("ada", 1000)).unwrap();
}

#[test]
fn r18_the_templates_of_two_engines_stand_side_by_side_and_each_is_only_its_own_engines() {
    let place = Place::used();
    let mut other = template("ada", 1000);
    (other.engine, other.model) = ("onnx".into(), "m1".into());
    other.encodings.truncate(1);
    place
        .open()
        .unwrap()
        .add_template(&template("ada", 1000))
        .unwrap();
    place.open().unwrap().add_template(&other).unwrap();
    // Whichever engine runs: what the store gives is whole, and what is compared is one engine's alone.
    let kept = place.open().unwrap().templates_of("ada", 1000).unwrap();
    let of = |engine: &str, model: &str| -> Vec<usize> {
        let own = kept.iter().filter(|template| template.info.is_of(engine, model));
        own.map(|template| template.encodings.len()).collect()
    };
    assert!(of("dlib", "m0").iter().all(|count| *count == 3) && !of("dlib", "m0").is_empty());
    assert_eq!(of("onnx", "m1"), [1]);
    assert_eq!(of("dlib", "m0").len() + 1, kept.len());
    // The same engine with other models, and an engine that nobody is enrolled for.
    for (engine, model) in [("onnx", "m0"), ("dlib", "m1"), ("onnx-yunet-evaluation", "m1")] {
        assert!(of(engine, model).is_empty(), "{engine} {model}");
    }
}

#[test]
fn a_template_out_of_bounds_is_refused_and_nothing_is_stored() {
    type Change = fn(&mut NewTemplate);
    let changes: [(&str, Change); 8] = [
        ("no user", |t| t.user.clear()),
        ("user with a line break", |t| t.user = "a\nb".into()),
        ("user with NUL", |t| t.user = "a\0".into()),
        ("long user", |t| t.user = "x".repeat(257)),
        ("no label", |t| t.label.clear()),
        ("no engine", |t| t.engine.clear()),
        ("no model", |t| t.model.clear()),
        ("not a number", |t| t.encodings[1][5] = f32::NAN),
    ];
    let place = Place::new();
    let mut store = place.open().unwrap();
    for (what, change) in changes {
        let mut new = template("ada", 1000);
        change(&mut new);
        let refused = store.add_template(&new);
        assert!(
            matches!(refused, Err(StoreError::Invalid { .. })),
            "{what}: {refused:?}"
        );
    }
    assert!(store.list(None).unwrap().is_empty());
    let odd = template("'; DROP TABLE template; --", u32::MAX);
    store.add_template(&odd).unwrap();
    assert_eq!(store.templates_of(&odd.user, u32::MAX).unwrap().len(), 1);
}
