//! A line into a stack, and all of them out again, with the jumps around them put right.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::code;
use super::control::Action;
use super::dispatch::skipped;
use super::lines::{Line, Words, lines};
use super::modules::{self, FACELOGIN, NOTE, Role, role};
use super::root::Root;
use super::stack::{Facility, Handler, What, load, passed};

/// A file as it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub file: PathBuf,
    pub contents: Vec<u8>,
    /// What is done, a sentence for each line.
    pub steps: Vec<String>,
}

/// Why a file is left alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEdited {
    #[error("{}:{line}: its jump means different places in different services", file.display())]
    Ambiguous { file: PathBuf, line: usize },
    #[error("{}: {why}", file.display())]
    Unreadable { file: PathBuf, why: String },
    #[error("no module in it is known to check a password: there is no place to put the face before it")]
    NoPassword,
    #[error("every place for the line is inside somebody's jump")]
    NoPlace,
}

/// Every file that names this project's module, without the lines that do; and every other file whose jumps passed them.
pub fn take_out(root: &Root) -> Vec<Result<Change, NotEdited>> {
    let stacks = stacks(root);
    let mut files: BTreeSet<PathBuf> = stacks
        .iter()
        .flatten()
        .map(|handler| handler.place.file.clone())
        .collect();
    let own = root
        .services()
        .into_iter()
        .filter_map(|name| root.service_file(&name, false));
    files.extend(own.filter_map(|file| root.resolve(&file).ok()));
    files
        .into_iter()
        .filter_map(|file| take_out_of(root, &stacks, file).transpose())
        .collect()
}

fn take_out_of(root: &Root, stacks: &[Vec<Handler>], file: PathBuf) -> Result<Option<Change>, NotEdited> {
    let unreadable = |why: String| NotEdited::Unreadable {
        file: file.clone(),
        why,
    };
    let Ok(old) = root.read(&file) else {
        // Not there, or no regular file: libpam reads nothing from it either.
        return Ok(None);
    };
    let found = match lines(&old) {
        Ok(found) => found,
        // No stack was made of it, so nobody's jump in it counts.
        Err(_) if !names_module(&old) => return Ok(None),
        Err(why) => return Err(unreadable(why.to_string())),
    };
    let mut contents = Vec::new();
    let mut steps = Vec::new();
    let mut copied = 0;
    for line in &found {
        contents.extend_from_slice(&old[copied..line.bytes.start]);
        copied = line.bytes.end;
        let raw = &old[line.bytes.clone()];
        if is_ours(line) {
            steps.push(format!("take out line {}: {}", line.number, plain(&line.text)));
        } else if let Some(shorter) = shortened(stacks, &file, line, raw)? {
            steps.push(format!("line {}: shorten its jump", line.number));
            contents.extend(shorter);
        } else {
            contents.extend_from_slice(raw);
        }
    }
    contents.extend_from_slice(&old[copied..]);
    Ok((!steps.is_empty()).then_some(Change {
        file: file.clone(),
        contents,
        steps,
    }))
}

fn names_module(text: &[u8]) -> bool {
    text.windows(FACELOGIN.len())
        .any(|part| part == FACELOGIN.as_bytes())
}

fn is_ours(line: &Line) -> bool {
    modules::is_ours(&Words::of(&line.text).collect::<Vec<_>>(), &line.text)
}

fn is_ours_in_stack(handler: &Handler) -> bool {
    matches!(&handler.what, What::Module { name, .. } if name.strip_suffix(".so").unwrap_or(name) == "pam_facelogin")
}

/// The line with its jumps shortened by the lines of ours that they pass; `None` when they pass none.
fn shortened(
    stacks: &[Vec<Handler>],
    file: &Path,
    line: &Line,
    raw: &[u8],
) -> Result<Option<Vec<u8>>, NotEdited> {
    let mut change: BTreeMap<u32, u32> = BTreeMap::new();
    for stack in stacks {
        let here = |handler: &&Handler| handler.place.file == file && handler.place.bytes == line.bytes;
        for (at, handler) in stack.iter().enumerate().filter(|(_, handler)| here(handler)) {
            for skip in handler.control.jumps() {
                let left = skip - passed(stack, at, skip, |other| is_ours_in_stack(&stack[other]));
                if *change.entry(skip).or_insert(left) != left {
                    return Err(NotEdited::Ambiguous {
                        file: file.into(),
                        line: line.number,
                    });
                }
            }
        }
    }
    if change.iter().all(|(old, new)| old == new) {
        return Ok(None);
    }
    Ok(Some(rewrite_jumps(raw, &change)))
}

/// The numbers behind `=` in the first `[...]`, changed; 0 becomes `ignore`, which does the same.
fn rewrite_jumps(raw: &[u8], change: &BTreeMap<u32, u32>) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut inside, mut value, mut over) = (false, false, false);
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        let digits = raw[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if inside && value && digits > 0 {
            let number = std::str::from_utf8(&raw[at..at + digits])
                .ok()
                .and_then(|text| text.parse().ok());
            match number.and_then(|number: u32| change.get(&number)) {
                Some(0) => out.extend_from_slice(b"ignore"),
                Some(new) => out.extend_from_slice(new.to_string().as_bytes()),
                None => out.extend_from_slice(&raw[at..at + digits]),
            }
            at += digits;
            value = false;
            continue;
        }
        match byte {
            b'[' if !over => inside = true,
            b']' if inside => (inside, over) = (false, true),
            b'=' => value = true,
            b' ' | b'\t' | b'\n' | b'\\' => {}
            _ => value = false,
        }
        out.push(*byte);
        at += 1;
    }
    out
}

/// Every stack of every service that can be read.
fn stacks(root: &Root) -> Vec<Vec<Handler>> {
    let services = root.services();
    let all = services
        .iter()
        .flat_map(|service| Facility::ALL.map(|facility| load(root, service, facility)));
    all.filter_map(Result::ok).collect()
}

/// The file in which `service` checks the password, with a line for the face before that, in each way that may serve,
/// the best first. Which of them keeps the password working is for the caller to find out.
pub fn put_in(root: &Root, service: &str) -> Result<Vec<Change>, NotEdited> {
    let stack = load(root, service, Facility::Auth).map_err(|why| NotEdited::Unreadable {
        file: service.into(),
        why: why.to_string(),
    })?;
    let checks = |handler: &Handler| match &handler.what {
        What::Module { name, arguments } => role(name, arguments) == Role::Password,
        _ => false,
    };
    let checker = stack.iter().position(checks).ok_or(NotEdited::NoPassword)?;
    let (file, level) = (stack[checker].place.file.clone(), stack[checker].level);
    let everyone = stacks(root);
    // Upwards from the password, within its file, to where nobody jumps over the new line.
    let place = (0..=checker)
        .rev()
        .take_while(|at| stack[*at].place.file == file && stack[*at].level == level)
        .find(|at| !everyone.iter().any(|other| is_jumped_over(other, &stack[*at])))
        .ok_or(NotEdited::NoPlace)?;
    let between = stack[place..=checker]
        .iter()
        .filter(|handler| handler.level == level);
    let between = u32::try_from(between.count()).unwrap_or(u32::MAX);
    let jump = |skip: u32| format!("[success={skip} default=ignore]");
    let controls = match stack[checker].control.action(code::SUCCESS) {
        Action::Jump(skip) => vec![jump(between.saturating_add(skip))],
        Action::Ok => vec![jump(between), "sufficient".to_owned()],
        _ => vec!["sufficient".to_owned()],
    };
    let old = root.read(&file).map_err(|why| NotEdited::Unreadable {
        file: file.clone(),
        why: why.to_string(),
    })?;
    let last = stack.iter().rev().find(|handler| handler.place.file == file);
    let end = last.map_or(old.len(), |handler| handler.place.bytes.end);
    let changes = controls.into_iter().map(|control| {
        let line = format!("auth {control} {FACELOGIN}");
        let at = &stack[place].place;
        let before = plain(&String::from_utf8_lossy(&old[at.bytes.clone()]));
        let mut steps = vec![format!("before line {} ({before}): {line}", at.line)];
        let mut contents = old[..at.bytes.start].to_vec();
        contents.extend_from_slice(format!("{line}\n").as_bytes());
        contents.extend_from_slice(&old[at.bytes.start..end]);
        // Where success goes on through the stack, a line at its end sees the typed password.
        if control.starts_with('[') {
            let note = format!("auth optional {FACELOGIN} {NOTE}");
            steps.push(format!("after its last auth line: {note}"));
            let open = if contents.ends_with(b"\n") { "" } else { "\n" };
            contents.extend_from_slice(format!("{open}{note}\n").as_bytes());
        }
        contents.extend_from_slice(&old[end..]);
        Change {
            file: file.clone(),
            contents,
            steps,
        }
    });
    Ok(changes.collect())
}

/// A line's words with one blank between them.
fn plain(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a line before `here` would be inside a jump of `stack`.
fn is_jumped_over(stack: &[Handler], here: &Handler) -> bool {
    let targets = (0..stack.len()).filter(|at| stack[*at].place == here.place);
    targets.into_iter().any(|target| {
        (0..target).any(|from| {
            let jumps = stack[from].control.jumps();
            stack[from].level == stack[target].level
                && jumps
                    .into_iter()
                    .any(|skip| skipped(stack, from, skip).0 >= target)
        })
    })
}
