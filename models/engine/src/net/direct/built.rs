//! A network put together step by step, without a file in ONNX form.

use super::kernels::Avx2;
use super::layers::{Activation, Dense, Window};
use super::plan::{Operation, Plan, Step, turned};
use super::{Direct, Memory};

/// A convolution over all channels, with square windows.
#[derive(Debug)]
pub(crate) struct Filters<'a> {
    pub(crate) inputs: usize,
    /// By outputs, inputs, rows and columns.
    pub(crate) weights: &'a [f32],
    /// For each output.
    pub(crate) bias: &'a [f32],
    pub(crate) side: usize,
    pub(crate) stride: usize,
    /// Rows and columns of nothing on each side of the picture; fewer than the window's.
    pub(crate) pad: usize,
}

/// What a step makes, for those after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made(usize);

/// The steps so far.
#[derive(Debug)]
pub(crate) struct Builder {
    avx2: Avx2,
    steps: Vec<Step>,
}

impl Builder {
    /// `None`: this processor is none that networks are run on directly.
    pub(crate) fn new() -> Option<Self> {
        Some(Self {
            avx2: Avx2::here()?,
            steps: Vec::new(),
        })
    }

    /// What the network is given.
    pub(crate) fn input(&self) -> Made {
        Made(0)
    }

    /// Numbers below zero become zero where `rectified`. `None`: the numbers are not as many as they are to be.
    pub(crate) fn convolution(&mut self, from: Made, filters: &Filters<'_>, rectified: bool) -> Option<Made> {
        let Filters {
            inputs,
            weights,
            bias,
            side,
            stride,
            pad,
        } = *filters;
        let window = Window {
            height: side,
            width: side,
            stride: [stride; 2],
            pads: [pad; 4],
        };
        let of_each = side.checked_mul(side)?.checked_mul(inputs)?;
        let fits = stride > 0 && of_each > 0 && bias.len().checked_mul(of_each) == Some(weights.len());
        (fits && window.is_sound()).then_some(())?;
        let dense = Dense::new(
            of_each,
            &turned(weights, inputs, side * side),
            bias,
            activation(rectified),
        );
        Some(self.push(Operation::Windowed(dense, window, [inputs, bias.len()]), &[from]))
    }

    /// The largest of each window; `None`: it has no side or no stride.
    pub(crate) fn max_pool(&mut self, from: Made, side: usize, stride: usize) -> Option<Made> {
        let window = pool(side, stride)?;
        Some(self.push(Operation::MaxPool(window), &[from]))
    }

    /// The mean of each window; `None` as above.
    pub(crate) fn mean_pool(&mut self, from: Made, side: usize, stride: usize) -> Option<Made> {
        let window = pool(side, stride)?;
        Some(self.push(Operation::MeanPool(window), &[from]))
    }

    /// Their sum, with numbers below zero as zero; a picture that has fewer rows, columns or channels is continued by
    /// nothing.
    pub(crate) fn sum(&mut self, one: Made, other: Made) -> Made {
        let sum = self.push(Operation::AddWidened, &[one, other]);
        self.push(Operation::Activate(activation(true)), &[sum])
    }

    /// The mean of all pixels, times a matrix by outputs, by inputs; the end. `None`: the numbers are not as many as they are to be.
    pub(crate) fn finish(mut self, from: Made, name: &str, inputs: usize, matrix: &[f32]) -> Option<Direct> {
        let outputs = matrix.len().checked_div(inputs).filter(|outputs| *outputs > 0)?;
        (matrix.len() == inputs * outputs).then_some(())?;
        let mean = self.push(Operation::Mean, &[from]);
        let list = self.push(Operation::Reshape(vec![0, -1]), &[mean]);
        let dense = Dense::new(inputs, matrix, &vec![0.0; outputs], Activation::None);
        let Made(end) = self.push(Operation::Linear(dense, [inputs, outputs]), &[list]);
        Some(Direct {
            avx2: self.avx2,
            plan: Plan::of_steps(self.steps, vec![(name.to_owned(), end)]),
            memory: Memory::default(),
        })
    }

    fn push(&mut self, operation: Operation, inputs: &[Made]) -> Made {
        let output = self.steps.len() + 1;
        self.steps.push(Step {
            operation,
            inputs: inputs.iter().map(|made| made.0).collect(),
            output,
            spent: Vec::new(),
        });
        Made(output)
    }
}

fn activation(rectified: bool) -> Activation {
    match rectified {
        true => Activation::Clip(0.0, f32::INFINITY),
        false => Activation::None,
    }
}

fn pool(side: usize, stride: usize) -> Option<Window> {
    (side > 0 && stride > 0).then_some(Window {
        height: side,
        width: side,
        stride: [stride; 2],
        pads: [0; 4],
    })
}
