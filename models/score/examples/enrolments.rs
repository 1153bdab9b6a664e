//! Which pictures of a sitting make the best template: how often the enrolled are refused in another sitting.
//!
//! ```text
//! cargo run --release -p facelogin-score --example enrolments -- ENGINE MODEL LINES.jsonl
//! ```
//!
//! LINES.jsonl is of webcam pictures whose names tell the sitting (NUAA). Six templates are made of each sitting in each way,
//! from pictures that pass the gates of a login, and held against the logins of all other sittings. It prints no names.
#![allow(clippy::print_stdout)]

// Each example has its own use for it.
#[allow(dead_code)]
#[path = "support/lines.rs"]
mod lines;

use std::collections::BTreeMap;
use std::path::Path;

use facelogin_score::calibration::{Calibration, Level};
use facelogin_score::gates::{LOGIN, one_good_face};
use facelogin_score::{Comparer, Encoding, EngineId, Face, Limit, Login, LoginRules, WINDOWS};
use lines::{Result, people};

const DRAWS: usize = 6;
const FRAMES: usize = 3;
/// Pictures between the beginnings of logins.
const STEP: usize = 3;

struct Sitting {
    who: String,
    faces: Vec<Face>,
}

/// From so many pictures, the places of a template's, for one of [`DRAWS`].
type Choice = fn(&[Face], usize, usize) -> Vec<usize>;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, model, file] = args.as_slice() else {
        return Err("usage: enrolments ENGINE MODEL LINES.jsonl".into());
    };
    let engine = EngineId {
        name: name.clone(),
        model: model.clone(),
    };
    let table = Calibration::built_in(&engine).ok_or("no calibration is known of this engine")?;
    let comparer = Comparer::of(&engine);
    let sittings = sittings(Path::new(file), &engine)?;
    println!(
        "refused of the enrolled, in other sittings, at each level and at a false-match rate of 1 in 1,000 of these people"
    );
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
        let (mut strangers, genuine) = measure(&comparer, &sittings, size, choice);
        strangers.sort_by(f32::total_cmp);
        let refused = |limit: f32| {
            let refused = genuine.iter().filter(|reach| **reach > limit).count();
            100.0 * refused as f64 / genuine.len() as f64
        };
        let level = |level| refused(table.level(level).limit);
        println!(
            "{how}: convenient {:.1} %, balanced {:.1} %, strict {:.1} %, at 1e-3 {:.1} % (of {}; strangers {})",
            level(Level::Convenient),
            level(Level::Balanced),
            level(Level::Strict),
            refused(strangers[strangers.len() / 1000]),
            genuine.len(),
            strangers.len()
        );
    }
    Ok(())
}

fn sittings(file: &Path, engine: &EngineId) -> Result<Vec<Sitting>> {
    let mut sittings: BTreeMap<(String, String), Vec<Face>> = BTreeMap::new();
    for (who, pictures) in people(file, engine)? {
        for picture in pictures {
            let session = picture
                .session
                .ok_or("a picture's name does not tell its sitting")?;
            if let Ok(face) = one_good_face(&picture.faces, &LOGIN) {
                sittings
                    .entry((who.clone(), session))
                    .or_default()
                    .push(face.clone());
            }
        }
    }
    Ok(sittings
        .into_iter()
        .map(|((who, _), faces)| Sitting { who, faces })
        .collect())
}

/// The reaches of strangers, and of the enrolled in other sittings.
fn measure(comparer: &Comparer, sittings: &[Sitting], size: usize, choice: Choice) -> (Vec<f32>, Vec<f32>) {
    let mut templates = Vec::new();
    for (place, sitting) in sittings.iter().enumerate() {
        // The same sittings for every way.
        if sitting.faces.len() < 10 {
            continue;
        }
        for draw in 0..DRAWS {
            let places = choice(&sitting.faces, size, draw);
            let encodings: Vec<&Encoding> = places
                .iter()
                .map(|place| &sitting.faces[*place].encoding)
                .collect();
            templates.extend(comparer.fuse(&encodings).map(|fused| (place, fused)));
        }
    }
    let (mut strangers, mut genuine) = (Vec::new(), Vec::new());
    for (place, sitting) in sittings.iter().enumerate() {
        for start in (0..sitting.faces.len()).step_by(STEP) {
            let rules = LoginRules {
                limit: Limit::Score(f32::NEG_INFINITY),
                frames: FRAMES,
            };
            let all = templates.iter().map(|(_, fused)| fused.clone()).collect();
            let mut login = Login::new(rules, comparer.clone(), all);
            // A shorter one has fewer chances to match than a login has.
            let Some(pictures) = sitting.faces.get(start..start + WINDOWS * FRAMES) else {
                break;
            };
            for face in pictures {
                login.push(&face.encoding);
            }
            for ((other, _), reach) in templates.iter().zip(login.reaches()) {
                if sittings[*other].who != sitting.who {
                    strangers.extend(*reach);
                } else if *other != place {
                    genuine.extend(*reach);
                }
            }
        }
    }
    (strangers, genuine)
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
