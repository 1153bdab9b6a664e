//! The engine on photographs whose distances are known.
//!
//! Needs the two model files and the portraits of the Python source package `face_recognition` 1.3.0
//! (`tests/test_images`), neither of which is part of this repository. They are looked for in the folders that
//! `FACELOGIN_TEST_MODELS` and `FACELOGIN_TEST_PICTURES` name, else in `${XDG_CACHE_HOME:-~/.cache}/facelogin/models`
//! and `.../pictures`. Where they are absent the tests say so and pass.
//!
//! The distances hold for detection at full resolution without enlarging, and for this test's JPEG decoder: landmarks
//! are whole pixels, and another decoder's rounding alone moves a distance by up to 0.016.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::{engine, in_the_dark, picture};
use facelogin_engine::{Analysis, DlibEngine, Effort, Encoding, Engine, Face, Frame, Pixels};

fn largest(engine: &mut DlibEngine, name: &str) -> Option<Face> {
    let analysis = engine.analyse(&picture(name)?.frame(), Effort::Still).unwrap();
    assert!(!analysis.faces.is_empty(), "no face in {name}");
    analysis.faces.into_iter().next()
}

fn is_sorted(analysis: &Analysis) -> bool {
    analysis
        .faces
        .windows(2)
        .all(|w| w[0].bbox.area() >= w[1].bbox.area())
}

#[test]
fn distances_between_known_portraits_are_the_known_ones() {
    let Some(mut engine) = engine() else { return };
    let mut encode = |name| largest(&mut engine, name).map(|face| face.encoding);
    let (Some(one), Some(two), Some(three), Some(other)) = (
        encode("obama.jpg"),
        encode("obama2.jpg"),
        encode("obama3.jpg"),
        encode("biden.jpg"),
    ) else {
        return;
    };
    let mean = Encoding::mean(&[&one, &two]).unwrap();
    for (what, found, expected) in [
        ("obama to obama2", one.distance(&two), 0.349),
        ("obama to obama3", one.distance(&three), 0.317),
        ("mean of obama and obama2 to obama3", mean.distance(&three), 0.336),
        ("mean of obama and obama2 to biden", mean.distance(&other), 0.812),
        ("obama to biden", one.distance(&other), 0.851),
    ] {
        eprintln!("{what}: {found:.4}");
        assert!(
            (found - expected).abs() < 1e-3,
            "{what}: {found}, expected {expected}"
        );
    }
}

#[test]
fn partial_faces_are_found_and_show_that_they_are_partial() {
    let Some(mut engine) = engine() else { return };
    let Some(whole) = largest(&mut engine, "obama.jpg") else {
        return;
    };
    for name in ["obama_partial_face.jpg", "obama_partial_face2.jpg"] {
        let Some(part) = largest(&mut engine, name) else {
            return;
        };
        eprintln!(
            "{name}: inside {:.3}, whole {:.3}, {:?}",
            part.quality.inside, whole.quality.inside, part.quality
        );
        eprintln!(
            "   box {:?} distance to whole {:.3}",
            part.bbox,
            part.encoding.distance(&whole.encoding)
        );
        assert!(part.quality.inside < whole.quality.inside, "{name}");
    }
}

#[test]
fn frames_without_a_face_of_every_allowed_shape_give_no_face() {
    let Some(mut engine) = engine() else { return };
    for (width, height) in [
        (16, 16),
        (17, 8192),
        (8192, 16),
        (640, 480),
        (81, 79),
        (3000, 2000),
    ] {
        let noise: Vec<u8> = (0..width * height)
            .map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        for effort in [Effort::Video, Effort::Still] {
            let frame = Frame::new(width, height, Pixels::Grey(&noise)).unwrap();
            let analysis = engine.analyse(&frame, effort).unwrap();
            assert!(analysis.faces.is_empty(), "{width}x{height} {effort:?}");
        }
    }
}

#[test]
fn video_and_still_agree_on_a_face_and_grey_is_bearable() {
    let Some(mut engine) = engine() else { return };
    let Some(picture) = picture("obama.jpg") else {
        return;
    };
    let still = engine.analyse(&picture.frame(), Effort::Still).unwrap();
    let video = engine.analyse(&picture.frame(), Effort::Video).unwrap();
    assert!(is_sorted(&still) && is_sorted(&video));
    let apart = still.faces[0].encoding.distance(&video.faces[0].encoding);
    eprintln!("still to video: {apart:.3}; {:?}; {:?}", still.times, video.times);
    assert!(apart < 0.25, "{apart}");

    let grey: Vec<u8> = picture.bytes.chunks_exact(3).map(|p| p[1]).collect();
    let frame = Frame::new(picture.width, picture.height, Pixels::Grey(&grey)).unwrap();
    let faces = engine.analyse(&frame, Effort::Video).unwrap().faces;
    let apart = still.faces[0].encoding.distance(&faces[0].encoding);
    eprintln!("colour to grey: {apart:.3}");
    assert!(apart < 0.4, "{apart}");
}

#[test]
fn the_identity_names_the_method_and_the_models() {
    let Some(engine) = engine() else { return };
    assert_eq!(engine.id().name, "dlib-hog-resnet");
    assert_eq!(engine.id().model.len(), 64);
    eprintln!("{}", engine.id().model);
}

#[test]
fn a_face_in_the_dark_is_found_and_stays_itself() {
    let Some(mut engine) = engine() else { return };
    for name in ["obama.jpg", "obama2.jpg", "biden.jpg"] {
        let Some(bright) = picture(name) else { return };
        let mut face = |picture: &common::Rgb| {
            let faces = engine.analyse(&picture.frame(), Effort::Video).unwrap().faces;
            faces.into_iter().next().expect(name)
        };
        let (light, dark) = (face(&bright), face(&in_the_dark(&bright)));
        let distance = light.encoding.distance(&dark.encoding);
        assert!(distance < 0.30, "{name}: {distance}");
        // How much light there was is told as it was.
        let ratio = dark.quality.brightness / light.quality.brightness;
        assert!((0.08..0.13).contains(&ratio), "{name}: {ratio}");
        assert!(dark.quality.clipped < 0.3, "{name}: {:?}", dark.quality);
    }
}
