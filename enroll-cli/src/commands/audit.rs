//! `audit`: earlier attempts.

use clap::Args;
use facelogin_protocol::types::{Attempt, ListAttemptsIn, ListAttemptsOut};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Context;
use crate::daemon::QUICK;
use crate::error::CliError;
use crate::exit::Exit;
use crate::table::table;

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Whose; by default your own, as root everybody's.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// At most so many, the newest, 1 to 1000.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

/// The newest attempts, newest first.
pub fn audit(context: &mut Context<'_, '_>, args: AuditArgs) -> Result<Exit, CliError> {
    let request = ListAttemptsIn {
        user: args.user,
        limit: args.limit,
    };
    let reply: ListAttemptsOut = context.daemon.call("ListAttempts", &request, QUICK)?;
    context
        .out
        .answer(&reply, || listing(&reply.attempts, &TimeZone::system()))?;
    Ok(Exit::Ok)
}

fn listing(attempts: &[Attempt], zone: &TimeZone) -> String {
    if attempts.is_empty() {
        return "No attempts are on record.".into();
    }
    let rows = attempts.iter().map(|attempt| {
        [
            local(attempt.time, zone),
            attempt.user.clone(),
            attempt.service.clone(),
            attempt.tty.clone().unwrap_or_else(|| "-".into()),
            attempt.verdict.clone(),
            attempt.reason.clone(),
            attempt.millis.to_string(),
        ]
    });
    table(
        ["TIME", "USER", "SERVICE", "TTY", "VERDICT", "REASON", "MS"],
        rows,
    )
}

/// `2026-01-31 12:34:56` where the machine is, from seconds since 1970; the seconds themselves for a time beyond all
/// calendars.
pub fn local(seconds: i64, zone: &TimeZone) -> String {
    match Timestamp::from_second(seconds) {
        Ok(time) => time
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string(),
        Err(_) => seconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(time: i64, tty: Option<&str>) -> Attempt {
        Attempt {
            id: 1,
            time,
            user: "alice".into(),
            uid: Some(1000),
            service: "login".into(),
            tty: tty.map(Into::into),
            class: "tty".into(),
            peer_uid: 0,
            verdict: "match".into(),
            reason: "matched".into(),
            millis: 640,
            distance: Some(0.25),
            frames: 5,
        }
    }

    #[test]
    fn attempts_are_a_table_in_local_time_and_r14_nothing_in_it_moves_a_cursor() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let attempts = [
            attempt(1_720_000_000, Some("/dev/tty1")),
            attempt(1_700_000_000, Some("\x1b[2J")),
            attempt(i64::MAX, None),
        ];
        assert_eq!(
            listing(&attempts, &zone),
            "TIME                 USER   SERVICE  TTY        VERDICT  REASON   MS\n\
             2024-07-03 11:46:40  alice  login    /dev/tty1  match    matched  640\n\
             2023-11-14 23:13:20  alice  login    \\u{1b}[2J  match    matched  640\n\
             9223372036854775807  alice  login    -          match    matched  640"
        );
        assert_eq!(listing(&[], &zone), "No attempts are on record.");
    }
}
