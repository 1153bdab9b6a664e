//! Notifications on the desktop, as <https://specifications.freedesktop.org/notification-spec/latest/> has them.

use std::collections::HashMap;
use std::time::Duration;

use dbus::arg::{RefArg, Variant};
use dbus::blocking::Connection;
use facelogin_protocol::types::Elevation;

use crate::words::clean;

/// How long the desktop may take to accept one.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hint `urgency`: normal. Whoever asked for "do not disturb" finds it in the list afterwards.
const NORMAL: u8 = 1;

/// The desktop chooses how long it stays.
const ITS_OWN_TIME: i32 = -1;

/// Why nothing can be shown.
#[derive(Debug, thiserror::Error)]
pub enum DesktopError {
    /// No session bus.
    #[error("there is no session bus to show notifications on ({0}); run this in a desktop session")]
    NoBus(dbus::Error),
    /// The desktop took no notification.
    #[error("the desktop did not show a notification: {0}")]
    NotShown(dbus::Error),
}

/// What to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    summary: String,
    body: String,
}

impl Notification {
    /// Of more rights that were granted at `time`.
    pub fn of(elevation: &Elevation, time: &str) -> Self {
        let Elevation {
            user, service, tty, ..
        } = elevation;
        let place = tty.as_ref().map(|tty| format!(" on {tty}")).unwrap_or_default();
        let body = format!(
            "The face of {user} was accepted{place} at {time}. If you did not ask for this, lock the screen and tell \
             your administrator."
        );
        Self {
            summary: clean(&format!("{service}: allowed by face")),
            body: without_markup(&clean(&body)),
        }
    }
}

/// The session's bus, to see whether there is one.
pub fn session_bus() -> Result<Connection, DesktopError> {
    Connection::new_session().map_err(DesktopError::NoBus)
}

/// Shows one. On a connection of its own: they are rare, and a bus that was restarted is found again.
pub fn notify(notification: &Notification) -> Result<(), DesktopError> {
    let bus = session_bus()?;
    let desktop = bus.with_proxy(
        "org.freedesktop.Notifications",
        "/org/freedesktop/Notifications",
        PATIENCE,
    );
    let hints: HashMap<&str, Variant<Box<dyn RefArg>>> =
        HashMap::from([("urgency", Variant(Box::new(NORMAL) as Box<dyn RefArg>))]);
    let arguments = (
        "facelogin",
        0u32,
        "dialog-password",
        notification.summary.as_str(),
        notification.body.as_str(),
        Vec::<&str>::new(),
        hints,
        ITS_OWN_TIME,
    );
    let shown: Result<(u32,), dbus::Error> =
        desktop.method_call("org.freedesktop.Notifications", "Notify", arguments);
    shown.map(drop).map_err(DesktopError::NotShown)
}

/// A body may hold markup; a terminal's name must not.
fn without_markup(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r14_r26_a_notification_says_what_where_and_when_and_holds_no_markup() {
        let mut elevation = Elevation {
            time: 0,
            user: "alice".into(),
            service: "sudo".into(),
            tty: Some("/dev/pts/3".into()),
        };
        let shown = Notification::of(&elevation, "2026-01-31 12:34:56");
        assert_eq!(shown.summary, "sudo: allowed by face");
        assert_eq!(
            shown.body,
            "The face of alice was accepted on /dev/pts/3 at 2026-01-31 12:34:56. If you did not ask for this, lock \
             the screen and tell your administrator."
        );
        elevation.tty = Some("<a href='x'>\n&".into());
        let shown = Notification::of(&elevation, "now");
        assert!(
            shown.body.contains("on &lt;a href='x'&gt;\\u{a}&amp; at now"),
            "{shown:?}"
        );
        elevation.tty = None;
        assert!(
            Notification::of(&elevation, "now")
                .body
                .starts_with("The face of alice was accepted at now.")
        );
    }
}
