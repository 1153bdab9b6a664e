//! Error rates through the real binaries: the portraits, the models, an encoder for each core.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

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
    assert_eq!(acquired["flawed"], serde_json::json!({}));
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

#[test]
fn linked_folders_are_measured_and_a_set_that_cannot_be_read_is_a_failure() {
    let Some(needs) = needs::look() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (set, far) = (dir.path().join("set"), dir.path().join("far"));
    for (person, file) in [("first", "obama.jpg"), ("second", "biden.jpg")] {
        fs::create_dir_all(far.join(person)).unwrap();
        fs::create_dir_all(&set).unwrap();
        fs::copy(needs.pictures.join(file), far.join(person).join("1.jpg")).unwrap();
        symlink(far.join(person), set.join(person)).unwrap();
    }
    let ran = evaluate(&needs, &set, dir.path(), &["--no-cache"]);
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(report["acquired"][0]["good"], 2);

    for person in ["first", "second"] {
        fs::write(far.join(person).join("1.jpg"), b"not a picture").unwrap();
    }
    let ran = evaluate(&needs, &set, dir.path(), &[]);
    assert_eq!(ran.status.code(), Some(5), "{ran:?}");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(said.contains("2 of 2 pictures could not be looked at"), "{said}");
    assert!(said.contains("it is neither JPEG nor PNG"), "{said}");
}

#[test]
fn an_encoder_that_root_starts_reads_what_it_is_told_to_and_nothing_else() {
    let Some(needs) = needs::look() else {
        return;
    };
    let encode = |under: &[&Path], list: &str| {
        let mut command = Command::new(bins::daemon());
        command.args(["encode", "--models"]).arg(&needs.models);
        for folder in under {
            command.arg("--under").arg(folder);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that refuses has closed it.
        let _ = child.stdin.take().unwrap().write_all(list.as_bytes());
        child.wait_with_output().unwrap()
    };
    let dir = tempfile::tempdir().unwrap();
    let (own, other) = (dir.path().join("own"), dir.path().join("other"));
    for folder in [&own, &other] {
        fs::create_dir(folder).unwrap();
        fs::copy(needs.pictures.join("biden.jpg"), folder.join("1.jpg")).unwrap();
    }
    let list = format!(
        "{}/1.jpg\n{}/1.jpg\n/etc/shadow\n",
        own.display(),
        other.display()
    );
    let everything = encode(&[], &list);
    assert_eq!(everything.status.code(), Some(1), "{everything:?}");
    assert!(everything.stdout.is_empty());
    assert!(String::from_utf8_lossy(&everything.stderr).contains("--under DIR"));

    let ran = encode(&[&own], &list);
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    if String::from_utf8_lossy(&ran.stderr).contains("landlock") {
        // This kernel confines no files.
        return;
    }
    let lines: Vec<Value> = String::from_utf8(ran.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0]["revision"].as_u64().unwrap() > 0);
    assert_eq!(lines[1]["analysis"]["faces"].as_array().unwrap().len(), 1);
    for refused in &lines[2..] {
        assert!(refused["error"].as_str().unwrap().contains("denied"), "{refused}");
    }
}
