//! A screen without a screen: Xvfb, and xdotool at its keyboard.

use std::fs;
use std::process::Command;

use super::Background;
use crate::system::until;

/// The programs it takes.
pub const PROGRAMS: [&str; 2] = ["Xvfb", "xdotool"];

/// A running X server.
pub struct Display {
    name: String,
    _server: Background,
}

impl Display {
    /// Starts one, as root, on a number that nobody uses. Anybody may connect: it is nobody's real screen.
    pub fn start() -> Self {
        let number = (90..190)
            .find(|number| {
                !fs::exists(format!("/tmp/.X{number}-lock")).unwrap()
                    && !fs::exists(format!("/tmp/.X11-unix/X{number}")).unwrap()
            })
            .unwrap();
        let name = format!(":{number}");
        // Without key repeat: on a busy machine a key is down for long.
        let arguments = [
            &name,
            "-ac",
            "-nolisten",
            "tcp",
            "-screen",
            "0",
            "320x240x24",
            "-r",
        ];
        let mut server = Background::start(0, "Xvfb", &arguments, None);
        until("Xvfb listens", || {
            assert!(server.runs(), "Xvfb has ended");
            fs::exists(format!("/tmp/.X11-unix/X{number}"))
                .unwrap()
                .then_some(())
        });
        Self {
            name,
            _server: server,
        }
    }

    /// `:90`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Types a text, then Enter; with nothing to type, Enter alone.
    pub fn line(&self, text: &str) {
        if !text.is_empty() {
            assert!(self.xdotool(&["type", "--delay", "5", text]));
        }
        assert!(self.xdotool(&["key", "Return"]));
    }

    fn xdotool(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new("xdotool");
        command.args(arguments).env("DISPLAY", &self.name);
        command.output().unwrap().status.success()
    }
}
