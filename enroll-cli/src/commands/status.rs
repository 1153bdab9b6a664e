//! `status` and `unlock`: the daemon, and what is counted against a user.

use facelogin_protocol::types::{OptionalUserIn, Service, StatusOut, UnlockOut, UserIn};

use super::Context;
use crate::cli::UserArg;
use crate::daemon::QUICK;
use crate::error::CliError;
use crate::exit::Exit;
use crate::table::pairs;
use crate::words::{clean, count};

/// Digits of a model's hash that are shown to people; the JSON has them all.
const SHORT_HASH: usize = 12;

/// The daemon, and one user's templates and lockouts.
pub fn status(context: &mut Context<'_, '_>, args: UserArg) -> Result<Exit, CliError> {
    let user = context.user(args.user)?;
    let request = OptionalUserIn { user: Some(user) };
    let reply: StatusOut = context.daemon.call("GetStatus", &request, QUICK)?;
    context.out.answer(&reply, || describe(&reply))?;
    Ok(Exit::Ok)
}

/// No mismatches counted any more.
pub fn unlock(context: &mut Context<'_, '_>, args: UserArg) -> Result<Exit, CliError> {
    context.caller.needs_root()?;
    let user = context.user_to_change(args.user)?;
    let request = UserIn { user };
    let reply: UnlockOut = context.daemon.call("Unlock", &request, QUICK)?;
    context.out.answer(&reply, || {
        let user = clean(&request.user);
        match reply.cleared {
            0 => format!("Nothing was counted against {user}."),
            some => format!("Cleared {} of {user}.", count(some, "counter")),
        }
    })?;
    Ok(Exit::Ok)
}

fn describe(status: &StatusOut) -> String {
    let engine = match (&status.engine, &status.model) {
        (Some(engine), Some(model)) => {
            let short: String = model.chars().take(SHORT_HASH).collect();
            format!("{engine}, models {short}")
        }
        (Some(engine), None) => engine.clone(),
        (None, _) => "not loaded".into(),
    };
    let services = if status.services.is_empty() {
        "none: every login asks for the password".into()
    } else {
        let named = |service: &Service| format!("{} ({})", service.name, service.trigger);
        status.services.iter().map(named).collect::<Vec<_>>().join(", ")
    };
    let presence = match &status.logind {
        None => status.presence.clone(),
        Some(logind) => format!("{}; logind: {}", status.presence, clean(logind)),
    };
    let templates = match (status.templates, status.usable_templates) {
        (0, _) => "no face enrolled".into(),
        (all, usable) if all == usable => count(all, "template"),
        (all, usable) => format!(
            "{}, {usable} usable with this engine; enrol again",
            count(all, "template")
        ),
    };
    // The general rules, then the services that have others.
    let mut security = status.security.lines().map(|line| ("security", clean(line)));
    let general = security.next().unwrap_or(("security", String::new()));
    let mut rows = vec![
        ("daemon", format!("facelogind {}", status.version)),
        ("vision", status.vision.clone()),
        ("engine", engine),
        ("camera", status.camera.clone().unwrap_or_else(|| "none".into())),
        ("liveness", clean(&status.liveness)),
        ("services", services),
        general,
        ("presence", presence),
        ("user", format!("{}: {templates}", status.user)),
    ];
    let after = rows
        .iter()
        .position(|(name, _)| *name == "security")
        .map_or(rows.len(), |place| place + 1);
    rows.splice(after..after, security);
    let lockouts = status.lockouts.iter().map(|lockout| {
        let wait = match lockout.remaining_seconds {
            0 => "not locked".into(),
            left => format!("locked for {left} s"),
        };
        let failures = match lockout.failures {
            1 => "1 mismatch".into(),
            more => format!("{more} mismatches"),
        };
        ("lockout", format!("{}: {failures}, {wait}", lockout.class))
    });
    let due = status.password_due.map(|due| {
        let said = match due {
            true => "must be typed before the face is asked",
            false => "was typed, and the face is asked",
        };
        ("password", said.to_owned())
    });
    pairs(rows.into_iter().chain(due).chain(lockouts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use facelogin_protocol::types::Lockout;

    #[test]
    fn a_status_is_a_few_aligned_lines() {
        let status = StatusOut {
            version: "0.1.0".into(),
            engine: Some("dlib".into()),
            model: Some("0123456789abcdef".into()),
            vision: "ready".into(),
            camera: None,
            services: vec![
                Service {
                    name: "gdm-password".into(),
                    trigger: "immediate".into(),
                },
                Service {
                    name: "login".into(),
                    trigger: "enter".into(),
                },
            ],
            security: "balanced: aims high\nlogin: strict: aims higher".into(),
            presence: "seat".into(),
            liveness: "on; colour: network".into(),
            liveness_networks: true,
            configuration: None,
            logind: Some("answers".into()),
            user: "alice".into(),
            templates: 2,
            usable_templates: 1,
            password_due: Some(true),
            lockouts: vec![Lockout {
                class: "greeter".into(),
                failures: 5,
                remaining_seconds: 42,
            }],
        };
        assert_eq!(
            describe(&status),
            "daemon    facelogind 0.1.0\n\
             vision    ready\n\
             engine    dlib, models 0123456789ab\n\
             camera    none\n\
             liveness  on; colour: network\n\
             services  gdm-password (immediate), login (enter)\n\
             security  balanced: aims high\n\
             security  login: strict: aims higher\n\
             presence  seat; logind: answers\n\
             user      alice: 2 templates, 1 usable with this engine; enrol again\n\
             password  must be typed before the face is asked\n\
             lockout   greeter: 5 mismatches, locked for 42 s"
        );
    }
}
