//! A network's file as a list of operators and a table of constants.

use std::collections::HashMap;

use rten_onnx::onnx::{AttributeProto, DataType, ModelProto, NodeProto, TensorProto};

/// A number of numbers with a shape.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Constant {
    Floats(Vec<usize>, Vec<f32>),
    Whole(Vec<usize>, Vec<i64>),
}

/// One operator with one output.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) operator: String,
    /// An empty name is an input left out.
    pub(super) inputs: Vec<String>,
    pub(super) output: String,
    attributes: Vec<AttributeProto>,
}

/// A network of one input.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) input: String,
    pub(super) outputs: Vec<String>,
    /// Each after those that it takes something from.
    pub(super) nodes: Vec<Node>,
    pub(super) constants: HashMap<String, Constant>,
}

impl Graph {
    /// `None`: it is no such network, or its input is not of this shape, or it holds what is not known here.
    pub(super) fn parse(bytes: &[u8], shape: [usize; 4]) -> Option<Self> {
        let graph = ModelProto::parse_buf(bytes).ok()?.graph?;
        let mut constants = HashMap::new();
        for tensor in &graph.initializer {
            // An input of no name is one left out.
            let name = tensor.name.clone().filter(|name| !name.is_empty())?;
            constants.insert(name, constant(tensor)?);
        }
        let mut inputs = graph.input.iter().filter(|input| {
            input
                .name
                .as_ref()
                .is_none_or(|name| !constants.contains_key(name))
        });
        let (Some(input), None) = (inputs.next(), inputs.next()) else {
            return None;
        };
        let sides = &input.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?.dim;
        let agrees = |(side, wanted): (Option<i64>, usize)| {
            side.is_none_or(|side| usize::try_from(side) == Ok(wanted))
        };
        if sides.len() != shape.len() || !sides.iter().map(|side| side.dim_value).zip(shape).all(agrees) {
            return None;
        }
        let input = input.name.clone()?;
        let mut nodes = Vec::new();
        for node in graph.node {
            let node = Node::of(node)?;
            if node.operator == "Constant" {
                let value = node
                    .attributes
                    .iter()
                    .find_map(|attribute| attribute.t.as_ref())?;
                constants.insert(node.output, constant(value)?);
            } else {
                nodes.push(node);
            }
        }
        let outputs = graph
            .output
            .iter()
            .map(|output| output.name.clone())
            .collect::<Option<_>>()?;
        Some(Self {
            input,
            outputs,
            nodes,
            constants,
        })
    }

    /// A constant's shape and numbers.
    pub(super) fn floats(&self, name: &str) -> Option<(&[usize], &[f32])> {
        match self.constants.get(name)? {
            Constant::Floats(shape, numbers) => Some((shape, numbers)),
            Constant::Whole(..) => None,
        }
    }

    /// A constant that is a list of numbers.
    pub(super) fn list(&self, name: &str) -> Option<&[f32]> {
        let (shape, numbers) = self.floats(name)?;
        (shape.len() == 1).then_some(numbers)
    }

    /// A constant that is a list of whole numbers.
    pub(super) fn whole(&self, name: &str) -> Option<&[i64]> {
        match self.constants.get(name)? {
            Constant::Whole(shape, numbers) if shape.len() == 1 => Some(numbers),
            _ => None,
        }
    }
}

impl Node {
    fn of(node: NodeProto) -> Option<Self> {
        let mut outputs = node.output.into_iter();
        // Others (a Dropout's mask) are for training; whoever asks for one finds no such name.
        let output = outputs.next()?;
        // An operator of another vendor's may have the same name.
        if node.domain.is_some_and(|domain| !domain.is_empty()) {
            return None;
        }
        Some(Self {
            operator: node.op_type?,
            inputs: node.input,
            output,
            attributes: node.attribute,
        })
    }

    fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.as_deref() == Some(name))
    }

    /// Whether there is an attribute of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }

    /// A whole number, or what stands for the attribute's absence. One that is there without a value is 0: so files leave
    /// that number out.
    pub(super) fn int(&self, name: &str, absent: i64) -> i64 {
        self.attribute(name)
            .map_or(absent, |attribute| attribute.i.unwrap_or(0))
    }

    /// The same of a number.
    pub(super) fn float(&self, name: &str, absent: f32) -> f32 {
        self.attribute(name)
            .map_or(absent, |attribute| attribute.f.unwrap_or(0.0))
    }

    /// Whole numbers; `None` if the attribute is absent.
    pub(super) fn ints(&self, name: &str) -> Option<&[i64]> {
        self.attribute(name).map(|attribute| attribute.ints.as_slice())
    }

    /// A word; empty if the attribute is absent.
    pub(super) fn word(&self, name: &str) -> &str {
        self.attribute(name)
            .and_then(|attribute| attribute.s.as_deref())
            .unwrap_or_default()
    }

    /// The name of an input; empty if it was left out.
    pub(super) fn input(&self, number: usize) -> &str {
        self.inputs.get(number).map_or("", String::as_str)
    }
}

/// `None`: numbers of a kind that is not known here, or not as many as their shape says, or not finite.
fn constant(tensor: &TensorProto) -> Option<Constant> {
    if !tensor.external_data.is_empty() {
        return None;
    }
    let shape: Vec<usize> = tensor
        .dims
        .iter()
        .map(|side| usize::try_from(*side).ok())
        .collect::<Option<_>>()?;
    let count = shape
        .iter()
        .try_fold(1_usize, |all, side| all.checked_mul(*side))?;
    let raw = tensor.raw_data.as_ref().map(|raw| raw.borrow());
    match tensor.data_type? {
        DataType::FLOAT => {
            let numbers: Vec<f32> = match &raw {
                Some(raw) => elements(raw, f32::from_le_bytes)?,
                None => tensor.float_data.clone(),
            };
            let good = numbers.len() == count && numbers.iter().all(|number| number.is_finite());
            good.then_some(Constant::Floats(shape, numbers))
        }
        DataType::INT64 => {
            let numbers: Vec<i64> = match &raw {
                Some(raw) => elements(raw, i64::from_le_bytes)?,
                None => tensor.int64_data.clone(),
            };
            (numbers.len() == count).then_some(Constant::Whole(shape, numbers))
        }
        _ => None,
    }
}

/// `None`: bytes are left over.
fn elements<T, const N: usize>(raw: &[u8], of: fn([u8; N]) -> T) -> Option<Vec<T>> {
    let (all, rest) = raw.as_chunks();
    rest.is_empty()
        .then(|| all.iter().map(|bytes| of(*bytes)).collect())
}
