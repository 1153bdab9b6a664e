//! Layers as the kernels take them, and the windows that they slide over a picture.
//!
//! Channels of a picture are stored in a multiple of [`LANES`]; what is beyond a layer's channels is of no meaning. It may be
//! computed with, whatever it is, but only what is beyond the next layer's channels comes of it.

use std::ops::Range;

/// Numbers in a vector.
pub(super) const LANES: usize = 8;

/// So many channels, stored.
pub(super) fn stored(channels: usize) -> usize {
    channels.div_ceil(LANES) * LANES
}

/// What is done to each number of a result before it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Activation {
    /// Nothing.
    None,
    /// Not below the first, not above the second, which is no less; what is no number stays none.
    Clip(f32, f32),
    /// Numbers below zero are multiplied by their channel's; in a layer as many as [`stored`] channels.
    Slope(Vec<f32>),
}

/// Each output a sum over all inputs of one pixel.
#[derive(Debug)]
pub(super) struct Dense {
    pub(super) inputs: usize,
    /// [`stored`].
    pub(super) outputs: usize,
    /// By sixteen outputs (the last may be eight), by inputs.
    pub(super) weights: Vec<f32>,
    /// As many as outputs.
    pub(super) bias: Vec<f32>,
    pub(super) activation: Activation,
}

impl Dense {
    /// Of weights output by output; as many as `inputs * outputs`, of each output a number in `bias`.
    pub(super) fn new(inputs: usize, weights: &[f32], bias: &[f32], activation: Activation) -> Self {
        let outputs = stored(bias.len());
        let mut packed = Vec::with_capacity(inputs * outputs);
        let mut first = 0;
        while first < outputs {
            let wide = (outputs - first).min(2 * LANES);
            for input in 0..inputs {
                let of = |output: usize| weights.get(output * inputs + input).copied().unwrap_or(0.0);
                packed.extend((first..first + wide).map(of));
            }
            first += wide;
        }
        Self {
            inputs,
            outputs,
            weights: packed,
            bias: widened(bias, outputs),
            activation: activation.widened(outputs),
        }
    }
}

/// Each output a sum over a window of one channel.
#[derive(Debug)]
pub(super) struct Depthwise {
    /// [`stored`].
    pub(super) channels: usize,
    pub(super) window: Window,
    /// By places of the window, by channels.
    pub(super) weights: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) activation: Activation,
}

impl Depthwise {
    /// Of weights channel by channel, row by row.
    pub(super) fn new(window: Window, weights: &[f32], bias: &[f32], activation: Activation) -> Self {
        let channels = stored(bias.len());
        let places = window.height * window.width;
        let mut turned = Vec::with_capacity(places * channels);
        for place in 0..places {
            let of = |channel: usize| weights.get(channel * places + place).copied().unwrap_or(0.0);
            turned.extend((0..channels).map(of));
        }
        Self {
            channels,
            window,
            weights: turned,
            bias: widened(bias, channels),
            activation: activation.widened(channels),
        }
    }
}

fn widened(values: &[f32], to: usize) -> Vec<f32> {
    let mut wide = values.to_vec();
    wide.resize(to, 0.0);
    wide
}

impl Activation {
    fn widened(self, to: usize) -> Self {
        match self {
            Self::Slope(slopes) => Self::Slope(widened(&slopes, to)),
            other => other,
        }
    }
}

/// What part of a picture each pixel of a result is made of, and where those parts lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) height: usize,
    pub(super) width: usize,
    /// From one to the next, down and across; at least 1.
    pub(super) stride: [usize; 2],
    /// Rows and columns of nothing: above, left, below, right.
    pub(super) pads: [usize; 4],
}

impl Window {
    /// Height and width of a result; `None` where the window does not fit once.
    pub(super) fn places(&self, height: usize, width: usize) -> Option<(usize, usize)> {
        let [top, left, bottom, right] = self.pads;
        let down = (height + top + bottom).checked_sub(self.height)?;
        let across = (width + left + right).checked_sub(self.width)?;
        Some((down / self.stride[0] + 1, across / self.stride[1] + 1))
    }

    /// Whether it has pixels and each pad is smaller than its side there: then every window lies on the picture, if that has
    /// pixels, with a row and a column at least.
    pub(super) fn is_sound(&self) -> bool {
        let [top, left, bottom, right] = self.pads;
        self.height > top.max(bottom) && self.width > left.max(right)
    }

    /// Which of the window's rows lie on a picture of this height for a result's row, and the picture's row of the first.
    pub(super) fn rows(&self, at: usize, height: usize) -> (Range<usize>, usize) {
        inside(at * self.stride[0], self.pads[0], self.height, height)
    }

    /// The same for columns.
    pub(super) fn columns(&self, at: usize, width: usize) -> (Range<usize>, usize) {
        inside(at * self.stride[1], self.pads[1], self.width, width)
    }
}

fn inside(start: usize, pad: usize, long: usize, size: usize) -> (Range<usize>, usize) {
    let first = pad.saturating_sub(start).min(long);
    let last = (size + pad).saturating_sub(start).min(long);
    (first..last.max(first), (start + first).saturating_sub(pad))
}

impl Activation {
    /// Whether it is for so many channels.
    pub(super) fn fits(&self, channels: usize) -> bool {
        match self {
            Self::Slope(slopes) => slopes.len() == channels,
            _ => true,
        }
    }
}
