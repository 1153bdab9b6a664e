//! The configuration's allow-list, changed without touching anything else in the file.

use toml_edit::{DocumentMut, Item, Table, Value, value};

/// Why the text cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    #[error("it is not TOML: {0}")]
    Syntax(#[from] toml_edit::TomlError),
    #[error("\"services\" is not a table of tables")]
    Shape,
}

/// `text` with `enabled` of every service in `changes` set. A service that is off and not listed stays unlisted.
/// Everything else stays as it is, byte by byte.
pub fn set<'s>(text: &str, changes: impl IntoIterator<Item = (&'s str, bool)>) -> Result<String, NotChanged> {
    let mut document: DocumentMut = text.parse()?;
    for (service, enabled) in changes {
        turn(&mut document, service, enabled)?;
    }
    let changed = document.to_string();
    let carriage = text.matches("\r\n").count();
    // The parser knows one kind of line end only; where all are of the other kind they stay so.
    Ok(if carriage > 0 && carriage == text.matches('\n').count() {
        changed.replace("\r\n", "\n").replace('\n', "\r\n")
    } else {
        changed
    })
}

/// The services that the text lists, and whether it turns them on; whether the rest of the file is valid does not
/// matter.
pub fn listed(text: &str) -> Result<Vec<(String, bool)>, NotChanged> {
    let document: DocumentMut = text.parse()?;
    let Some(services) = document.get("services") else {
        return Ok(Vec::new());
    };
    let services = services.as_table_like().ok_or(NotChanged::Shape)?;
    let one = |(name, item): (&str, &Item)| {
        let enabled = item.get("enabled").and_then(Item::as_bool).unwrap_or(false);
        (name.to_owned(), enabled)
    };
    Ok(services.iter().map(one).collect())
}

fn turn(document: &mut DocumentMut, service: &str, enabled: bool) -> Result<(), NotChanged> {
    let services = document.entry("services").or_insert_with(implicit);
    let services = services.as_table_like_mut().ok_or(NotChanged::Shape)?;
    if services.get(service).is_none() {
        if !enabled {
            return Ok(());
        }
        services.insert(service, Item::Table(Table::new()));
    }
    let one = services
        .get_mut(service)
        .and_then(Item::as_table_like_mut)
        .ok_or(NotChanged::Shape)?;
    match one.get_mut("enabled").and_then(Item::as_value_mut) {
        Some(old) if old.as_bool() == Some(enabled) => {}
        Some(old) => {
            let decor = old.decor().clone();
            *old = Value::from(enabled);
            *old.decor_mut() = decor;
        }
        None if !enabled => {}
        None => {
            one.insert("enabled", value(enabled));
        }
    }
    Ok(())
}

/// A table that prints no header of its own.
fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const DEFAULT: &str = include_str!("../../../config/facelogin.toml");

    fn enabled(text: &str, service: &str) -> bool {
        let config = facelogin_config::parse(text, Path::new("t.toml")).unwrap();
        config.service(service).is_some()
    }

    /// The lines in which two texts differ, from the first to the last that does.
    fn difference<'t>(old: &'t str, new: &'t str) -> (Vec<&'t str>, Vec<&'t str>) {
        let (mut old, mut new): (Vec<_>, Vec<_>) = (
            old.split_inclusive('\n').collect(),
            new.split_inclusive('\n').collect(),
        );
        while !old.is_empty() && old.first() == new.first() {
            old.remove(0);
            new.remove(0);
        }
        while !old.is_empty() && old.last() == new.last() {
            old.pop();
            new.pop();
        }
        (old, new)
    }

    #[test]
    fn one_service_off_changes_one_line_of_the_installed_file() {
        let off = set(DEFAULT, [("gdm-password", false)]).unwrap();
        assert_eq!(
            difference(DEFAULT, &off),
            (vec!["enabled = true\n"], vec!["enabled = false\n"])
        );
        assert!(!enabled(&off, "gdm-password") && enabled(&off, "login"));
        assert_eq!(set(&off, [("gdm-password", true)]).unwrap(), DEFAULT);
    }

    #[test]
    fn a_new_service_is_appended_and_nothing_else_changes() {
        let on = set(DEFAULT, [("sudo", true)]).unwrap();
        let (old, new) = difference(DEFAULT, &on);
        assert_eq!(
            (old, new.concat()),
            (vec![], "\n[services.sudo]\nenabled = true\n".into())
        );
        assert!(enabled(&on, "sudo"));
        assert_eq!(set(&on, [("sudo", true)]).unwrap(), on);
        // Off again it stays listed, with whatever else was set for it.
        assert!(!enabled(&set(&on, [("sudo", false)]).unwrap(), "sudo"));
    }

    #[test]
    fn comments_order_and_other_spellings_stay() {
        for (old, new) in [
            (
                "# a\r\n[services.login] # b\r\n  enabled=false   # c\r\ntrigger='enter'\r\n",
                "# a\r\n[services.login] # b\r\n  enabled=true   # c\r\ntrigger='enter'\r\n",
            ),
            (
                "services.login.enabled = false # x\n",
                "services.login.enabled = true # x\n",
            ),
            (
                "[services]\nlogin = { enabled = false }\n",
                "[services]\nlogin = { enabled = true }\n",
            ),
            (
                "[services.\"login\"]\nframes = 2",
                "[services.\"login\"]\nframes = 2\nenabled = true\n",
            ),
        ] {
            let set = set(old, [("login", true)]).unwrap();
            assert_eq!(set, new);
            assert!(enabled(&set, "login"), "{set}");
        }
    }

    #[test]
    fn what_is_off_and_not_listed_stays_unlisted() {
        for text in ["", "frames = 3\n", DEFAULT] {
            assert_eq!(set(text, [("doas", false)]).unwrap(), text);
        }
        assert!(enabled(&set("", [("login", true)]).unwrap(), "login"));
    }

    #[test]
    fn a_text_that_is_no_table_is_not_changed() {
        assert!(matches!(
            set("[services", [("login", true)]),
            Err(NotChanged::Syntax(_))
        ));
        assert!(matches!(
            set("services = 3\n", [("login", true)]),
            Err(NotChanged::Shape)
        ));
        assert!(matches!(
            set("[services]\nlogin = 3\n", [("login", false)]),
            Err(NotChanged::Shape)
        ));
        // A value that the daemon refuses is no hindrance to turning things off.
        let off = set(
            "frames = 99\n[services.login]\nenabled = true\n",
            [("login", false)],
        )
        .unwrap();
        assert_eq!(off, "frames = 99\n[services.login]\nenabled = false\n");
        assert_eq!(listed(&off).unwrap(), [("login".to_owned(), false)]);
    }
}
