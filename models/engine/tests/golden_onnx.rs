//! The ONNX engine's path on photographs.
//!
//! Needs YuNet's file and an encoder to evaluate with, neither of which is part of this repository: `models/yunet_s_640_640.onnx`
//! (the bytes of the manifest's `face_detection_yunet_2023mar.onnx`) and `models/mobilefacenet_eval_only.onnx` in the
//! folder that `FACELOGIN_TEST_DATA` names; and the portraits that `golden.rs` describes. Where they are absent the tests say
//! so and pass: no machine has to have them.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

use std::path::PathBuf;

use facelogin_engine::{Analysis, Effort, Engine, Face, Frame, OnnxEngine, Pixels};
use facelogin_models::{ModelDirs, ModelSet, Trust, verify_files};

fn skip<T>(why: &str) -> Option<T> {
    eprintln!("skipped: {why}");
    None
}

fn data() -> Option<PathBuf> {
    match std::env::var_os("FACELOGIN_TEST_DATA").filter(|v| !v.is_empty()) {
        Some(folder) => Some(PathBuf::from(folder).join("models")),
        None => skip("FACELOGIN_TEST_DATA names no folder with models to measure with"),
    }
}

/// The engine, and the folder that holds YuNet under its name of the manifest.
fn engine() -> Option<(OnnxEngine, tempfile::TempDir)> {
    let data = data()?;
    let encoder = data.join("mobilefacenet_eval_only.onnx");
    if !encoder.exists() {
        return skip(&format!("{} is absent", encoder.display()));
    }
    let folder = tempfile::tempdir().unwrap();
    let yunet = &ModelSet::Onnx.files()[..1];
    std::fs::copy(
        data.join("yunet_s_640_640.onnx"),
        folder.path().join(yunet[0].name),
    )
    .unwrap();
    let models = verify_files(yunet, &ModelDirs::only(folder.path()), Trust::AnyOwner).unwrap();
    Some((OnnxEngine::for_evaluation(&models, &encoder).unwrap(), folder))
}

struct Rgb {
    width: u32,
    height: u32,
    bytes: Vec<u8>,
}

fn picture(name: &str) -> Option<Rgb> {
    let folder = match std::env::var_os("FACELOGIN_TEST_PICTURES").filter(|v| !v.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".cache/facelogin/pictures"),
    };
    let path = folder.join(name);
    if !path.exists() {
        return skip(&format!("{} is absent", path.display()));
    }
    let rgb = image_for_dlib::open(&path).unwrap().to_rgb8();
    Some(Rgb {
        width: rgb.width(),
        height: rgb.height(),
        bytes: rgb.into_raw(),
    })
}

impl Rgb {
    fn analyse(&self, engine: &mut OnnxEngine, effort: Effort) -> Analysis {
        let frame = Frame::new(self.width, self.height, Pixels::Rgb(&self.bytes)).unwrap();
        engine.analyse(&frame, effort).unwrap()
    }

    /// Mirrored, as a selfie is.
    fn mirrored(&self) -> Self {
        let rows = self.bytes.chunks_exact(3 * self.width as usize);
        let turned = rows.flat_map(|row| row.chunks_exact(3).rev().flatten().copied());
        Self {
            bytes: turned.collect(),
            ..*self
        }
    }

    /// At the left edge of a black picture of another size.
    fn within(&self, width: u32, height: u32) -> Self {
        let mut bytes = vec![0; 3 * width as usize * height as usize];
        let rows = self.bytes.chunks_exact(3 * self.width as usize);
        for (to, from) in bytes.chunks_exact_mut(3 * width as usize).zip(rows) {
            to[..from.len()].copy_from_slice(from);
        }
        Self { width, height, bytes }
    }

    /// Each level divided.
    fn darkened(&self, by: u8) -> Self {
        Self {
            bytes: self.bytes.iter().map(|level| level / by).collect(),
            ..*self
        }
    }
}

fn only(analysis: Analysis) -> Face {
    assert_eq!(analysis.faces.len(), 1);
    analysis.faces.into_iter().next().unwrap()
}

#[test]
fn one_person_is_nearer_than_another_and_a_distance_stays_where_it_was_measured() {
    let Some((mut engine, _folder)) = engine() else {
        return;
    };
    let mut of = |name| Some(only(picture(name)?.analyse(&mut engine, Effort::Still)));
    let (Some(a), Some(b), Some(other)) = (of("obama.jpg"), of("obama2.jpg"), of("biden.jpg")) else {
        return;
    };
    let (same, different) = (
        a.encoding.distance(&b.encoding),
        a.encoding.distance(&other.encoding),
    );
    eprintln!("same person {same}, another {different}");
    assert!((same - SAME).abs() < 0.03, "{same}");
    assert!((different - DIFFERENT).abs() < 0.03, "{different}");
    assert_eq!(engine.id().name, "onnx-yunet-evaluation");
}

/// Measured by this test.
const SAME: f32 = 0.687;
const DIFFERENT: f32 = 1.436;

#[test]
fn points_and_pose_follow_a_mirrored_picture() {
    let Some((mut engine, _folder)) = engine() else {
        return;
    };
    let Some(picture) = picture("obama.jpg") else {
        return;
    };
    let face = only(picture.analyse(&mut engine, Effort::Video));
    let mirrored = only(picture.mirrored().analyse(&mut engine, Effort::Video));
    let [left, right, nose, left_corner, right_corner] = face.points;
    assert!(
        left.x < nose.x && nose.x < right.x && left_corner.x < right_corner.x,
        "{face:?}"
    );
    assert!(left.y < nose.y && nose.y < left_corner.y, "{face:?}");
    // The picture's left is the mirrored picture's right.
    let width = picture.width as f32;
    let near = |a: f32, b: f32| (a - b).abs() < 0.1 * face.quality.eye_distance_px;
    assert!(near(mirrored.points[0].x, width - 1.0 - right.x) && near(mirrored.points[0].y, right.y));
    assert!(near(mirrored.points[4].x, width - 1.0 - left_corner.x));
    assert!((face.quality.yaw_deg + mirrored.quality.yaw_deg).abs() < 6.0);
    assert!((face.quality.roll_deg + mirrored.quality.roll_deg).abs() < 4.0);
    let distance = face.encoding.distance(&mirrored.encoding);
    assert!(distance < 0.6, "{distance}");
}

#[test]
fn a_face_a_tenth_as_bright_is_found_and_is_the_same_person() {
    let Some((mut engine, _folder)) = engine() else {
        return;
    };
    let Some(picture) = picture("obama.jpg") else {
        return;
    };
    let light = only(picture.analyse(&mut engine, Effort::Video));
    let dark = only(picture.darkened(10).analyse(&mut engine, Effort::Video));
    let distance = light.encoding.distance(&dark.encoding);
    eprintln!("a tenth as bright: {distance}");
    assert!(distance < 0.7, "{distance}");
    assert!(
        dark.quality.brightness < 0.15 * light.quality.brightness,
        "{:?}",
        dark.quality
    );
}

#[test]
fn a_face_that_is_small_in_a_large_frame_is_seen_as_closely_as_a_large_one() {
    let Some((mut engine, _folder)) = engine() else {
        return;
    };
    let Some(picture) = picture("obama.jpg") else {
        return;
    };
    let whole = only(picture.analyse(&mut engine, Effort::Video));
    let far = picture.within(3 * picture.width, 3 * picture.height);
    let far = only(far.analyse(&mut engine, Effort::Video));
    for (near, far) in whole.points.iter().zip(far.points) {
        let off = (near.x - far.x).hypot(near.y - far.y);
        assert!(
            off < 0.1 * whole.quality.eye_distance_px,
            "{off} of {:?}",
            whole.quality
        );
    }
    let distance = whole.encoding.distance(&far.encoding);
    eprintln!("three times as far: {distance}");
    assert!(distance < 0.4, "{distance}");
}
