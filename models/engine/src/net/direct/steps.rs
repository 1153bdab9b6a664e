//! What each step does with its values.

use super::kernels::Avx2;
use super::layers::{Activation, Dense, Window, stored};
use super::plan::Operation;
use super::values::{Memory, Picture, Value};

/// Runs one step, which takes from `memory` what its result lies in.
///
/// # Errors
/// The values do not fit the step or each other.
pub(super) fn run(
    avx2: Avx2,
    operation: &Operation,
    inputs: &[&Value],
    memory: &mut Memory,
) -> Result<Value, &'static str> {
    match (operation, inputs) {
        (Operation::Pointwise(layer, [from, to]), [Value::Picture(picture)]) if picture.channels == *from => {
            let mut made = Picture::sized([picture.height, picture.width], *to, memory);
            avx2.dense(
                layer,
                &picture.numbers,
                picture.stride,
                picture.pixels(),
                &mut made.numbers,
            );
            Ok(Value::Picture(made))
        }
        (Operation::Windowed(layer, window, [from, to]), [Value::Picture(picture)])
            if picture.channels == *from =>
        {
            windowed(avx2, layer, window, picture, *to, memory)
        }
        (Operation::Depthwise(layer, channels), [Value::Picture(picture)])
            if picture.channels == *channels && picture.stride == stored(*channels) =>
        {
            let (height, width) = layer.window.places(picture.height, picture.width).ok_or(SMALL)?;
            let mut made = Picture::sized([height, width], *channels, memory);
            avx2.depthwise(
                layer,
                &picture.numbers,
                picture.height,
                picture.width,
                &mut made.numbers,
            );
            Ok(Value::Picture(made))
        }
        (Operation::Linear(layer, [from, to]), [Value::List(shape, numbers)]) if *shape == [1, *from] => {
            let mut made = memory.take(stored(*to));
            avx2.dense(layer, numbers, *from, 1, &mut made);
            made.truncate(*to);
            Ok(Value::List(vec![1, *to], made))
        }
        (Operation::Activate(activation), [value]) => activated(activation, value.copy(memory)),
        (Operation::Sigmoid, [value]) => {
            let mut made = value.copy(memory);
            all(&mut made)
                .iter_mut()
                .for_each(|number| *number = 1.0 / (1.0 + (-*number).exp()));
            Ok(made)
        }
        (Operation::Scale(factors, summands), [value @ Value::Picture(_)]) => {
            scaled(factors, summands, value.copy(memory))
        }
        (Operation::Normalize(factors, summands), [value])
            if value.shape().get(1) == Some(&factors.len()) =>
        {
            scaled(factors, summands, value.copy(memory))
        }
        (Operation::Add, [one, other]) => {
            let mut made = one.copy(memory);
            if one.shape() != other.shape() {
                return Err(UNLIKE);
            }
            pairs(&mut made, other)?.for_each(|(one, other)| *one += other);
            Ok(made)
        }
        (Operation::Multiply, [Value::Picture(one), Value::Picture(other)])
            if other.pixels() == 1 && one.channels == other.channels && one.stride == other.stride =>
        {
            let mut made = inputs[0].copy(memory);
            for pixel in all(&mut made).chunks_exact_mut(one.stride) {
                pixel
                    .iter_mut()
                    .zip(&other.numbers)
                    .for_each(|(one, other)| *one *= other);
            }
            Ok(made)
        }
        (Operation::Multiply, [one, other]) if one.shape() == other.shape() => {
            let mut made = one.copy(memory);
            pairs(&mut made, other)?.for_each(|(one, other)| *one *= other);
            Ok(made)
        }
        (Operation::MaxPool(window), [Value::Picture(picture)]) => pooled(window, picture, memory),
        (Operation::Mean, [Value::Picture(picture)]) => Ok(mean(picture, memory)),
        (Operation::Enlarge(down, across), [Value::Picture(picture)]) => {
            Ok(enlarged(*down, *across, picture, memory))
        }
        (Operation::Rows, [Value::Picture(picture)]) => {
            let mut made = memory.take(picture.pixels() * picture.channels);
            let pixels = picture.numbers.chunks_exact(picture.stride);
            for (to, from) in made.chunks_exact_mut(picture.channels).zip(pixels) {
                to.copy_from_slice(&from[..picture.channels]);
            }
            let shape = vec![1, picture.height, picture.width, picture.channels];
            Ok(Value::List(shape, made))
        }
        (Operation::Reshape(shape), [value]) => {
            let (was, numbers) = (value.shape(), value.numbers(memory));
            let shape = resolved(shape, &was, numbers.len()).ok_or(UNLIKE)?;
            Ok(Value::List(shape, numbers))
        }
        _ => Err("a step was given what it is not for"),
    }
}

const SMALL: &str = "a picture is smaller than a window";
const UNLIKE: &str = "two values do not fit each other";

/// The pixels of each window one after the other, row by row of the result, as the layer's inputs.
fn windowed(
    avx2: Avx2,
    layer: &Dense,
    window: &Window,
    picture: &Picture,
    channels: usize,
    memory: &mut Memory,
) -> Result<Value, &'static str> {
    let (height, width) = window.places(picture.height, picture.width).ok_or(SMALL)?;
    let mut made = Picture::sized([height, width], channels, memory);
    let each = window.height * window.width * picture.channels;
    let mut parts = memory.take(width * each);
    for (y, line) in made
        .numbers
        .chunks_exact_mut((width * made.stride).max(1))
        .enumerate()
    {
        let (down, top) = window.rows(y, picture.height);
        for (x, part) in parts.chunks_exact_mut(each).enumerate() {
            let (across, left) = window.columns(x, picture.width);
            if down.len() * across.len() < window.height * window.width {
                part.fill(0.0);
            }
            for (row, from) in down.clone().zip(top..) {
                for (column, at) in across.clone().zip(from * picture.width + left..) {
                    let to = (row * window.width + column) * picture.channels;
                    let pixel = &picture.numbers[at * picture.stride..][..picture.channels];
                    part[to..to + picture.channels].copy_from_slice(pixel);
                }
            }
        }
        avx2.dense(layer, &parts, each, width, line);
    }
    memory.give(parts);
    Ok(Value::Picture(made))
}

/// All its numbers, those of no meaning too.
fn all(value: &mut Value) -> &mut [f32] {
    match value {
        Value::Picture(picture) => &mut picture.numbers,
        Value::List(_, numbers) => numbers,
    }
}

/// Each number of one with the other's in its place; both have the same shape.
fn pairs<'a>(
    one: &'a mut Value,
    other: &'a Value,
) -> Result<impl Iterator<Item = (&'a mut f32, &'a f32)>, &'static str> {
    let (one, other) = match (one, other) {
        (Value::Picture(one), Value::Picture(other)) if one.stride == other.stride => {
            (&mut one.numbers, &other.numbers)
        }
        (Value::List(_, one), Value::List(_, other)) => (one, other),
        _ => return Err(UNLIKE),
    };
    Ok(one.iter_mut().zip(other))
}

fn activated(activation: &Activation, mut value: Value) -> Result<Value, &'static str> {
    match (activation, &mut value) {
        (Activation::None, _) => {}
        (Activation::Clip(low, high), value) => {
            // `clamp` keeps what is no number; that the limits are in order is looked at where they are read.
            all(value)
                .iter_mut()
                .for_each(|number| *number = number.clamp(*low, *high));
        }
        (Activation::Slope(slopes), Value::Picture(picture)) if slopes.len() == picture.channels => {
            for pixel in picture.numbers.chunks_exact_mut(picture.stride) {
                for (number, slope) in pixel.iter_mut().zip(slopes) {
                    *number = if *number < 0.0 { *number * slope } else { *number };
                }
            }
        }
        _ => return Err(UNLIKE),
    }
    Ok(value)
}

fn scaled(factors: &[f32], summands: &[f32], mut value: Value) -> Result<Value, &'static str> {
    if let (&[factor], &[summand]) = (factors, summands) {
        all(&mut value)
            .iter_mut()
            .for_each(|number| *number = *number * factor + summand);
        return Ok(value);
    }
    let each = match &mut value {
        Value::Picture(picture) if picture.channels == factors.len() => {
            picture.numbers.chunks_exact_mut(picture.stride)
        }
        Value::List(shape, numbers) if *shape == [1, factors.len()] => {
            numbers.chunks_exact_mut(factors.len())
        }
        _ => return Err(UNLIKE),
    };
    for pixel in each {
        for ((number, factor), summand) in pixel.iter_mut().zip(factors).zip(summands) {
            *number = *number * factor + summand;
        }
    }
    Ok(value)
}

fn pooled(window: &Window, picture: &Picture, memory: &mut Memory) -> Result<Value, &'static str> {
    let (height, width) = window.places(picture.height, picture.width).ok_or(SMALL)?;
    let mut made = Picture::sized([height, width], picture.channels, memory);
    if made.stride != picture.stride {
        return Err(UNLIKE);
    }
    for (place, largest) in made.numbers.chunks_exact_mut(picture.stride).enumerate() {
        let (top, left) = (place / width * window.stride[0], place % width * window.stride[1]);
        largest.fill(f32::NEG_INFINITY);
        for row in top..top + window.height {
            let from = (row * picture.width + left) * picture.stride;
            let line = &picture.numbers[from..from + window.width * picture.stride];
            for pixel in line.chunks_exact(picture.stride) {
                for (largest, number) in largest.iter_mut().zip(pixel) {
                    // What is no number wins, so that it is noticed.
                    *largest = if *number > *largest || number.is_nan() {
                        *number
                    } else {
                        *largest
                    };
                }
            }
        }
    }
    Ok(Value::Picture(made))
}

fn mean(picture: &Picture, memory: &mut Memory) -> Value {
    let mut made = Picture::sized([1, 1], picture.channels, memory);
    made.numbers.fill(0.0);
    for pixel in picture.numbers.chunks_exact(picture.stride) {
        made.numbers
            .iter_mut()
            .zip(pixel)
            .for_each(|(sum, number)| *sum += number);
    }
    let count = picture.pixels().max(1) as f32;
    made.numbers.iter_mut().for_each(|sum| *sum /= count);
    Value::Picture(made)
}

fn enlarged(down: usize, across: usize, picture: &Picture, memory: &mut Memory) -> Value {
    let (height, width) = (picture.height * down, picture.width * across);
    let mut made = Picture {
        height,
        width,
        numbers: memory.take(height * width * picture.stride),
        ..*picture
    };
    for (place, pixel) in made.numbers.chunks_exact_mut(picture.stride).enumerate() {
        let (y, x) = (place / width / down, place % width / across);
        pixel.copy_from_slice(&picture.numbers[(y * picture.width + x) * picture.stride..][..picture.stride]);
    }
    Value::Picture(made)
}

/// A shape without 0 and -1; `None` if so many numbers do not fill it.
fn resolved(shape: &[i64], was: &[usize], count: usize) -> Option<Vec<usize>> {
    let mut sides = Vec::with_capacity(shape.len());
    for (place, side) in shape.iter().enumerate() {
        sides.push(match side {
            0 => Some(*was.get(place)?),
            -1 => None,
            side => Some(usize::try_from(*side).ok()?),
        });
    }
    let known = sides
        .iter()
        .flatten()
        .try_fold(1_usize, |all, side| all.checked_mul(*side))?;
    let open = sides.iter().filter(|side| side.is_none()).count();
    let rest = match open {
        0 => 1,
        1 if known > 0 => count / known,
        _ => return None,
    };
    let sides: Vec<usize> = sides.into_iter().map(|side| side.unwrap_or(rest)).collect();
    (known * rest == count).then_some(sides)
}
