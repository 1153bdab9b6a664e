//! On the networks themselves, which are no part of this repository: in `models` of the folder that `FACELOGIN_TEST_DATA` names,
//! or where `FACELOGIN_TEST_MODELS` says. Of those that are absent the test says so: no machine has to have them.

use std::path::PathBuf;

use super::*;
use crate::net::{Input, Net};

/// Where a file may be.
fn found(file: &str) -> Option<PathBuf> {
    let folders = [("FACELOGIN_TEST_DATA", "models"), ("FACELOGIN_TEST_MODELS", "")];
    let mut paths = folders.iter().filter_map(|(variable, within)| {
        Some(PathBuf::from(std::env::var_os(variable)?).join(within).join(file))
    });
    let path = paths.find(|path| path.is_file());
    if path.is_none() {
        eprintln!("skipped: {file} is neither in FACELOGIN_TEST_DATA nor in FACELOGIN_TEST_MODELS");
    }
    path
}

#[test]
fn the_networks_say_what_rten_says() {
    let yunet = [1, 3, 640, 640];
    for (file, loaded, asked) in [
        ("yunet_s_640_640.onnx", yunet, [1, 3, 256, 320]),
        ("yunet_s_640_640.onnx", yunet, [1, 3, 192, 160]),
        ("face_detection_yunet_2023mar.onnx", yunet, [1, 3, 256, 320]),
        ("antispoof.onnx", [1, 3, 80, 80], [1, 3, 80, 80]),
        ("antispoof_4.onnx", [1, 3, 80, 80], [1, 3, 80, 80]),
        ("mobilefacenet_eval_only.onnx", [1, 3, 112, 112], [1, 3, 112, 112]),
        (
            "face_recognition_sface_2021dec.onnx",
            [1, 3, 112, 112],
            [1, 3, 112, 112],
        ),
    ] {
        let Some(path) = found(file) else { continue };
        if !possible() {
            return;
        }
        let bytes = std::fs::read(path).unwrap();
        let levels: Vec<f32> = noise(asked.iter().product(), 5)
            .iter()
            .map(|level| (level * 127.0).round())
            .collect();
        let (mut direct, _) = Direct::of(&bytes, loaded, asked, &levels).expect("left to rten");
        let general = General::of(bytes.clone(), loaded).unwrap();
        let apart = apart(&mut direct, &general, asked, &levels);
        assert!(apart < 1e-5, "{file}: {apart}");
        let input = Input {
            shape: loaded,
            tried: asked,
            levels: 0.0..=255.0,
        };
        let loaded = Net::from_bytes(file, bytes, &input).unwrap();
        assert!(loaded.is_direct(), "{file}");
    }
}
