//! Whether the numbers in a network's file are numbers.
//!
//! Some of rten's operators lose what is no number (`Relu` makes 0 of it), so what comes of such a weight may look like an answer.

use rten_onnx::onnx::{AttributeProto, DataType, ModelProto, TensorProto};

/// Refuses a file with a constant that is not finite, or an attribute that is no number.
///
/// # Errors
/// Which of them, or that it is no network.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let model = ModelProto::parse_buf(bytes).map_err(|error| error.to_string())?;
    let graph = model.graph.ok_or("it has no graph")?;
    let named = |name: &Option<String>| name.clone().unwrap_or_default();
    if let Some(bad) = graph.initializer.iter().find(|tensor| !finite(tensor)) {
        return Err(format!(
            "its weights {} have numbers that are not finite",
            named(&bad.name)
        ));
    }
    for node in &graph.node {
        if let Some(bad) = node.attribute.iter().find(|attribute| !sound(attribute)) {
            let operator = named(&node.op_type);
            return Err(format!(
                "the attribute {} of an operator {operator} has what is no number",
                named(&bad.name)
            ));
        }
    }
    Ok(())
}

/// A limit may be infinite; a constant may not.
fn sound(attribute: &AttributeProto) -> bool {
    let numbers = attribute.f.iter().chain(&attribute.floats);
    numbers.into_iter().all(|number| !number.is_nan()) && attribute.t.as_ref().is_none_or(finite)
}

/// Numbers of other kinds are always finite, or refused by rten.
fn finite(tensor: &TensorProto) -> bool {
    let raw = tensor.raw_data.as_ref().map(|raw| raw.borrow());
    let raw = raw.as_deref().map_or(&[][..], Vec::as_slice);
    let of_raw = match tensor.data_type {
        Some(DataType::FLOAT) => {
            let mut numbers = raw.as_chunks().0.iter();
            numbers.all(|bytes| f32::from_le_bytes(*bytes).is_finite())
        }
        Some(DataType::DOUBLE) => {
            let mut numbers = raw.as_chunks().0.iter();
            numbers.all(|bytes| (f64::from_le_bytes(*bytes) as f32).is_finite())
        }
        _ => true,
    };
    of_raw
        && tensor.float_data.iter().all(|number| number.is_finite())
        && tensor
            .double_data
            .iter()
            .all(|number| (*number as f32).is_finite())
}
