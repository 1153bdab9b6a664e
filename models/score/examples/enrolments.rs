//! Which pictures of a sitting make the best template: how often the enrolled are refused in another sitting.
//!
//! ```text
//! cargo run --release -p facelogin-score --example enrolments -- ENGINE MODEL LINES.jsonl
//! ```
//!
//! LINES.jsonl is of webcam pictures whose names tell the sitting (NUAA). Six templates are made of each sitting in each way,
//! from pictures that pass the gates of a login, and held against the logins of all other sittings. In brackets 95 %, by drawing
//! people anew. It prints no names.
#![allow(clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use facelogin_score::calibration::{Calibration, Level};
use facelogin_score::gates::{LOGIN, one_good_face};
use facelogin_score::{Comparer, Encoding, EngineId, Face, Fused, Limit, Login, LoginRules, WINDOWS};
use support::intervals::{Share, beyond, more, refused};
use support::lines::{Result, people};
use support::logins::{Group, Kind, Tries, Try};
use support::rates::Rates;

const DRAWS: usize = 6;
const FRAMES: usize = 3;
/// Pictures between the beginnings of logins.
const STEP: usize = 3;

const LEVELS: [Level; 3] = [Level::Convenient, Level::Balanced, Level::Strict];

/// False-match rates at which some of the enrolled are refused and some are not.
const RATES: [f64; 2] = [1e-3, 1e-4];

struct Sitting {
    who: usize,
    faces: Vec<Face>,
}

/// From so many pictures, the places of a template's, for one of [`DRAWS`].
type Choice = fn(&[Face], usize, usize) -> Vec<usize>;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, model, file] = args.as_slice() else {
        return Err("usage: enrolments ENGINE MODEL LINES.jsonl".into());
    };
    let engine = support::lines::engine(name, model);
    let table = Calibration::built_in(&engine).ok_or("no calibration is known of this engine")?;
    let comparer = Comparer::of(&engine);
    let sittings = sittings(Path::new(file), &engine)?;
    // The tail is that of single pictures of strangers, however many a template is made of.
    let group = Group::of("", people(Path::new(file), &engine)?);
    let deviation = Rates::among(group.singles(&comparer, Kind::Score).1).deviation();
    println!(
        "refused of the enrolled in other sittings, at each level and at extrapolated false-match rates of these people; and how many more there than of `5, spread`"
    );
    let five = measure(&comparer, &sittings, 5, spread);
    for (how, size, choice) in [
        ("1 picture", 1, spread as Choice),
        ("3, spread over the sitting", 3, spread),
        ("5, spread", 5, spread),
        ("7, spread", 7, spread),
        ("10, spread", 10, spread),
        ("5 in a row", 5, in_a_row),
        ("5, as different in pose as there are", 5, far_apart),
        ("7, as different in pose as there are", 7, far_apart),
    ] {
        let tries = measure(&comparer, &sittings, size, choice);
        print!(
            "{how}, {} logins of the enrolled and {} of strangers:",
            tries.genuine.len(),
            tries.impostors.len()
        );
        for level in LEVELS {
            let share = beyond(&tries, table.level(level).limit);
            print!(" {} {},", level.name(), percent(share.share, share.interval));
        }
        let than = more((&tries, deviation), (&five, deviation), &RATES);
        for (one, than) in refused(&tries, &RATES, deviation).iter().zip(&than) {
            print!(
                " at {:.0e} (limit {:.3}) {}, more {};",
                one.rate,
                one.limit,
                percent(one.share, one.interval),
                percent(than.share, than.interval)
            );
        }
        println!();
    }
    two(&comparer, &sittings, table);
    Ok(())
}

/// Of whoever sat there three times: refused in the third sitting with a template of one of the others, with both, and with the mean of both as
/// one; each by the limit for so many templates.
fn two(comparer: &Comparer, sittings: &[Sitting], table: &Calibration) {
    let mut reached: Vec<(usize, Vec<f32>)> = Vec::new();
    for (third, sitting) in sittings.iter().enumerate() {
        let others: Vec<&Sitting> = sittings
            .iter()
            .enumerate()
            .filter(|(place, other)| *place != third && other.who == sitting.who && other.faces.len() >= 8)
            .map(|(_, other)| other)
            .collect();
        for (place, first) in others.iter().enumerate() {
            for second in &others[place + 1..] {
                for draw in 0..DRAWS {
                    let template = |of: &Sitting| {
                        let places = spread(&of.faces, 5, draw);
                        let encodings: Vec<&Encoding> =
                            places.iter().map(|place| &of.faces[*place].encoding).collect();
                        comparer.fuse(&encodings)
                    };
                    let both = [template(first), template(second)]
                        .into_iter()
                        .flatten()
                        .collect();
                    let both: Vec<Fused> = both;
                    let mean = comparer.fuse(&both.iter().map(Fused::mean).collect::<Vec<_>>());
                    let all: Vec<Fused> = both.into_iter().chain(mean).collect();
                    let own = logins(comparer, sitting, &all);
                    reached.extend(own.into_iter().map(|reaches| (sitting.who, reaches)));
                }
            }
        }
    }
    for level in LEVELS {
        let refused = |chances: u32, nearest: fn(&[f32]) -> f32| {
            let own = reached.iter().map(|(who, reaches)| Try {
                people: (*who, *who),
                reach: nearest(reaches),
            });
            let tries = Tries {
                impostors: Vec::new(),
                genuine: own.collect(),
            };
            let Share { share, interval } = beyond(&tries, table.limit(level, chances).value());
            percent(share, interval)
        };
        println!(
            "{}, whoever sat three times: 1 template {}, or {}; 2: {}; their mean as one: {} (of {})",
            level.name(),
            refused(1, |reaches| reaches[0]),
            refused(1, |reaches| reaches[1]),
            refused(2, |reaches| reaches[0].min(reaches[1])),
            refused(1, |reaches| reaches[2]),
            reached.len()
        );
    }
}

fn percent(share: f64, (low, high): (f64, f64)) -> String {
    format!(
        "{:.1} % ({:.1} to {:.1})",
        100.0 * share,
        100.0 * low,
        100.0 * high
    )
}

/// The reaches of all complete logins of a sitting with these templates.
fn logins(comparer: &Comparer, sitting: &Sitting, templates: &[Fused]) -> Vec<Vec<f32>> {
    let starts = (0..sitting.faces.len()).step_by(STEP);
    // A shorter one has fewer chances to match than a login has.
    let whole = starts.filter_map(|start| sitting.faces.get(start..start + WINDOWS * FRAMES));
    whole
        .map(|pictures| {
            let rules = LoginRules {
                limit: Limit::Score(f32::NEG_INFINITY),
                frames: FRAMES,
            };
            let mut login = Login::new(rules, comparer.clone(), templates.to_vec());
            for face in pictures {
                login.push(&face.encoding);
            }
            login.reaches().iter().flatten().copied().collect()
        })
        .collect()
}

fn sittings(file: &Path, engine: &EngineId) -> Result<Vec<Sitting>> {
    let mut sittings: BTreeMap<(usize, String), Vec<Face>> = BTreeMap::new();
    for (who, pictures) in people(file, engine)?.into_values().enumerate() {
        for picture in pictures {
            let session = picture
                .session
                .ok_or("a picture's name does not tell its sitting")?;
            if let Ok(face) = one_good_face(&picture.faces, &LOGIN) {
                sittings.entry((who, session)).or_default().push(face.clone());
            }
        }
    }
    Ok(sittings
        .into_iter()
        .map(|((who, _), faces)| Sitting { who, faces })
        .collect())
}

/// The logins of strangers, and of the enrolled in other sittings.
fn measure(comparer: &Comparer, sittings: &[Sitting], size: usize, choice: Choice) -> Tries {
    let (mut places, mut templates) = (Vec::new(), Vec::new());
    for (place, sitting) in sittings.iter().enumerate() {
        // The same sittings for every way.
        if sitting.faces.len() < 10 {
            continue;
        }
        for draw in 0..DRAWS {
            let chosen = choice(&sitting.faces, size, draw);
            let encodings: Vec<&Encoding> = chosen.iter().map(|one| &sitting.faces[*one].encoding).collect();
            if let Some(fused) = comparer.fuse(&encodings) {
                places.push(place);
                templates.push(fused);
            }
        }
    }
    let (mut impostors, mut genuine) = (Vec::new(), Vec::new());
    for (place, sitting) in sittings.iter().enumerate() {
        for reaches in logins(comparer, sitting, &templates) {
            for (other, reach) in places.iter().zip(reaches) {
                let people = (sittings[*other].who, sitting.who);
                let one = Try { people, reach };
                if people.0 != people.1 {
                    impostors.push(one);
                } else if *other != place {
                    genuine.push(one);
                }
            }
        }
    }
    Tries { impostors, genuine }
}

fn spread(faces: &[Face], size: usize, draw: usize) -> Vec<usize> {
    (0..size)
        .map(|k| (k * DRAWS + draw) * faces.len() / (size * DRAWS))
        .collect()
}

fn in_a_row(faces: &[Face], size: usize, draw: usize) -> Vec<usize> {
    let first = draw * (faces.len() - size) / DRAWS;
    (first..first + size).collect()
}

/// One after the other, the picture whose pose is farthest from all that were chosen.
fn far_apart(faces: &[Face], size: usize, draw: usize) -> Vec<usize> {
    let apart = |a: &Face, b: &Face| {
        (a.quality.yaw_deg - b.quality.yaw_deg).hypot(a.quality.pitch_deg - b.quality.pitch_deg)
    };
    let mut chosen = vec![draw * faces.len() / DRAWS];
    while chosen.len() < size {
        let distance = |place: &usize| {
            chosen
                .iter()
                .map(|other| apart(&faces[*place], &faces[*other]))
                .fold(f32::MAX, f32::min)
        };
        let Some(next) = (0..faces.len()).max_by(|a, b| distance(a).total_cmp(&distance(b))) else {
            break;
        };
        chosen.push(next);
    }
    chosen
}
