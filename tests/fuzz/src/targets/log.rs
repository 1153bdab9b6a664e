//! Text from outside on its way into a log or onto a terminal (R14, CVE-2023-28486).

use facelogin_protocol::escape::for_log;

use super::split;

/// The longest escape: `\u{10ffff}`.
const LONGEST: usize = 10;

/// The header's first byte is the number of characters to keep; the body is the text.
pub fn check(input: &[u8]) {
    let (head, body) = split(input);
    let max = head.first().map_or(64, |byte| usize::from(*byte));
    let text = String::from_utf8_lossy(body);
    let shown = for_log(&text, max);
    for c in shown.chars() {
        assert!(!c.is_control() && !is_format(c), "{c:?} in {shown:?}");
    }
    let kept = text.chars().count() <= max;
    assert!(shown.chars().count() <= max * LONGEST + 1);
    assert!(kept || shown.ends_with('…'));
    // Two texts are never shown as one.
    let start: String = text.chars().take(max).collect();
    let end = if kept { "" } else { "…" };
    assert_eq!(undone(shown.strip_suffix(end).expect("a mark of the cut")), start);
}

/// Unicode's format characters (general category Cf) and line separators (Zl, Zp), but for those of scripts, which
/// are part of words.
fn is_format(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text that [`for_log`] made `shown` of.
fn undone(shown: &str) -> String {
    let mut text = String::new();
    let mut rest = shown;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            text.push(c);
            continue;
        }
        let (digits, after) = rest
            .strip_prefix("u{")
            .and_then(|rest| rest.split_once('}'))
            .expect("a backslash begins an escape");
        let code = u32::from_str_radix(digits, 16).expect("hexadecimal");
        text.push(char::from_u32(code).expect("a character"));
        rest = after;
    }
    text
}
