use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::*;

/// SHA-256 of "hello\n".
const HELLO: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

const FILES: [ModelFile; 2] = [fake("a.dat", HELLO, 6), fake("b.dat", HELLO, 6)];

const fn fake(name: &'static str, sha256: &'static str, size: u64) -> ModelFile {
    ModelFile {
        name,
        sha256,
        size,
        licence: "CC0-1.0",
        origin: "https://example.invalid/",
        purpose: "a test",
    }
}

fn folder_with(content: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in content {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    dir
}

#[test]
fn r18_only_the_pinned_bytes_verify() {
    type Case = (&'static str, &'static [u8], fn(&ModelError) -> bool);
    let cases: [Case; 4] = [
        ("longer", b"hello\nx", |e| {
            matches!(
                e,
                ModelError::Size {
                    expected: 6,
                    found: 7,
                    ..
                }
            )
        }),
        ("shorter", b"hello", |e| {
            matches!(
                e,
                ModelError::Size {
                    expected: 6,
                    found: 5,
                    ..
                }
            )
        }),
        ("empty", b"", |e| matches!(e, ModelError::Size { found: 0, .. })),
        (
            "same size",
            b"jello\n",
            |e| matches!(e, ModelError::Hash { expected, found, .. } if expected == HELLO && found != HELLO),
        ),
    ];
    for (what, bytes, is_expected) in cases {
        let dir = folder_with(&[("a.dat", bytes)]);
        let error = verify_file(&dir.path().join("a.dat"), &FILES[0], Trust::AnyOwner).unwrap_err();
        assert!(is_expected(&error), "{what}: {error}");
        assert!(error.to_string().contains("a.dat"), "names the file: {error}");
        assert!(
            error.to_string().contains("facelogin-enroll models fetch"),
            "gives the remedy: {error}"
        );
    }
    let dir = folder_with(&[("a.dat", b"hello\n")]);
    let model = verify_file(&dir.path().join("a.dat"), &FILES[0], Trust::AnyOwner).unwrap();
    assert_eq!(model.sha256, HELLO);
}

#[test]
fn a_hash_mismatch_reports_both_values() {
    let dir = folder_with(&[("a.dat", b"jello\n")]);
    let message = verify_file(&dir.path().join("a.dat"), &FILES[0], Trust::AnyOwner)
        .unwrap_err()
        .to_string();
    assert!(message.contains(HELLO), "{message}");
    assert_eq!(
        message
            .split_whitespace()
            .filter(|w| w.trim_matches([',', ';']).len() == 64)
            .count(),
        2,
        "{message}"
    );
}

#[test]
fn r17_links_folders_and_pipes_are_refused() {
    let dir = folder_with(&[("real", b"hello\n")]);
    let at = |name: &str| dir.path().join(name);
    symlink(at("real"), at("link")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    mkfifo(&at("pipe"), Mode::S_IRWXU).unwrap();
    for name in ["link", "folder", "pipe"] {
        let error = verify_file(&at(name), &FILES[0], Trust::AnyOwner).unwrap_err();
        assert!(matches!(error, ModelError::NotRegular { .. }), "{name}: {error}");
    }
}

#[test]
fn r18_system_use_refuses_what_others_could_change() {
    let dir = folder_with(&[("a.dat", b"hello\n")]);
    let path = dir.path().join("a.dat");
    let root = fs::metadata(&path).unwrap().uid() == 0;
    for (of_folder, of_file, ok) in [
        (0o755, 0o644, true),
        (0o755, 0o600, true),
        (0o755, 0o664, false),
        (0o755, 0o646, false),
        (0o775, 0o644, false),
        (0o757, 0o644, false),
        (0o1777, 0o644, false),
    ] {
        fs::set_permissions(&path, fs::Permissions::from_mode(of_file)).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(of_folder)).unwrap();
        let result = verify_file(&path, &FILES[0], Trust::RootOwned);
        // Run by an ordinary user, the files are that user's, which is refused as well.
        assert_eq!(
            result.is_ok(),
            ok && root,
            "folder {of_folder:o}, file {of_file:o}: {result:?}"
        );
        if let Err(error) = result {
            assert!(matches!(error, ModelError::Untrusted { .. }), "{error}");
        }
        assert!(verify_file(&path, &FILES[0], Trust::AnyOwner).is_ok());
    }
}

#[test]
fn the_first_folder_with_an_entry_decides() {
    let good = folder_with(&[("a.dat", b"hello\n"), ("b.dat", b"hello\n")]);
    let bad = folder_with(&[("a.dat", b"jello\n")]);
    let state = |folders: [&Path; 3]| {
        let dirs = ModelDirs::these(&folders);
        assert_eq!(
            verify_files(&FILES[..1], &dirs, Trust::AnyOwner).is_ok(),
            matches!(
                status(&FILES[..1], &dirs, Trust::AnyOwner)[0].state,
                ModelState::Ok { .. }
            )
        );
        verify_files(&FILES[..1], &dirs, Trust::AnyOwner)
    };
    let none = Path::new("/nonexistent");
    assert_eq!(
        state([none, good.path(), bad.path()])
            .unwrap()
            .iter()
            .next()
            .unwrap()
            .path,
        good.path().join("a.dat")
    );
    assert!(matches!(
        state([none, bad.path(), good.path()]),
        Err(ModelError::Hash { .. })
    ));
}

#[test]
fn a_missing_file_names_the_folders_searched() {
    let dir = folder_with(&[("a.dat", b"hello\n")]);
    let error = verify_files(&FILES, &ModelDirs::only(dir.path()), Trust::AnyOwner).unwrap_err();
    assert!(
        matches!(&error, ModelError::Missing { name: "b.dat", searched } if *searched == dir.path().display().to_string())
    );
}

#[test]
fn the_fingerprint_changes_with_any_file_and_with_their_order() {
    let model = |sha256: &str| VerifiedModel {
        path: "x".into(),
        sha256: sha256.into(),
        file: FILES[0],
    };
    let print = |hashes: &[&str]| VerifiedModels(hashes.iter().map(|h| model(h)).collect()).fingerprint();
    assert_eq!(print(&[HELLO, HELLO]).len(), 64);
    assert_ne!(print(&[HELLO, HELLO]), print(&[HELLO]));
    assert_ne!(print(&["aa", "bb"]), print(&["bb", "aa"]));
    // FIPS 180-2's example: SHA-256 of "abc".
    assert_eq!(
        print(&["abc"]),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn the_listing_covers_every_file_and_serialises() {
    let dir = folder_with(&[("a.dat", b"jello\n")]);
    let list = status(&FILES, &ModelDirs::only(dir.path()), Trust::AnyOwner);
    assert!(matches!(list[0].state, ModelState::Bad { .. }));
    assert!(matches!(list[1].state, ModelState::Missing));
    let json = serde_json::to_value(&list).unwrap();
    assert_eq!(json[0]["state"]["state"], "bad");
    assert!(json[0]["state"]["why"].as_str().unwrap().contains(HELLO));
    assert_eq!(json[1]["file"]["name"], "b.dat");
}
