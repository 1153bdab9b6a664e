//! A network in ONNX form, ready to run on one shape of input, on one thread, in Rust alone.
//!
//! Most are of a few kinds of operators and are run [`direct`]ly where the processor allows it; all others by rten.

#[cfg(target_arch = "x86_64")]
mod direct;
mod general;

use facelogin_models::VerifiedModel;

#[cfg(target_arch = "x86_64")]
use self::direct::Direct;
use self::general::General;
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
    shape: [usize; 4],
    runtime: Runtime,
}

enum Runtime {
    #[cfg(target_arch = "x86_64")]
    Direct(Direct),
    General(Box<General>),
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
        let runtime = Runtime::of(bytes, shape)?;
        Ok(Self { name, shape, runtime })
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
        let outputs = match &mut self.runtime {
            #[cfg(target_arch = "x86_64")]
            Runtime::Direct(direct) => direct.run(shape, input),
            Runtime::General(general) => general.run(shape, input),
        };
        outputs.and_then(finite).map_err(|reason| EngineError::Net {
            name: self.name,
            reason,
        })
    }
}

impl Runtime {
    fn of(bytes: Vec<u8>, shape: [usize; 4]) -> Result<Self, String> {
        #[cfg(target_arch = "x86_64")]
        if let Some(direct) = Direct::of(&bytes, shape) {
            return Ok(Self::Direct(direct));
        }
        Ok(Self::General(Box::new(General::of(bytes, shape)?)))
    }
}

fn finite(outputs: Vec<Output>) -> Result<Vec<Output>, String> {
    let finite = |output: &Output| output.data.iter().all(|number| number.is_finite());
    match outputs.iter().find(|output| !finite(output)) {
        None => Ok(outputs),
        Some(Output { name, .. }) => Err(format!("its output {name} has numbers that are not finite")),
    }
}

#[cfg(test)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
mod made;

#[cfg(test)]
mod tests {
    use super::made::{Made, described};
    use super::*;

    fn network(operator: &'static str, inputs: &[Vec<u8>]) -> Vec<u8> {
        let operator = Made::new(operator, &["in"], "out");
        made::network(vec![operator], &[], inputs, &[described("out", &[1, 1, 2, 2])])
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
