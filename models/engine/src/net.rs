//! A network in ONNX form, ready to run on one shape of input, on one thread, in Rust alone (rten).

use std::sync::{Arc, OnceLock};

use facelogin_models::VerifiedModel;
use rten::{Dimension, Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueView};
use rten_tensor::Layout;

use crate::EngineError;

/// One of a network's answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Output {
    /// As the network calls it.
    pub(crate) name: String,
    /// Its dimensions, outermost first.
    pub(crate) shape: Vec<usize>,
    /// Its numbers, the last dimension varying fastest; all finite.
    pub(crate) data: Vec<f32>,
}

/// A network that takes one tensor of a fixed shape.
pub(crate) struct Net {
    name: &'static str,
    model: Model,
    shape: [usize; 4],
    input: NodeId,
    outputs: Vec<(NodeId, String)>,
}

impl Net {
    /// Loads a network whose input has this shape: pictures, channels, height, width.
    pub(crate) fn open(model: &VerifiedModel, shape: [usize; 4]) -> Result<Self, EngineError> {
        let failed = |reason: String| EngineError::ModelLoad {
            path: model.path.clone(),
            reason,
        };
        let bytes = model.read().map_err(|error| failed(error.to_string()))?;
        Self::from_bytes(model.file.name, bytes, shape).map_err(failed)
    }

    /// As [`open`](Self::open), of bytes already read; `name` is for messages.
    pub(crate) fn from_bytes(name: &'static str, bytes: Vec<u8>, shape: [usize; 4]) -> Result<Self, String> {
        let model = ModelOptions::with_ops(operators())
            .prepack_weights(true)
            .load(bytes)
            .map_err(|error| error.to_string())?;
        // Old networks list their weights among their inputs.
        let fits = |id: &&NodeId| {
            let declared = model.node_info(**id).and_then(|node| node.shape());
            declared.is_some_and(|sides| {
                let agrees = |(side, wanted): (&Dimension, usize)| match side {
                    Dimension::Fixed(side) => *side == wanted,
                    Dimension::Symbolic(_) => true,
                };
                sides.len() == shape.len() && sides.iter().zip(shape).all(agrees)
            })
        };
        let inputs: Vec<NodeId> = model.input_ids().iter().filter(fits).copied().collect();
        let &[input] = inputs.as_slice() else {
            return Err(format!(
                "it has {} inputs of {shape:?} instead of one",
                inputs.len()
            ));
        };
        let named = |&id: &NodeId| {
            let name = model
                .node_info(id)
                .and_then(|node| node.name().map(str::to_owned));
            name.map(|name| (id, name))
                .ok_or("an output has no name".to_owned())
        };
        let outputs = model.output_ids().iter().map(named).collect::<Result<_, _>>()?;
        Ok(Self {
            name,
            model,
            shape,
            input,
            outputs,
        })
    }

    /// The file's name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// What the network says of one input, given row by row as its shape says, in the order of its outputs.
    pub(crate) fn run(&mut self, input: &[f32]) -> Result<Vec<Output>, EngineError> {
        self.run_as(self.shape, input)
    }

    /// As [`run`](Self::run), for an input of another shape, of a network that takes several.
    pub(crate) fn run_as(&mut self, shape: [usize; 4], input: &[f32]) -> Result<Vec<Output>, EngineError> {
        let failed = |reason: String| EngineError::Net {
            name: self.name,
            reason,
        };
        let tensor = ValueView::from_shape(shape.as_slice(), input)
            .map_err(|_| failed(format!("{} numbers do not fill {shape:?}", input.len())))?;
        let wanted: Vec<NodeId> = self.outputs.iter().map(|(id, _)| *id).collect();
        let options = RunOptions::default().with_thread_pool(Some(one_thread()));
        let values = self
            .model
            .run(vec![(self.input, tensor.into())], &wanted, Some(options))
            .map_err(|error| failed(error.to_string()))?;
        let outputs = self.outputs.iter().zip(values);
        outputs
            .map(|((_, name), value)| output(name, value).map_err(failed))
            .collect()
    }
}

fn output(name: &str, value: Value) -> Result<Output, String> {
    let tensor = value
        .into_tensor::<f32>()
        .ok_or_else(|| format!("its output {name} is not of floating-point numbers"))?;
    let shape = tensor.shape().to_vec();
    let data: Vec<f32> = tensor.into_data();
    if !data.iter().all(|number| number.is_finite()) {
        return Err(format!("its output {name} has numbers that are not finite"));
    }
    Ok(Output {
        name: name.to_owned(),
        shape,
        data,
    })
}

/// The operators of the networks in the manifest and of their like, and no others: what is not linked cannot go wrong.
fn operators() -> rten::OpRegistry {
    rten::op_registry!(
        Add,
        AveragePool,
        BatchNormalization,
        Clip,
        Conv,
        Div,
        Dropout,
        Flatten,
        Gemm,
        GlobalAveragePool,
        Identity,
        MatMul,
        MaxPool,
        Mul,
        PRelu,
        ReduceMean,
        Relu,
        Reshape,
        Resize,
        Sigmoid,
        Softmax,
        Squeeze,
        Sub,
        Transpose,
        Unsqueeze
    )
}

/// One worker for all networks: frames come one at a time, and other people's processes want the other cores.
fn one_thread() -> Arc<ThreadPool> {
    static POOL: OnceLock<Arc<ThreadPool>> = OnceLock::new();
    POOL.get_or_init(|| Arc::new(ThreadPool::with_num_threads(1)))
        .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of a protocol buffer that holds bytes.
    fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
        assert!(content.len() < 128);
        [&[number << 3 | 2, content.len() as u8], content].concat()
    }

    /// A field that holds a small whole number.
    fn whole(number: u8, value: u8) -> Vec<u8> {
        vec![number << 3, value]
    }

    /// A tensor of floats of a shape, as ONNX describes an input.
    fn described(name: &str, shape: &[u8]) -> Vec<u8> {
        let sides: Vec<u8> = shape.iter().flat_map(|side| bytes(1, &whole(1, *side))).collect();
        let tensor = [whole(1, 1), bytes(2, &sides)].concat();
        [bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat()
    }

    /// A network of one operator, from `in` to `out`, whose inputs are these.
    fn network(operator: &str, inputs: &[Vec<u8>]) -> Vec<u8> {
        let node = [bytes(1, b"in"), bytes(2, b"out"), bytes(4, operator.as_bytes())].concat();
        let inputs: Vec<u8> = inputs.iter().flat_map(|input| bytes(11, input)).collect();
        let graph = [
            bytes(1, &node),
            bytes(2, b"g"),
            inputs,
            bytes(12, &described("out", &[1, 1, 2, 2])),
        ];
        [whole(1, 8), bytes(7, &graph.concat()), bytes(8, &whole(2, 13))].concat()
    }

    fn input() -> Vec<u8> {
        described("in", &[1, 1, 2, 2])
    }

    #[test]
    fn a_network_answers_by_name_and_shape() {
        let mut net = Net::from_bytes("n", network("Relu", &[input()]), [1, 1, 2, 2]).unwrap();
        let outputs = net.run(&[-1.0, 2.0, 0.0, -0.5]).unwrap();
        let expected = Output {
            name: "out".to_owned(),
            shape: vec![1, 1, 2, 2],
            data: vec![0.0, 2.0, 0.0, 0.0],
        };
        assert_eq!(outputs, [expected]);
        assert_eq!(net.name(), "n");
    }

    #[test]
    fn the_picture_is_the_input_of_its_shape_and_weights_that_are_listed_as_inputs_are_not() {
        let listed = [described("weights", &[3, 1, 2, 2]), input()];
        assert!(Net::from_bytes("n", network("Relu", &listed), [1, 1, 2, 2]).is_ok());
        assert!(Net::from_bytes("n", network("Relu", &listed), [1, 1, 4, 4]).is_err());
    }

    #[test]
    fn what_is_no_network_or_not_of_known_operators_is_refused() {
        for bytes in [
            Vec::new(),
            b"not a network".to_vec(),
            network("Cosh", &[input()]),
            network("NoSuchThing", &[input()]),
        ] {
            assert!(Net::from_bytes("n", bytes, [1, 1, 2, 2]).is_err());
        }
    }

    #[test]
    fn too_few_numbers_and_answers_that_are_not_finite_are_errors() {
        let mut net = Net::from_bytes("n", network("Relu", &[input()]), [1, 1, 2, 2]).unwrap();
        for bad in [&[0.0; 3][..], &[0.0; 5], &[], &[1.0, f32::INFINITY, 0.0, 0.0]] {
            let error = net.run(bad).unwrap_err();
            assert!(error.to_string().starts_with("the network n failed: "), "{error}");
        }
    }
}
