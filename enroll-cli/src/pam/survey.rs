//! All services of a system at once, and what a change would do to them.

use std::collections::BTreeMap;

use super::analyse::{Analysis, Password, analyse};
use super::root::Root;
use super::stack::{Facility, NotUnderstood, load};

/// What is found of a service.
pub type Found = Result<Analysis, NotUnderstood>;

/// Every service of the system, and what others include.
pub fn survey(root: &Root) -> BTreeMap<String, Found> {
    let services = root.services().into_iter();
    services
        .map(|service| (service.clone(), look(root, &service)))
        .collect()
}

/// One service.
pub fn look(root: &Root, service: &str) -> Found {
    analyse(&load(root, service, Facility::Auth)?)
}

/// What is worse after than before, a sentence for each; empty when nothing is.
pub fn harm(before: &BTreeMap<String, Found>, after: &BTreeMap<String, Found>) -> Vec<String> {
    let mut harm = Vec::new();
    for (service, before) in before {
        let (before, after) = match (before, after.get(service)) {
            (_, None) => {
                harm.push(format!("{service} would have no stack"));
                continue;
            }
            // What could not be told before is not made worse by what cannot be told after.
            (Err(_), Some(_)) => continue,
            (Ok(_), Some(Err(why))) => {
                harm.push(format!("{service} could not be understood: {why}"));
                continue;
            }
            (Ok(before), Some(Ok(after))) => (before, after),
        };
        if after.password == Password::Broken && before.password != Password::Broken {
            harm.push(format!("the password would no longer open {service}"));
        }
        let lost: Vec<&str> = before
            .checkers
            .iter()
            .filter(|checker| !after.checkers.contains(checker))
            .map(String::as_str)
            .collect();
        if !lost.is_empty() {
            harm.push(format!("{} would no longer open {service}", lost.join(", ")));
        }
        if after.open && !before.open {
            harm.push(format!(
                "{service} would let in somebody with neither face nor password"
            ));
        }
    }
    harm
}
