//! A way to compare that says what the daemon says comes to what the daemon's own code comes to.
#![allow(clippy::unwrap_used)]

#[path = "../examples/support/mod.rs"]
mod support;

use std::sync::Arc;

use facelogin_score::{Cohort, Comparer, Encoding, EngineId, Made, Quality};
use support::averages::Averaged;
use support::groups::{Parting, Vector};
use support::lines::Random;
use support::logins::{Daemons, Kind, Usable, Way};
use support::variant::{Fusion, Variant};

const FRAMES: usize = 3;

fn vector(random: &mut Random) -> Vector {
    std::array::from_fn(|_| 0.1 * (random.unit() - 0.5))
}

fn usable(middle: &Vector, random: &mut Random) -> Usable {
    let noise = vector(random);
    let values: Vec<f64> = middle.iter().zip(noise).map(|(a, b)| a + b).collect();
    Usable {
        encoding: Encoding::try_from_f64(&values).unwrap(),
        quality: Quality {
            eye_distance_px: 60.0,
            sharpness: 40.0,
            brightness: 0.5,
            clipped: 0.0,
            yaw_deg: 0.0,
            pitch_deg: 0.0,
            roll_deg: 0.0,
            inside: 1.0,
        },
        good: true,
    }
}

fn cohort(random: &mut Random) -> Cohort {
    let people: Vec<Vector> = (0..60).map(|_| vector(random)).collect();
    let parting = Parting {
        groups: 4,
        least: 2,
        start: 1,
    };
    let engine = EngineId {
        name: "e".into(),
        model: "m".into(),
    };
    let made = Made {
        command: String::new(),
        source: String::new(),
    };
    let averaged = Averaged::of(&people, parting, &engine, made).unwrap();
    Cohort::read(&averaged.description().unwrap(), &averaged.bytes).unwrap()
}

/// The reaches of each of these templates, of five pictures each.
fn reaches<W: Way>(way: &W, templates: &[Vec<Usable>], login: &[Usable]) -> Vec<f32> {
    let points: Vec<Vec<W::Point>> = templates
        .iter()
        .map(|pictures| way.template(&pictures.iter().collect::<Vec<_>>()))
        .collect();
    let points: Vec<&[W::Point]> = points.iter().map(Vec::as_slice).collect();
    let login: Vec<&Usable> = login.iter().collect();
    way.reaches(FRAMES, &points, &login)
        .into_iter()
        .map(Option::unwrap)
        .collect()
}

/// Templates of six people, and a login of more pictures than it takes, of which every third is another's: the rule for
/// single pictures decides.
fn tried() -> (Vec<Vec<Usable>>, Vec<Usable>) {
    let mut random = Random(5);
    let middles: Vec<Vector> = (0..6).map(|_| vector(&mut random)).collect();
    let templates = middles
        .iter()
        .map(|middle| (0..5).map(|_| usable(middle, &mut random)).collect())
        .collect();
    let login = (0..15)
        .map(|place| usable(&middles[usize::from(place % 3 == 0)], &mut random))
        .collect();
    (templates, login)
}

#[test]
fn the_same_way_reaches_what_the_daemons_code_does() {
    let (templates, login) = tried();
    let comparer = Comparer::with(cohort(&mut Random(6)));
    let daemons = Daemons {
        comparer: &comparer,
        kind: Kind::Score,
    };
    let expected = reaches(&daemons, &templates, &login);
    let same = || {
        let cohort = Arc::new(cohort(&mut Random(6)));
        Variant::with(support::crowds::averages(cohort), &comparer)
    };
    // Where all are equally good, weights say nothing.
    for fusion in [Fusion::Mean, Fusion::Weighted(|quality| quality.sharpness.into())] {
        let variant = Variant {
            template: fusion,
            probe: fusion,
            ..same()
        };
        let found = reaches(&variant, &templates, &login);
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
        }
    }
    let open = Variant {
        slack: f32::INFINITY,
        ..same()
    };
    let open = reaches(&open, &templates, &login);
    assert!(
        open.iter().zip(&expected).any(|(open, rule)| open + 0.01 < *rule),
        "the rule decided nothing: {open:?} {expected:?}"
    );
}

#[test]
fn of_several_points_the_nearest_counts() {
    let (templates, login) = tried();
    let comparer = Comparer::raw();
    let nearest = Variant {
        template: Fusion::Nearest,
        ..Variant::with(support::crowds::none(), &comparer)
    };
    let found = reaches(&nearest, &templates, &login);
    let daemons = Daemons {
        comparer: &comparer,
        kind: Kind::Distance,
    };
    for (pictures, found) in templates.into_iter().zip(found) {
        let alone: Vec<Vec<Usable>> = pictures.into_iter().map(|one| vec![one]).collect();
        let least = reaches(&daemons, &alone, &login).into_iter().reduce(f32::min);
        assert!((found - least.unwrap()).abs() < 1e-6);
    }
}

#[test]
fn a_mean_is_scaled_back_in_its_own_direction() {
    let (_, login) = tried();
    let one: [&Usable; 1] = [&login[0]];
    let long = Variant {
        probe: Fusion::Long(2.0),
        ..Variant::with(support::crowds::none(), &Comparer::raw())
    };
    let squares = one[0].encoding.as_slice().iter().map(|value| value * value);
    let own = squares.sum::<f32>().sqrt();
    let apart = long.apart(&long.template(&one)[0], &long.probe(&one).unwrap());
    assert!((apart - (2.0 - own)).abs() < 1e-4, "{apart}");
}
