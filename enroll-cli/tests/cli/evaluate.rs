//! `evaluate` with an encoder that follows a script: what it sees in a picture lies in a file beside it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::run::{Ran, built, finish, program, run};

/// As `facelogind encode`: a line for the engine, and one for each path. A picture that is called kill kills it.
const ENCODER: &str = r#"#!/bin/sh
echo '{"engine":{"name":"scripted","model":"ab12"},"revision":1,"largest_picture":1000000,"levels":[{"name":"balanced","measure":"distance","limit":0.36}],
"live_threshold":0.5}' | tr -d '\n'
echo
while IFS= read -r path; do
    case $path in
    */kill*) kill -9 $$ ;;
    */broken*) echo '{"path":"x","error":"it cannot be decoded"}' ;;
    *)
        hash=$(sha256sum "$path" | cut -d ' ' -f 1)
        printf '{"path":"x","width":120,"height":120,"sha256":"%s","analysis":%s}\n' "$hash" "$(cat "$path.json")"
        ;;
    esac
done
"#;

struct Stage {
    dir: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let stage = Self {
            dir: crate::run::open_dir(),
        };
        stage.script("encoder", ENCODER);
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Written by another process: a child that another test forks while this one has it open for writing keeps it so, and
    /// the kernel runs no such program.
    fn script(&self, name: &str, text: &str) {
        let draft = self.path("draft");
        fs::write(&draft, text).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        let copied = Command::new("cp")
            .arg(&draft)
            .arg(self.path(name))
            .status()
            .unwrap();
        assert!(copied.success());
    }

    /// A picture with one face, and how alive it looks.
    fn picture(&self, name: &str, encoding: &[f32], live: Option<f32>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("picture {name}")).unwrap();
        let face = json!({
            "bbox": {"left": 10, "top": 10, "right": 110, "bottom": 110},
            "points": [{"x": 80, "y": 40}, {"x": 70, "y": 40}, {"x": 30, "y": 40}, {"x": 40, "y": 40}, {"x": 55, "y": 60}],
            "encoding": encoding,
            "quality": {"eye_distance_px": 60, "sharpness": 100, "brightness": 0.5, "clipped": 0, "yaw_deg": 0,
                        "pitch_deg": 0, "roll_deg": 0, "inside": 1},
            "live": live,
        });
        let times =
            json!({"detect_us": 1, "landmarks_us": 1, "encode_us": 1, "quality_us": 1, "liveness_us": 1});
        let analysis = json!({"faces": [face], "times": times, "brightness": 0.5});
        fs::write(format!("{}.json", path.display()), analysis.to_string()).unwrap();
    }

    /// People as folders below `set`, with so many pictures of each, far from others and near to themselves.
    fn people(&self, set: &str, names: &[&str], pictures: usize, live: f32) {
        for (axis, name) in names.iter().enumerate() {
            for number in 0..pictures {
                let mut encoding = [0.0; 128];
                encoding[axis] = 0.5;
                encoding[64 + number] = 0.1;
                self.picture(
                    &format!("{set}/{name}/{name}_{number:04}.jpg"),
                    &encoding,
                    Some(live),
                );
            }
        }
    }

    fn evaluate(&self, args: &[&str]) -> Ran {
        let encoder = self.text("encoder");
        finish(
            program(built())
                .env("PATH", "/usr/bin:/bin")
                .env("XDG_CACHE_HOME", self.path("cache"))
                .args(["evaluate", "--daemon", &encoder, "--bootstrap", "50"])
                .args(args),
        )
    }
}

fn found(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.json()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all.extend(if path.is_dir() { files(&path) } else { vec![path] });
    }
    all
}

#[test]
fn people_are_told_apart_and_counted_and_never_named() {
    let stage = Stage::new();
    stage.people("set", &["ann", "bob", "carl", "dora"], 12, 0.9);
    let page = stage.text("page.html");
    let ran = stage.evaluate(&[&stage.text("set"), "--json", "--html", &page]);
    let report = found(&ran);
    assert_eq!(report["acquired"][0]["good"], 48);
    let group = &report["groups"][0];
    // 4 people of 12 pictures: 66 pairs each, and 144 for each of 6 pairs of people.
    assert_eq!(group["single"]["genuine"]["tries"], 4 * 66);
    assert_eq!(group["single"]["impostor"]["tries"], 6 * 144);
    assert_eq!(group["single"]["people_pairs"], 6);
    assert_eq!(group["single"]["eer"]["value"], 0.0);
    // Five enrolled, seven left: one login of each, and twelve pictures of everybody else.
    assert_eq!(group["login"]["genuine"]["tries"], 4);
    assert_eq!(group["login"]["impostor"]["tries"], 12);
    assert_eq!(group["full_logins"], 1.0);
    let level = &group["login"]["levels"][0];
    assert_eq!(
        (&level["false_matches"], &level["false_non_matches"]),
        (&json!(0), &json!(0))
    );
    // Nobody was mistaken in 6 pairs of people: up to a half might be.
    assert_eq!(level["fmr"]["high"], 0.5);
    assert_eq!(group["login"]["at"][0]["held"], Value::Null);

    let page = fs::read_to_string(page).unwrap();
    assert!(page.matches("<svg").count() >= 9 && page.ends_with("</html>\n"));
    for name in ["ann", "bob", "carl", "dora"] {
        let named = format!("{name}_");
        assert!(!ran.out.contains(&named) && !ran.err.contains(&named) && !page.contains(&named));
        assert!(!page.contains(&format!(">{name}")) && !ran.out.contains(&format!("\"{name}\"")));
    }
    let text = stage.evaluate(&[&stage.text("set")]);
    assert!(
        text.out.contains("Logins\nGROUP") && text.out.contains("balanced"),
        "{text:?}"
    );
}

#[test]
fn files_are_named_to_their_owner_on_request() {
    let stage = Stage::new();
    stage.people("set", &["ann", "bob"], 3, 0.9);
    let report = found(&stage.evaluate(&[&stage.text("set"), "--json", "--worst", "2"]));
    let worst = report["run"]["worst_pictures"].as_array().unwrap();
    assert_eq!(worst.len(), 4);
    assert_eq!(worst[0]["error"], "false match");
    assert!(worst[0]["one"].as_str().unwrap().contains("/set/ann/"));
    assert!(worst[0]["other"].as_str().unwrap().contains("/set/bob/"));
}

#[test]
fn a_killed_encoder_loses_one_picture_and_a_broken_picture_is_listed() {
    let stage = Stage::new();
    stage.people("set", &["ann", "bob"], 6, 0.9);
    for name in ["set/ann/kill.jpg", "set/bob/broken.jpg"] {
        stage.picture(name, &[0.0; 128], None);
    }
    let set = stage.text("set");
    let ran = stage.evaluate(&[&set, "--json", "--verbose"]);
    let report = found(&ran);
    assert_eq!(report["run"]["unreadable"], 2);
    assert_eq!(report["acquired"][0]["good"], 12);
    assert!(
        ran.err
            .contains("kill.jpg: the encoder ended while it looked at it"),
        "{ran:?}"
    );
    assert!(ran.err.contains("broken.jpg: it cannot be decoded"), "{ran:?}");
    let ran = stage.evaluate(&[&set, "--json"]);
    assert!(
        ran.err.contains("2 of 14 pictures could not be looked at"),
        "{ran:?}"
    );
    assert!(!ran.err.contains("kill.jpg"), "{ran:?}");
}

#[test]
fn what_was_encoded_is_kept_for_its_owner_alone_and_used_again() {
    let stage = Stage::new();
    stage.people("set", &["ann", "bob"], 4, 0.9);
    let set = stage.text("set");
    let none = found(&stage.evaluate(&[&set, "--json", "--no-cache"]));
    assert_eq!(none["run"]["cached"], 0);
    assert!(!stage.path("cache").exists());
    let first = found(&stage.evaluate(&[&set, "--json"]));
    assert_eq!(first["run"]["cached"], 0);
    let kept = files(&stage.path("cache/facelogin/encodings"));
    assert_eq!(kept.len(), 8);
    for file in &kept {
        let folder = file.parent().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(file), mode(folder)), (0o600, 0o700));
        assert!(folder.ends_with(format!(
            "scripted-ab12/r1-still-live/{}",
            folder.file_name().unwrap().to_str().unwrap()
        )));
    }
    // Other pictures under the same names are other pictures.
    fs::write(stage.path("set/ann/ann_0000.jpg"), "another").unwrap();
    let second = found(&stage.evaluate(&[&set, "--json"]));
    assert_eq!(second["run"]["cached"], 7);
    assert_eq!(second["groups"], first["groups"]);
}

#[test]
fn groups_stand_beside_each_other_with_the_worst_of_them() {
    let stage = Stage::new();
    stage.people("one", &["ann", "bob", "carl", "dora"], 3, 0.9);
    // Two people with one face.
    for name in ["eve", "fay"] {
        for number in 0..3 {
            let mut encoding = [0.0; 128];
            encoding[64 + number] = 0.1;
            stage.picture(&format!("two/{name}/{number}.png"), &encoding, None);
        }
    }
    let (one, two) = (stage.text("one"), stage.text("two"));
    let groups = stage.text("groups.csv");
    fs::write(&groups, "ann,a\nbob,a\n").unwrap();
    let report = found(&stage.evaluate(&[&one, &two, "--groups", &groups, "--json"]));
    let names: Vec<_> = report["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| &group["group"])
        .collect();
    assert_eq!(names, ["one/a", "one", "two", "all together"]);
    assert_eq!(report["groups"][3]["single"]["people"], 6);
    let worst = report["worst"][0]["eer"].as_f64().unwrap();
    assert!(worst > 0.3, "{worst}");
    assert_eq!(report["groups"][0]["single"]["eer"]["value"], 0.0);
    assert!(report["groups"][3]["single"]["eer"]["value"].as_f64().unwrap() < worst);
    let text = stage.evaluate(&[&one, &two]).out;
    assert!(
        text.contains("\nworst") && text.contains("\nall together"),
        "{text}"
    );
}

#[test]
fn attacks_are_judged_by_how_alive_they_look_and_whom_they_match() {
    let stage = Stage::new();
    stage.people("set/live", &["ann", "bob"], 9, 0.9);
    stage.people("set/print", &["ann", "bob"], 6, 0.1);
    stage.people("set/screen", &["ann"], 3, 0.7);
    let report = found(&stage.evaluate(&[&stage.text("set"), "--json"]));
    assert_eq!(report["acquired"][0]["pictures"], 18);
    let attacks = &report["attacks"][0];
    let at_daemons = |of: &Value| -> Value {
        let all = of["wrong"].as_array().unwrap();
        all.iter().find(|wrong| wrong["daemons"] == true).unwrap().clone()
    };
    assert_eq!(at_daemons(&attacks["live"])["errors"], 0);
    assert_eq!(at_daemons(&attacks["live"])["threshold"], 0.5);
    let kinds = attacks["kinds"].as_array().unwrap();
    assert_eq!(
        (&kinds[0]["kind"], &kinds[1]["kind"]),
        (&json!("print"), &json!("screen"))
    );
    assert_eq!(
        (&kinds[0]["presentations"], &at_daemons(&kinds[0])["errors"]),
        (&json!(4), &json!(0))
    );
    assert_eq!(at_daemons(&kinds[1])["rate"]["value"], 1.0);
    // They look like the people they show.
    assert_eq!(kinds[0]["matched"][0]["rate"]["value"], 1.0);
}

#[test]
fn pairs_are_judged_and_a_pair_without_its_picture_is_an_error() {
    let stage = Stage::new();
    stage.people("set", &["ann", "bob"], 4, 0.9);
    let (set, pairs) = (stage.text("set"), stage.text("pairs.txt"));
    fs::write(&pairs, "2 1\nann 0 1\nann 0 bob 0\nbob 0 1\nann 2 bob 3\n").unwrap();
    let report = found(&stage.evaluate(&[&set, "--pairs", &pairs, "--json"]));
    assert_eq!(report["pairs"]["mean"], 1.0);
    assert_eq!(
        (&report["pairs"]["folds"], &report["pairs"]["pairs"]),
        (&json!(2), &json!(4))
    );
    fs::write(&pairs, "ann 0 1\nann 0 bob 9\n").unwrap();
    let ran = stage.evaluate(&[&set, "--pairs", &pairs]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(
        ran.err.contains("picture 9") && ran.err.contains("line 2"),
        "{ran:?}"
    );
}

#[test]
fn every_obstacle_is_named_with_what_to_do() {
    let stage = Stage::new();
    stage.people("set", &["ann", "bob"], 1, 0.9);
    stage.people("one", &["ann"], 2, 0.9);
    fs::create_dir(stage.path("empty")).unwrap();
    let (set, one, empty) = (stage.text("set"), stage.text("one"), stage.text("empty"));
    let list = stage.text("list");
    fs::write(&list, "ann\n").unwrap();
    for (args, code, said) in [
        (vec![empty.as_str()], 5, "holds no pictures"),
        (vec![&one], 5, "one person only"),
        (vec!["/nonexistent"], 5, "/nonexistent: "),
        (vec![&set, &set], 5, "rename one"),
        (vec![&set, "--groups", &list], 5, "line 1: expected NAME,GROUP"),
        (vec![&set, "--pairs", &list], 5, "line 1: "),
        (vec![&set, "--engine", "other"], 2, "possible values: dlib, onnx"),
        (vec![&set, "--fused", "0"], 2, "--fused"),
        (
            vec![&set, "--html", "/nonexistent/page.html"],
            6,
            "cannot write /nonexistent/page.html",
        ),
    ] {
        let ran = stage.evaluate(&args);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.err.contains(said), "{said}: {ran:?}");
        assert_eq!(ran.out, "");
    }
    stage.script(
        "silent",
        "#!/bin/sh\necho 'facelogind encode: the models are missing; fetch them' >&2\nexit 1\n",
    );
    stage.script("other", "#!/bin/sh\necho hello\n");
    for (daemon, said) in [
        (stage.text("silent"), "the models are missing; fetch them"),
        (
            stage.text("other"),
            "its first line is not what this version expects",
        ),
        (
            "/nonexistent/facelogind".into(),
            "/nonexistent/facelogind encode: No such file",
        ),
    ] {
        let ran = run(&["evaluate", &set, "--daemon", &daemon, "--json"]);
        assert_eq!(
            (ran.code, &ran.json()["error"]["kind"]),
            (4, &json!("evaluate")),
            "{ran:?}"
        );
        assert!(ran.err.contains(said), "{ran:?}");
    }
}
