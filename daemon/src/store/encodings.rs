//! The bytes of a template's encodings: `count (u16) | length (u16) | count x length f32`, all little-endian.

use zeroize::Zeroizing;

use super::StoreError;

/// The most encodings in one template. An enrolment keeps one per pose and light, some ten; this bounds what a
/// login decrypts and compares.
pub const MAX_ENCODINGS: usize = 64;
/// The most numbers in one encoding. Engines give 128 (dlib) to 512.
pub const MAX_LENGTH: usize = 1024;

const HEADER: usize = 4;

/// A template's encodings in memory, wiped when dropped.
pub(super) type Encodings = Zeroizing<Vec<Vec<f32>>>;

/// Serialises encodings, refusing what [`decode`] would not give back.
pub(super) fn encode(encodings: &[Vec<f32>]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let refused = |problem: String| StoreError::invalid("a template", problem);
    let (count, length) = (encodings.len(), encodings.first().map_or(0, Vec::len));
    if !(1..=MAX_ENCODINGS).contains(&count) {
        return Err(refused(format!(
            "has 1 to {MAX_ENCODINGS} encodings, not {count}"
        )));
    }
    if !(1..=MAX_LENGTH).contains(&length) {
        return Err(refused(format!(
            "has encodings of 1 to {MAX_LENGTH} numbers, not {length}"
        )));
    }
    if encodings.iter().any(|e| e.len() != length) {
        return Err(refused("has encodings that are all of one length".into()));
    }
    if encodings.iter().flatten().any(|x| !x.is_finite()) {
        return Err(refused("has encodings of finite numbers".into()));
    }
    // Exactly as long as needed: a Vec that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(HEADER + 4 * count * length));
    // Both bounds are far below u16::MAX.
    bytes.extend_from_slice(&(count as u16).to_le_bytes());
    bytes.extend_from_slice(&(length as u16).to_le_bytes());
    for x in encodings.iter().flatten() {
        bytes.extend_from_slice(&x.to_le_bytes());
    }
    Ok(bytes)
}

/// Reads what [`encode`] wrote; `None` for anything else.
pub(super) fn decode(bytes: &[u8]) -> Option<Encodings> {
    let (&[c0, c1, l0, l1], body) = bytes.split_first_chunk::<HEADER>()?;
    let count = usize::from(u16::from_le_bytes([c0, c1]));
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    let bounded = (1..=MAX_ENCODINGS).contains(&count) && (1..=MAX_LENGTH).contains(&length);
    if !bounded || body.len() != 4 * count * length {
        return None;
    }
    let mut encodings = Zeroizing::new(Vec::with_capacity(count));
    for one in body.chunks_exact(4 * length) {
        let mut encoding = Vec::with_capacity(length);
        // chunks_exact(4) gives slices of exactly four.
        encoding.extend(
            one.chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
        );
        encodings.push(encoding);
    }
    encodings
        .iter()
        .flatten()
        .all(|x| x.is_finite())
        .then_some(encodings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_survive_the_round_trip_bit_for_bit() {
        let most = vec![vec![0.5; MAX_LENGTH]; MAX_ENCODINGS];
        for encodings in [
            vec![vec![-0.0]],
            vec![vec![f32::MIN, f32::MAX, 1e-42], vec![1.0, 2.0, 3.0]],
            most,
        ] {
            let decoded = decode(&encode(&encodings).unwrap()).unwrap();
            let bits = |e: &[Vec<f32>]| e.iter().flatten().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&decoded), bits(&encodings));
            assert_eq!(decoded.len(), encodings.len());
        }
    }

    #[test]
    fn encodings_out_of_bounds_are_refused() {
        let bad = [
            vec![],
            vec![vec![]],
            vec![vec![0.0]; MAX_ENCODINGS + 1],
            vec![vec![0.0; MAX_LENGTH + 1]],
            vec![vec![0.0, 1.0], vec![0.0]],
            vec![vec![0.0], vec![f32::NAN]],
            vec![vec![f32::INFINITY]],
        ];
        for bad in bad {
            assert!(
                matches!(encode(&bad), Err(StoreError::Invalid { .. })),
                "{} encodings",
                bad.len()
            );
        }
    }

    #[test]
    fn bytes_that_are_no_encodings_are_refused() {
        let good = encode(&[vec![1.0, 2.0]]).unwrap();
        for cut in 0..good.len() {
            assert!(decode(&good[..cut]).is_none(), "{cut}");
        }
        assert!(decode(&[&good[..], &[0]].concat()).is_none());
        assert!(decode(&[0, 0, 0, 0]).is_none());
        assert!(decode(&[255; 4]).is_none());
        let nan = [&[1, 0, 1, 0][..], &f32::NAN.to_le_bytes()].concat();
        assert!(decode(&nan).is_none());
    }
}
