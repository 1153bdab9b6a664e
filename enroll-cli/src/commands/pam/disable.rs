//! `pam disable`: services off in the allow-list; with `--all` everything out of the stacks, whatever else is broken.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::allow::{Draft, restart};
use super::{PamError, config_file};
use crate::commands::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::pam::allow_list;
use crate::pam::edit::{NotEdited, take_out};
use crate::pam::files::replace;
use crate::pam::manager::{self, Manager, Profile, is_authselects};
use crate::pam::root::Root;
use crate::pam::survey::{harm, survey};
use crate::words::clean;

/// The answer.
#[derive(Serialize, Default)]
struct Disabled {
    /// Those that were on.
    services: Vec<String>,
    /// What was done to the stacks.
    steps: Vec<String>,
    /// What could not be done, and has to be done by hand.
    left: Vec<String>,
}

/// Off in the configuration; the stacks stay, for the module asks nobody where it is not allowed to.
pub fn disable(context: &mut Context<'_, '_>, root: &Root, services: &[String]) -> Result<Exit, CliError> {
    let config = config_file(context, root);
    let listed = all(&config)?;
    for service in services {
        let is_listed = listed.iter().any(|(name, _)| name == service);
        // A misspelt name must not look like a service that is off.
        if !is_listed && root.service_file(service, false).is_none() {
            context.out.note(&format!(
                "There is no PAM service {} here, and the configuration does not name it: check the name.",
                clean(service)
            ));
        }
    }
    let were_on = listed.into_iter().filter_map(|(name, on)| on.then_some(name));
    let were_on: BTreeSet<String> = were_on.collect();
    let draft = Draft::of(&config, services, false)?;
    draft.write(&config)?;
    let answer = Disabled {
        services: services
            .iter()
            .filter(|name| were_on.contains(*name))
            .cloned()
            .collect(),
        ..Disabled::default()
    };
    let restarted = if draft.is_change() { restart(root) } else { Ok(()) };
    context.out.answer(&answer, || match answer.services.as_slice() {
        [] => "It was off already.".to_owned(),
        services => format!("The face is off for {}.", clean(&services.join(", "))),
    })?;
    // Until it reads the file the daemon goes on as before.
    if let Err(left) = restarted {
        context.out.note(left);
        return Ok(Exit::Negative);
    }
    Ok(Exit::Ok)
}

/// The services that the file lists, and which of them it turns on, whether or not the daemon would take the file.
fn all(config: &Path) -> Result<Vec<(String, bool)>, PamError> {
    let wrong = |why: String| PamError::Config {
        path: config.into(),
        why: format!(
            "{why}. `sudo facelogin-enroll pam disable --all` takes the face out of PAM's stacks all the same"
        ),
    };
    let text = fs::read_to_string(config).map_err(|why| wrong(format!("it cannot be read: {why}")))?;
    allow_list::listed(&text).map_err(|why| wrong(why.to_string()))
}

/// The way back. Each part is done whether or not the others can be.
pub fn disable_all(context: &mut Context<'_, '_>, root: &Root) -> Result<Exit, CliError> {
    let mut answer = Disabled::default();
    out_of_profile(root, &mut answer);
    out_of_files(root, &mut answer);
    let config = config_file(context, root);
    let mut restarted = Ok(());
    match off(&config) {
        Ok(services) => {
            if !services.is_empty() {
                restarted = restart(root);
            }
            answer.services = services;
        }
        // Without a line in the stacks the allow-list lets nobody in.
        Err(why) => answer
            .left
            .push(format!("The configuration stays as it is: {why}")),
    }
    context.out.answer(&answer, || describe(&answer))?;
    if let Err(left) = restarted {
        context.out.note(left);
    }
    let in_stacks = take_out(root).into_iter().any(|change| change.is_ok());
    Ok(if in_stacks || !answer.left.is_empty() {
        Exit::Negative
    } else {
        Exit::Ok
    })
}

fn off(config: &Path) -> Result<Vec<String>, String> {
    if !config.exists() {
        return Ok(Vec::new());
    }
    let services = on_or_why(config)?;
    let draft = Draft::of(config, &services, false).map_err(|why| why.to_string())?;
    draft.write(config).map_err(|why| why.to_string())?;
    Ok(services)
}

fn on_or_why(config: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(config).map_err(|why| why.to_string())?;
    let listed = allow_list::listed(&text).map_err(|why| format!("{}: {why}", config.display()))?;
    Ok(listed
        .into_iter()
        .filter_map(|(name, on)| on.then_some(name))
        .collect())
}

fn out_of_profile(root: &Root, answer: &mut Disabled) {
    if Manager::of(root) != Manager::PamAuthUpdate || !manager::is_on(root) {
        return;
    }
    match manager::apply(root, Profile::Off) {
        // It succeeds too when it leaves everything as it was.
        Ok(()) if !manager::is_on(root) => {
            answer.steps.push("pam-auth-update: the profile is off".into());
        }
        done => {
            // What it left is taken out line by line; but what it believes may come back with its next run.
            let why = done.err().map(|why| why.to_string());
            let why = why.unwrap_or_else(|| "pam-auth-update did nothing, and did not say why".into());
            answer
                .left
                .push(format!("{why}. Do it again: {}", manager::by_hand()));
        }
    }
}

/// Lines that somebody wrote, and what pam-auth-update would not take out.
fn out_of_files(root: &Root, answer: &mut Disabled) {
    let before = survey(root);
    let mut paper = root.clone();
    let mut changes = Vec::new();
    for change in take_out(root) {
        match change {
            Ok(change) if is_authselects(&change.file) => answer.left.push(format!(
                "{}: authselect writes it; select a profile without the face, as with: authselect select {}",
                change.file.display(),
                base(root)
            )),
            Ok(change) => {
                paper = paper.with(&change.file, change.contents.clone());
                changes.push(change);
            }
            Err(why) => answer
                .left
                .push(format!("{why}. Take the lines with pam_facelogin.so out by hand")),
        }
    }
    let mut harm = harm(&before, &survey(&paper));
    if take_out(root)
        .iter()
        .any(|change| matches!(change, Err(NotEdited::Ambiguous { .. })))
    {
        harm.push("a jump over them cannot be shortened for all services alike".into());
    }
    if !harm.is_empty() {
        answer.left.push(format!(
            "Lines were left in the stacks, because {}",
            harm.join("; ")
        ));
        return;
    }
    for change in changes {
        match replace(&root.outside(&change.file), &change.contents) {
            Ok(()) => {
                let steps = change
                    .steps
                    .iter()
                    .map(|step| format!("{}: {step}", change.file.display()));
                answer.steps.extend(steps);
            }
            Err(why) => answer.left.push(why.to_string()),
        }
    }
}

/// authselect's profile in use, or what every Fedora has.
fn base(root: &Root) -> String {
    let conf = root
        .read(Path::new("/etc/authselect/authselect.conf"))
        .unwrap_or_default();
    let conf = String::from_utf8_lossy(&conf);
    let mut words: Vec<&str> = conf.split_whitespace().collect();
    if words.first().is_none_or(|profile| profile.starts_with("custom/")) {
        words.splice(..words.len().min(1), ["local"]);
    }
    words.join(" ")
}

fn describe(done: &Disabled) -> String {
    let mut lines = vec![match done.services.as_slice() {
        [] => "No service was on in the configuration.".to_owned(),
        services => format!("The face is off for {}.", services.join(", ")),
    }];
    if done.steps.is_empty() && done.left.is_empty() {
        lines.push("PAM's stacks: no line of the module is in them.".into());
    }
    lines.extend(done.steps.iter().cloned());
    lines.extend(done.left.iter().map(|left| format!("Left to do: {left}.")));
    let lines: Vec<_> = lines.iter().map(|line| clean(line)).collect();
    lines.join("\n")
}
