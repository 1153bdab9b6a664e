//! Measures the default engine on a folder of labelled pictures, `DIR/NAME/*.jpg`, in the way a login uses it.
//!
//! ```text
//! cargo run --release -p facelogin-engine --example distances -- DIR
//! ```
//!
//! Template: the mean of five encodings of one person (and, for comparison, a single one of the five). Probe: the mean
//! of three other encodings. It prints the distributions of genuine and impostor distances, false match and false
//! non-match rates by threshold, and percentiles of every quality measure. It prints no names and stores nothing.
//!
//! People are those with at least eight pictures, who give genuine and impostor tries, and of the others the 600 with
//! the most pictures, who give impostor tries only. File names made of five numbers (NUAA: person, glasses, position,
//! session, frame) are grouped by session: a template comes from one session, and same-session and other-session tries
//! are counted apart. The face nearest to the picture's middle counts. The result does not depend on the number of
//! threads.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use facelogin_engine::{DlibEngine, Effort, Encoding, Engine, Face, Frame, Pixels};
use facelogin_models::{ModelDirs, Trust, VerifiedModels, verify_all};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Pictures of a template and of a probe.
const TEMPLATE: usize = 5;
const PROBE: usize = 3;
/// The daemon's `SINGLE_SLACK`: how much farther than the probe each of its pictures may be from the template.
const SLACK: f32 = 0.12;

/// Impostors beyond the people who have enough pictures for genuine tries.
const FURTHER_PEOPLE: usize = 600;
/// Of a person with hundreds of pictures, the first so many.
const PICTURES_A_PERSON: usize = 60;

fn main() -> Result<()> {
    if std::env::var_os("OPENBLAS_NUM_THREADS").is_none() {
        // OpenBLAS reads it when it is loaded, so it must be there before this program starts.
        let again = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env("OPENBLAS_NUM_THREADS", "1")
            .exec();
        return Err(again.into());
    }
    let folder = std::env::args_os().nth(1).ok_or("usage: distances DIR")?;
    let models = verify_all(&models(), Trust::AnyOwner)?;
    let people = select(list(Path::new(&folder))?);
    let pictures: Vec<&Picture> = people.iter().flatten().collect();
    println!("people: {}, pictures: {}", people.len(), pictures.len());
    let mut faces = analyse(&models, &pictures)?.into_iter();

    let found: Vec<Vec<(String, Option<Face>)>> = people
        .iter()
        .map(|person| {
            person
                .iter()
                .zip(faces.by_ref())
                .map(|(picture, face)| (picture.session.clone(), face))
                .collect()
        })
        .collect();
    let all: Vec<&Face> = found
        .iter()
        .flatten()
        .filter_map(|(_, face)| face.as_ref())
        .collect();
    let missed = pictures.len() - all.len();
    println!(
        "no face found: {missed} = {:.2} %",
        100.0 * missed as f64 / pictures.len() as f64
    );
    print_quality(&all);
    print_rates(&found);
    Ok(())
}

struct Picture {
    path: PathBuf,
    /// Empty where pictures are single photographs.
    session: String,
    /// Sorts frames by number.
    order: u64,
}

fn models() -> ModelDirs {
    let var = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = || var("XDG_CACHE_HOME").or_else(|| Some(var("HOME")?.join(".cache")));
    match var("FACELOGIN_TEST_MODELS").or_else(|| Some(cache()?.join("facelogin/models"))) {
        Some(folder) if folder.is_dir() => ModelDirs::only(folder),
        _ => ModelDirs::for_user(),
    }
}

/// Every person's pictures, in the order of names.
fn list(folder: &Path) -> Result<Vec<Vec<Picture>>> {
    let mut names: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|e| Ok(e?.path()))
        .collect::<Result<_>>()?;
    names.sort();
    let mut people = Vec::new();
    for name in names.iter().filter(|n| n.is_dir()) {
        let mut pictures = Vec::new();
        for entry in fs::read_dir(name)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("jpg")) {
                let stem = path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let parts: Vec<&str> = stem.split('_').collect();
                let numbers = parts.len() == 5 && parts.iter().all(|p| p.parse::<u64>().is_ok());
                let session = if numbers {
                    parts[3].to_owned()
                } else {
                    String::new()
                };
                let order = parts.last().and_then(|p| p.parse().ok()).unwrap_or(0);
                pictures.push(Picture { path, session, order });
            }
        }
        pictures.sort_by(|a, b| (&a.session, a.order, &a.path).cmp(&(&b.session, b.order, &b.path)));
        people.push(pictures);
    }
    Ok(people)
}

fn select(mut people: Vec<Vec<Picture>>) -> Vec<Vec<Picture>> {
    // Stable: people with as many pictures stay in the order of their names.
    people.sort_by_key(|p| std::cmp::Reverse(p.len()));
    let enough = people.iter().filter(|p| p.len() >= TEMPLATE + PROBE).count();
    people.truncate(enough + FURTHER_PEOPLE);
    for person in &mut people {
        if person.iter().all(|p| p.session.is_empty()) {
            person.truncate(PICTURES_A_PERSON);
        }
    }
    people
}

/// The middle face of each picture, in the same order; one engine a thread.
fn analyse(models: &VerifiedModels, pictures: &[&Picture]) -> Result<Vec<Option<Face>>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<Result<Vec<Option<Face>>>> = thread::scope(|scope| {
        let work = |part: usize| {
            move || -> Result<Vec<Option<Face>>> {
                let mut engine = DlibEngine::load(models)?;
                pictures
                    .iter()
                    .skip(part)
                    .step_by(threads)
                    .map(|p| middle_face(&mut engine, &p.path))
                    .collect()
            }
        };
        let running: Vec<_> = (0..threads).map(|part| scope.spawn(work(part))).collect();
        running
            .into_iter()
            .map(|t| t.join().unwrap_or_else(|_| Err("a thread panicked".into())))
            .collect()
    });
    let mut parts: Vec<_> = parts
        .into_iter()
        .map(|p| p.map(Vec::into_iter))
        .collect::<Result<Vec<_>>>()?;
    Ok((0..pictures.len())
        .map(|i| parts[i % threads].next().flatten())
        .collect())
}

fn middle_face(engine: &mut DlibEngine, path: &Path) -> Result<Option<Face>> {
    let rgb = image_for_dlib::open(path)?.to_rgb8();
    let frame = Frame::new(rgb.width(), rgb.height(), Pixels::Rgb(rgb.as_raw()))?;
    let faces = engine.analyse(&frame, Effort::Video)?.faces;
    let off_middle = |face: &Face| {
        let x = i64::from(face.bbox.left) + i64::from(face.bbox.right) - i64::from(frame.width());
        let y = i64::from(face.bbox.top) + i64::from(face.bbox.bottom) - i64::from(frame.height());
        x * x + y * y
    };
    Ok(faces.into_iter().min_by_key(off_middle))
}

fn print_quality(faces: &[&Face]) {
    println!("\nquality           1 %      5 %     50 %     95 %     99 %");
    let row = |name: &str, value: &dyn Fn(&Face) -> f32| {
        let mut values: Vec<f32> = faces.iter().map(|f| value(f)).collect();
        values.sort_by(f32::total_cmp);
        let at = |p| percentile(&values, p);
        println!(
            "{name:12} {:8.2} {:8.2} {:8.2} {:8.2} {:8.2}",
            at(1.0),
            at(5.0),
            at(50.0),
            at(95.0),
            at(99.0)
        );
    };
    row("eye distance", &|f| f.quality.eye_distance_px);
    row("sharpness", &|f| f.quality.sharpness);
    row("brightness", &|f| f.quality.brightness);
    row("clipped", &|f| f.quality.clipped);
    row("yaw", &|f| f.quality.yaw_deg);
    row("|yaw|", &|f| f.quality.yaw_deg.abs());
    row("pitch", &|f| f.quality.pitch_deg);
    row("roll", &|f| f.quality.roll_deg);
    row("|roll|", &|f| f.quality.roll_deg.abs());
    row("inside", &|f| f.quality.inside);
    let mut drops: Vec<f32> = faces.iter().filter_map(|f| nose_drop(f)).collect();
    drops.sort_by(f32::total_cmp);
    println!(
        "nose drop of frontal faces, in eye distances: median {:.4} of {}",
        percentile(&drops, 50.0),
        drops.len()
    );
}

/// How far the nose's base is below the eye line, in eye distances, if it is within 0.03 of their middle.
fn nose_drop(face: &Face) -> Option<f32> {
    let p = &face.points;
    let (rx, ry) = ((p[0].x + p[1].x) / 2.0, (p[0].y + p[1].y) / 2.0);
    let (lx, ly) = ((p[2].x + p[3].x) / 2.0, (p[2].y + p[3].y) / 2.0);
    let (dx, dy) = (rx - lx, ry - ly);
    let (nx, ny) = (p[4].x - (rx + lx) / 2.0, p[4].y - (ry + ly) / 2.0);
    let square = dx * dx + dy * dy;
    (((nx * dx + ny * dy) / square).abs() < 0.03).then_some((ny * dx - nx * dy) / square)
}

/// A fused encoding and whose it is.
struct Sample {
    person: usize,
    session: String,
    encoding: Encoding,
    /// Of a template, one of its five.
    single: Option<Encoding>,
    /// Of a probe, its three.
    parts: Vec<Encoding>,
    /// Of a probe, whether it shares no picture with its person's template.
    apart: bool,
}

fn print_rates(people: &[Vec<(String, Option<Face>)>]) {
    let (mut templates, mut probes) = (Vec::new(), Vec::new());
    for (person, pictures) in people.iter().enumerate() {
        let mut sessions: BTreeMap<&str, Vec<&Encoding>> = BTreeMap::new();
        for (session, face) in pictures {
            if let Some(face) = face {
                sessions.entry(session).or_default().push(&face.encoding);
            }
        }
        for (session, encodings) in sessions {
            split(person, session, &encodings, &mut templates, &mut probes);
        }
    }
    let with = |of: &[Sample]| {
        let mut people: Vec<usize> = of.iter().map(|s| s.person).collect();
        people.dedup();
        people.len()
    };
    println!(
        "\ntemplates: {} of {} people; probes: {} of {} people",
        templates.len(),
        with(&templates),
        probes.len(),
        with(&probes)
    );
    table("template of 5, probe of 3", &templates, &probes, |t| {
        Some(&t.encoding)
    });
    table("template of 1, probe of 3", &templates, &probes, |t| {
        t.single.as_ref()
    });
}

/// Template from five pictures spread evenly over the session, probes from neighbouring threes of the rest. With fewer
/// than eight pictures both are made from all, for comparison with other people only.
fn split(
    person: usize,
    session: &str,
    of: &[&Encoding],
    templates: &mut Vec<Sample>,
    probes: &mut Vec<Sample>,
) {
    let sample = |encodings: &[&Encoding], single, apart| {
        Encoding::mean(encodings).map(|encoding| Sample {
            person,
            session: session.to_owned(),
            encoding,
            single,
            parts: encodings.iter().map(|one| (*one).clone()).collect(),
            apart,
        })
    };
    let enough = of.len() >= TEMPLATE + PROBE;
    let chosen: Vec<usize> = (0..TEMPLATE).map(|i| i * of.len() / TEMPLATE).collect();
    if of.len() >= TEMPLATE {
        let five: Vec<&Encoding> = chosen.iter().map(|&i| of[i]).collect();
        templates.extend(sample(&five, Some(five[0].clone()), enough));
    }
    let rest: Vec<&Encoding> = of
        .iter()
        .enumerate()
        .filter(|(i, _)| !enough || !chosen.contains(i))
        .map(|(_, e)| *e)
        .collect();
    for three in rest.chunks_exact(PROBE) {
        probes.extend(sample(three, None, enough));
    }
}

fn table<'a>(
    title: &str,
    templates: &'a [Sample],
    probes: &[Sample],
    of: impl Fn(&'a Sample) -> Option<&'a Encoding>,
) {
    let (mut impostor, mut same, mut other) = (Vec::new(), Vec::new(), Vec::new());
    let (mut beyond, mut genuine) = (Vec::new(), Vec::new());
    for template in templates {
        let Some(encoding) = of(template) else { continue };
        for probe in probes {
            let distance = encoding.distance(&probe.encoding);
            if template.person == probe.person && probe.apart {
                let single = probe
                    .parts
                    .iter()
                    .map(|one| encoding.distance(one))
                    .fold(0.0, f32::max);
                beyond.push(single - distance);
                genuine.push((distance, single));
            }
            if template.person != probe.person {
                impostor.push(distance);
            } else if template.session != probe.session || (template.session.is_empty() && probe.apart) {
                other.push(distance);
            } else if probe.apart {
                same.push(distance);
            }
        }
    }
    println!("\n{title}");
    println!(
        "distances                  tries      min      1 %      5 %     50 %     95 %     99 %      max"
    );
    for (name, values) in [
        ("impostor", &mut impostor),
        ("genuine, same session", &mut same),
        ("genuine, other", &mut other),
        ("farthest of 3 beyond", &mut beyond),
    ] {
        values.sort_by(f32::total_cmp);
        if !values.is_empty() {
            let at: Vec<String> = [0.0, 1.0, 5.0, 50.0, 95.0, 99.0, 100.0]
                .iter()
                .map(|&p| format!("{:8.3}", percentile(values, p)))
                .collect();
            println!("{name:22} {:9} {}", values.len(), at.join(" "));
        }
    }
    println!("threshold  false matches   FMR          false non-matches: same session    other");
    for step in 0..=10 {
        let threshold = (30 + 2 * step) as f32 / 100.0;
        // A distance equal to the threshold matches.
        let matched = |values: &[f32]| values.partition_point(|d| *d <= threshold);
        let refused = |values: &[f32]| {
            let count = values.len() - matched(values);
            match values.len() {
                0 => "-".to_owned(),
                n => format!("{count}/{n} = {:.2} %", 100.0 * count as f64 / n as f64),
            }
        };
        let false_matches = matched(&impostor);
        println!(
            "{threshold:.2}       {false_matches:8}        {:<9.2e}   {:>24}    {:>24}",
            false_matches as f64 / impostor.len().max(1) as f64,
            refused(&same),
            refused(&other)
        );
    }
    for threshold in [0.32, 0.36, 0.40] {
        let accepted: Vec<f32> = genuine
            .iter()
            .filter(|(mean, _)| *mean <= threshold)
            .map(|(_, one)| *one)
            .collect();
        let lost = accepted.iter().filter(|one| **one > threshold + SLACK).count();
        println!(
            "{threshold:.2}: of {} genuine matches {lost} have a picture beyond {SLACK} more",
            accepted.len()
        );
    }
}

/// Nearest rank; `sorted` ascending. NaN of nothing.
fn percentile(sorted: &[f32], percent: f64) -> f32 {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f32::NAN)
}
