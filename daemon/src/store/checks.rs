//! What the store takes as a name, a label, or a line of an attempt.

use super::StoreError;

/// The longest name, in bytes: above any limit of `useradd` (32) and of a directory's names.
const MAX_NAME: usize = 256;
/// The longest label, in characters: one that still fits a line of a terminal.
const MAX_LABEL: usize = 64;

/// A name that must be there: user, engine, model.
pub(super) fn name(field: &'static str, value: &str) -> Result<(), StoreError> {
    if value.is_empty() {
        return Err(StoreError::invalid(field, "must not be empty"));
    }
    text(field, value)
}

/// A text that may be empty, such as the camera of a template made from pictures.
pub(super) fn text(field: &'static str, value: &str) -> Result<(), StoreError> {
    if value.len() > MAX_NAME {
        return Err(StoreError::invalid(
            field,
            format!("must have at most {MAX_NAME} bytes"),
        ));
    }
    no_controls(field, value)
}

/// A template's label.
pub(super) fn label(value: &str) -> Result<(), StoreError> {
    if !(1..=MAX_LABEL).contains(&value.chars().count()) {
        return Err(StoreError::invalid(
            "the label",
            format!("must have 1 to {MAX_LABEL} characters"),
        ));
    }
    no_controls("the label", value)
}

/// A text of an attempt as it may be kept. Never refused: an attempt with a strange name is the last one to lose.
pub(super) fn cleaned(value: &str) -> String {
    let plain = value.chars().map(|c| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    });
    let mut kept = String::new();
    for c in plain {
        if kept.len() + c.len_utf8() > MAX_NAME {
            break;
        }
        kept.push(c);
    }
    kept
}

fn no_controls(field: &'static str, value: &str) -> Result<(), StoreError> {
    if value.chars().any(char::is_control) {
        return Err(StoreError::invalid(field, "must not hold control characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_have_bounds() {
        let long = |n| "x".repeat(n);
        for good in ["a", "ada", "DOMAIN\\ada.l", "../../etc/passwd", "ü", &long(256)] {
            assert!(name("the user", good).is_ok(), "{good:?}");
        }
        for bad in ["", "a\0b", "a\nb", "\u{1b}[31m", "\u{9b}", "\u{7f}", &long(257)] {
            assert!(name("the user", bad).is_err(), "{bad:?}");
        }
        assert!(text("the camera", "").is_ok());
        for good in ["g", "mit Brille, im Büro", &"ü".repeat(64)] {
            assert!(label(good).is_ok(), "{good:?}");
        }
        for bad in ["", "a\tb", &long(65)] {
            assert!(label(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_line_of_an_attempt_is_cleaned_and_cut_at_a_character() {
        assert_eq!(cleaned("ok ü"), "ok ü");
        assert_eq!(cleaned("a\nroot: granted\0"), "a\u{fffd}root: granted\u{fffd}");
        let cut = cleaned(&"ü".repeat(500));
        assert_eq!(cut.len(), 256);
    }
}
