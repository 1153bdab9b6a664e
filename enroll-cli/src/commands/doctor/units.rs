//! The daemon's units, where systemd runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use super::report::Link;
use super::socket::START;

const NAME: &str = "units";

const UNITS: [&str; 4] = [
    "facelogind.socket",
    "facelogin-vision.socket",
    "facelogind.service",
    "facelogin-vision.service",
];

/// What systemd says of them.
#[derive(Debug)]
pub struct Units {
    /// What to say.
    pub link: Link,
    /// Whether it believes that the daemon's socket is there.
    pub listening: bool,
}

/// Asks systemd, and before the daemon is asked: that starts it. `None` where systemd does not run, or `socket` is not
/// theirs.
pub fn ask(socket: &Path) -> Option<Units> {
    if socket != Path::new(facelogin_protocol::SOCKET_PATH) || !Path::new("/run/systemd/system").is_dir() {
        return None;
    }
    let said = Command::new("/usr/bin/systemctl")
        .args(["show", "--property=Id,LoadState,ActiveState,UnitFileState"])
        .args(UNITS)
        .env_clear()
        .stdin(Stdio::null())
        .output();
    let untold = |link| Units {
        link,
        listening: false,
    };
    Some(match said {
        Ok(said) if said.status.success() => units(&String::from_utf8_lossy(&said.stdout)),
        Ok(said) => untold({
            let why = String::from_utf8_lossy(&said.stderr).trim().to_owned();
            Link::unknown(
                NAME,
                format!("systemctl does not say: {why}"),
                "systemctl status facelogind",
            )
        }),
        Err(why) => untold(Link::unknown(
            NAME,
            format!("systemctl cannot be run: {why}"),
            "systemctl status facelogind",
        )),
    })
}

/// `systemctl show` prints `KEY=VALUE` lines, and an empty line between units.
fn units(said: &str) -> Units {
    let blocks = said.split("\n\n").map(|block| {
        let pairs = block.lines().filter_map(|line| line.split_once('='));
        pairs.collect::<BTreeMap<&str, &str>>()
    });
    let blocks: Vec<_> = blocks.collect();
    let of = |unit: &str, key: &str| {
        let block = blocks.iter().find(|block| block.get("Id") == Some(&unit));
        block
            .and_then(|block| block.get(key))
            .copied()
            .unwrap_or_default()
    };
    Units {
        link: judge(&of),
        listening: of(UNITS[0], "ActiveState") == "active",
    }
}

fn judge<'s>(of: &dyn Fn(&str, &str) -> &'s str) -> Link {
    for unit in UNITS {
        if of(unit, "LoadState") != "loaded" {
            return Link::failure(NAME, format!("{unit} is not installed"), "sudo make install");
        }
    }
    for unit in &UNITS[..2] {
        if of(unit, "ActiveState") != "active" {
            return Link::failure(NAME, format!("{unit} does not listen"), START);
        }
    }
    for unit in &UNITS[2..] {
        if of(unit, "ActiveState") == "failed" {
            return Link::failure(
                NAME,
                format!("{unit} has failed"),
                format!("journalctl --unit {unit} --lines 20 says why; then: sudo systemctl restart {unit}"),
            );
        }
    }
    // The vision process's is started by a connection, and not at boot.
    for unit in &UNITS[..3] {
        if of(unit, "UnitFileState") != "enabled" {
            return Link::warning(NAME, format!("{unit} is not started when the machine is"), START);
        }
    }
    if of(UNITS[2], "ActiveState") != "active" {
        return Link::warning(
            NAME,
            "facelogind.service was not running; the next login starts it and waits for the models, and so does this question",
            "sudo systemctl start facelogind",
        );
    }
    Link::ok(
        NAME,
        "facelogind runs, its sockets listen, and all are started with the machine",
    )
}

#[cfg(test)]
mod tests {
    use super::super::report::State;
    use super::*;

    /// As systemd 252 prints them, in its own order of keys.
    fn said(change: (&str, &str, &str)) -> String {
        let block = |unit: &&str| {
            let file = if *unit == UNITS[3] { "static" } else { "enabled" };
            let value = |key: &str, usual: &str| {
                let value = if (*unit, key) == (change.0, change.1) {
                    change.2
                } else {
                    usual
                };
                format!("{key}={value}")
            };
            [
                format!("Id={unit}"),
                value("LoadState", "loaded"),
                value("ActiveState", "active"),
                value("UnitFileState", file),
            ]
            .join("\n")
        };
        UNITS.iter().map(block).collect::<Vec<_>>().join("\n\n") + "\n"
    }

    #[test]
    fn units_run_listen_and_are_started_with_the_machine() {
        let nothing = ("", "", "");
        assert_eq!(units(&said(nothing)).link.state, State::Ok);
        for (unit, key, value, state, words) in [
            (
                UNITS[0],
                "LoadState",
                "not-found",
                State::Failure,
                "is not installed",
            ),
            (
                UNITS[1],
                "ActiveState",
                "inactive",
                State::Failure,
                "does not listen",
            ),
            (UNITS[2], "ActiveState", "failed", State::Failure, "has failed"),
            (UNITS[3], "ActiveState", "failed", State::Failure, "has failed"),
            (
                UNITS[2],
                "UnitFileState",
                "disabled",
                State::Warning,
                "when the machine is",
            ),
            (
                UNITS[2],
                "ActiveState",
                "inactive",
                State::Warning,
                "was not running",
            ),
        ] {
            let link = units(&said((unit, key, value))).link;
            assert_eq!(link.state, state, "{link:?}");
            assert!(link.found.contains(words) && link.remedy.is_some(), "{link:?}");
        }
        // The vision process is there when it is asked.
        assert_eq!(
            units(&said((UNITS[3], "ActiveState", "inactive"))).link.state,
            State::Ok
        );
        assert_eq!(units("").link.state, State::Failure);
        assert!(units(&said(nothing)).listening);
        assert!(!units(&said((UNITS[0], "ActiveState", "inactive"))).listening);
    }
}
