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
        (Operation::MeanPool(window), [Value::Picture(picture)]) => mean_pooled(window, picture, memory),
        (Operation::AddWidened, [Value::Picture(one), Value::Picture(other)]) => {
            Ok(sum_widened(one, other, memory))
        }
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

/// Numbers of windows that are copied together at most: they are to stay in the second nearest cache.
const GATHERED: usize = 1 << 15;

/// The pixels of each window one after the other, as the layer's inputs: some rows of the result at a time, so that the
/// weights are gone through less often.
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
    let rows = (GATHERED / (width * each).max(1)).clamp(1, height);
    let mut parts = memory.take(rows * width * each);
    let line = (width * made.stride).max(1);
    for (number, lines) in made.numbers.chunks_mut(rows * line).enumerate() {
        let count = lines.len() / line;
        for (part, place) in parts.chunks_exact_mut(each).zip(0..count * width) {
            gather(
                window,
                picture,
                [number * rows + place / width, place % width],
                part,
            );
        }
        avx2.dense(layer, &parts, each, count * width, lines);
    }
    memory.give(parts);
    Ok(Value::Picture(made))
}

/// The pixels of one window, row by row; nothing where it lies beside the picture.
fn gather(window: &Window, picture: &Picture, [y, x]: [usize; 2], part: &mut [f32]) {
    let (down, top) = window.rows(y, picture.height);
    let (across, left) = window.columns(x, picture.width);
    if down.len() * across.len() < window.height * window.width {
        part.fill(0.0);
    }
    let channels = picture.channels;
    let lines = part.chunks_exact_mut(window.width * channels);
    for (line, row) in lines.skip(down.start).zip(top..top + down.len()) {
        let from = &picture.numbers[(row * picture.width + left) * picture.stride..];
        let line = &mut line[across.start * channels..across.end * channels];
        if picture.stride == channels {
            line.copy_from_slice(&from[..line.len()]);
            continue;
        }
        for (to, pixel) in line.chunks_exact_mut(channels).zip(from.chunks(picture.stride)) {
            to.copy_from_slice(&pixel[..channels]);
        }
    }
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

fn mean_pooled(window: &Window, picture: &Picture, memory: &mut Memory) -> Result<Value, &'static str> {
    let (height, width) = window.places(picture.height, picture.width).ok_or(SMALL)?;
    let mut made = Picture::sized([height, width], picture.channels, memory);
    if made.stride != picture.stride {
        return Err(UNLIKE);
    }
    let count = (window.height * window.width) as f32;
    for (place, mean) in made.numbers.chunks_exact_mut(picture.stride).enumerate() {
        let (top, left) = (place / width * window.stride[0], place % width * window.stride[1]);
        mean.fill(0.0);
        for row in top..top + window.height {
            let from = (row * picture.width + left) * picture.stride;
            let line = &picture.numbers[from..from + window.width * picture.stride];
            for pixel in line.chunks_exact(picture.stride) {
                mean.iter_mut()
                    .zip(pixel)
                    .for_each(|(sum, number)| *sum += number);
            }
        }
        mean.iter_mut().for_each(|sum| *sum /= count);
    }
    Ok(Value::Picture(made))
}

fn sum_widened(one: &Picture, other: &Picture, memory: &mut Memory) -> Value {
    let size = [one.height.max(other.height), one.width.max(other.width)];
    let mut made = Picture::sized(size, one.channels.max(other.channels), memory);
    made.numbers.fill(0.0);
    for picture in [one, other] {
        for (place, pixel) in picture.numbers.chunks_exact(picture.stride).enumerate() {
            let at = place / picture.width * made.width + place % picture.width;
            let sums = &mut made.numbers[at * made.stride..][..picture.channels];
            // What is beyond the channels is of no meaning.
            sums.iter_mut()
                .zip(pixel)
                .for_each(|(sum, number)| *sum += number);
        }
    }
    Value::Picture(made)
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
