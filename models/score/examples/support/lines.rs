//! The lines that `facelogind encode` writes, as faces of people.
//!
//! A picture's person is the folder it is in; whose names are of the same words is one person (in LFW some are there twice). File names made of five numbers (NUAA: person, glasses, position, session,
//! picture) tell the session; other pictures have each an occasion of their own. The first line says by what engine they are;
//! output that was joined may have it again, and lines without it are taken for the given engine's.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use facelogin_score::{Analysis, EngineId, Face};
use serde::Deserialize;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: String,
    analysis: Option<Analysis>,
    error: Option<String>,
}

/// The line that tells by what engine those after it are. Nothing else of it matters here.
#[derive(Deserialize)]
struct Head {
    engine: EngineId,
}

/// One picture.
pub struct Picture {
    pub session: Option<String>,
    pub faces: Vec<Face>,
}

/// The pictures of each person, in the order in which they were taken as far as names tell.
pub type People = BTreeMap<String, Vec<Picture>>;

/// As the arguments of a command tell it.
pub fn engine(name: &str, model: &str) -> EngineId {
    EngineId {
        name: name.into(),
        model: model.into(),
    }
}

/// A group's name and its file, of `GROUP=LINES.jsonl`.
pub fn named(group: &str) -> Result<(&str, &str)> {
    Ok(group.split_once('=').ok_or("expected GROUP=LINES.jsonl")?)
}

/// Reads a file of such lines, which must be of this engine where they say it.
pub fn people(file: &Path, engine: &EngineId) -> Result<People> {
    let mut people: BTreeMap<String, Vec<(Vec<u64>, String, Picture)>> = BTreeMap::new();
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    for (number, line) in text.lines().enumerate() {
        let place = || format!("{}:{}", file.display(), number + 1);
        if let Ok(head) = serde_json::from_str::<Head>(line) {
            if head.engine != *engine {
                return Err(format!(
                    "{}: made by {} with models {}, not by {} with {}",
                    place(),
                    head.engine.name,
                    head.engine.model,
                    engine.name,
                    engine.model
                )
                .into());
            }
            continue;
        }
        let line: Line = serde_json::from_str(line).map_err(|error| format!("{}: {error}", place()))?;
        let path = Path::new(&line.path);
        let person = path
            .parent()
            .and_then(Path::file_name)
            .ok_or_else(|| format!("{}: no folder", place()))?
            .to_string_lossy()
            .into_owned();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let numbers: Option<Vec<u64>> = stem.split('_').map(|part| part.parse().ok()).collect();
        let numbers = numbers.filter(|numbers| numbers.len() == 5);
        let picture = Picture {
            session: numbers.as_ref().map(|numbers| format!("{:02}", numbers[3])),
            faces: line.analysis.map(|analysis| analysis.faces).unwrap_or_default(),
        };
        // Session and picture, else by name.
        let order = numbers.map(|n| vec![n[3], n[4], n[1], n[2]]).unwrap_or_default();
        people
            .entry(person)
            .or_default()
            .push((order, line.path, picture));
    }
    Ok(one_of_each(people)
        .into_iter()
        .map(|(person, mut pictures)| {
            pictures.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
            (
                person,
                pictures.into_iter().map(|(_, _, picture)| picture).collect(),
            )
        })
        .collect())
}

/// Whose names are of the same words is the first of them.
fn one_of_each<T>(people: BTreeMap<String, Vec<T>>) -> BTreeMap<String, Vec<T>> {
    let mut names: BTreeMap<Vec<String>, String> = BTreeMap::new();
    let mut all: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for (name, pictures) in people {
        let mut words: Vec<String> = name.split('_').map(str::to_lowercase).collect();
        words.sort_unstable();
        let first = names.entry(words).or_insert(name);
        all.entry(first.clone()).or_default().extend(pictures);
    }
    all
}

/// Whether a person's encodings may shape the cohort; all others are for calibrating and testing. Those with one
/// or two pictures, half of them by a hash of the name, so that everybody of whom there is enough to test stays out.
pub fn of_the_cohort(person: &str, pictures: usize) -> bool {
    pictures <= 2 && fnv(person.as_bytes()).is_multiple_of(2)
}

/// FNV-1a, 64 bits.
fn fnv(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// SplitMix64: the same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to below `end`; evenly enough for an `end` far below 2^64.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Above 0, up to 1.
    pub fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }
}
