//! Aligned columns for people: no lines, no colours, nothing that depends on the terminal.

use comfy_table::Table;
use comfy_table::presets::NOTHING;

use crate::words::clean;

/// `rows` below `header`, two spaces between columns. Every cell is cleaned here.
pub fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = plain();
    table.set_header(header);
    render(table, rows)
}

/// Names and what they stand for, a line each.
pub fn pairs(rows: impl IntoIterator<Item = (&'static str, String)>) -> String {
    render(
        plain(),
        rows.into_iter().map(|(name, value)| [name.into(), value]),
    )
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table
}

fn render<const N: usize>(mut table: Table, rows: impl IntoIterator<Item = [String; N]>) -> String {
    for row in rows {
        table.add_row(row.map(|cell| clean(&cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_width_and_lines_not_padded() {
        let rows = [["1".into(), "Zoë".into()], ["22".into(), "a\nb".into()]];
        assert_eq!(table(["ID", "NAME"], rows), "ID  NAME\n1   Zoë\n22  a\\u{a}b");
        assert_eq!(pairs([("a", "1".into()), ("bc", String::new())]), "a   1\nbc");
    }
}
