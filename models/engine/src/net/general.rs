//! Networks of any kind, run by rten.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use rten::{Dimension, Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueView};
use rten_tensor::Layout;

use super::{Output, weights};

/// A network, its input, and its outputs with their names.
pub(super) struct General {
    model: Model,
    input: NodeId,
    outputs: Vec<(NodeId, String)>,
    worker: Arc<ThreadPool>,
}

impl General {
    /// A network whose input has this shape.
    pub(super) fn of(bytes: Vec<u8>, shape: [usize; 4]) -> Result<Self, String> {
        weights::check(&bytes)?;
        // Weights are not packed beforehand: these networks are no faster for it, and it takes their size once more.
        let model = ModelOptions::with_ops(operators())
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
            model,
            input,
            outputs,
            worker: worker(),
        })
    }

    /// What the network says of an input, given row by row as its shape says.
    pub(super) fn run(&self, shape: [usize; 4], input: &[f32]) -> Result<Vec<Output>, String> {
        let tensor = ValueView::from_shape(shape.as_slice(), input)
            .map_err(|_| format!("{} numbers do not fill {shape:?}", input.len()))?;
        let wanted: Vec<NodeId> = self.outputs.iter().map(|(id, _)| *id).collect();
        let options = RunOptions::default().with_thread_pool(Some(self.worker.clone()));
        let values = self
            .model
            .run(vec![(self.input, tensor.into())], &wanted, Some(options))
            .map_err(|error| error.to_string())?;
        let outputs = self.outputs.iter().zip(values);
        outputs.map(|((_, name), value)| output(name, value)).collect()
    }
}

fn output(name: &str, value: Value) -> Result<Output, String> {
    let tensor = value
        .into_tensor::<f32>()
        .ok_or_else(|| format!("its output {name} is not of floating-point numbers"))?;
    Ok(Output {
        name: name.to_owned(),
        shape: tensor.shape().to_vec(),
        data: tensor.into_data(),
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

/// One worker for all networks, while there are any: frames come one at a time, and other people's processes want the other
/// cores.
fn worker() -> Arc<ThreadPool> {
    static WORKER: Mutex<Weak<ThreadPool>> = Mutex::new(Weak::new());
    // Nothing is left half done under this lock.
    let mut shared = WORKER.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let worker = Arc::new(ThreadPool::with_num_threads(1));
        *shared = Arc::downgrade(&worker);
        worker
    })
}
