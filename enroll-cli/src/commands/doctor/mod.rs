//! `doctor`: every link of the chain that a face login takes, each failure with its remedy. It changes nothing and opens
//! no camera.

mod answers;
mod cameras;
mod configuration;
mod holders;
mod liveness;
mod load;
mod logins;
mod models;
mod module;
mod report;
mod socket;
mod standing;
mod templates;
#[cfg(test)]
mod testing;
mod units;

use std::path::Path;

use clap::Args;
use facelogin_config::load_system;
use facelogin_models::ModelSet;
use facelogin_protocol::types::{CameraKind, OptionalUserIn, StatusOut};

use self::liveness::Networks;
use self::models::Files;
use self::report::{Link, Report};
use super::Context;
use crate::caller::{Accounts, System};
use crate::cli::UserArg;
use crate::daemon::QUICK;
use crate::error::CliError;
use crate::exit::Exit;
use crate::pam::root::Root;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    user: UserArg,
    /// Load the PAM module that is installed, and nothing else: what `doctor` has a process of its own do.
    #[arg(long = "try-module", hide = true)]
    try_module: bool,
}

/// Looks at every link.
pub fn doctor(context: &mut Context<'_, '_>, args: DoctorArgs) -> Result<Exit, CliError> {
    if args.try_module {
        return Ok(module::try_it(context.out));
    }
    let root = context.caller.is_root();
    let user = whom(context, args.user.user)?;
    let links = examine(context, user.as_deref(), root);
    let report = Report::new(user, root, links);
    context.out.answer(&report, || report.text())?;
    Ok(if report.is_broken() {
        Exit::Negative
    } else {
        Exit::Ok
    })
}

/// Whose face it is about: of root that nobody invoked only if it says so. Others may ask about themselves.
fn whom(context: &Context<'_, '_>, named: Option<String>) -> Result<Option<String>, CliError> {
    let user = match context.user_to_change(named) {
        Err(CliError::WhichUser) => return Ok(None),
        other => other?,
    };
    let uid = System.uid_of(&user);
    if !context.caller.is_root() && uid != Some(context.caller.uid) {
        context.caller.needs_root()?;
    }
    match uid {
        Some(_) => Ok(Some(user)),
        None => Err(CliError::UnknownUser { user }),
    }
}

fn examine(context: &Context<'_, '_>, user: Option<&str>, root: bool) -> Vec<Link> {
    let machine = Root::at(Path::new("/"));
    let read = load_system(&context.config);
    let config = read.as_ref().ok();
    let daemon = &context.daemon;
    let request = OptionalUserIn {
        user: user.map(Into::into),
    };
    let answered = daemon.call::<StatusOut>("GetStatus", &request, QUICK);
    let status = answered.as_ref().ok();
    let cameras = cameras::ask(daemon, status, config);
    let enrolled = templates::ask(daemon, status, user);
    let faces = enrolled.as_deref().unwrap_or_default();
    let usable = templates::usable(faces, status, config);

    let mut links = vec![
        configuration::link(&context.config, &read, root),
        module::link(&machine),
    ];
    links.extend(logins::links(&machine, config, root));
    links.push(socket::link(daemon.socket()));
    links.extend(units::link(daemon.socket()));
    links.push(answers::daemon(daemon, &answered));
    links.push(answers::in_effect(status, config));
    links.push(answers::vision(status));
    links.extend(models::links(config));
    let sees = kinds(cameras.used.as_deref(), &templates::kinds(&usable));
    let networks = config.map_or(Networks::Untold(Files::Hidden), |config| {
        let files = models::of(ModelSet::Liveness, config);
        match status {
            Some(status) if status.liveness_networks => Networks::Loaded,
            Some(status) if matches!(status.vision.as_str(), "ready" | "busy") => Networks::NotLoaded(files),
            _ => Networks::Untold(files),
        }
    });
    links.extend(match (config, status) {
        (None, Some(status)) => vec![liveness::told(&status.liveness)],
        _ => liveness::links(config, &networks, &sees),
    });
    let used = cameras.used.as_deref();
    links.push(cameras.link);
    links.push(match (enrolled.as_ref(), user) {
        (Err(why), _) => why.clone(),
        (Ok(faces), user) => {
            templates::link(user.unwrap_or_default(), faces, &usable, (status, config), used)
        }
    });
    links.extend(standing::level(config, status));
    links.push(standing::lockout(status, user));
    links.push(standing::presence(status));
    links
}

/// What the cameras that a login of this user can use see; nothing where none is known.
fn kinds(cameras: Option<&[facelogin_protocol::types::Camera]>, enrolled: &[CameraKind]) -> Vec<CameraKind> {
    let seen: Vec<CameraKind> = match cameras {
        Some(cameras) => cameras.iter().map(|camera| camera.kind.compared_as()).collect(),
        None => Vec::new(),
    };
    if seen.is_empty() {
        return enrolled.to_vec();
    }
    let both: Vec<CameraKind> = seen
        .iter()
        .copied()
        .filter(|kind| enrolled.contains(kind))
        .collect();
    if both.is_empty() { seen } else { both }
}

#[cfg(test)]
mod tests {
    use super::testing::camera;
    use super::*;
    use CameraKind::{Colour, Infrared, Replay};

    #[test]
    fn liveness_is_about_the_cameras_that_the_user_s_logins_use() {
        let two = [camera(Colour), camera(Infrared)];
        for (cameras, enrolled, expected) in [
            (Some(&two[..]), &[Infrared][..], &[Infrared][..]),
            (Some(&two[..]), &[], &[Colour, Infrared]),
            (Some(&two[..1]), &[Infrared], &[Colour]),
            (Some(&[camera(Replay)]), &[Colour], &[Colour]),
            (None, &[Infrared], &[Infrared]),
            (Some(&[]), &[], &[]),
        ] {
            assert_eq!(kinds(cameras, enrolled), expected);
        }
    }
}
