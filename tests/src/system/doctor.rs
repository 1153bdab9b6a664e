//! A machine on which every link of the chain holds, and what `facelogin-enroll doctor` says of one.

use serde_json::Value;

use super::logind::{Bus, Logind, Session};
use super::user::{ENROLLED, uid};
use super::{System, SystemOptions};

/// Rules under which somebody must look after the seat.
pub const SEAT: &str = "timeout_ms = 4000\nno_face_timeout_ms = 700\npresence = \"seat\"";

/// With a logind of its own, somebody enrolled, and facelogin installed.
pub fn sound() -> Option<(System, Bus, Logind)> {
    sound_with(&SystemOptions::default().rules(SEAT))
}

/// The same with other rules.
pub fn sound_with(options: &SystemOptions) -> Option<(System, Bus, Logind)> {
    let mut system = System::prepare(options)?;
    let bus = Bus::start();
    let logind = Logind::on(&bus.socket(), &[Session::desk(uid(ENROLLED))]);
    system.on_bus(&bus.socket());
    system.start_daemon();
    system.wait_until_ready();
    system.install();
    system.enrol_usual();
    Some((system, bus, logind))
}

impl System {
    /// What doctor says to root of who is enrolled, when it exited with `code`.
    #[track_caller]
    pub fn examined(&self, code: i32) -> Value {
        self.doctor(None, &["--json", "--user", ENROLLED])
            .expect(code)
            .json()
    }
}

/// All links of this name, as `STATE FOUND -> REMEDY`.
pub fn links(answer: &Value, name: &str) -> Vec<String> {
    let links = answer["links"].as_array().unwrap();
    let of_name = links.iter().filter(|link| link["link"] == name);
    let line = |link: &Value| {
        let text = |key: &str| link[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} -> {}", text("state"), text("found"), text("remedy"))
    };
    of_name.map(line).collect()
}

/// One of them begins so, and has all of these words.
#[track_caller]
pub fn told(answer: &Value, name: &str, words: &[&str]) {
    let links = links(answer, name);
    let (state, words) = words.split_first().unwrap();
    let fits = |link: &&String| link.starts_with(state) && words.iter().all(|word| link.contains(word));
    assert!(
        links.iter().any(|link| fits(&link)),
        "{name}: {state} {words:?}: {links:?}"
    );
}
