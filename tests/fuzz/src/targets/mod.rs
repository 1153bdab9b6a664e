//! The targets by name.

mod answers;
mod config;
mod descriptors;
mod log;
mod messages;
mod module;
mod picture;
mod vision;

/// One kind of input from outside.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Also the name of its folders below `seeds` and `regressions`.
    pub name: &'static str,
    /// Panics when the input breaks a promise.
    pub check: fn(&[u8]),
    /// Seeds that are no text.
    pub made: fn() -> Vec<Vec<u8>>,
}

fn none() -> Vec<Vec<u8>> {
    Vec::new()
}

/// All of them.
pub fn all() -> Vec<Target> {
    let plain = |name, check| Target {
        name,
        check,
        made: none,
    };
    vec![
        plain("calls", messages::calls),
        plain("replies", messages::replies),
        plain("answers", answers::check),
        plain("config", config::check),
        plain("module_words", module::words),
        plain("module_items", module::items),
        plain("log", log::check),
        plain("vision", vision::check),
        Target {
            name: "descriptors",
            check: descriptors::check,
            made: descriptors::made,
        },
        Target {
            name: "pictures",
            check: picture::check,
            made: picture::made,
        },
    ]
}

/// The one of that name.
pub fn target(name: &str) -> Option<Target> {
    all().into_iter().find(|target| target.name == name)
}

/// Header and body of an input.
fn split(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &[]),
    }
}

/// Newlines as the NULs that end messages.
fn ended_by_nul(body: &[u8]) -> Vec<u8> {
    body.iter()
        .map(|byte| if *byte == b'\n' { 0 } else { *byte })
        .collect()
}
