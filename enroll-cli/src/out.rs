//! Where answers and complaints go: standard output carries the answer and nothing else.

use std::io::{self, ErrorKind, Write};

use facelogin_protocol::escape::for_log;
use serde::Serialize;

use crate::error::CliError;
use crate::words::clean;

/// The two streams, and the form of the answer.
pub struct Out<'a> {
    answer: &'a mut dyn Write,
    complaint: &'a mut dyn Write,
    json: bool,
}

impl<'a> Out<'a> {
    /// `json`: the answer is one JSON document.
    pub fn new(answer: &'a mut dyn Write, complaint: &'a mut dyn Write, json: bool) -> Self {
        Self {
            answer,
            complaint,
            json,
        }
    }

    /// Prints the answer: `value` as JSON, or `text` for people. `text` has been cleaned by whoever composed it.
    pub fn answer(&mut self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), CliError> {
        let text = if self.json {
            let text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
            document(&text)
        } else {
            text()
        };
        Ok(self.write(&text)?)
    }

    /// A sentence on the standard error stream. That stream failing is no reason to stop.
    pub fn note(&mut self, text: &str) {
        let _ = writeln!(self.complaint, "{}", clean(text));
    }

    /// A question on the standard error stream; the cursor stays behind it.
    pub fn ask(&mut self, question: &str) {
        let _ = write!(self.complaint, "{} ", clean(question));
        let _ = self.complaint.flush();
    }

    /// A failure: a sentence on the standard error stream and, if JSON was asked for, an object on standard output.
    pub fn error(&mut self, kind: &str, message: &str) {
        self.note(&format!("facelogin-enroll: {message}"));
        if self.json {
            self.object(kind, message);
        }
    }

    /// A command line that makes no sense: clap's explanation as it is, several lines, and the object.
    pub fn usage(&mut self, explanation: &str) {
        let explanation = document(explanation.trim_end());
        let _ = writeln!(self.complaint, "{explanation}");
        if self.json {
            let first = explanation.lines().next().unwrap_or_default();
            let message = first.trim_start_matches("error: ");
            self.object("usage", message);
        }
    }

    fn object(&mut self, kind: &str, message: &str) {
        let object = serde_json::json!({ "error": { "kind": kind, "message": message } });
        // The exit code tells the rest.
        let _ = self.write(&document(&object.to_string()));
    }

    /// A reader that went away has seen what it wanted; the exit code still tells the outcome.
    fn write(&mut self, text: &str) -> io::Result<()> {
        let text = text.trim_end_matches('\n');
        let written = writeln!(self.answer, "{text}").and_then(|()| self.answer.flush());
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// A JSON document made fit for a terminal without changing what it says: whatever controls or hides is written as
/// JSON knows it in strings, a `\uXXXX` for each of its one or two units of UTF-16. Line ends stay.
pub fn document(text: &str) -> String {
    harmless(text, |c| {
        let units = c.encode_utf16(&mut [0; 2]).to_vec();
        units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
    })
}

/// The same of a TOML document, which has `\uXXXX` and, beyond the basic plane, `\UXXXXXXXX`.
pub fn toml(text: &str) -> String {
    harmless(text, |c| match u32::from(c) {
        code @ ..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    })
}

fn harmless(text: &str, escaped: impl Fn(char) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let harmless = matches!(c, '\n' | '\\') || (c.is_ascii() && !c.is_ascii_control());
        if harmless || !for_log(c.encode_utf8(&mut [0; 4]), 1).starts_with('\\') {
            out.push(c);
        } else {
            out.push_str(&escaped(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: bool, act: impl FnOnce(&mut Out<'_>)) -> (String, String) {
        let (mut answer, mut complaint) = (Vec::new(), Vec::new());
        act(&mut Out::new(&mut answer, &mut complaint, json));
        (
            String::from_utf8(answer).unwrap(),
            String::from_utf8(complaint).unwrap(),
        )
    }

    #[test]
    fn an_error_is_a_sentence_and_with_json_also_an_object() {
        let (answer, complaint) = written(false, |out| out.error("usage", "no"));
        assert_eq!(
            (answer.as_str(), complaint.as_str()),
            ("", "facelogin-enroll: no\n")
        );
        let (answer, complaint) = written(true, |out| out.error("usage", "no"));
        assert_eq!(complaint, "facelogin-enroll: no\n");
        let value: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(value["error"]["kind"], "usage");
    }

    #[test]
    fn r14_json_stays_the_same_document_and_moves_no_cursor() {
        let text = "a\u{202e}\u{9b}2J\\\n\u{1b}é\u{e0001}";
        let (answer, _) = written(true, |out| out.answer(&[text], String::new).unwrap());
        assert!(
            answer
                .chars()
                .all(|c| c == '\n' || c == 'é' || (' '..='~').contains(&c))
        );
        assert_eq!(serde_json::from_str::<[String; 1]>(&answer).unwrap(), [text]);
    }

    #[test]
    fn r14_what_is_beyond_the_basic_plane_is_written_as_each_language_has_it() {
        assert_eq!(document("\u{e0001}\u{202e}é"), "\\udb40\\udc01\\u202eé");
        assert_eq!(toml("\u{e0001}\u{202e}é"), "\\U000e0001\\u202eé");
    }

    struct Fails(ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure_and_a_full_disk_is() {
        for (kind, fine) in [(ErrorKind::BrokenPipe, true), (ErrorKind::StorageFull, false)] {
            let mut complaint = Vec::new();
            let mut fails = Fails(kind);
            let mut out = Out::new(&mut fails, &mut complaint, false);
            assert_eq!(out.answer(&1, || "x".into()).is_ok(), fine);
        }
    }
}
