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
