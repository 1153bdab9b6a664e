//! A system bus with polkit's daemon on it, for helpers that report to it.

use std::fs;
use std::path::Path;

use super::{Background, namespace};
use crate::system::until;

/// polkit's daemon; not in the path of anybody.
const POLKITD: &str = "/usr/lib/polkit-1/polkitd";

/// The programs it takes.
pub const PROGRAMS: [&str; 4] = ["dbus-daemon", POLKITD, "pkexec", "pkttyagent"];

/// Both, running.
pub struct Bus {
    _polkit: Background,
    _bus: Background,
}

impl Bus {
    /// Starts both. Whoever is in group sudo may do anything, after authenticating as himself: Debian's own rule.
    pub fn start() -> Self {
        namespace::make_folder(Path::new("/run/dbus"));
        let arguments = [
            "--config-file=/usr/share/dbus-1/system.conf",
            "--nofork",
            "--nopidfile",
        ];
        let mut bus = Background::start(0, "dbus-daemon", &arguments, None);
        until("the system bus listens", || {
            assert!(bus.runs(), "dbus-daemon has ended");
            fs::exists("/run/dbus/system_bus_socket").unwrap().then_some(())
        });
        let polkit = Background::start(0, POLKITD, &["--no-debug"], None);
        Self {
            _polkit: polkit,
            _bus: bus,
        }
    }
}
