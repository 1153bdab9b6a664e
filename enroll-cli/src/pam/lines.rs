//! Lines and words of a file in pam.d, as `_pam_assemble_line` and `_pam_StrTok` of Linux-PAM 1.5 make them.

use std::ops::Range;

/// A line with its continuations joined and its comment gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What libpam splits into words.
    pub text: String,
    /// The bytes of the file that it was made of, line ends included.
    pub bytes: Range<usize>,
    /// The number of its first line, from 1.
    pub number: usize,
}

/// Why libpam would refuse the whole file, or read it differently from one version to the next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("line {0}: it ends with a backslash, and nothing follows")]
    OpenEnd(usize),
    #[error("line {0}: longer than the 1,022 bytes that libpam reads")]
    TooLong(usize),
    #[error("it holds a NUL byte")]
    Nul,
}

/// `BUF_SIZE` of libpam 1.5, less the NUL and the last byte.
const LONGEST: usize = 1022;

/// The lines that say something.
pub fn lines(file: &[u8]) -> Result<Vec<Line>, Unreadable> {
    if file.contains(&0) {
        return Err(Unreadable::Nul);
    }
    let mut found = Vec::new();
    let mut open: Option<Line> = None;
    let mut start = 0;
    for (index, raw) in file.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let bytes = start..start + raw.len();
        start = bytes.end;
        let text = String::from_utf8_lossy(raw);
        let text = text.trim_start_matches(BLANKS);
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let mut line = open.take().unwrap_or(Line {
            text: String::new(),
            bytes: bytes.clone(),
            number: index + 1,
        });
        line.bytes.end = bytes.end;
        // A comment ends the line: no backslash in it, or before it, goes on.
        let (text, commented) = match text.split_once('#') {
            Some((before, _)) => (before, true),
            None => (text, false),
        };
        let trimmed = text.trim_end_matches(BLANKS);
        match trimmed.strip_suffix('\\') {
            Some(more) if !commented => {
                line.text.push_str(more);
                line.text.push(' ');
                open = Some(line);
            }
            _ => {
                line.text.push_str(text);
                if line.text.len() > LONGEST {
                    return Err(Unreadable::TooLong(line.number));
                }
                found.push(line);
            }
        }
    }
    match open {
        Some(line) => Err(Unreadable::OpenEnd(line.number)),
        None => Ok(found),
    }
}

const BLANKS: [char; 3] = [' ', '\t', '\n'];

/// The words of a line: separated by blanks; `[...]` is one word without its brackets, in which `\]` is `]`.
pub struct Words<'l>(&'l str);

impl<'l> Words<'l> {
    pub fn of(line: &'l str) -> Self {
        Self(line)
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let text = self.0.trim_start_matches(BLANKS);
        let Some(inside) = text.strip_prefix('[') else {
            let end = text.find(BLANKS).unwrap_or(text.len());
            let (word, rest) = text.split_at(end);
            // The blank that ends a word is gone with it.
            self.0 = rest.get(1..).unwrap_or_default();
            return (!word.is_empty()).then(|| word.to_owned());
        };
        let mut word = String::new();
        let mut chars = inside.char_indices().peekable();
        let mut end = inside.len();
        while let Some((at, c)) = chars.next() {
            match c {
                ']' => {
                    end = at + 1;
                    break;
                }
                '\\' if matches!(chars.peek(), Some((_, ']'))) => {
                    chars.next();
                    word.push(']');
                }
                other => word.push(other),
            }
        }
        self.0 = inside.get(end..).unwrap_or_default();
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(file: &str) -> Vec<String> {
        let found = lines(file.as_bytes()).unwrap();
        found.iter().map(|line| line.text.trim().to_owned()).collect()
    }

    fn words(line: &str) -> Vec<String> {
        Words::of(line).collect()
    }

    #[test]
    fn comments_blank_lines_and_continuations() {
        let file =
            "#%PAM-1.0\n\n  auth required a.so # why\nauth \\\n# between\n\n required \\  \n b.so\nlast";
        assert_eq!(
            texts(file),
            ["auth required a.so", "auth  required  b.so", "last"]
        );
        let found = lines(file.as_bytes()).unwrap();
        assert_eq!(
            (found[1].number, &file[found[1].bytes.clone()]),
            (4, "auth \\\n# between\n\n required \\  \n b.so\n")
        );
        // In a comment a backslash is a comment.
        assert_eq!(texts("auth required a.so # x \\\nauth optional b.so\n").len(), 2);
    }

    #[test]
    fn what_libpam_refuses_is_refused() {
        assert_eq!(lines(b"auth \\\n"), Err(Unreadable::OpenEnd(1)));
        assert_eq!(lines(b"auth \\\n# only a comment\n"), Err(Unreadable::OpenEnd(1)));
        assert_eq!(lines(b"a\0b"), Err(Unreadable::Nul));
        let long = format!("auth required x.so {}\n", "a".repeat(LONGEST));
        assert_eq!(lines(long.as_bytes()), Err(Unreadable::TooLong(1)));
    }

    #[test]
    fn brackets_hold_one_word() {
        assert_eq!(
            words("auth [success=1  default=ignore]\tx.so [a b\\]c] d[e]f"),
            ["auth", "success=1  default=ignore", "x.so", "a b]c", "d[e]f"]
        );
        assert_eq!(words("  [unclosed one"), ["unclosed one"]);
        assert_eq!(words("[]x y"), ["", "x", "y"]);
        assert_eq!(words(" \t\n"), Vec::<String>::new());
    }
}
