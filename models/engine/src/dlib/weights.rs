//! The numbers of dlib's face encoder, from the file that dlib writes.
//!
//! The file is a sequence of layers in the order in which they are run, each with its name, its numbers and its settings;
//! between two layers lie some dozens of bytes that only training needs. Numbers of a tensor are four bytes, the lowest first;
//! all else is in dlib's packed integers (`dlib/serialize.h`): a byte with the sign and how many bytes follow, the
//! lowest first. What is not exactly as expected is an error, and whoever reads falls back to dlib.

use super::network::{BLOCKS, Convolution, FIRST, INPUTS, OUTPUTS};

/// A convolution with what dlib does right after it: the factor and the summand for each channel.
pub(super) struct Layer {
    pub(super) shape: Convolution,
    /// By outputs, inputs, rows and columns.
    pub(super) filters: Vec<f32>,
    /// For each output.
    pub(super) bias: Vec<f32>,
}

/// The whole encoder.
pub(super) struct Weights {
    /// [`FIRST`] and then those of the [`BLOCKS`].
    pub(super) layers: Vec<Layer>,
    /// The matrix at the end, by [`OUTPUTS`], by [`INPUTS`].
    pub(super) last: Vec<f32>,
}

/// The most bytes between what was read and the next layer.
const BETWEEN: usize = 512;

impl Weights {
    /// `None`: it is not the network that is expected.
    pub(super) fn read(file: &[u8]) -> Option<Self> {
        let mut rest = Bytes(file);
        let mut layers = vec![layer(&mut rest, FIRST)?];
        for shape in BLOCKS.concat() {
            layers.push(layer(&mut rest, shape)?);
        }
        rest.skip_to("fc_2")?;
        let settings = [rest.integer()?, rest.integer()?];
        let by_inputs = rest.tensor(INPUTS * OUTPUTS)?;
        if settings != [OUTPUTS, INPUTS].map(|count| count as i64) {
            return None;
        }
        let last = (0..OUTPUTS * INPUTS)
            .map(|place| by_inputs[place % INPUTS * OUTPUTS + place / INPUTS])
            .collect();
        Some(Self { layers, last })
    }
}

fn layer(rest: &mut Bytes<'_>, shape: Convolution) -> Option<Layer> {
    let Convolution {
        inputs,
        outputs,
        side,
        stride,
        pad,
    } = shape;
    let of_each = inputs * side * side;
    rest.skip_to("con_4")?;
    let mut filters = rest.tensor((of_each + 1) * outputs)?;
    for expected in [outputs, side, side, stride, stride, pad, pad] {
        (rest.integer()? == expected as i64).then_some(())?;
    }
    let bias = filters.split_off(of_each * outputs);
    rest.skip_to("affine_")?;
    let mut factors = rest.tensor(2 * outputs)?;
    let summands = factors.split_off(outputs);
    for (of_one, factor) in filters.chunks_exact_mut(of_each).zip(&factors) {
        of_one.iter_mut().for_each(|weight| *weight *= factor);
    }
    let bias = bias.iter().zip(factors.iter().zip(&summands));
    Some(Layer {
        shape,
        filters,
        bias: bias
            .map(|(bias, (factor, summand))| bias * factor + summand)
            .collect(),
    })
}

/// What is left of the file.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// To behind the next layer of this name.
    fn skip_to(&mut self, name: &str) -> Option<()> {
        // Its length, of one byte, and itself.
        let length = u8::try_from(name.len()).ok()?;
        let label = [&[1, length], name.as_bytes()].concat();
        let near = &self.0[..self.0.len().min(BETWEEN)];
        let at = near.windows(label.len()).position(|window| window == label)?;
        self.take(at + label.len()).map(|_| ())
    }

    fn integer(&mut self) -> Option<i64> {
        let [head] = *self.take(1)? else { return None };
        let count = usize::from(head & 0x0f);
        // More would not fit.
        if !(1..=7).contains(&count) || head & 0x70 != 0 {
            return None;
        }
        let bytes = self.take(count)?;
        let value = bytes
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | i64::from(*byte));
        Some(if head & 0x80 == 0 { value } else { -value })
    }

    /// Of so many numbers, all finite, whatever its shape.
    fn tensor(&mut self, count: usize) -> Option<Vec<f32>> {
        let version = self.integer()?;
        let mut sides = 1_i64;
        for _ in 0..4 {
            sides = sides.checked_mul(self.integer()?)?;
        }
        if version != 2 || usize::try_from(sides) != Ok(count) {
            return None;
        }
        let (numbers, _) = self.take(4 * count)?.as_chunks();
        let numbers: Vec<f32> = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        numbers.iter().all(|number| number.is_finite()).then_some(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An integer as dlib packs it.
    fn packed(value: i64) -> Vec<u8> {
        let bytes = value.unsigned_abs().to_le_bytes();
        let count = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(1, |last| last + 1);
        let sign = if value < 0 { 0x80 } else { 0 };
        [&[sign | count as u8], &bytes[..count]].concat()
    }

    fn label(name: &str) -> Vec<u8> {
        [&packed(name.len() as i64), name.as_bytes()].concat()
    }

    /// Numbers that tell their place.
    fn tensor(count: usize) -> Vec<u8> {
        let sides = [2, count as i64, 1, 1, 1].map(packed).concat();
        let numbers = (0..count).flat_map(|place| (place as f32 / 1e3).to_le_bytes());
        sides.into_iter().chain(numbers).collect()
    }

    fn convolution(shape: Convolution) -> Vec<u8> {
        let Convolution {
            inputs,
            outputs,
            side,
            stride,
            pad,
        } = shape;
        let settings = [outputs, side, side, stride, stride, pad, pad].map(|value| packed(value as i64));
        [
            label("con_4"),
            tensor((inputs * side * side + 1) * outputs),
            settings.concat(),
            vec![0; 100],
            label("affine_"),
            tensor(2 * outputs),
        ]
        .concat()
    }

    const SMALL: Convolution = Convolution {
        inputs: 2,
        outputs: 3,
        side: 1,
        stride: 1,
        pad: 0,
    };

    #[test]
    fn integers_are_unpacked() {
        for value in [0, 1, -1, 255, 256, -4736, 65_535, i64::from(u32::MAX)] {
            let bytes = packed(value);
            assert_eq!(Bytes(&bytes).integer(), Some(value), "{value}");
            assert_eq!(Bytes(&bytes[..bytes.len() - 1]).integer(), None, "{value}");
        }
        for strange in [
            &[][..],
            &[0],
            &[9, 1, 1, 1, 1, 1, 1, 1, 1, 1],
            &[0x41, 1],
            &[8; 9],
        ] {
            assert_eq!(Bytes(strange).integer(), None, "{strange:?}");
        }
    }

    #[test]
    fn a_layer_takes_in_what_follows_it() {
        let layer = layer(&mut Bytes(&convolution(SMALL)), SMALL).unwrap();
        let close = |found: &[f32], expected: &[f32]| {
            let pairs = found.iter().zip(expected);
            found.len() == expected.len() && pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-9)
        };
        // Factors 0, 0.001, 0.002 and summands 0.003, 0.004, 0.005.
        assert!(close(&layer.filters, &[0.0, 0.0, 2e-6, 3e-6, 8e-6, 10e-6]));
        assert!(close(&layer.bias, &[0.003, 0.004 + 7e-6, 0.005 + 16e-6]));
    }

    #[test]
    fn another_layer_or_less_of_one_is_refused() {
        let bytes = convolution(SMALL);
        let read = |bytes: &[u8], shape| layer(&mut Bytes(bytes), shape).is_some();
        assert!(read(&bytes, SMALL));
        for length in 0..bytes.len() {
            assert!(!read(&bytes[..length], SMALL), "{length}");
        }
        for other in [
            Convolution { stride: 2, ..SMALL },
            Convolution { pad: 1, ..SMALL },
            Convolution { side: 3, ..SMALL },
            Convolution {
                inputs: 3,
                outputs: 2,
                ..SMALL
            },
        ] {
            assert!(!read(&bytes, other), "{other:?}");
        }
        let near = [vec![0; BETWEEN - 10], bytes.clone()].concat();
        let far = [vec![0; BETWEEN], bytes.clone()].concat();
        assert!(read(&near, SMALL) && !read(&far, SMALL));
        let mut no_number = bytes;
        let first = label("con_4").len() + [2, 9, 1, 1, 1].map(packed).concat().len();
        no_number[first..first + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        assert!(!read(&no_number, SMALL));
        assert!(Weights::read(b"").is_none() && Weights::read(&[1; 100_000]).is_none());
    }

    #[test]
    fn a_whole_file_is_read_and_one_whose_matrix_is_another_is_not() {
        let layers: Vec<u8> = [vec![FIRST], BLOCKS.concat()]
            .concat()
            .into_iter()
            .flat_map(convolution)
            .collect();
        let with = |settings: [usize; 2], version: i64| {
            let settings = settings.map(|value| packed(value as i64)).concat();
            let sides = [version, (INPUTS * OUTPUTS) as i64, 1, 1, 1].map(packed).concat();
            let numbers: Vec<u8> = (0..INPUTS * OUTPUTS)
                .flat_map(|place| (place as f32).to_le_bytes())
                .collect();
            Weights::read(&[layers.clone(), label("fc_2"), settings, sides, numbers].concat())
        };
        let read = with([OUTPUTS, INPUTS], 2).unwrap();
        assert_eq!(read.layers.len(), 29);
        // By outputs, where the file has it by inputs.
        assert_eq!(read.last[..2], [0.0, OUTPUTS as f32]);
        assert_eq!(read.last[INPUTS..INPUTS + 2], [1.0, 1.0 + OUTPUTS as f32]);
        assert!(with([INPUTS, OUTPUTS], 2).is_none());
        assert!(with([OUTPUTS, INPUTS], 1).is_none());
    }
}
