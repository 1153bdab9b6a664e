use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::thread::{self, JoinHandle};

use bzip2::Compression;
use bzip2::write::BzEncoder;

use super::*;
use crate::Loopback;

const SIZE: usize = 200_000;
const NAME: &str = "a.dat";

/// Bytes that do not compress, so that a cut or a bound falls inside the packed data.
fn content() -> Vec<u8> {
    let mut state = 1_u32;
    (0..SIZE)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

fn file_for(bytes: &[u8]) -> ModelFile {
    ModelFile {
        name: NAME,
        sha256: hex(&Sha256::digest(bytes)).leak(),
        size: bytes.len() as u64,
        licence: "CC0-1.0",
        origin: "https://example.invalid/a.dat.bz2",
        purpose: "a test",
    }
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = BzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn answer(status: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let mut all =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n").into_bytes();
    all.extend_from_slice(body);
    all
}

/// A server that gives one of `answers` per connection, then ends; it returns the paths asked for.
fn serve(answers: Vec<Vec<u8>>) -> (Source, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        answers
            .into_iter()
            .map(|answer| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = Vec::new();
                let mut byte = [0];
                while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                    request.push(byte[0]);
                }
                // A client that has seen enough hangs up: that is its right.
                let _ = stream.write_all(&answer);
                String::from_utf8_lossy(&request)
                    .split(' ')
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    });
    (Source::Loopback(Loopback::new(&base).unwrap()), server)
}

fn names_in(folder: &Path) -> Vec<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn quiet(_: Progress) {}

#[test]
fn a_missing_file_is_fetched_unpacked_verified_and_put_in_place() {
    let bytes = content();
    let packed = pack(&bytes);
    let (source, server) = serve(vec![answer("200 OK", packed.len(), &packed)]);
    let parent = tempfile::tempdir().unwrap();
    let target = parent.path().join("new/models");
    let mut seen = Vec::new();
    let done = fetch(&[file_for(&bytes)], &target, &source, &mut |p| seen.push(p)).unwrap();
    assert_eq!(server.join().unwrap(), ["/a.dat.bz2"]);
    assert_eq!(
        done,
        [Fetched {
            name: NAME,
            path: target.join(NAME),
            outcome: Outcome::Installed
        }]
    );
    assert_eq!(fs::read(target.join(NAME)).unwrap(), bytes);
    assert_eq!(names_in(&target), [NAME]);
    assert_eq!(
        fs::metadata(target.join(NAME)).unwrap().permissions().mode() & 0o7777,
        0o644
    );
    assert_eq!(
        fs::metadata(&target).unwrap().permissions().mode() & 0o7777,
        0o755
    );
    assert!(seen.windows(2).all(|w| w[0].done < w[1].done));
    assert_eq!(
        seen.last(),
        Some(&Progress {
            name: NAME,
            done: SIZE as u64,
            total: SIZE as u64
        })
    );
}

#[test]
fn a_file_that_its_origin_has_plain_is_not_unpacked() {
    let bytes = content();
    let file = ModelFile {
        origin: "https://example.invalid/a.dat",
        ..file_for(&bytes)
    };
    let (source, server) = serve(vec![answer("200 OK", bytes.len(), &bytes)]);
    let target = tempfile::tempdir().unwrap();
    fetch(&[file], target.path(), &source, &mut quiet).unwrap();
    assert_eq!(server.join().unwrap(), ["/a.dat"]);
    assert_eq!(fs::read(target.path().join(NAME)).unwrap(), bytes);

    // Nor is it taken when it comes packed after all.
    let packed = pack(&bytes);
    let (source, server) = serve(vec![answer("200 OK", packed.len(), &packed)]);
    let target = tempfile::tempdir().unwrap();
    let error = fetch(&[file], target.path(), &source, &mut quiet).unwrap_err();
    assert!(
        matches!(error, FetchError::Hash { .. } | FetchError::TooLarge { .. }),
        "{error}"
    );
    server.join().unwrap();
    assert_eq!(names_in(target.path()), [] as [&str; 0]);
}

#[test]
fn a_bad_answer_leaves_nothing_behind() {
    let bytes = content();
    let file = file_for(&bytes);
    let packed = pack(&bytes);
    let other = pack(&bytes.iter().map(|b| b ^ 1).collect::<Vec<_>>());
    let longer = pack(&[&bytes[..], b"x"].concat());
    let shorter = pack(&bytes[1..]);
    // Ten megabytes of zeros pack to almost nothing.
    let bomb = pack(&vec![0; 10_000_000]);
    let flood = pack(&bytes.repeat(3));
    let half = packed.len() / 2;
    type Case<'a> = (&'a str, Vec<u8>, fn(&FetchError) -> bool);
    let cases: Vec<Case> = vec![
        ("404", answer("404 Not Found", 0, b""), |e| {
            matches!(e, FetchError::Status { code: 404, .. })
        }),
        (
            "redirect",
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec(),
            |e| {
                matches!(
                    e,
                    FetchError::Status { code: 302, .. } | FetchError::Connect { .. }
                )
            },
        ),
        (
            "cut connection",
            answer("200 OK", packed.len(), &packed[..half]),
            |e| matches!(e, FetchError::Read { .. }),
        ),
        ("cut file", answer("200 OK", half, &packed[..half]), |e| {
            matches!(e, FetchError::Read { .. })
        }),
        ("empty", answer("200 OK", 0, b""), |e| {
            matches!(e, FetchError::Read { .. } | FetchError::Hash { .. })
        }),
        ("not bzip2", answer("200 OK", 5, b"<htm>"), |e| {
            matches!(e, FetchError::Read { .. })
        }),
        ("wrong hash", answer("200 OK", other.len(), &other), |e| {
            matches!(e, FetchError::Hash { .. })
        }),
        ("one byte short", answer("200 OK", shorter.len(), &shorter), |e| {
            matches!(
                e,
                FetchError::Hash {
                    found_size: 199_999,
                    expected_size: 200_000,
                    ..
                }
            )
        }),
        ("one byte long", answer("200 OK", longer.len(), &longer), |e| {
            matches!(e, FetchError::TooLarge { .. })
        }),
        ("bomb", answer("200 OK", bomb.len(), &bomb), |e| {
            matches!(e, FetchError::TooLarge { limit: 200_000, .. })
        }),
        ("flood", answer("200 OK", flood.len(), &flood), |e| {
            matches!(e, FetchError::TooLarge { .. })
        }),
        ("no answer", Vec::new(), |e| {
            matches!(e, FetchError::Connect { .. })
        }),
    ];
    for (what, answer, is_expected) in cases {
        let target = tempfile::tempdir().unwrap();
        let (source, server) = serve(vec![answer]);
        let error = fetch(&[file], target.path(), &source, &mut quiet).unwrap_err();
        server.join().unwrap();
        assert!(is_expected(&error), "{what}: {error:?}");
        assert_eq!(names_in(target.path()), [""; 0], "{what}");
    }
}

#[test]
fn packed_bytes_beyond_the_bound_are_not_read() {
    let mut reader = Bounded {
        inner: io::repeat(0),
        left: 100_000,
        passed: false,
    };
    let mut all = Vec::new();
    assert_eq!(
        reader.read_to_end(&mut all).unwrap_err().kind(),
        io::ErrorKind::FileTooLarge
    );
    assert!(all.len() <= 100_000);
    assert_eq!(
        reader.read(&mut [0]).unwrap_err().kind(),
        io::ErrorKind::FileTooLarge
    );
    let mut exact = Bounded {
        inner: &[7_u8; 10][..],
        left: 10,
        passed: false,
    };
    assert_eq!(exact.read_to_end(&mut all).unwrap(), 10);
}

#[test]
fn a_wrong_hash_reports_both_values() {
    let bytes = content();
    let other: Vec<u8> = bytes.iter().map(|b| b ^ 1).collect();
    let packed = pack(&other);
    let (source, _server) = serve(vec![answer("200 OK", packed.len(), &packed)]);
    let target = tempfile::tempdir().unwrap();
    let message = fetch(&[file_for(&bytes)], target.path(), &source, &mut quiet)
        .unwrap_err()
        .to_string();
    assert!(message.contains(file_for(&bytes).sha256), "{message}");
    assert!(message.contains(file_for(&other).sha256), "{message}");
}

#[test]
fn an_interrupted_fetch_can_be_repeated() {
    let bytes = content();
    let packed = pack(&bytes);
    let half = answer("200 OK", packed.len(), &packed[..packed.len() / 2]);
    let (source, server) = serve(vec![half, answer("200 OK", packed.len(), &packed)]);
    let target = tempfile::tempdir().unwrap();
    let file = [file_for(&bytes)];
    assert!(matches!(
        fetch(&file, target.path(), &source, &mut quiet),
        Err(FetchError::Read { .. })
    ));
    assert_eq!(names_in(target.path()), [""; 0]);
    // What a killed fetch, which could not clean up, leaves behind.
    fs::write(target.path().join(".a.dat.part"), b"half").unwrap();
    assert_eq!(
        fetch(&file, target.path(), &source, &mut quiet).unwrap()[0].outcome,
        Outcome::Installed
    );
    server.join().unwrap();
    assert_eq!(names_in(target.path()), [NAME]);
    assert_eq!(fs::read(target.path().join(NAME)).unwrap(), bytes);
}

#[test]
fn a_folder_gives_the_plain_or_the_packed_file() {
    let bytes = content();
    let file = [file_for(&bytes)];
    for (name, data) in [(NAME, bytes.clone()), ("a.dat.bz2", pack(&bytes))] {
        let from = tempfile::tempdir().unwrap();
        fs::write(from.path().join(name), data).unwrap();
        let target = tempfile::tempdir().unwrap();
        fetch(
            &file,
            target.path(),
            &Source::Folder(from.path().into()),
            &mut quiet,
        )
        .unwrap();
        assert_eq!(fs::read(target.path().join(NAME)).unwrap(), bytes, "{name}");
    }
    let empty = tempfile::tempdir().unwrap();
    let error = fetch(
        &file,
        empty.path(),
        &Source::Folder(empty.path().into()),
        &mut quiet,
    )
    .unwrap_err();
    assert!(matches!(error, FetchError::NotInFolder { .. }), "{error}");
}

#[test]
fn what_others_could_change_is_replaced_where_root_fetches() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let bytes = content();
    let file = [file_for(&bytes)];
    let (from, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(from.path().join(NAME), &bytes).unwrap();
    let source = Source::Folder(from.path().into());
    let path = target.path().join(NAME);
    let spoil: [fn(&Path); 2] = [
        |path| std::os::unix::fs::chown(path, Some(65534), None).unwrap(),
        |path| fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap(),
    ];
    fs::write(&path, &bytes).unwrap();
    for spoil in spoil {
        spoil(&path);
        let fetched = fetch(&file, target.path(), &source, &mut quiet).unwrap();
        assert_eq!(fetched[0].outcome, Outcome::Installed);
        assert!(verify_file(&path, &file[0], Trust::RootOwned).is_ok());
    }
}

#[test]
fn a_verified_file_is_left_alone_and_a_bad_one_replaced() {
    let bytes = content();
    let file = [file_for(&bytes)];
    let from = tempfile::tempdir().unwrap();
    let target = tempfile::tempdir().unwrap();
    let source = Source::Folder(from.path().into());
    let path = target.path().join(NAME);
    fs::write(&path, &bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    // The source is empty: it is not even asked.
    assert_eq!(
        fetch(&file, target.path(), &source, &mut quiet).unwrap()[0].outcome,
        Outcome::Present
    );
    fs::write(&path, b"bad").unwrap();
    assert!(fetch(&file, target.path(), &source, &mut quiet).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"bad", "a failed fetch changes nothing");
    fs::write(from.path().join(NAME), &bytes).unwrap();
    assert_eq!(
        fetch(&file, target.path(), &source, &mut quiet).unwrap()[0].outcome,
        Outcome::Installed
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn two_fetches_do_not_write_the_same_folder() {
    let bytes = content();
    let target = tempfile::tempdir().unwrap();
    let _held = Target::open(target.path()).unwrap();
    let source = Source::Folder(target.path().into());
    let error = fetch(&[file_for(&bytes)], target.path(), &source, &mut quiet).unwrap_err();
    assert!(matches!(error, FetchError::Busy { .. }), "{error}");
}
