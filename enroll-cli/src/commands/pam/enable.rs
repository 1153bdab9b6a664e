//! `pam enable`: the stacks first, as long as the password works in every one of them, then the allow-list.

use std::collections::BTreeMap;
use std::path::Path;

use facelogin_config::services::{NEEDS_CONSENT, is_name};
use serde::Serialize;

use super::allow::{Draft, restart};
use super::{PamError, config_file};
use crate::commands::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::pam::analyse::Password;
use crate::pam::edit::{Change, put_in};
use crate::pam::files::{NotWritten, keep, replace, restore};
use crate::pam::manager::{self, Manager, Profile, Trial, is_authselects, written_files};
use crate::pam::root::Root;
use crate::pam::survey::{Found, harm, look, survey};
use crate::words::clean;

/// The answer.
#[derive(Serialize)]
struct Enabled {
    services: Vec<String>,
    /// Whether the configuration was changed.
    configuration: bool,
    /// What was done to the stacks, or is to be done.
    stacks: &'static str,
    steps: Vec<String>,
}

/// Of a service that hands out somebody else's rights (R26).
const RISK: &str = "a face is no consent; whatever runs in your session can ask for it while you sit there, and press \
                    Enter for you";

type Survey = BTreeMap<String, Found>;

/// Turns the face on for `services`.
pub fn enable(
    context: &mut Context<'_, '_>,
    root: &Root,
    services: &[String],
    apply: bool,
) -> Result<Exit, CliError> {
    for service in services {
        known(root, service)?;
    }
    let config = config_file(context, root);
    let draft = Draft::of(&config, services, true)?;
    draft.can_be_written(&config)?;
    let before = survey(root);
    let mut missing = Vec::new();
    for service in services {
        if !is_usable(&before, service)? {
            missing.push(service);
        }
    }
    let mut answer = Enabled {
        services: services.to_vec(),
        configuration: false,
        stacks: "as they were",
        steps: Vec::new(),
    };
    if !missing.is_empty() {
        let manager = Manager::of(root);
        if manager == Manager::PamAuthUpdate {
            by_profile(root, &before, &missing)?;
            answer.stacks = "pam-auth-update's profile is on";
        } else {
            let changes = by_lines(root, &before, &missing)?;
            answer.steps = steps(root, &changes);
            let foreign = changes.iter().any(|change| is_authselects(&change.file));
            if foreign || !apply {
                answer.stacks = if foreign {
                    "to be changed by authselect"
                } else {
                    "to be changed"
                };
                context.out.answer(&answer, || describe_to_do(&answer, foreign))?;
                return Ok(Exit::Negative);
            }
            write(root, &before, &changes)?;
            answer.stacks = "edited";
        }
    }
    let written = draft.write(&config);
    // The lines do nothing while the configuration does not allow it, but they are there.
    written.map_err(|why| match missing.is_empty() {
        true => why,
        false => PamError::HalfDone(Box::new(why)),
    })?;
    answer.configuration = draft.is_change();
    let left = if draft.is_change() { restart(root) } else { Ok(()) };
    context.out.answer(&answer, || describe(&answer))?;
    for service in services
        .iter()
        .filter(|name| NEEDS_CONSENT.contains(&name.as_str()) || *name == "polkit-1")
    {
        context.out.note(&format!("{service}: {RISK}"));
    }
    if let Err(left) = left {
        context.out.note(left);
    }
    Ok(Exit::Ok)
}

fn known(root: &Root, service: &str) -> Result<(), PamError> {
    if !is_name(service) {
        return Err(PamError::NotAName(service.into()));
    }
    if root.service_file(service, false).is_some() {
        return Ok(());
    }
    let hint = match service {
        "kde-face" => {
            "KDE's lock screen asks it beside the password; make it a file with this one line: \
             auth required pam_facelogin.so timeout_result=auth_err"
        }
        _ => "Install the program, or check the name",
    };
    Err(PamError::NoService {
        service: service.into(),
        hint,
    })
}

/// Whether the face is in the service's stack already; an error when the stack is not one to build on.
fn is_usable(before: &Survey, service: &str) -> Result<bool, PamError> {
    match before.get(service) {
        Some(Ok(found)) if found.password == Password::Broken => Err(PamError::Broken(service.into())),
        Some(Ok(found)) if found.open => Err(PamError::Open(service.into())),
        Some(Ok(found)) => Ok(found.reached.is_some() && found.face_enough),
        Some(Err(why)) => Err(PamError::NotUnderstood {
            service: service.into(),
            why: why.clone(),
        }),
        None => Err(PamError::NoService {
            service: service.into(),
            hint: "Its file cannot be read",
        }),
    }
}

/// pam-auth-update, first on a copy, then for real, and back if what it made is not what the copy promised.
fn by_profile(root: &Root, before: &Survey, missing: &[&String]) -> Result<(), PamError> {
    if !root.exists(manager::PROFILE) {
        return Err(PamError::NoProfile);
    }
    let trial = Trial::of(root, Profile::On)?;
    check(before, &survey(&trial.root()), missing)?;
    let kept = written_files(root);
    let common = Path::new("/etc/pam.d/common-auth");
    keep(&root.inside(common).unwrap_or_else(|_| root.outside(common)))?;
    let done = manager::apply(root, Profile::On)
        .map_err(PamError::from)
        .and_then(|()| check(before, &survey(root), missing));
    if done.is_err() {
        for (path, contents) in &kept {
            restore(path, contents)?;
        }
    }
    done
}

fn check(before: &Survey, after: &Survey, missing: &[&String]) -> Result<(), PamError> {
    let harm = harm(before, after);
    if !harm.is_empty() {
        return Err(PamError::Harm(harm));
    }
    for service in missing {
        match after.get(*service) {
            Some(Ok(found)) if found.reached.is_some() && found.face_enough => {}
            _ => return Err(PamError::NotManaged((*service).clone())),
        }
    }
    Ok(())
}

/// The files that need a line for the face, each tried on paper.
fn by_lines(root: &Root, before: &Survey, missing: &[&String]) -> Result<Vec<Change>, PamError> {
    let mut paper = root.clone();
    let mut changes: Vec<Change> = Vec::new();
    for service in missing {
        let is_there =
            |root: &Root| look(root, service).is_ok_and(|found| found.reached.is_some() && found.face_enough);
        // The line for another service may serve this one too.
        if is_there(&paper) {
            continue;
        }
        let mut objections = vec![format!("no line makes a face enough for {service}")];
        let fits = put_in(&paper, service)?.into_iter().find(|change| {
            let changed = paper.with(&change.file, change.contents.clone());
            let after = survey(&changed);
            let mut harm = harm(before, &after);
            let more = after
                .iter()
                .filter(|(name, found)| opens_more(found) && !before.get(*name).is_some_and(opens_more));
            harm.extend(
                more.map(|(name, _)| format!("a face would open {name} where a right password does not")),
            );
            let fits = harm.is_empty() && is_there(&changed);
            objections.extend(harm);
            fits
        });
        let change = fits.ok_or(PamError::Harm(objections))?;
        if !change.file.starts_with("/etc") {
            return Err(PamError::Vendor(change.file));
        }
        paper = paper.with(&change.file, change.contents.clone());
        changes.push(change);
    }
    Ok(changes)
}

fn opens_more(found: &Found) -> bool {
    found.as_ref().is_ok_and(|found| found.face_opens_more)
}

/// Writes them, and takes them back when the files do not do what they did on paper.
fn write(root: &Root, before: &Survey, changes: &[Change]) -> Result<(), PamError> {
    let mut kept = Vec::new();
    let mut done = Ok(());
    for change in changes {
        let path = root.outside(&change.file);
        match root.read(&change.file) {
            Ok(old) => kept.push((path.clone(), old)),
            Err(why) => {
                done = Err(PamError::Write(NotWritten { path, why }));
                break;
            }
        }
        done = replace(&path, &change.contents).map_err(PamError::from);
        if done.is_err() {
            break;
        }
    }
    let done = done.and_then(|()| match harm(before, &survey(root)) {
        harm if harm.is_empty() => Ok(()),
        harm => Err(PamError::Harm(harm)),
    });
    if done.is_err() {
        for (path, old) in &kept {
            restore(path, old)?;
        }
    }
    done
}

/// What is done by hand, file by file. Of authselect's files the profile's are named.
fn steps(root: &Root, changes: &[Change]) -> Vec<String> {
    let mut steps = Vec::new();
    if changes.iter().any(|change| is_authselects(&change.file)) {
        return authselect(root, changes);
    }
    for change in changes {
        steps.extend(
            change
                .steps
                .iter()
                .map(|step| format!("{}: {step}", change.file.display())),
        );
    }
    steps
}

/// authselect's way: a profile of one's own, based on the one in use, with its features.
fn authselect(root: &Root, changes: &[Change]) -> Vec<String> {
    let conf = root
        .read(Path::new("/etc/authselect/authselect.conf"))
        .unwrap_or_default();
    let conf = String::from_utf8_lossy(&conf);
    let mut words = conf.lines().map(str::trim).filter(|line| !line.is_empty());
    let base = words.next().unwrap_or("local");
    let features: Vec<&str> = words.collect();
    let custom = base.starts_with("custom/");
    let profile = if custom { base } else { "custom/facelogin" };
    let mut steps = Vec::new();
    if !custom {
        steps.push(format!("authselect create-profile facelogin --base-on {base}"));
    }
    for change in changes {
        let name = change.file.file_name().unwrap_or_default().to_string_lossy();
        let in_it = change
            .steps
            .iter()
            .map(|step| format!("/etc/authselect/{profile}/{name}: {}", template(step)));
        steps.extend(in_it);
    }
    steps.push(
        ["authselect select", profile]
            .into_iter()
            .chain(features)
            .collect::<Vec<_>>()
            .join(" "),
    );
    steps
}

/// Lines have other numbers in a profile than in what is made of it.
fn template(step: &str) -> String {
    match step.split_once(" (") {
        Some((_, line)) => format!("before the line ({line}"),
        None => step.to_owned(),
    }
}

fn describe(done: &Enabled) -> String {
    let services = done.services.join(", ");
    let mut lines = vec![format!("The face is on for {services}.")];
    lines.push(match done.configuration {
        true => "Configuration: changed; the old one is beside it as .facelogin-backup.".to_owned(),
        false => "Configuration: as it was.".to_owned(),
    });
    lines.push(format!("PAM's stacks: {}.", done.stacks));
    lines.extend(done.steps.iter().map(|step| clean(step)));
    lines.push("Try it in a second terminal before this one is closed.".to_owned());
    lines.join("\n")
}

fn describe_to_do(to_do: &Enabled, foreign: bool) -> String {
    let mut lines =
        vec![match foreign {
        true => "authselect writes these files, and nothing was changed. Do this as root, then enable again:",
        false => "Nothing was changed. These lines are missing; --apply writes them:",
    }
    .to_owned()];
    lines.extend(to_do.steps.iter().map(|step| format!("  {}", clean(step))));
    lines.join("\n")
}
