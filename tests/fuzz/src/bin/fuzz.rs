//! libFuzzer over one target. `tests/fuzz/run.sh` builds it with coverage counters and runs it.

// The entry that libFuzzer calls has a fixed name, which counts as unsafe.
#![allow(unsafe_code)]
#![no_main]

use std::sync::OnceLock;

use facelogin_fuzz::{Target, target};
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<Target> = OnceLock::new();

fuzz_target!(
    init: {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let Some(found) = target(&name) else {
            panic!("FUZZ_TARGET=\"{name}\" is no target");
        };
        if let Some(folder) = std::env::var_os("FUZZ_MADE_SEEDS") {
            for (number, seed) in (found.made)().into_iter().enumerate() {
                let file = std::path::Path::new(&folder).join(format!("made-{number}"));
                std::fs::write(&file, seed).expect("a seed can be written");
            }
        }
        let _ = TARGET.set(found);
    },
    |input: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.check)(input);
        }
    }
);
