//! `--groups`: which group of people each person belongs to.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::error::EvaluateError;

/// Reads `NAME,GROUP` lines, or a TOML file of `NAME = "GROUP"` when it is called .toml.
pub fn read(path: &Path) -> Result<BTreeMap<String, String>, EvaluateError> {
    let text = fs::read_to_string(path).map_err(|why| EvaluateError::Read {
        path: path.into(),
        why,
    })?;
    let toml = path.extension().is_some_and(|ending| ending == "toml");
    let parsed = if toml { of_toml(&text) } else { of_csv(&text) };
    parsed.map_err(|(line, why)| EvaluateError::List {
        path: path.into(),
        line,
        why,
    })
}

type Parsed = Result<BTreeMap<String, String>, (usize, String)>;

fn of_csv(text: &str) -> Parsed {
    let mut groups = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.eq_ignore_ascii_case("name,group") {
            continue;
        }
        let parts = line
            .split_once(',')
            .map(|(name, group)| (name.trim(), group.trim()));
        let Some((name, group)) = parts.filter(|(name, group)| !name.is_empty() && !group.is_empty()) else {
            return Err((number + 1, "expected NAME,GROUP".into()));
        };
        if groups.insert(name.to_owned(), group.to_owned()).is_some() {
            return Err((
                number + 1,
                "this name was given a group before; give each one".into(),
            ));
        }
    }
    Ok(groups)
}

fn of_toml(text: &str) -> Parsed {
    let line_of = |at: usize| text[..at.min(text.len())].lines().count().max(1);
    let document = text.parse::<toml_edit::DocumentMut>().map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (line_of(at), error.message().to_owned())
    })?;
    let mut groups = BTreeMap::new();
    for (name, item) in document.iter() {
        let Some(group) = item.as_str() else {
            return Err((1, "expected NAME = \"GROUP\" in each line, and no tables".into()));
        };
        groups.insert(name.to_owned(), group.to_owned());
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_lines_or_toml() {
        let expected = BTreeMap::from([("ann".to_owned(), "a".to_owned()), ("bob".into(), "b b".into())]);
        assert_eq!(of_csv("name,group\n# x\nann,a\n\nbob , b b\n").unwrap(), expected);
        assert_eq!(of_toml("ann = 'a'\nbob = \"b b\"\n").unwrap(), expected);
    }

    #[test]
    fn what_is_no_group_is_told_with_its_line() {
        for (text, line) in [("ann,a\nbob\n", 2), ("ann,\n", 1), ("ann,a\nann,b\n", 2)] {
            assert_eq!(of_csv(text).unwrap_err().0, line, "{text:?}");
        }
        assert_eq!(of_toml("ann = 'a'\nbob = = 'b'\n").unwrap_err().0, 2);
        assert!(of_toml("[ann]\nx = 1\n").is_err());
    }
}
