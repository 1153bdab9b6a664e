//! Text from outside made fit for a log line: nothing in it can start a new line or move a terminal's cursor.

use std::fmt::Write;

/// `text` with every control character, and every character that reorders or hides text, written as an escape, and
/// cut after `max` characters (R14, CVE-2023-28486).
pub fn for_log(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    for (count, c) in text.chars().enumerate() {
        if count == max {
            out.push('…');
            break;
        }
        let hides = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{e0000}'..='\u{e007f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
        if c.is_control() || hides || c == '\\' {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r14_no_control_character_survives() {
        for (text, expected) in [
            ("alice", "alice"),
            ("a\nb", "a\\u{a}b"),
            ("\x1b[2J", "\\u{1b}[2J"),
            ("\u{202e}x", "\\u{202e}x"),
            ("\u{206e}x", "\\u{206e}x"),
            ("\u{fff9}x", "\\u{fff9}x"),
            ("back\\slash", "back\\u{5c}slash"),
            ("é", "é"),
        ] {
            assert_eq!(for_log(text, 64), expected);
        }
        assert_eq!(for_log("abcdef", 3), "abc…");
    }
}
