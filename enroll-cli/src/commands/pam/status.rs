//! `pam status`: one row for each login, and one remedy for each that does not use the face.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use facelogin_config::services::{NEVER, NOT_BY_FACE};
use facelogin_config::{Config, Trigger, Trust, load};
use serde::{Serialize, Serializer};

use super::config_file;
use crate::commands::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::pam::analyse::Password;
use crate::pam::modules::FACELOGIN;
use crate::pam::root::Root;
use crate::pam::survey::{Found, survey};
use crate::table::table;
use crate::words::clean;

/// What takes the face out of every stack.
const WAY_BACK: &str = "sudo facelogin-enroll pam disable --all";

/// Files that services include; nobody logs in by their names.
pub const INCLUDED: [&str; 15] = [
    "base-auth",
    "common-account",
    "common-auth",
    "common-password",
    "common-session",
    "common-session-noninteractive",
    "fingerprint-auth",
    "password-auth",
    "postlogin",
    "smartcard-auth",
    "system-auth",
    "system-local-login",
    "system-login",
    "system-remote-login",
    "system-services",
];

/// The answer.
#[derive(Serialize)]
struct Status {
    /// Whether the module's file is where libpam finds it.
    module: bool,
    /// What is wrong with the configuration; the daemon does not run with it.
    configuration: Option<String>,
    services: Vec<Row>,
}

/// One service.
#[derive(Serialize)]
pub struct Row {
    pub service: String,
    /// Its file; `other`'s is used where there is none.
    pub file: Option<String>,
    /// Whether the configuration names it.
    listed: bool,
    /// Whether the configuration lets it use the face.
    pub enabled: bool,
    trigger: Option<&'static str>,
    /// Whether its stack asks for a face.
    reaches: bool,
    /// `null` when the stack is not understood.
    pub password: Option<Password>,
    /// Whether the face's lines let in somebody with neither face nor password.
    pub open: bool,
    /// Whether it uses the face, as far as the files tell.
    pub uses_face: bool,
    /// What keeps it from that, or what else is to be known; with the remedy.
    #[serde(serialize_with = "as_text")]
    pub why: Why,
}

/// Something to know about a service.
#[derive(Default)]
pub struct Why {
    /// What; empty when there is nothing.
    pub what: String,
    /// The command that helps.
    pub remedy: Option<String>,
}

impl Why {
    fn plain(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: None,
        }
    }

    fn with(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..Self::plain(what)
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.remedy {
            Some(remedy) => write!(f, "{}: {remedy}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

fn as_text<S: Serializer>(why: &Why, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(why)
}

/// Shows them.
pub fn status(context: &mut Context<'_, '_>, root: &Root) -> Result<Exit, CliError> {
    let path = config_file(context, root);
    let trust = if root.is_machine() {
        Trust::RootOwned
    } else {
        Trust::AnyOwner
    };
    let (config, configuration) = match load(&path, trust) {
        Ok(config) => (Some(config), None),
        Err(why) => (None, Some(why.to_string())),
    };
    let module = root.has_module(FACELOGIN);
    let status = Status {
        module,
        configuration,
        services: rows(root, config.as_ref(), module),
    };
    context.out.answer(&status, || describe(&status))?;
    let broken = status
        .services
        .iter()
        .any(|row| row.password == Some(Password::Broken) || row.open);
    Ok(if broken { Exit::Negative } else { Exit::Ok })
}

/// Each service that the configuration names, or whose stack is this module's business; `config` where it is valid,
/// `module` where the module's file is there.
pub fn rows(root: &Root, config: Option<&Config>, module: bool) -> Vec<Row> {
    let found = survey(root);
    let listed = config.iter().flat_map(|config| config.services.keys().cloned());
    let concerned = found.iter().filter(|(name, found)| concerns(root, name, found));
    let names: BTreeSet<String> = listed.chain(concerned.map(|(name, _)| name.clone())).collect();
    let rows = names.into_iter().map(|name| {
        let found = found.get(&name);
        row(root, config, module, name, found)
    });
    rows.collect()
}

/// Whether a service that the configuration does not name is shown.
fn concerns(root: &Root, name: &str, found: &Found) -> bool {
    if INCLUDED.contains(&name) {
        return false;
    }
    match found {
        Ok(found) => found.reached.is_some() || found.password == Password::Broken || found.open,
        // Only if it is this module's business.
        Err(_) => {
            let file = root.service_file(name, false);
            let text = file.and_then(|file| root.read(&file).ok()).unwrap_or_default();
            String::from_utf8_lossy(&text).contains(FACELOGIN)
        }
    }
}

fn row(root: &Root, config: Option<&Config>, module: bool, service: String, found: Option<&Found>) -> Row {
    let file = root.service_file(&service, false).map(|file| shown(&file));
    let entry = config.and_then(|config| config.services.get(&service));
    let analysis = found.and_then(|found| found.as_ref().ok());
    let mut row = Row {
        file,
        listed: entry.is_some(),
        enabled: entry.is_some_and(|entry| entry.enabled),
        trigger: entry.map(|entry| match entry.trigger {
            Trigger::Immediate => "immediate",
            Trigger::Enter => "enter",
        }),
        reaches: analysis.is_some_and(|found| found.reached.is_some()),
        password: analysis.map(|found| found.password),
        open: analysis.is_some_and(|found| found.open),
        uses_face: false,
        why: Why::default(),
        service,
    };
    row.why = match why_not(&row, config.is_some(), module, found) {
        Some(why) => why,
        None => {
            row.uses_face = true;
            let more = analysis.is_some_and(|found| found.face_opens_more);
            let note = "a face opens it where a right password does not: move the line further down";
            if more { Why::plain(note) } else { Why::default() }
        }
    };
    row
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The first thing in the way, and what to do about it.
fn why_not(row: &Row, config: bool, module: bool, found: Option<&Found>) -> Option<Why> {
    let name = &row.service;
    if row.file.is_none() {
        return Some(Why::plain("not installed here"));
    }
    let analysis = match found {
        Some(Ok(analysis)) => analysis,
        Some(Err(why)) => return Some(Why::plain(format!("the stack is not understood: {why}"))),
        None => return Some(Why::plain("its file cannot be read")),
    };
    if analysis.password == Password::Broken {
        let place = analysis.reached.as_ref().map(|place| {
            let complaint = place
                .complaint
                .map(|why| format!(" (libpam: {why})"))
                .unwrap_or_default();
            format!(" {}:{}{complaint}", shown(&place.file), place.line)
        });
        let place = place.unwrap_or_default();
        return Some(Why::with(format!("THE PASSWORD DOES NOT WORK{place}"), WAY_BACK));
    }
    if analysis.open {
        return Some(Why::with("ANYBODY GETS IN, because of the face's line", WAY_BACK));
    }
    if NEVER.contains(&name.as_str()) || NOT_BY_FACE.contains(&name.as_str()) {
        return Some(Why::plain("never asked here"));
    }
    let enable = format!("sudo facelogin-enroll pam enable {name}");
    if !row.reaches {
        return Some(Why::with("its stack does not ask for a face", enable));
    }
    if !module {
        return Some(Why::plain(format!("{FACELOGIN} is not installed")));
    }
    if !config {
        return Some(Why::with(
            "the configuration is broken",
            "facelogin-enroll config check",
        ));
    }
    if !row.enabled {
        return Some(Why::with("off", enable));
    }
    (!analysis.face_enough).then(|| Why::plain("a face alone is not enough in its stack"))
}

fn describe(status: &Status) -> String {
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let rows = status.services.iter().map(|row| {
        let password = match row.password {
            Some(Password::Works) => "works",
            Some(Password::Broken) => "BROKEN",
            Some(Password::NotAsked) => "not asked",
            None => "?",
        };
        [
            row.service.clone(),
            row.file.clone().unwrap_or_else(|| "-".into()),
            if row.listed {
                yes(row.enabled)
            } else {
                "unlisted".into()
            },
            row.trigger.unwrap_or("-").into(),
            yes(row.reaches),
            password.into(),
            yes(row.uses_face),
            row.why.to_string(),
        ]
    });
    let header = [
        "SERVICE", "FILE", "ENABLED", "TRIGGER", "IN STACK", "PASSWORD", "FACE", "WHY",
    ];
    let mut text = String::new();
    if let Some(why) = &status.configuration {
        text.push_str(&format!(
            "The configuration is broken, and no login uses the face: {}\n",
            clean(why)
        ));
    }
    if !status.module {
        text.push_str(&format!("{FACELOGIN} is not where libpam looks for modules.\n"));
    }
    text + &table(header, rows)
}
