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
