//! A network in ONNX form, ready to run on one shape of input, on one thread, in Rust alone.
//!
//! Most are of a few kinds of operators and are run [`direct`]ly where the processor allows it; all others by rten. When such a
//! network is loaded both ways are tried on one input, and where they differ rten alone is asked from then on.

#[cfg(target_arch = "x86_64")]
mod direct;
mod general;
mod trial;
mod weights;

use facelogin_models::VerifiedModel;

#[cfg(all(test, target_arch = "x86_64"))]
pub(crate) use self::direct::tests::possible;
#[cfg(target_arch = "x86_64")]
pub(crate) use self::direct::{Builder, Direct, Filters};
use self::general::General;
pub(crate) use self::trial::Input;
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

/// How far the direct way's answer may be from rten's, as a share of the largest number: sums are made in another order, which
/// moves the networks that were measured by up to 1e-5 of it.
#[cfg(target_arch = "x86_64")]
const TOLERANCE: f32 = 1e-3;

enum Runtime {
    #[cfg(target_arch = "x86_64")]
    Direct(Direct),
    General(Box<General>),
}

impl Net {
    /// Loads a network that takes this.
    pub(crate) fn open(model: &VerifiedModel, input: &Input) -> Result<Self, EngineError> {
        let failed = |reason: String| EngineError::ModelLoad {
            path: model.path.clone(),
            reason,
        };
        let bytes = model.read().map_err(|error| failed(error.to_string()))?;
        Self::from_bytes(model.file.name, bytes, input).map_err(failed)
    }

    /// As [`open`](Self::open), of bytes already read; `name` is for messages.
    pub(crate) fn from_bytes(name: &'static str, bytes: Vec<u8>, input: &Input) -> Result<Self, String> {
        Ok(Self {
            name,
            shape: input.shape,
            runtime: Runtime::of(bytes, input)?,
        })
    }

    /// As [`from_bytes`](Self::from_bytes), run by rten whatever the processor.
    #[cfg(test)]
    pub(crate) fn by_rten(name: &'static str, bytes: Vec<u8>, input: &Input) -> Result<Self, String> {
        Ok(Self {
            name,
            shape: input.shape,
            runtime: Runtime::General(Box::new(General::of(bytes, input.shape)?)),
        })
    }

    /// Whether this project runs it itself.
    #[cfg(test)]
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub(crate) fn is_direct(&self) -> bool {
        !matches!(self.runtime, Runtime::General(_))
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
    /// The direct way where it can be and gives rten's answer, else rten's. What rten does not take, such as attributes of older
    /// exports that say nothing here, cannot be compared and runs directly: each operator is held to rten's answer by tests.
    fn of(bytes: Vec<u8>, input: &Input) -> Result<Self, String> {
        #[cfg(target_arch = "x86_64")]
        {
            let noise = input.noise();
            if let Some((direct, ours)) = Direct::of(&bytes, input.shape, input.tried, &noise) {
                return Ok(match General::of(bytes, input.shape) {
                    Ok(general) => {
                        let theirs = general.run(input.tried, &noise)?;
                        Self::chosen(direct, &ours, general, &theirs)
                    }
                    Err(_) => Self::Direct(direct),
                });
            }
        }
        Ok(Self::General(Box::new(General::of(bytes, input.shape)?)))
    }

    /// The direct way, if its answer to the trial is rten's.
    #[cfg(target_arch = "x86_64")]
    fn chosen(direct: Direct, ours: &[Output], general: General, theirs: &[Output]) -> Self {
        match trial::difference(ours, theirs) {
            Some(apart) if apart <= TOLERANCE => Self::Direct(direct),
            _ => Self::General(Box::new(general)),
        }
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
    use super::made::{Made, described, floats};
    use super::*;

    fn network(operator: &'static str, inputs: &[Vec<u8>]) -> Vec<u8> {
        let operator = Made::new(operator, &["in"], "out");
        made::network(vec![operator], &[], inputs, &[described("out", &[1, 1, 2, 2])])
    }

    fn input() -> Vec<u8> {
        described("in", &[1, 1, 2, 2])
    }

    fn open(bytes: Vec<u8>, shape: [usize; 4]) -> Result<Net, String> {
        Net::from_bytes("n", bytes, &Input::of(shape, -1.0..=1.0))
    }

    #[test]
    fn a_network_answers_by_name_and_shape() {
        let mut net = open(network("Relu", &[input()]), [1, 1, 2, 2]).unwrap();
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
        assert!(open(network("Relu", &listed), [1, 1, 2, 2]).is_ok());
        assert!(open(network("Relu", &listed), [1, 1, 4, 4]).is_err());
    }

    /// As exports of some years ago have it.
    #[test]
    #[cfg(target_arch = "x86_64")]
    fn what_is_known_here_runs_though_rten_does_not_take_an_attribute() {
        let dropout = Made::new("Dropout", &["in"], "out").float("ratio", 0.4);
        let bytes = made::network(vec![dropout], &[], &[input()], &[described("out", &[1, 1, 2, 2])]);
        if !possible() {
            return;
        }
        assert!(General::of(bytes.clone(), [1, 1, 2, 2]).is_err());
        let mut net = open(bytes, [1, 1, 2, 2]).unwrap();
        assert!(net.is_direct());
        assert_eq!(
            net.run(&[-1.0, 2.0, 0.0, 0.5]).unwrap()[0].data,
            [-1.0, 2.0, 0.0, 0.5]
        );
    }

    #[test]
    fn what_is_no_network_or_not_of_known_operators_is_refused() {
        for bytes in [
            Vec::new(),
            b"not a network".to_vec(),
            network("Cosh", &[input()]),
            network("NoSuchThing", &[input()]),
        ] {
            assert!(open(bytes, [1, 1, 2, 2]).is_err());
        }
    }

    #[test]
    fn too_few_numbers_and_answers_that_are_not_finite_are_errors() {
        let mut net = open(network("Relu", &[input()]), [1, 1, 2, 2]).unwrap();
        for bad in [&[0.0; 3][..], &[0.0; 5], &[], &[1.0, f32::INFINITY, 0.0, 0.0]] {
            let error = net.run(bad).unwrap_err();
            assert!(error.to_string().starts_with("the network n failed: "), "{error}");
        }
    }

    #[test]
    fn weights_that_are_not_finite_are_refused_whoever_would_run_them() {
        let input = Input::of([1, 1, 2, 2], -1.0..=1.0);
        let weights = |value: f32| floats("weights", &[1, 1, 1, 1], &[value]);
        let conv = || Made::new("Conv", &["in", "weights"], "conv").ints("kernel_shape", &[1, 1]);
        // Which would make 0 of what is no number.
        let relu = || Made::new("Relu", &["conv"], "out");
        let of = |operators: Vec<Made>, constants: &[Vec<u8>]| {
            let outputs = [described("out", &[1, 1, 2, 2])];
            made::network(operators, constants, &[described("in", &[1, 1, 2, 2])], &outputs)
        };
        let good = of(vec![conv(), relu()], &[weights(0.5)]);
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let clip = Made::new("Clip", &["in"], "out").float("min", f32::NAN);
            let sum = Made::new("Add", &["in", "sum"], "out");
            for bad in [
                of(vec![conv(), relu()], &[weights(value)]),
                of(vec![made::constant("sum", &[value]), sum], &[]),
                of(vec![clip], &[]),
            ] {
                let errors = [
                    Net::from_bytes("n", bad.clone(), &input).err().unwrap(),
                    Net::by_rten("n", bad, &input).err().unwrap(),
                ];
                assert!(errors.iter().all(|error| error.contains("number")), "{errors:?}");
            }
        }
        assert!(Net::from_bytes("n", good.clone(), &input).is_ok());
        assert!(Net::by_rten("n", good, &input).is_ok());
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn a_network_is_run_by_rten_where_the_direct_way_says_something_else() {
        let input = Input::of([1, 1, 2, 2], -1.0..=1.0);
        let bytes = network("Relu", &[described("in", &[1, 1, 2, 2])]);
        let noise = input.noise();
        let of = || Direct::of(&bytes, input.shape, input.tried, &noise);
        let Some((direct, right)) = of() else {
            // `direct::tests` say so, and fail where nothing may be skipped.
            return;
        };
        let general = || General::of(bytes.clone(), input.shape).unwrap();
        let chosen = |direct, ours: &[Output]| match Runtime::chosen(direct, ours, general(), &right) {
            Runtime::Direct(_) => "direct",
            Runtime::General(_) => "rten",
        };
        assert_eq!(chosen(direct, &right), "direct");
        let largest = right[0].data.iter().copied().fold(0.0, f32::max);
        for (place, by, expected) in [
            (0, largest * TOLERANCE * 0.9, "direct"),
            (3, largest * TOLERANCE * 1.1, "rten"),
            (1, f32::NAN, "rten"),
            (1, f32::INFINITY, "rten"),
        ] {
            let mut ours = right.clone();
            ours[0].data[place] += by;
            assert_eq!(chosen(of().unwrap().0, &ours), expected, "{by}");
        }
        let renamed = [Output {
            name: "other".to_owned(),
            ..right[0].clone()
        }];
        assert_eq!(chosen(of().unwrap().0, &renamed), "rten");
        assert_eq!(chosen(of().unwrap().0, &[]), "rten");
    }
}
