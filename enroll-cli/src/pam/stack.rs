//! A service's stack as libpam builds it: `_pam_parse_conf_file` of Linux-PAM, with Debian's `@include`.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::control::{self, Control, Field};
use super::lines::{Unreadable, Words, lines};
use super::modules::{FACELOGIN, is_ours};
use super::root::Root;

/// The four stacks of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facility {
    Auth,
    Account,
    Password,
    Session,
}

impl Facility {
    pub const ALL: [Self; 4] = [Self::Auth, Self::Account, Self::Password, Self::Session];

    fn of(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "auth" => Some(Self::Auth),
            "account" => Some(Self::Account),
            "password" => Some(Self::Password),
            "session" => Some(Self::Session),
            _ => None,
        }
    }
}

/// What stands at one place of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A module: the name of its file without folder, and its arguments.
    Module { name: String, arguments: Vec<String> },
    /// A line that libpam cannot use: it fails when the walk comes by.
    MustFail,
    /// Where a substack begins; its handlers follow, one level deeper.
    Substack,
}

/// One place of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handler {
    pub what: What,
    pub control: Control,
    /// How many substacks it is in.
    pub level: usize,
    pub place: Place,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file itself, links followed.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// The line's bytes.
    pub bytes: Range<usize>,
    /// What libpam complains about in the line's control.
    pub complaint: Option<&'static str>,
}

/// Why a stack cannot be told from its files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotUnderstood {
    #[error("{}: {why}", file.display())]
    File { file: PathBuf, why: String },
    #[error("{}:{line}: included files include each other, or deeper than {DEEPEST} levels", file.display())]
    TooDeep { file: PathBuf, line: usize },
    #[error("neither the service nor \"other\" has a file")]
    NoFile,
    #[error("it has {0} modules of unknown outcome, too many to try all")]
    TooOpen(usize),
}

/// Deeper than any sane tree of includes; libpam 1.5 itself limits only substacks, to 16.
const DEEPEST: usize = 15;

/// The stack of `service`, or of `other` where the service has none.
pub fn load(root: &Root, service: &str, facility: Facility) -> Result<Vec<Handler>, NotUnderstood> {
    let mut any = false;
    for name in [service, "other"] {
        let Some(file) = root.service_file(name, false) else {
            continue;
        };
        any = true;
        let mut reader = Reader {
            root,
            facility,
            found: Vec::new(),
        };
        reader.file(&file, false, 0, 0)?;
        if !reader.found.is_empty() {
            return Ok(reader.found);
        }
    }
    if any {
        Ok(Vec::new())
    } else {
        Err(NotUnderstood::NoFile)
    }
}

struct Reader<'r> {
    root: &'r Root,
    facility: Facility,
    found: Vec<Handler>,
}

impl Reader<'_> {
    /// `narrow`: the file was included for this facility alone, so that a line of no known type belongs to it.
    fn file(&mut self, path: &Path, narrow: bool, level: usize, depth: usize) -> Result<(), NotUnderstood> {
        let wrong = |why: String| NotUnderstood::File {
            file: path.into(),
            why,
        };
        let real = self.root.resolve(path).map_err(|why| wrong(why.to_string()))?;
        let text = self.root.read(&real).map_err(|why| wrong(why.to_string()))?;
        for line in lines(&text).map_err(|why: Unreadable| wrong(why.to_string()))? {
            let mut words = Words::of(&line.text);
            let mut place = Place {
                file: real.clone(),
                line: line.number,
                bytes: line.bytes.clone(),
                complaint: None,
            };
            let first = words.next().unwrap_or_default();
            if self.root.is_debian() && first.eq_ignore_ascii_case("@include") {
                // As `include`, for whatever the surrounding file is read for.
                let name = words.next();
                self.include(name, false, narrow, level, depth, place)?;
                continue;
            }
            let known = Facility::of(first.strip_prefix('-').unwrap_or(&first));
            match known {
                Some(facility) if facility != self.facility => continue,
                // libpam: "most sensitive".
                None if !narrow && self.facility != Facility::Auth => continue,
                _ => {}
            }
            let control = words.next();
            let (control, complaint) = match control.as_deref().map(control::field) {
                Some(Field::Include) => {
                    self.include(words.next(), false, true, level, depth, place)?;
                    continue;
                }
                Some(Field::Substack) => {
                    self.include(words.next(), true, true, level, depth, place)?;
                    continue;
                }
                Some(Field::Control(control, complaint)) => (*control, complaint),
                None => (Control::bad(), Some("there is no control")),
            };
            place.complaint = complaint;
            let named = words.next();
            let ours = is_ours(&Words::of(&line.text).collect::<Vec<_>>(), &line.text);
            let what = match named {
                // A word is missing or a bracket open: its control is none, and what fails because of our line is ours.
                third
                    if ours
                        && third
                            .as_deref()
                            .is_none_or(|third| !third.contains("pam_facelogin")) =>
                {
                    What::Module {
                        name: FACELOGIN.into(),
                        arguments: Vec::new(),
                    }
                }
                Some(path) if known.is_some() => What::Module {
                    name: path.rsplit('/').next().unwrap_or_default().to_owned(),
                    arguments: words.collect(),
                },
                _ => What::MustFail,
            };
            self.found.push(Handler {
                what,
                control,
                level,
                place,
            });
        }
        Ok(())
    }

    fn include(
        &mut self,
        name: Option<String>,
        substack: bool,
        narrow: bool,
        level: usize,
        depth: usize,
        place: Place,
    ) -> Result<(), NotUnderstood> {
        if depth >= DEEPEST {
            return Err(NotUnderstood::TooDeep {
                file: place.file,
                line: place.line,
            });
        }
        let handler = |what| Handler {
            what,
            control: Control::bad(),
            level,
            place: place.clone(),
        };
        if substack {
            self.found.push(handler(What::Substack));
        }
        let file = name.and_then(|name| self.root.service_file(&name, true));
        match file.filter(|file| self.root.read(file).is_ok()) {
            Some(file) => self.file(&file, narrow, level + usize::from(substack), depth + 1),
            // A file that is not there: the line fails.
            None => {
                self.found.push(handler(What::MustFail));
                Ok(())
            }
        }
    }
}

/// The same stack without the handlers that `gone` names, jumps shortened by what they no longer pass.
pub fn without(stack: &[Handler], gone: impl Fn(usize) -> bool) -> Vec<Handler> {
    let kept = stack.iter().enumerate().filter(|(at, _)| !gone(*at));
    kept.map(|(at, handler)| {
        let mut handler = handler.clone();
        handler.control = handler
            .control
            .map_jumps(|skip| skip - passed(stack, at, skip, &gone));
        handler
    })
    .collect()
}

/// How many of the modules that a jump passes are `gone`; what is inside a passed substack does not count.
pub fn passed(stack: &[Handler], from: usize, skip: u32, gone: impl Fn(usize) -> bool) -> u32 {
    let (last, _) = super::dispatch::skipped(stack, from, skip);
    let level = stack[from].level;
    let heads = (from + 1..=last).filter(|at| stack[*at].level == level && gone(*at));
    u32::try_from(heads.count()).unwrap_or(u32::MAX)
}
