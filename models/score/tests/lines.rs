//! What measures reads what `facelogind encode` writes.

#[path = "../examples/support/mod.rs"]
mod support;

use std::fs;

use facelogin_score::EngineId;

const HEAD: &str = r#"{"engine":{"name":"dlib-hog-resnet","model":"ab12"},"levels":[{"name":"balanced","measure":"score","limit":-0.3}],"live_threshold":0.5}"#;

fn picture(path: &str) -> String {
    let numbers = ["0.05"; facelogin_score::ENCODING_LEN].join(",");
    let points = [r#"{"x":1.0,"y":2.0}"#; 5].join(",");
    format!(
        r#"{{"path":"{path}","analysis":{{"brightness":0.5,"faces":[{{"bbox":{{"bottom":192,"left":77,"right":181,"top":89}},
        "encoding":[{numbers}],"points":[{points}],"live":null,"quality":{{"brightness":0.5,"clipped":0.0,
        "eye_distance_px":40.7,"inside":1.0,"pitch_deg":-1.0,"roll_deg":5.6,"sharpness":19.8,"yaw_deg":-0.1}}}}],
        "times":{{"detect_us":1,"encode_us":2,"landmarks_us":3,"liveness_us":0,"quality_us":4}}}}}}"#
    )
    .replace('\n', "")
}

/// People and pictures with a face that are read from these lines, by an engine with these models.
fn read(name: &str, model: &str, lines: &[&str]) -> support::lines::Result<(usize, usize)> {
    let path = std::env::temp_dir().join(format!("facelogin-lines-{}-{name}", std::process::id()));
    fs::write(&path, lines.join("\n"))?;
    let engine = EngineId {
        name: "dlib-hog-resnet".into(),
        model: model.into(),
    };
    let read = support::lines::people(&path, &engine);
    fs::remove_file(&path)?;
    let people = read?;
    let faces = people.values().flatten().map(|picture| picture.faces.len());
    Ok((people.len(), faces.sum()))
}

#[test]
fn what_encode_writes_is_read_with_its_first_line_and_without() {
    let (one, two) = (picture("d/ann/1.jpg"), picture("d/bob/01_00_00_02_7.jpg"));
    let faceless = r#"{"path":"d/ann/2.jpg","error":"it cannot be read"}"#;
    let lines = [HEAD, &one, faceless, &two];
    assert_eq!(read("all", "ab12", &lines).unwrap(), (2, 2));
    assert_eq!(read("headless", "ab12", &lines[1..]).unwrap(), (2, 2));
    assert_eq!(read("joined", "ab12", &[HEAD, &one, HEAD, &two]).unwrap(), (2, 2));
}

#[test]
fn what_another_engine_wrote_is_refused() {
    let one = picture("d/ann/1.jpg");
    let wrong = read("other", "cd34", &[HEAD, &one]).unwrap_err().to_string();
    assert!(
        wrong.contains(":1: made by dlib-hog-resnet with models ab12"),
        "{wrong}"
    );
    assert!(read("joined-other", "cd34", &[&one, HEAD, &one]).is_err());
    assert!(read("neither", "ab12", &[HEAD, r#"{"model":"ab12"}"#]).is_err());
}
