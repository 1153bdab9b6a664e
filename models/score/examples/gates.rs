//! How often single pictures miss, by the qualities that the gates judge them by.
//!
//! ```text
//! cargo run --release -p facelogin-score --example gates -- ENGINE MODEL GROUP=LINES.jsonl ...
//! ```
//!
//! LINES.jsonl are what `facelogind encode` writes. A picture is compared with templates of five that pass the gates of an enrolment, of another sitting, or that it is
//! not in. For each quality the gates of a login hold in all others, and this one's is open. Printed are the misses of the
//! enrolled at the limits of the levels `convenient` and `balanced`, and how many strangers come within 0.10 of the former and within it,
//! each with 95 % by drawing people anew. It prints no names.
#![allow(clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::collections::HashSet;
use std::path::Path;

use facelogin_score::Comparer;
use facelogin_score::calibration::{Calibration, Level};
use facelogin_score::gates::{Gates, LOGIN};
use support::lines::{Result, people};
use support::shares::{Compared, share};
use support::sitters::{Person, Sitter, Template, everybody};

/// Nothing fails these.
const OPEN: Gates = Gates {
    min_eye_distance_px: 0.0,
    min_inside: 0.0,
    brightness: (0.0, 1.0),
    max_clipped: 1.0,
    min_sharpness: 0.0,
    max_yaw_deg: 180.0,
    max_pitch_deg: 180.0,
    max_roll_deg: 180.0,
};

/// Beyond a limit by so much a stranger is counted as near.
const NEAR: f32 = 0.10;

/// A quality that a gate judges.
struct Judged {
    name: &'static str,
    /// The gates of a login without this one.
    others: Gates,
    of: fn(&Sitter) -> Option<f32>,
    /// Where a bin ends and the next begins.
    ends: &'static [f32],
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, model, groups @ ..] = args.as_slice() else {
        return Err("usage: gates ENGINE MODEL GROUP=LINES.jsonl ...".into());
    };
    let engine = support::lines::engine(name, model);
    let table = Calibration::built_in(&engine).ok_or("no calibration is known of this engine")?;
    let [convenient, balanced] =
        [Level::Convenient, Level::Balanced].map(|level| table.limit(level, 1).value());
    let comparer = Comparer::of(&engine);
    println!("convenient {convenient:.3}, balanced {balanced:.3}");
    for group in groups {
        let (name, file) = support::lines::named(group)?;
        let people = everybody(people(Path::new(file), &engine)?, &OPEN);
        let templates = Template::all(&people, &comparer);
        for judged in judged() {
            println!("\n{name}, {}", judged.name);
            for bin in 0..=judged.ends.len() {
                let low = bin.checked_sub(1).map(|before| judged.ends[before]);
                let high = judged.ends.get(bin).copied();
                let within = |sitter: &Sitter| {
                    (judged.of)(sitter).is_some_and(|value| {
                        low.is_none_or(|low| value >= low) && high.is_none_or(|high| value < high)
                    }) && sitter.passes(&judged.others)
                };
                let (own, strangers) = compared(&people, &templates, &comparer, within);
                if own.is_empty() {
                    continue;
                }
                let edge = |edge: Option<f32>| edge.map_or(String::new(), |edge| edge.to_string());
                println!(
                    "  {:>5} to {:5} {:5} of {:3} people; missed {}; at balanced {}; strangers near {}, within {}, of {} pairs",
                    edge(low),
                    edge(high),
                    own.len(),
                    own.iter().map(|one| one.0).collect::<HashSet<_>>().len(),
                    share(&own, |score| score > convenient),
                    share(&own, |score| score > balanced),
                    share(&strangers, |score| score <= convenient + NEAR),
                    share(&strangers, |score| score <= convenient),
                    strangers
                        .iter()
                        .map(|((a, b), _)| (*a.min(b), *a.max(b)))
                        .collect::<HashSet<_>>()
                        .len()
                );
            }
        }
    }
    Ok(())
}

fn judged() -> [Judged; 9] {
    let degrees: &[f32] = &[10.0, 15.0, 20.0, 25.0, 30.0];
    [
        Judged {
            name: "yaw, degrees",
            others: Gates {
                max_yaw_deg: OPEN.max_yaw_deg,
                ..LOGIN
            },
            of: |one| Some(one.face.quality.yaw_deg.abs()),
            ends: degrees,
        },
        Judged {
            name: "pitch, degrees",
            others: Gates {
                max_pitch_deg: OPEN.max_pitch_deg,
                ..LOGIN
            },
            of: |one| Some(one.face.quality.pitch_deg.abs()),
            ends: degrees,
        },
        Judged {
            name: "roll, degrees",
            others: Gates {
                max_roll_deg: OPEN.max_roll_deg,
                ..LOGIN
            },
            of: |one| Some(one.face.quality.roll_deg.abs()),
            ends: degrees,
        },
        Judged {
            name: "sharpness",
            others: Gates {
                min_sharpness: OPEN.min_sharpness,
                ..LOGIN
            },
            of: |one| Some(one.face.quality.sharpness),
            ends: &[8.0, 15.0, 30.0, 60.0],
        },
        Judged {
            name: "sharpness, by the usual of its sitting",
            others: LOGIN,
            of: |one| one.focus,
            ends: &[0.5, 0.7, 0.9, 1.1],
        },
        Judged {
            name: "between the eyes, px",
            others: Gates {
                min_eye_distance_px: OPEN.min_eye_distance_px,
                ..LOGIN
            },
            of: |one| Some(one.face.quality.eye_distance_px),
            ends: &[24.0, 32.0, 40.0, 48.0],
        },
        Judged {
            name: "mean luma",
            others: Gates {
                brightness: OPEN.brightness,
                ..LOGIN
            },
            of: |one| Some(one.face.quality.brightness),
            ends: &[0.15, 0.3, 0.5, 0.7, 0.8, 0.85, 0.9],
        },
        Judged {
            name: "clipped",
            others: Gates {
                max_clipped: OPEN.max_clipped,
                ..LOGIN
            },
            of: |one| Some(one.face.quality.clipped),
            ends: &[0.05, 0.1, 0.2, 0.3, 0.4, 0.5],
        },
        Judged {
            name: "inside",
            others: Gates {
                min_inside: OPEN.min_inside,
                ..LOGIN
            },
            of: |one| Some(one.face.quality.inside),
            ends: &[0.8, 0.97, 1.0],
        },
    ]
}

/// The pictures of the enrolled, and of strangers.
fn compared(
    people: &[Person],
    templates: &[Template],
    comparer: &Comparer,
    within: impl Fn(&Sitter) -> bool,
) -> (Vec<Compared>, Vec<Compared>) {
    let (mut own, mut strangers) = (Vec::new(), Vec::new());
    for (who, person) in people.iter().enumerate() {
        for (when, occasion) in person.occasions.iter().enumerate() {
            for (place, sitter) in occasion.iter().enumerate().filter(|(_, sitter)| within(sitter)) {
                let Some(single) = comparer.fuse(&[sitter.encoding()]) else {
                    continue;
                };
                for template in templates {
                    let score = comparer.compare(&template.fused, &single).score;
                    let one = ((template.who, who), score);
                    if template.who != who {
                        strangers.push(one);
                    } else if template.is_apart_from(person, when, place) {
                        own.push(one);
                    }
                }
            }
        }
    }
    (own, strangers)
}
