//! Frames in a row: the engine, which searches them no more closely than it needs to, sees what it sees when it searches
//! each for everything.
//!
//! Needs the models and the portraits as `golden.rs` does, and skips as it does.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::{Scene, engine, person};
use facelogin_engine::{Analysis, DlibEngine, Effort, Engine};

/// A login looks at three frames or more, and what stands beside the nearest face must be seen in one of them.
const WITHIN: usize = 3;

fn look(engine: &mut DlibEngine, scene: &Scene) -> Analysis {
    engine.analyse(&scene.frame(), Effort::Video).unwrap()
}

/// As if a scan began with this frame.
fn look_anew(engine: &mut DlibEngine, scene: &Scene) -> Analysis {
    engine.begin();
    look(engine, scene)
}

/// The engine on a scan of these frames, and on each of them anew.
fn both(engine: &mut DlibEngine, frames: &[Scene]) -> Vec<(Analysis, Analysis)> {
    engine.begin();
    let scan: Vec<Analysis> = frames.iter().map(|scene| look(engine, scene)).collect();
    let anew = frames.iter().map(|scene| look_anew(engine, scene));
    scan.into_iter().zip(anew).collect()
}

#[test]
fn a_scan_finds_the_same_face_as_a_full_search_of_every_frame() {
    let Some(mut engine) = engine() else { return };
    let (Some(near), Some(far)) = (person("obama.jpg"), person("biden.jpg")) else {
        return;
    };
    let moving = |i: u32| {
        // From 40 to 130 pixels between the eyes and back, through the picture.
        let phase = f64::from(i) / 24.0 * std::f64::consts::TAU;
        let eyes = 85.0 - 45.0 * phase.cos();
        Scene::wall().with(&near, (320.0 + 70.0 * phase.sin(), 240.0), eyes)
    };
    let scenes: [(&str, Vec<Scene>); 5] = [
        ("moving", (0..24).map(moving).collect()),
        (
            "near",
            (0..5)
                .map(|i| Scene::wall().with(&near, (320.0 + f64::from(i), 250.0), 140.0))
                .collect(),
        ),
        (
            "far away",
            (0..5)
                .map(|i| Scene::wall().with(&far, (150.0 + f64::from(i), 120.0), 34.0))
                .collect(),
        ),
        (
            "dark",
            (0..5)
                .map(|i| {
                    Scene::wall()
                        .with(&near, (300.0 + 3.0 * f64::from(i), 240.0), 75.0)
                        .in_the_dark()
                })
                .collect(),
        ),
        ("nobody", (0..4).map(|_| Scene::wall()).collect()),
    ];
    for (name, frames) in scenes {
        let pairs = both(&mut engine, &frames);
        for (i, (scan, anew)) in pairs.iter().enumerate() {
            let expected = usize::from(name != "nobody");
            assert_eq!(anew.faces.len(), expected, "{name}, frame {i}: a full search");
            // The box, the landmarks, the encoding and the quality, to the last bit.
            assert_eq!(scan.faces, anew.faces, "{name}, frame {i}");
        }
    }
}

#[test]
fn pictures_larger_than_the_search_are_tracked_alike() {
    let Some(mut engine) = engine() else { return };
    let Some(person) = person("obama.jpg") else { return };
    let frames: Vec<Scene> = (0..5)
        .map(|i| Scene::wall_of(1280, 720).with(&person, (600.0 + 9.0 * f64::from(i), 360.0), 150.0))
        .collect();
    let pairs = both(&mut engine, &frames);
    for (scan, anew) in pairs {
        assert_eq!((scan.faces.len(), &scan.faces), (1, &anew.faces));
    }
}

#[test]
fn who_steps_in_front_or_as_near_is_seen_in_that_very_frame() {
    let Some(mut engine) = engine() else { return };
    let (Some(user), Some(other)) = (person("obama.jpg"), person("biden.jpg")) else {
        return;
    };
    for eyes in [62.0, 75.0, 95.0] {
        for enters in 1..=3 {
            let frame = |i| {
                let alone = Scene::wall().with(&user, (150.0, 220.0), 60.0);
                match i >= enters {
                    true => alone.with(&other, (450.0, 260.0), eyes),
                    false => alone,
                }
            };
            let frames: Vec<Scene> = (0..=enters).map(frame).collect();
            let pairs = both(&mut engine, &frames);
            let (scan, anew) = pairs.last().unwrap();
            assert_eq!(anew.faces.len(), 2, "{eyes}, {enters}: a full search");
            assert_eq!(scan.faces, anew.faces, "{eyes}, entering at {enters}");
        }
    }
}

#[test]
fn who_stands_behind_is_seen_from_the_beginning_and_within_three_frames_of_entering() {
    let (Some(user), Some(other)) = (person("obama.jpg"), person("biden.jpg")) else {
        return;
    };
    // 1.45 times as far away, which is near enough to count, and 1.9 times.
    let alone = || Scene::wall().with(&user, (180.0, 220.0), 80.0);
    let beside = |eyes| alone().with(&other, (480.0, 220.0), eyes);
    let Some(mut engine) = engine() else { return };
    for (enters, eyes) in [(0, 55.0), (1, 55.0), (2, 55.0), (1, 42.0), (2, 42.0), (3, 42.0)] {
        engine.begin();
        let frames = (0..enters + 6).map(|i| if i >= enters { beside(eyes) } else { alone() });
        let faces: Vec<usize> = frames
            .map(|scene| look(&mut engine, &scene).faces.len())
            .collect();
        let noticed = faces.iter().position(|&faces| faces == 2).unwrap();
        assert!(
            (enters..enters + WITHIN).contains(&noticed),
            "{enters}: {faces:?}"
        );
        assert!(enters > 0 || noticed == 0, "{faces:?}");
        // And then not lost again.
        assert!(
            faces[noticed..].iter().all(|&faces| faces == 2),
            "{enters}: {faces:?}"
        );
    }
}

#[test]
fn a_face_that_leaves_is_gone_at_once_and_another_far_away_is_found_at_once() {
    let Some(mut engine) = engine() else { return };
    let (Some(user), Some(other)) = (person("obama.jpg"), person("biden.jpg")) else {
        return;
    };
    let near = || Scene::wall().with(&user, (320.0, 240.0), 110.0);
    let far = || Scene::wall().with(&other, (120.0, 120.0), 40.0);
    // Someone far away takes the place of someone near, after nobody and from one frame to the next.
    let frames = [
        near(),
        near(),
        Scene::wall(),
        far(),
        near(),
        near(),
        far(),
        near(),
        near(),
        near(),
        near(),
    ];
    let pairs = both(&mut engine, &frames);
    for (i, (scan, anew)) in pairs.iter().enumerate() {
        assert_eq!(anew.faces.len(), usize::from(i != 2), "frame {i}: a full search");
        assert_eq!(scan.faces, anew.faces, "frame {i}");
    }
}

#[test]
fn a_scan_that_begins_knows_nothing_of_the_one_before() {
    let (Some(user), Some(other)) = (person("obama.jpg"), person("biden.jpg")) else {
        return;
    };
    let alone = Scene::wall().with(&user, (180.0, 220.0), 80.0);
    let beside = Scene::wall()
        .with(&user, (180.0, 220.0), 80.0)
        .with(&other, (480.0, 220.0), 42.0);
    let Some(mut engine) = engine() else { return };
    engine.begin();
    look(&mut engine, &alone);
    // That the second frame of a scan is not searched for who is farther away is what makes it quick.
    assert_eq!(look(&mut engine, &beside).faces.len(), 1);
    assert_eq!(look_anew(&mut engine, &beside).faces.len(), 2);
}

#[test]
fn a_single_picture_is_searched_for_everything_and_leaves_no_trace() {
    let (Some(user), Some(other)) = (person("obama.jpg"), person("biden.jpg")) else {
        return;
    };
    let alone = Scene::wall().with(&user, (180.0, 220.0), 80.0);
    let small = Scene::wall().with(&other, (480.0, 120.0), 35.0);
    let beside = Scene::wall()
        .with(&user, (180.0, 220.0), 80.0)
        .with(&other, (480.0, 220.0), 40.0);
    let Some(mut engine) = engine() else { return };
    engine.begin();
    look(&mut engine, &alone);
    for _ in 0..2 {
        let still = |engine: &mut DlibEngine, scene: &Scene| {
            engine.analyse(&scene.frame(), Effort::Still).unwrap().faces.len()
        };
        assert_eq!(still(&mut engine, &beside), 2);
        assert_eq!(still(&mut engine, &small), 1);
    }
    // The scan goes on as it would have: its second frame is not searched for those far behind.
    assert_eq!(look(&mut engine, &beside).faces.len(), 1);
}
