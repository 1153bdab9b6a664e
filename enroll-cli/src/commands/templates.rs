//! `list`, `remove`, `rename`, `clear`: what is stored.

use std::io::{self, BufRead, IsTerminal};

use clap::Args;
use facelogin_protocol::types::{
    ClearTemplatesOut, ListTemplatesOut, OptionalUserIn, RenameTemplateIn, Template, TemplateIn, TemplateOut,
    UserIn,
};
use jiff::Timestamp;

use super::Context;
use crate::cli::UserArg;
use crate::daemon::QUICK;
use crate::error::CliError;
use crate::exit::Exit;
use crate::password::UnattendedArg;
use crate::table::table;
use crate::words::{clean, count};

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Whose; by default your own, as root everybody's.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
}

/// Arguments of `remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// The template's id, as `list` shows it.
    #[arg(value_parser = clap::value_parser!(i64).range(1..))]
    id: i64,
    #[command(flatten)]
    unattended: UnattendedArg,
}

/// Arguments of `rename`.
#[derive(Debug, Args)]
pub struct RenameArgs {
    /// The template's id, as `list` shows it.
    #[arg(value_parser = clap::value_parser!(i64).range(1..))]
    id: i64,
    /// The new label, 1 to 64 characters.
    label: String,
    #[command(flatten)]
    unattended: UnattendedArg,
}

/// Arguments of `clear`.
#[derive(Debug, Args)]
pub struct ClearArgs {
    #[command(flatten)]
    user: UserArg,
    /// Do not ask for confirmation.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    unattended: UnattendedArg,
}

/// One user's templates, or all.
pub fn list(context: &mut Context<'_, '_>, args: ListArgs) -> Result<Exit, CliError> {
    let request = OptionalUserIn { user: args.user };
    let reply: ListTemplatesOut = context.daemon.call("ListTemplates", &request, QUICK)?;
    context.out.answer(&reply, || listing(&reply.templates))?;
    Ok(Exit::Ok)
}

/// One template less.
pub fn remove(context: &mut Context<'_, '_>, args: RemoveArgs) -> Result<Exit, CliError> {
    context.caller.needs_root()?;
    context.ask_password(&args.unattended)?;
    let request = TemplateIn { id: args.id };
    let reply: TemplateOut = context.daemon.call("RemoveTemplate", &request, QUICK)?;
    context.out.answer(&reply, || one("Removed", &reply.template))?;
    Ok(Exit::Ok)
}

/// Another label.
pub fn rename(context: &mut Context<'_, '_>, args: RenameArgs) -> Result<Exit, CliError> {
    context.caller.needs_root()?;
    context.ask_password(&args.unattended)?;
    let request = RenameTemplateIn {
        id: args.id,
        label: args.label,
    };
    let reply: TemplateOut = context.daemon.call("RenameTemplate", &request, QUICK)?;
    context.out.answer(&reply, || one("Renamed", &reply.template))?;
    Ok(Exit::Ok)
}

/// All templates of a user less, once that is confirmed.
pub fn clear(context: &mut Context<'_, '_>, args: ClearArgs) -> Result<Exit, CliError> {
    context.caller.needs_root()?;
    let user = context.user_to_change(args.user.user)?;
    if !args.yes && !confirmed(context, &user)? {
        context.out.note("Nothing was removed.");
        return Ok(Exit::Negative);
    }
    context.ask_password(&args.unattended)?;
    let request = UserIn { user };
    let reply: ClearTemplatesOut = context.daemon.call("ClearTemplates", &request, QUICK)?;
    context.out.answer(&reply, || {
        let removed = count(reply.removed, "template");
        format!("Removed {removed} of {}.", clean(&request.user))
    })?;
    Ok(Exit::Ok)
}

fn confirmed(context: &mut Context<'_, '_>, user: &str) -> Result<bool, CliError> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(CliError::Unconfirmed { user: user.into() });
    }
    context.out.ask(&format!(
        "Remove all faces of {user}? They cannot be brought back. [y/N]"
    ));
    let mut answer = String::new();
    // What cannot be read is no consent.
    let read = stdin.lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn one(done: &str, template: &Template) -> String {
    let Template { id, label, user, .. } = template;
    clean(&format!("{done} template {id} \"{label}\" of {user}."))
}

fn listing(templates: &[Template]) -> String {
    if templates.is_empty() {
        return "No faces are enrolled. `sudo facelogin-enroll add` enrols one.".into();
    }
    let rows = templates.iter().map(|template| {
        [
            template.id.to_string(),
            template.user.clone(),
            template.label.clone(),
            template.encodings.to_string(),
            template.kind.name().into(),
            template.camera.clone(),
            template.engine.clone(),
            date(template.created),
        ]
    });
    table(
        [
            "ID",
            "USER",
            "LABEL",
            "PICTURES",
            "KIND",
            "CAMERA",
            "ENGINE",
            "CREATED (UTC)",
        ],
        rows,
    )
}

/// `2026-01-31 12:34`, in UTC, from seconds since 1970.
fn date(seconds: i64) -> String {
    // Years beyond four digits help nobody; this is the last minute that jiff knows everywhere on Earth.
    let seconds = seconds.clamp(0, 253_402_207_199);
    match Timestamp::from_second(seconds) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => seconds.to_string(),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A template to print.
    pub fn template(id: i64) -> Template {
        Template {
            kind: facelogin_protocol::types::CameraKind::Colour,
            id,
            user: "alice".into(),
            uid: 1000,
            label: "desk".into(),
            engine: "dlib".into(),
            model: "ab".repeat(32),
            camera: "pictures".into(),
            encodings: 1,
            created: 1_700_000_000,
        }
    }

    #[test]
    fn a_listing_is_a_table_and_an_empty_one_says_what_to_do() {
        assert_eq!(
            listing(&[template(3), template(12)]),
            "ID  USER   LABEL  PICTURES  KIND    CAMERA    ENGINE  CREATED (UTC)\n\
             3   alice  desk   1         colour  pictures  dlib    2023-11-14 22:13\n\
             12  alice  desk   1         colour  pictures  dlib    2023-11-14 22:13"
        );
        assert!(listing(&[]).contains("facelogin-enroll add"));
    }

    #[test]
    fn dates_follow_the_calendar() {
        for (seconds, expected) in [
            (-1, "1970-01-01 00:00"),
            (0, "1970-01-01 00:00"),
            (951_782_399, "2000-02-28 23:59"),
            (951_782_400, "2000-02-29 00:00"),
            (951_868_800, "2000-03-01 00:00"),
            (1_735_689_599, "2024-12-31 23:59"),
            (4_107_542_400, "2100-03-01 00:00"),
            (i64::MAX, "9999-12-30 21:59"),
        ] {
            assert_eq!(date(seconds), expected, "{seconds}");
        }
    }
}
