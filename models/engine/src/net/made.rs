//! Networks made for tests, as the bytes of ONNX files.

/// One operator of a made network.
#[derive(Debug)]
pub(super) struct Made {
    operator: &'static str,
    inputs: Vec<String>,
    output: String,
    attributes: Vec<u8>,
}

impl Made {
    pub(super) fn new(operator: &'static str, inputs: &[&str], output: &str) -> Self {
        Self {
            operator,
            inputs: inputs.iter().map(|name| (*name).to_owned()).collect(),
            output: output.to_owned(),
            attributes: Vec::new(),
        }
    }

    pub(super) fn ints(mut self, name: &str, values: &[i64]) -> Self {
        let values: Vec<u8> = values.iter().flat_map(|value| whole(8, *value)).collect();
        let one = [field(1, name.as_bytes()), values, whole(20, 7)].concat();
        self.attributes.extend(field(5, &one));
        self
    }

    pub(super) fn int(mut self, name: &str, value: i64) -> Self {
        let one = [field(1, name.as_bytes()), whole(3, value), whole(20, 2)].concat();
        self.attributes.extend(field(5, &one));
        self
    }

    pub(super) fn float(mut self, name: &str, value: f32) -> Self {
        let number = [varint(2 << 3 | 5), value.to_le_bytes().to_vec()].concat();
        let one = [field(1, name.as_bytes()), number, whole(20, 1)].concat();
        self.attributes.extend(field(5, &one));
        self
    }

    /// An attribute that is there without a value: so some writers leave a 0 out.
    pub(super) fn bare(mut self, name: &str) -> Self {
        self.attributes.extend(field(5, &field(1, name.as_bytes())));
        self
    }

    pub(super) fn word(mut self, name: &str, value: &str) -> Self {
        let one = [
            field(1, name.as_bytes()),
            field(4, value.as_bytes()),
            whole(20, 3),
        ]
        .concat();
        self.attributes.extend(field(5, &one));
        self
    }
}

/// A tensor of floats, as a constant.
pub(super) fn floats(name: &str, shape: &[i64], numbers: &[f32]) -> Vec<u8> {
    tensor(name, shape, 1, &bytes(numbers))
}

/// A constant that is an operator's output.
pub(super) fn constant(name: &str, numbers: &[f32]) -> Made {
    let mut made = Made::new("Constant", &[], name);
    // The tensor itself: without the field of a graph's constants that it is in.
    let tensor = tensor_of("", &[numbers.len() as i64], 1, &bytes(numbers));
    let one = [field(1, b"value"), field(5, &tensor), whole(20, 4)].concat();
    made.attributes.extend(field(5, &one));
    made
}

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// A list of whole numbers, as a constant.
pub(super) fn list(name: &str, numbers: &[i64]) -> Vec<u8> {
    let raw: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    tensor(name, &[numbers.len() as i64], 7, &raw)
}

fn tensor(name: &str, shape: &[i64], kind: i64, raw: &[u8]) -> Vec<u8> {
    field(5, &tensor_of(name, shape, kind, raw))
}

fn tensor_of(name: &str, shape: &[i64], kind: i64, raw: &[u8]) -> Vec<u8> {
    let shape: Vec<u8> = shape.iter().flat_map(|side| whole(1, *side)).collect();
    [shape, whole(2, kind), field(8, name.as_bytes()), field(9, raw)].concat()
}

/// What a network says of an input or an output: its name and its shape.
pub(super) fn described(name: &str, shape: &[i64]) -> Vec<u8> {
    let sides: Vec<u8> = shape.iter().flat_map(|side| field(1, &whole(1, *side))).collect();
    let tensor = [whole(1, 1), field(2, &sides)].concat();
    [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
}

/// The file of a network with these operators, constants, inputs and outputs (each [`described`]).
pub(super) fn network(
    operators: Vec<Made>,
    constants: &[Vec<u8>],
    inputs: &[Vec<u8>],
    outputs: &[Vec<u8>],
) -> Vec<u8> {
    let mut graph = Vec::new();
    for made in operators {
        let mut node: Vec<u8> = made
            .inputs
            .iter()
            .flat_map(|name| field(1, name.as_bytes()))
            .collect();
        node.extend(field(2, made.output.as_bytes()));
        node.extend(field(4, made.operator.as_bytes()));
        node.extend(made.attributes);
        graph.extend(field(1, &node));
    }
    graph.extend(field(2, b"g"));
    graph.extend(constants.concat());
    graph.extend(inputs.iter().flat_map(|input| field(11, input)));
    graph.extend(outputs.iter().flat_map(|output| field(12, output)));
    // IR 8, operators of version 13.
    [whole(1, 8), field(7, &graph), field(8, &whole(2, 13))].concat()
}

/// A field of a protocol buffer that holds bytes.
fn field(number: u64, content: &[u8]) -> Vec<u8> {
    [
        varint(number << 3 | 2),
        varint(content.len() as u64),
        content.to_vec(),
    ]
    .concat()
}

/// A field that holds a whole number.
fn whole(number: u64, value: i64) -> Vec<u8> {
    [varint(number << 3), varint(value as u64)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
