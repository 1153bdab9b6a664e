//! `notify`: tells the user of a session what a face has granted in their name, when it happens (R26).

use std::thread;
use std::time::Duration;

use facelogin_protocol::types::WatchOut;
use jiff::tz::TimeZone;

use super::Context;
use super::audit::local;
use crate::daemon::Nothing;
use crate::desktop::{Notification, notify, session_bus};
use crate::error::CliError;
use crate::exit::Exit;
use crate::words::clean;

/// Between two tries to reach the daemon; it doubles.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// How long one connection is kept: a day, the longest that the client waits.
const A_DAY: Duration = Duration::from_secs(86_400);

/// Watches until it is ended. A daemon that is away is waited for, a session without a bus is an error.
pub fn run(context: &mut Context<'_, '_>) -> Result<Exit, CliError> {
    let Context { out, daemon, .. } = context;
    session_bus()?;
    let mut pause = SHORTEST;
    let mut said = String::new();
    loop {
        let mut begun = false;
        let ended = daemon.call_more("Watch", &Nothing {}, A_DAY, |told: WatchOut| {
            begun = true;
            if let Some(elevation) = told.elevation {
                let time = local(elevation.time, &TimeZone::system());
                if let Err(error) = notify(&Notification::of(&elevation, &time)) {
                    out.note(&error.to_string());
                }
            }
        });
        if begun {
            // The daemon was there: it restarted, or a day is over.
            pause = SHORTEST;
            said.clear();
        }
        let why = match ended {
            Ok(_) => "facelogind ended the watch".into(),
            Err(error) => error.to_string(),
        };
        // Each trouble once, not every minute.
        if !begun && why != said {
            out.note(&format!("{}; trying again.", clean(&why)));
            said = why;
        }
        thread::sleep(pause);
        if !begun {
            pause = (pause * 2).min(LONGEST);
        }
    }
}
