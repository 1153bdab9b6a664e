//! From a network's operators to the steps that are run: what belongs together becomes one, and names become places.

use std::collections::HashMap;

use super::graph::{Graph, Node};
use super::layers::{Activation, Dense, Depthwise, Window};
use super::parameters::{activation, normalization, scale, times, window};

/// What one step does.
#[derive(Debug)]
pub(super) enum Operation {
    /// A convolution of single pixels; how many channels go in and come out.
    Pointwise(Dense, [usize; 2]),
    /// A convolution of windows over all channels.
    Windowed(Dense, Window, [usize; 2]),
    /// A convolution of windows of each of so many channels by itself.
    Depthwise(Depthwise, usize),
    /// A matrix; how many numbers go in and come out.
    Linear(Dense, [usize; 2]),
    Activate(Activation),
    Sigmoid,
    /// Of a picture, each channel times a number, plus another; of either one for all channels, or one for each.
    Scale(Vec<f32>, Vec<f32>),
    /// The same of a picture or of a list, of either one for each channel.
    Normalize(Vec<f32>, Vec<f32>),
    Add,
    /// Of two pictures; where one has no more rows, columns or channels the other goes on alone.
    AddWidened,
    /// The second may be one pixel, for all.
    Multiply,
    MaxPool(Window),
    /// Of windows that lie on the picture.
    MeanPool(Window),
    /// Of all pixels of each channel.
    Mean,
    /// Each pixel so many times down and across.
    Enlarge(usize, usize),
    /// From a picture to its numbers, pixel by pixel.
    Rows,
    /// From whatever to a list, channel by channel, of a shape: 0 is the side that was there, -1 what is left.
    Reshape(Vec<i64>),
}

/// One step: what it does, of which values it makes which, and which of them nobody needs after it.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) operation: Operation,
    pub(super) inputs: Vec<usize>,
    pub(super) output: usize,
    pub(super) spent: Vec<usize>,
}

/// The steps, one after the other; value 0 is the input.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) values: usize,
    /// Names and values.
    pub(super) outputs: Vec<(String, usize)>,
}

impl Plan {
    /// `None`: something in it is not known here.
    pub(super) fn of(graph: &Graph) -> Option<Self> {
        let mut planner = Planner {
            graph,
            places: HashMap::from([(graph.input.as_str(), 0)]),
            values: 1,
            done: vec![false; graph.nodes.len()],
            steps: Vec::new(),
        };
        for (number, node) in graph.nodes.iter().enumerate() {
            if !planner.done[number] {
                planner.take(node)?;
            }
        }
        let place = |name: &String| Some((name.clone(), *planner.places.get(name.as_str())?));
        let outputs: Vec<_> = graph.outputs.iter().map(place).collect::<Option<_>>()?;
        Some(Self::of_steps(planner.steps, outputs))
    }

    /// Each step's output is the number of those up to it.
    pub(super) fn of_steps(steps: Vec<Step>, outputs: Vec<(String, usize)>) -> Self {
        let mut plan = Self {
            values: steps.len() + 1,
            steps,
            outputs,
        };
        plan.mark_spent();
        plan
    }

    fn mark_spent(&mut self) {
        let mut needed: Vec<bool> = vec![false; self.values];
        for (_, value) in &self.outputs {
            needed[*value] = true;
        }
        for step in self.steps.iter_mut().rev() {
            for input in &step.inputs {
                if !needed[*input] {
                    needed[*input] = true;
                    step.spent.push(*input);
                }
            }
        }
    }
}

struct Planner<'a> {
    graph: &'a Graph,
    places: HashMap<&'a str, usize>,
    values: usize,
    /// Operators that an earlier one has taken in.
    done: Vec<bool>,
    steps: Vec<Step>,
}

impl<'a> Planner<'a> {
    fn take(&mut self, node: &'a Node) -> Option<()> {
        let only = [node.input(0)];
        let both = [node.input(0), node.input(1)];
        match node.operator.as_str() {
            "Conv" => self.convolution(node),
            "Gemm" => self.matrix(node),
            // Nothing is dropped when a network is run.
            "Identity" | "Dropout" => {
                let place = *self.places.get(node.input(0))?;
                self.places.insert(&node.output, place);
                Some(())
            }
            "Relu" | "Clip" | "PRelu" => {
                let activation = activation(self.graph, node)?;
                self.push(Operation::Activate(activation), &only, &node.output)
            }
            "BatchNormalization" => {
                let (factors, summands) = normalization(self.graph, node)?;
                self.push(Operation::Normalize(factors, summands), &only, &node.output)
            }
            "Add" | "Sub" | "Mul" | "Div" => match self.graph.floats(node.input(1)) {
                Some((shape, numbers)) => {
                    let (factors, summands) = scale(&node.operator, shape, numbers)?;
                    self.push(Operation::Scale(factors, summands), &only, &node.output)
                }
                None if node.operator == "Add" => self.push(Operation::Add, &both, &node.output),
                None if node.operator == "Mul" => self.push(Operation::Multiply, &both, &node.output),
                None => None,
            },
            "Sigmoid" => self.push(Operation::Sigmoid, &only, &node.output),
            "MaxPool" => {
                let window = window(node, node.ints("kernel_shape")?)?;
                // What is beyond the edge would have to be below everything.
                let plain = window.pads == [0; 4] && node.int("ceil_mode", 0) == 0;
                self.push(Operation::MaxPool(plain.then_some(window)?), &only, &node.output)
            }
            "GlobalAveragePool" => self.push(Operation::Mean, &only, &node.output),
            "ReduceMean" => {
                let axes = node.ints("axes").or_else(|| self.graph.whole(node.input(1)))?;
                let all = axes.len() == 2
                    && [[2, -2], [3, -1]]
                        .iter()
                        .all(|side| side.iter().any(|a| axes.contains(a)));
                let kept = node.int("keepdims", 1) == 1;
                self.push((all && kept).then_some(Operation::Mean)?, &only, &node.output)
            }
            "Resize" => {
                let (_, scales) = self.graph.floats(node.input(2))?;
                let plain = node.word("mode") == "nearest"
                    && node.word("coordinate_transformation_mode") == "asymmetric"
                    && node.word("nearest_mode") == "floor"
                    && node.input(3).is_empty();
                match *scales {
                    [1.0, 1.0, down, across] if plain => {
                        let enlarge = Operation::Enlarge(times(down)?, times(across)?);
                        self.push(enlarge, &only, &node.output)
                    }
                    _ => None,
                }
            }
            "Transpose" if node.ints("perm") == Some(&[0, 2, 3, 1]) => {
                self.push(Operation::Rows, &only, &node.output)
            }
            "Flatten" if node.int("axis", 1) == 1 => {
                self.push(Operation::Reshape(vec![0, -1]), &only, &node.output)
            }
            "Reshape" => {
                let shape = self.graph.whole(node.input(1))?;
                // Where 0 means 0 there is nothing to be had.
                let plain = node.int("allowzero", 0) == 0 || !shape.contains(&0);
                self.push(
                    Operation::Reshape(plain.then(|| shape.to_vec())?),
                    &only,
                    &node.output,
                )
            }
            _ => None,
        }
    }

    fn push(&mut self, operation: Operation, inputs: &[&str], output: &'a str) -> Option<()> {
        let inputs = inputs
            .iter()
            .map(|name| self.places.get(name).copied())
            .collect::<Option<_>>()?;
        self.places.insert(output, self.values);
        self.steps.push(Step {
            operation,
            inputs,
            output: self.values,
            spent: Vec::new(),
        });
        self.values += 1;
        Some(())
    }

    fn convolution(&mut self, node: &'a Node) -> Option<()> {
        let (shape, weights) = self.graph.floats(node.input(1))?;
        let &[outputs, of_each, height, width] = shape else {
            return None;
        };
        let sides = [i64::try_from(height).ok()?, i64::try_from(width).ok()?];
        let window = window(node, &sides)?;
        if node.ints("kernel_shape").is_some_and(|said| said != sides) {
            return None;
        }
        let groups = usize::try_from(node.int("group", 1)).ok()?;
        let alone = groups == outputs && of_each == 1 && outputs > 0;
        if (groups != 1 && !alone) || of_each == 0 || outputs == 0 {
            return None;
        }
        let mut weights = weights.to_vec();
        let mut bias = self.bias(node, outputs)?;
        let (name, activation) =
            self.what_follows(&node.output, &mut weights, &mut bias, &["Relu", "Clip", "PRelu"]);
        let operation = if alone {
            Operation::Depthwise(Depthwise::new(window, &weights, &bias, activation), outputs)
        } else if window.is_pixel() {
            Operation::Pointwise(
                Dense::new(of_each, &weights, &bias, activation),
                [of_each, outputs],
            )
        } else {
            let places = height.checked_mul(width)?;
            let turned = turned(&weights, of_each, places);
            let dense = Dense::new(of_each * places, &turned, &bias, activation);
            Operation::Windowed(dense, window, [of_each, outputs])
        };
        self.push(operation, &[node.input(0)], name)
    }

    fn matrix(&mut self, node: &'a Node) -> Option<()> {
        let (shape, weights) = self.graph.floats(node.input(1))?;
        let plain = node.int("transA", 0) == 0
            && node.int("transB", 0) == 1
            && node.float("alpha", 1.0) == 1.0
            && node.float("beta", 1.0) == 1.0;
        let &[outputs, inputs] = shape else { return None };
        if !plain || inputs == 0 || outputs == 0 {
            return None;
        }
        let mut weights = weights.to_vec();
        let mut bias = self.bias(node, outputs)?;
        // Slopes for each channel are for pictures: to a list they would give another shape.
        let (name, activation) = self.what_follows(&node.output, &mut weights, &mut bias, &["Relu", "Clip"]);
        let dense = Dense::new(inputs, &weights, &bias, activation);
        self.push(
            Operation::Linear(dense, [inputs, outputs]),
            &[node.input(0)],
            name,
        )
    }

    fn bias(&self, node: &Node, outputs: usize) -> Option<Vec<f32>> {
        if node.input(2).is_empty() {
            return Some(vec![0.0; outputs]);
        }
        let bias = self.graph.list(node.input(2))?;
        (bias.len() == outputs).then(|| bias.to_vec())
    }

    /// Takes in what only this layer's result goes into: a normalization, which becomes part of the weights, and one of
    /// these activations. Returns the result's new name, and the activation.
    fn what_follows(
        &mut self,
        output: &'a String,
        weights: &mut [f32],
        bias: &mut [f32],
        activations: &[&str],
    ) -> (&'a String, Activation) {
        let mut name = output;
        if let Some((number, node)) = self.only_user(name)
            && node.operator == "BatchNormalization"
            && let Some((factors, summands)) = normalization(self.graph, node)
            && factors.len() == bias.len()
        {
            // There is an output: `convolution` and `matrix` have looked.
            let of_each = weights.len() / bias.len();
            for (of_one, factor) in weights.chunks_exact_mut(of_each).zip(&factors) {
                of_one.iter_mut().for_each(|weight| *weight *= factor);
            }
            for ((bias, factor), summand) in bias.iter_mut().zip(&factors).zip(&summands) {
                *bias = *bias * factor + summand;
            }
            self.done[number] = true;
            name = &node.output;
        }
        let mut found = Activation::None;
        if let Some((number, node)) = self.only_user(name)
            && activations.contains(&node.operator.as_str())
            && let Some(activation) = activation(self.graph, node)
            && activation.fits(bias.len())
        {
            self.done[number] = true;
            name = &node.output;
            found = activation;
        }
        (name, found)
    }

    /// The only operator that takes this value, as its first input.
    fn only_user(&self, name: &str) -> Option<(usize, &'a Node)> {
        if self.graph.outputs.iter().any(|output| output == name) {
            return None;
        }
        let uses = |node: &Node| node.inputs.iter().filter(|input| *input == name).count();
        let mut users = self
            .graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| uses(node) > 0);
        match (users.next(), users.next()) {
            (Some((number, node)), None) if uses(node) == 1 && node.input(0) == name => Some((number, node)),
            _ => None,
        }
    }
}

/// A layer's weights from channel by channel to place by place of its window; there are channels and places.
pub(super) fn turned(weights: &[f32], channels: usize, places: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(weights.len());
    for of_one in weights.chunks_exact(channels * places) {
        for place in 0..places {
            turned.extend((0..channels).map(|channel| of_one[channel * places + place]));
        }
    }
    turned
}

impl Window {
    fn is_pixel(&self) -> bool {
        (self.height, self.width, self.stride, self.pads) == (1, 1, [1; 2], [0; 4])
    }
}
