//! Every seed and every input that once broke a promise, shown to its target without a fuzzer.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use facelogin_fuzz::{Target, all, target};

fn folder(kind: &str, target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind).join(target)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let read = |path: PathBuf| fs::read(path).unwrap();
    let kept = files(&folder("seeds", target.name)).into_iter().map(read);
    kept.chain((target.made)()).collect()
}

#[test]
fn r14_r20_every_seed_keeps_the_promises_whole_and_cut_short_and_damaged() {
    for target in all() {
        let seeds = seeds(&target);
        assert!(seeds.len() > 1, "{} has no seeds", target.name);
        for seed in seeds {
            (target.check)(&seed);
            // About a hundred places of each.
            for at in (0..seed.len()).step_by(seed.len() / 100 + 1) {
                (target.check)(&seed[..at]);
                let mut damaged = seed.clone();
                damaged[at] ^= 0x11;
                (target.check)(&damaged);
            }
        }
    }
}

#[test]
fn what_once_broke_a_promise_does_not_again() {
    for target in all() {
        for file in files(&folder("regressions", target.name)) {
            (target.check)(&fs::read(&file).unwrap());
        }
    }
}

#[test]
fn every_folder_of_inputs_has_a_target_and_the_corpus_is_small() {
    let mut bytes = 0;
    for kind in ["seeds", "regressions"] {
        for entry in files(&folder(kind, "")) {
            let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(target(&name).is_some(), "{kind}/{name}");
            for file in files(&entry) {
                bytes += fs::metadata(file).unwrap().len();
            }
        }
    }
    assert!(bytes <= 64 * 1024, "{bytes} bytes");
}

/// `FUZZ_TARGET=config FUZZ_INPUT=FILE cargo test -p facelogin-fuzz`: what a fuzzer found, without the fuzzer.
#[test]
fn an_input_named_by_hand_keeps_the_promises() {
    let (Ok(name), Some(file)) = (std::env::var("FUZZ_TARGET"), std::env::var_os("FUZZ_INPUT")) else {
        return;
    };
    let found = target(&name).unwrap_or_else(|| panic!("{name} is no target"));
    (found.check)(&fs::read(file).unwrap());
}
