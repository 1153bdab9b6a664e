//! 128 numbers that stand for a face: secret, finite, comparable.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::EncodingError;

/// How many numbers an encoding has: the width of dlib's network's last layer.
pub const ENCODING_LEN: usize = 128;

/// A face as a point in 128 dimensions: the nearer two of them, the likelier the same person.
///
/// All numbers are finite. They are biometric data: `Debug` does not show them, and the memory is overwritten on drop
/// (it is boxed, so that moving an encoding leaves no copy behind).
#[derive(Clone, PartialEq)]
pub struct Encoding(Box<[f32; ENCODING_LEN]>);

impl Encoding {
    /// Takes exactly [`ENCODING_LEN`] finite numbers.
    pub fn try_from_slice(values: &[f32]) -> Result<Self, EncodingError> {
        Self::fill(values.len(), values.iter().copied())
    }

    /// As [`try_from_slice`](Self::try_from_slice), from the wider numbers that dlib's interface gives.
    pub fn try_from_f64(values: &[f64]) -> Result<Self, EncodingError> {
        Self::fill(values.len(), values.iter().map(|&v| v as f32))
    }

    /// The numbers.
    pub fn as_slice(&self) -> &[f32] {
        &self.0[..]
    }

    /// Euclidean distance. Never NaN.
    pub fn distance(&self, other: &Self) -> f32 {
        let squares = self
            .0
            .iter()
            .zip(other.0.iter())
            .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2));
        squares.sum::<f64>().sqrt() as f32
    }

    /// The mean of several encodings, element by element; `None` of none. A mean of several pictures is a better
    /// template, and a better probe, than any of them.
    pub fn mean(encodings: &[&Encoding]) -> Option<Encoding> {
        if encodings.is_empty() {
            return None;
        }
        let mut mean = Self::zero();
        for (i, value) in mean.0.iter_mut().enumerate() {
            // A mean of finite f32 numbers, summed as f64, lies between them: finite.
            *value =
                (encodings.iter().map(|e| f64::from(e.0[i])).sum::<f64>() / encodings.len() as f64) as f32;
        }
        Some(mean)
    }

    fn zero() -> Self {
        Self(Box::new([0.0; ENCODING_LEN]))
    }

    fn fill(found: usize, values: impl Iterator<Item = f32>) -> Result<Self, EncodingError> {
        if found != ENCODING_LEN {
            return Err(EncodingError::Length { found });
        }
        let mut encoding = Self::zero();
        for (index, (to, value)) in encoding.0.iter_mut().zip(values).enumerate() {
            if !value.is_finite() {
                return Err(EncodingError::NotFinite { index });
            }
            *to = value;
        }
        Ok(encoding)
    }
}

impl Zeroize for Encoding {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for Encoding {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for Encoding {}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoding({ENCODING_LEN} values)")
    }
}

/// An array of 128 numbers.
impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}

/// Refuses any other length, and numbers that are not finite.
impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Numbers)
    }
}

struct Numbers;

impl<'de> Visitor<'de> for Numbers {
    type Value = Encoding;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of {ENCODING_LEN} finite numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Encoding, A::Error> {
        let mut encoding = Encoding::zero();
        for index in 0..ENCODING_LEN {
            let value: f32 = seq
                .next_element()?
                .ok_or_else(|| A::Error::invalid_length(index, &self))?;
            if !value.is_finite() {
                return Err(A::Error::custom(EncodingError::NotFinite { index }));
            }
            encoding.0[index] = value;
        }
        match seq.next_element::<serde::de::IgnoredAny>()? {
            None => Ok(encoding),
            Some(_) => Err(A::Error::invalid_length(ENCODING_LEN + 1, &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(value: f32) -> Encoding {
        Encoding::try_from_slice(&[value; ENCODING_LEN]).unwrap()
    }

    #[test]
    fn only_128_finite_numbers_are_an_encoding() {
        for length in [0, 1, 127, 129, 256] {
            let error = Encoding::try_from_slice(&vec![0.0; length]).unwrap_err();
            assert_eq!(error, EncodingError::Length { found: length });
        }
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut values = [0.5; ENCODING_LEN];
            values[127] = bad;
            assert_eq!(
                Encoding::try_from_slice(&values),
                Err(EncodingError::NotFinite { index: 127 })
            );
        }
        assert_eq!(
            Encoding::try_from_f64(&[1e300; 128]),
            Err(EncodingError::NotFinite { index: 0 })
        );
    }

    #[test]
    fn distance_is_euclidean_and_never_nan() {
        assert_eq!(all(0.5).distance(&all(0.5)), 0.0);
        assert!((all(0.0).distance(&all(1.0)) - 128_f32.sqrt()).abs() < 1e-5);
        assert_eq!(all(0.1).distance(&all(0.3)), all(0.3).distance(&all(0.1)));
        assert!(all(f32::MAX).distance(&all(f32::MIN)) > 1.0);
    }

    #[test]
    fn mean_is_taken_element_by_element() {
        assert_eq!(Encoding::mean(&[]), None);
        assert_eq!(Encoding::mean(&[&all(0.25)]), Some(all(0.25)));
        assert_eq!(Encoding::mean(&[&all(1.0), &all(2.0), &all(6.0)]), Some(all(3.0)));
        assert_eq!(
            Encoding::mean(&[&all(f32::MAX), &all(f32::MAX)]),
            Some(all(f32::MAX))
        );
    }

    #[test]
    fn debug_output_holds_no_values() {
        assert_eq!(format!("{:?}", all(0.123)), "Encoding(128 values)");
    }

    #[test]
    fn json_is_an_array_of_128_finite_numbers_and_nothing_else() {
        let encoding =
            Encoding::try_from_slice(&std::array::from_fn::<f32, 128, _>(|i| i as f32 / 7.0)).unwrap();
        let json = serde_json::to_string(&encoding).unwrap();
        assert_eq!(serde_json::from_str::<Encoding>(&json).unwrap(), encoding);
        let of = |number: &str, count: usize| format!("[{}]", vec![number; count].join(","));
        for bad in [
            of("0", 127),
            of("0", 129),
            of("1e39", 128),
            of("null", 128),
            of("\"0\"", 128),
            "{}".into(),
        ] {
            assert!(serde_json::from_str::<Encoding>(&bad).is_err(), "{bad:.20}");
        }
        assert!(serde_json::from_str::<Encoding>(&of("0", 128)).is_ok());
    }

    #[test]
    fn zeroising_overwrites_every_value() {
        let mut encoding = all(1.0);
        encoding.zeroize();
        assert!(encoding.as_slice().iter().all(|&v| v == 0.0));
    }
}
