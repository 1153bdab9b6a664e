//! Networks of few kinds of operators, run at once: what face networks are made of, with this processor's vectors.
//!
//! rten convolves each channel by itself slowly and one operator after the other; here a picture's channels lie side by side, and
//! normalizations and activations are part of the layer before them. What is not known here is left to rten.

mod built;
mod graph;
mod kernels;
mod layers;
mod parameters;
mod plan;
mod steps;
mod values;

pub(crate) use self::built::{Builder, Filters};
use self::graph::Graph;
use self::kernels::Avx2;
use self::plan::Plan;
use self::values::{Memory, Picture, Value};
use super::Output;

/// A network whose every operator is known here, on a processor that has what it takes.
#[derive(Debug)]
pub(crate) struct Direct {
    avx2: Avx2,
    plan: Plan,
    memory: Memory,
}

impl Direct {
    /// A network whose input is of this shape in its file, and what it says of one of the shape `tried`. `None`: it is left to
    /// another.
    pub(super) fn of(
        bytes: &[u8],
        shape: [usize; 4],
        tried: [usize; 4],
        input: &[f32],
    ) -> Option<(Self, Vec<Output>)> {
        let mut direct = Self {
            avx2: Avx2::here()?,
            plan: Plan::of(&Graph::parse(bytes, shape)?)?,
            memory: Memory::default(),
        };
        let outputs = direct.run(tried, input).ok()?;
        // Frames may be smaller.
        direct.memory = Memory::default();
        Some((direct, outputs))
    }

    /// What the network says of an input, given row by row as its shape says.
    pub(crate) fn run(&mut self, shape: [usize; 4], input: &[f32]) -> Result<Vec<Output>, String> {
        let [1, channels, height, width] = shape else {
            return Err("one picture at a time".to_owned());
        };
        if input.is_empty() || input.len() != channels * height * width {
            return Err(format!("{} numbers do not fill {shape:?}", input.len()));
        }
        let memory = &mut self.memory;
        let mut values: Vec<Option<Value>> = Vec::new();
        values.resize_with(self.plan.values, || None);
        values[0] = Some(Value::Picture(Picture::of_planes(
            [height, width],
            channels,
            input,
            memory,
        )));
        for step in &self.plan.steps {
            let given = step.inputs.iter().map(|input| values[*input].as_ref());
            let given: Vec<&Value> = given.collect::<Option<_>>().ok_or("a value is not there")?;
            let made = steps::run(self.avx2, &step.operation, &given, memory)?;
            values[step.output] = Some(made);
            for spent in &step.spent {
                if let Some(value) = values[*spent].take() {
                    memory.give(value.into_memory());
                }
            }
        }
        let of = |(name, value): &(String, usize)| {
            let value = values[*value].as_ref()?;
            Some(Output {
                name: name.clone(),
                shape: value.shape(),
                data: value.numbers(&mut Memory::default()),
            })
        };
        let outputs: Option<Vec<Output>> = self.plan.outputs.iter().map(of).collect();
        values
            .into_iter()
            .flatten()
            .for_each(|value| memory.give(value.into_memory()));
        outputs.ok_or("an output is not there".to_owned())
    }
}

#[cfg(test)]
pub(super) mod tests;
