//! Whether a serial number tells one device from another: many makers give all of theirs the same.

/// The longest that fits a USB string descriptor, in characters.
const LONGEST: usize = 126;

/// Numbers that whole product lines share, as lists of USB devices show them: letters in lower case, nothing else but
/// letters and digits.
const SHARED: [&str; 4] = ["200901010001", "deadbeef", "abcdef", "0123456789abcdef"];

/// The number as the device gives it, unless it is none: nothing, one character beside zeros (`0001`, `01.00.00`,
/// `SN0001`, `0x0001`), the same character all over, digits that count up, or one of [`SHARED`].
pub fn telling(serial: &str) -> Option<String> {
    let plain: String = serial
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let number = ["sn", "0x"]
        .iter()
        .find_map(|prefix| plain.strip_prefix(prefix))
        .unwrap_or(&plain);
    let core = number.trim_matches('0');
    let first = core.chars().next()?;
    let counts = |from: u8| {
        core.bytes()
            .zip(from..=b'9')
            .filter(|(is, counted)| is == counted)
            .count()
            == core.len()
    };
    let shared =
        core.len() == 1 || core.chars().all(|c| c == first) || counts(b'1') || SHARED.contains(&number);
    let fits = serial.chars().count() <= LONGEST;
    (fits && !shared).then(|| serial.into())
}

#[cfg(test)]
mod tests {
    use super::telling;

    #[test]
    fn r24_a_serial_number_that_many_devices_share_is_none() {
        for shared in [
            "",
            " ",
            "0",
            "0000000000",
            "00-00",
            "1",
            "0001",
            "01.00.00",
            "SN0001",
            "0x0001",
            "1111",
            "ffffffff",
            "12345678",
            "0123456789",
            "1234567890",
            "0123456789ABCDEF",
            "200901010001",
            "DEADBEEF",
            "abcdef",
            "äöü",
        ] {
            assert_eq!(telling(shared), None, "{shared:?}");
        }
        for own in [
            "7A8B9C",
            "01.00.02.17",
            "SN4711",
            "2009",
            "A b=ü9",
            "21",
            &"x1".repeat(63),
        ] {
            assert_eq!(telling(own).as_deref(), Some(own));
        }
        assert_eq!(telling(&"x1".repeat(64)), None);
    }
}
