//! What an operator's attributes and constants say, as layers have it; `None` is what is not known here.

use super::graph::{Graph, Node};
use super::layers::{Activation, Window};

/// What is done to each number.
pub(super) fn activation(graph: &Graph, node: &Node) -> Option<Activation> {
    let limit = |number: usize, name: &str, absent: f32| match node.input(number) {
        "" => Some(node.float(name, absent)),
        _ if node.has(name) => None,
        given => match graph.floats(given)? {
            ([], [one]) => Some(*one),
            _ => None,
        },
    };
    match node.operator.as_str() {
        "Relu" => Some(Activation::Clip(0.0, f32::INFINITY)),
        "Clip" => {
            let low = limit(1, "min", f32::NEG_INFINITY)?;
            let high = limit(2, "max", f32::INFINITY)?;
            // Nor where one of them is no number.
            (low <= high).then_some(Activation::Clip(low, high))
        }
        "PRelu" => {
            let (shape, slopes) = graph.floats(node.input(1))?;
            by_channel(shape).then(|| Activation::Slope(slopes.to_vec()))
        }
        _ => None,
    }
}

/// Whether a shape is that of a number for each channel of a picture.
fn by_channel(shape: &[usize]) -> bool {
    matches!(shape, [1, _, 1, 1] | [_, 1, 1])
}

/// By what a BatchNormalization multiplies each channel, and what it adds.
pub(super) fn normalization(graph: &Graph, node: &Node) -> Option<(Vec<f32>, Vec<f32>)> {
    // In training it would be something else.
    if node.int("training_mode", 0) != 0 || (node.has("spatial") && node.int("spatial", 1) != 1) {
        return None;
    }
    let of = |number: usize| graph.list(node.input(number));
    let (scale, bias, mean, variance) = (of(1)?, of(2)?, of(3)?, of(4)?);
    if [bias.len(), mean.len(), variance.len()] != [scale.len(); 3] {
        return None;
    }
    let epsilon = f64::from(node.float("epsilon", 1e-5));
    let each = scale.iter().zip(bias).zip(mean.iter().zip(variance));
    let both = each.map(|((scale, bias), (mean, variance))| {
        let factor = f64::from(*scale) / (f64::from(*variance) + epsilon).sqrt();
        (
            factor as f32,
            (f64::from(*bias) - f64::from(*mean) * factor) as f32,
        )
    });
    let (factors, summands): (Vec<f32>, Vec<f32>) = both.unzip();
    factors
        .iter()
        .chain(&summands)
        .all(|number| number.is_finite())
        .then_some((factors, summands))
}

/// A sum, difference, product or quotient of a picture with one number, or with one for each channel. Whatever its shape, the
/// constant must leave the picture its own: of more sides than a picture has, it would not.
pub(super) fn scale(operator: &str, shape: &[usize], numbers: &[f32]) -> Option<(Vec<f32>, Vec<f32>)> {
    if shape.len() > 4 || (numbers.len() != 1 && !by_channel(shape)) {
        return None;
    }
    let all = |of: fn(f32) -> f32| numbers.iter().map(|number| of(*number)).collect::<Vec<_>>();
    let (factors, summands) = match operator {
        "Add" => (all(|_| 1.0), all(|number| number)),
        "Sub" => (all(|_| 1.0), all(|number| -number)),
        "Mul" => (all(|number| number), all(|_| 0.0)),
        "Div" => (all(|number| 1.0 / number), all(|_| 0.0)),
        _ => return None,
    };
    let finite = factors.iter().all(|factor| factor.is_finite());
    finite.then_some((factors, summands))
}

/// A window of these sides. Each pad is smaller than the window's side there, so that every window lies on the picture in part.
pub(super) fn window(node: &Node, sides: &[i64]) -> Option<Window> {
    let side = |value: i64| usize::try_from(value).ok().filter(|side| *side < 1 << 16);
    let plain = (!node.has("auto_pad") || node.word("auto_pad") == "NOTSET")
        && node.ints("dilations").is_none_or(|all| all == [1; 2]);
    let stride = match node.ints("strides") {
        None => [1; 2],
        Some(&[down, across]) => [side(down)?, side(across)?],
        Some(_) => return None,
    };
    let pads = match node.ints("pads") {
        None => [0; 4],
        Some(&[top, left, bottom, right]) => [side(top)?, side(left)?, side(bottom)?, side(right)?],
        Some(_) => return None,
    };
    let &[height, width] = sides else { return None };
    let window = Window {
        height: side(height)?,
        width: side(width)?,
        stride,
        pads,
    };
    (plain && window.is_sound() && !stride.contains(&0)).then_some(window)
}

/// A whole number of times.
pub(super) fn times(scale: f32) -> Option<usize> {
    ((1.0..=16.0).contains(&scale) && scale.fract() == 0.0).then_some(scale as usize)
}
