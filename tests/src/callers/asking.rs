//! Asking PAM as a program does that cannot run here: greeters, and lock screens that want a compositor. `pam-caller`
//! is that program, in a process of its own, as root or as an ordinary user.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::{Row, Table, World, needs, stacks};

/// One attempt, as `pam-caller` saw it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Calls that were made, with the codes of the whole stack.
    pub calls: Vec<(String, String)>,
    /// What was said while it authenticated: the kind and the text.
    pub messages: Vec<(String, String)>,
    /// How long `pam_authenticate` took.
    pub ms: u64,
}

impl Asked {
    /// Whether every call succeeded, up to the last one that a program makes.
    pub fn is_in(&self) -> bool {
        self.calls.len() > 1 && self.calls.iter().all(|call| call.1 == "PAM_SUCCESS")
    }

    /// The code of `pam_authenticate`.
    pub fn code(&self) -> &str {
        &self.calls[0].1
    }

    /// Messages of this kind: `Hidden`, `Shown`, `Error`, `Info`.
    pub fn count(&self, style: &str) -> usize {
        self.messages.iter().filter(|message| message.0 == style).count()
    }
}

impl World {
    /// Gives a service the stack that its package in Debian 12 has.
    pub fn ship(&self, service: &str) {
        let file = Path::new("enroll-cli/tests/stacks/debian-12/etc/pam.d").join(service);
        let stack = std::fs::read_to_string(needs::of_project(file.to_str().unwrap())).unwrap();
        stacks::ship(service, &stack);
    }

    /// Runs `program`, which is pam-caller, as `uid` with these arguments.
    #[track_caller]
    pub fn ask(&self, program: &str, uid: u32, arguments: &[&str]) -> Vec<Asked> {
        let program = self.system.reachable(Path::new(program));
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=5", "60"])
            .arg(program)
            .args(arguments);
        let output = command
            .env_clear()
            .uid(uid)
            .gid(uid)
            .current_dir("/")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(!text.is_empty(), "{output:?}");
        text.lines().map(read).collect()
    }

    /// The same, for one attempt that goes into the table: the module's codes are checked, and how it ended.
    #[track_caller]
    pub fn ask_once(
        &self,
        table: &mut Table,
        case: (&str, &str),
        program: &str,
        uid: u32,
        arguments: &[&str],
        expected: (&[&str], bool),
    ) -> Asked {
        let (decided, scans) = (self.decided().len(), self.scans());
        let asked = self.ask(program, uid, arguments);
        let [asked] = &asked[..] else {
            panic!("one attempt: {asked:?}");
        };
        let codes: Vec<String> = self
            .decided()
            .into_iter()
            .skip(decided)
            .map(|code| code.0)
            .collect();
        let outcome = match asked.is_in() {
            true => "in: every call succeeds".to_owned(),
            false => {
                let last = asked.calls.last().map(|(name, code)| format!("{name} {code}"));
                format!("refused: {}", last.unwrap_or_default())
            }
        };
        let questions = asked.count("Hidden") + asked.count("Shown");
        table.add(Row {
            caller: case.0.into(),
            case: case.1.into(),
            codes: codes.join(", "),
            outcome: format!("{outcome}; {questions} questions; {} scans", self.scans() - scans),
        });
        assert_eq!(codes, expected.0, "{case:?}: {asked:?}");
        assert_eq!(asked.is_in(), expected.1, "{case:?}: {asked:?}");
        // GNOME Shell takes each for a failure of its own.
        assert_eq!(asked.count("Error"), 0, "{case:?}: {asked:?}");
        asked.clone()
    }
}

fn read(line: &str) -> Asked {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let calls = value["calls"].as_array().unwrap();
    let messages = value["messages"].as_array().unwrap();
    Asked {
        calls: calls
            .iter()
            .map(|call| (text(&call[0]), text(&call[1])))
            .collect(),
        messages: messages
            .iter()
            .map(|one| (text(&one["style"]), text(&one["text"])))
            .collect(),
        ms: value["ms"].as_u64().unwrap(),
    }
}
