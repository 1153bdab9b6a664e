//! The logind of the machine's own systemd, on a bus of a test's own: in its own namespaces, with one session that it
//! finds on record as if it had been restarted.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::logind::Bus;

/// Debian's place for it.
const PROGRAM: &str = "/usr/lib/systemd/systemd-logind";

/// The session is open for as long as somebody holds its pipe. Nothing of this is seen outside the namespaces.
const SCRIPT: &str = r#"
set -eu
mount -t tmpfs tmpfs /run
mkdir /run/systemd
cd /run/systemd
mkdir seats users sessions inhibit
mkfifo -m 600 sessions/c1.ref
exec 9<>sessions/c1.ref
cat >sessions/c1 <<END
UID=$2
USER=games
ACTIVE=1
STATE=active
REMOTE=0
TYPE=tty
CLASS=user
SCOPE=session-c1.scope
FIFO=/run/systemd/sessions/c1.ref
SEAT=seat0
TTY=tty1
LEADER=$$
VTNR=1
END
printf 'NAME=games\nSTATE=active\nDISPLAY=c1\nSESSIONS=c1\nSEATS=seat0\n' >"users/$2"
printf 'IS_SEAT0=1\nACTIVE=c1\nACTIVE_UID=%s\nSESSIONS=c1\n' "$2" >seats/seat0
DBUS_SYSTEM_BUS_ADDRESS=unix:path=$1 "$3" 2>/dev/null
"#;

/// It, until dropped.
#[derive(Debug)]
pub struct RealLogind(Child);

impl RealLogind {
    /// Starts it with one session of `uid`'s in front of the first seat. `None`, with the reason on standard error: this
    /// machine has none, or one is at work, whose devices a second one must not take.
    #[allow(clippy::print_stderr)]
    pub fn on(bus: &Bus, uid: u32) -> Option<Self> {
        let why = match () {
            () if !nix::unistd::geteuid().is_root() => "only root may make namespaces",
            () if !Path::new(PROGRAM).exists() => "there is no systemd-logind on this machine",
            () if Path::new("/run/systemd/system").exists() => "a logind of this machine's own is at work",
            () => "",
        };
        if !why.is_empty() {
            eprintln!("skipped: {why}");
            return None;
        }
        let child = Command::new("unshare")
            .args([
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "sh",
                "-c",
                SCRIPT,
                "sh",
            ])
            .arg(bus.socket())
            .args([&uid.to_string(), PROGRAM])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self(child))
    }
}

impl Drop for RealLogind {
    fn drop(&mut self) {
        // What runs in its namespace of processes ends with it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
