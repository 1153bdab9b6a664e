//! What `facelogind encode` reads and writes.

use super::*;
use crate::testing::{encoding, face};

/// Sees one face in every picture.
struct OneFace(EngineId);

impl Engine for OneFace {
    fn id(&self) -> &EngineId {
        &self.0
    }

    fn analyse(&mut self, _: &Frame<'_>, effort: Effort) -> Result<Analysis, EngineError> {
        assert_eq!(effort, Effort::Still);
        Ok(Analysis {
            faces: vec![face(encoding(0.5, 0))],
            times: Default::default(),
            brightness: 0.5,
        })
    }
}

fn lines(list: &[u8]) -> Result<Vec<serde_json::Value>, EncodeError> {
    let id = EngineId {
        name: "one".into(),
        model: "ab".into(),
    };
    let nothing = tempfile::tempdir().unwrap();
    let models = ModelDirs::only(nothing.path());
    let mut networks = Networks::load(&Config::default(), &models, Trust::AnyOwner).unwrap();
    let task = Task {
        engine: Which::Dlib,
        encoder: None,
        models,
        trust: Trust::AnyOwner,
        looking: Looking::Still,
        sizes: true,
    };
    let mut out = Vec::new();
    encode_all(&mut OneFace(id), &mut networks, &task, list, &mut out)?;
    let text = String::from_utf8(out).unwrap();
    Ok(text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect())
}

#[test]
fn every_path_has_a_line_and_a_bad_picture_ends_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("a b.png");
    image::RgbImage::new(80, 80).save(&good).unwrap();
    let bad = dir.path().join("bad.jpg");
    std::fs::write(&bad, b"not a picture").unwrap();
    let list = [
        &bad,
        &good,
        &dir.path().join("none.jpg"),
        &dir.path().to_path_buf(),
    ]
    .map(|path| path.display().to_string())
    .join("\n");
    let lines = lines(list.as_bytes()).unwrap();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0]["engine"]["name"], "one");
    assert_eq!(lines[0]["revision"], REVISION);
    // No level is known of such an engine, and no network looks.
    assert_eq!(lines[0]["levels"], serde_json::json!([]));
    assert_eq!(lines[0].get("live_threshold"), None);
    assert_eq!(lines[1]["error"], "it is neither JPEG nor PNG");
    assert_eq!(lines[2]["path"], good.display().to_string());
    assert_eq!(
        (&lines[2]["width"], &lines[2]["height"]),
        (&80.into(), &80.into())
    );
    assert_eq!(lines[2]["sha256"], hash(&std::fs::read(&good).unwrap()));
    let analysis: Analysis = serde_json::from_value(lines[2]["analysis"].clone()).unwrap();
    assert_eq!(analysis.faces.len(), 1);
    assert!(lines[3]["error"].as_str().unwrap().contains("No such file"));
    assert_eq!(lines[4]["error"], "it is not a file");
}

#[test]
fn what_is_too_large_or_a_pipe_is_said_and_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let large = dir.path().join("large.jpg");
    let file = File::create(&large).unwrap();
    file.set_len(MAX_PICTURE as u64 + 1).unwrap();
    assert!(read(&large).unwrap_err().contains("more than the"));
    file.set_len(MAX_PICTURE as u64).unwrap();
    assert_eq!(read(&large).unwrap().len(), MAX_PICTURE);
    let pipe = dir.path().join("pipe.jpg");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
    assert_eq!(read(&pipe).unwrap_err(), "it is not a file");
}

#[test]
fn the_limits_that_are_told_are_those_of_the_engine() {
    let table = facelogin_score::calibration::Calibration::named("dlib-hog-resnet").unwrap();
    let scale = Scale::of(EngineId {
        name: table.engine.clone(),
        model: table.model.clone(),
    });
    let strict = Level::of(Security::Strict, &scale).unwrap();
    let lax = Level::of(Security::Convenient, &scale).unwrap();
    assert!(strict.limit < lax.limit && strict.measure == lax.measure);
}

#[test]
fn another_encoder_goes_with_the_other_engine_alone() {
    let task = Task {
        engine: Which::Dlib,
        encoder: Some("/nonexistent".into()),
        models: ModelDirs::only("/nonexistent"),
        trust: Trust::AnyOwner,
        looking: Looking::Still,
        sizes: false,
    };
    assert!(matches!(load(&task).err(), Some(EncodeError::OtherEncoder)));
    let onnx = Task {
        engine: Which::Onnx,
        ..task
    };
    assert!(matches!(load(&onnx).err(), Some(EncodeError::Detector(_))));
}

#[test]
fn a_list_without_line_ends_is_refused_and_an_empty_one_is_answered() {
    assert_eq!(lines(b"").unwrap().len(), 1);
    let endless = vec![b'a'; 5000];
    assert!(matches!(lines(&endless), Err(EncodeError::LongLine { line: 1 })));
}
