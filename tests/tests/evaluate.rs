//! Error rates through the real binaries: the portraits, the models, an encoder for each core.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use facelogin_tests::bins;
use facelogin_tests::system::needs::{self, Needs};
use serde_json::Value;

fn evaluate(needs: &Needs, set: &Path, cache: &Path, more: &[&str]) -> Output {
    Command::new(bins::enroll())
        .env_clear()
        .env("XDG_CACHE_HOME", cache)
        .args(["evaluate", "--json", "--models"])
        .arg(&needs.models)
        .arg("--daemon")
        .arg(bins::daemon())
        .args(more)
        .arg(set)
        .output()
        .unwrap()
}

#[test]
fn portraits_are_told_apart_by_the_real_engine_and_found_in_the_cache() {
    let Some(needs) = needs::look() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (set, cache) = (dir.path().join("set"), dir.path().join("cache"));
    let portraits = [
        ("first", "obama.jpg"),
        ("first", "obama2.jpg"),
        ("first", "obama3.jpg"),
        ("second", "biden.jpg"),
    ];
    for (person, file) in portraits {
        fs::create_dir_all(set.join(person)).unwrap();
        fs::copy(needs.pictures.join(file), set.join(person).join(file)).unwrap();
    }
    fs::write(set.join("second/torn.jpg"), b"not a picture").unwrap();

    let page = dir.path().join("page.html");
    let first = evaluate(
        &needs,
        &set,
        &cache,
        &["--html", page.to_str().unwrap(), "--verbose"],
    );
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    let report: Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!(report["engine"], "dlib-hog-resnet");
    let acquired = &report["acquired"][0];
    assert_eq!((&acquired["people"], &acquired["good"]), (&2.into(), &4.into()));
    assert_eq!(acquired["unreadable"], 1);
    let single = &report["groups"][0]["single"];
    assert_eq!(
        (&single["genuine"]["tries"], &single["impostor"]["tries"]),
        (&3.into(), &3.into())
    );
    assert_eq!(single["eer"]["value"], 0.0, "{single}");
    // The daemon's own limits are told by the daemon.
    let levels = single["levels"].as_array().unwrap();
    let limits: Vec<f64> = levels
        .iter()
        .map(|level| level["limit"].as_f64().unwrap())
        .collect();
    assert!(
        limits.len() == 3 && limits[0] > limits[1] && limits[1] > limits[2],
        "{limits:?}"
    );
    for level in levels {
        assert_eq!(level["false_matches"], 0);
    }
    let said = String::from_utf8_lossy(&first.stderr);
    assert!(said.contains("torn.jpg: it is neither JPEG nor PNG"), "{said}");
    assert!(fs::read_to_string(&page).unwrap().contains("<svg"));

    let second = evaluate(&needs, &set, &cache, &[]);
    let again: Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(again["run"]["cached"], 4);
    assert_eq!(again["groups"], report["groups"]);
}

#[test]
fn models_that_are_missing_are_told_with_what_fetches_them() {
    let Some(needs) = needs::look() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let set = dir.path().join("set");
    for person in ["first", "second"] {
        fs::create_dir_all(set.join(person)).unwrap();
        fs::copy(needs.pictures.join("biden.jpg"), set.join(person).join("1.jpg")).unwrap();
    }
    let empty = Needs {
        models: dir.path().into(),
        ..needs
    };
    let ran = evaluate(&empty, &set, dir.path(), &[]);
    assert_eq!(ran.status.code(), Some(4), "{ran:?}");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(said.contains("facelogin-enroll models fetch"), "{said}");
}
