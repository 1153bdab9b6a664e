//! The table of what was run: caller, trigger, case, what came of it. It is written beside the built files, in
//! `callers/`, a file each test, and to standard output.

use std::fmt::Write as _;
use std::fs;

use crate::bins;

/// One line.
#[derive(Clone, Debug)]
pub struct Row {
    /// `sudo (enter)`.
    pub caller: String,
    /// What the camera saw, and what the hand did.
    pub case: String,
    /// The module's codes, in their order.
    pub codes: String,
    /// Who got in, through what.
    pub outcome: String,
}

/// The lines of one test.
pub struct Table {
    name: &'static str,
    rows: Vec<Row>,
}

impl Table {
    /// An empty one.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            rows: Vec::new(),
        }
    }

    /// Adds a line.
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }
}

impl Drop for Table {
    #[allow(clippy::print_stdout)]
    fn drop(&mut self) {
        let mut text = String::new();
        for row in &self.rows {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                row.caller, row.case, row.codes, row.outcome
            );
        }
        print!("{text}");
        if let Some(folder) = bins::module().parent() {
            let folder = folder.join("callers");
            let _ = fs::create_dir_all(&folder);
            let _ = fs::write(folder.join(format!("{}.md", self.name)), text);
        }
    }
}
