//! Against rten, on made networks of every kind of operator; `networks` on the networks themselves.
//!
//! On a processor without AVX2 there is nothing to be tried: the tests say so and pass, and with `FACELOGIN_TEST_NO_SKIP` they fail.
#![allow(clippy::print_stderr)]

mod networks;
mod refused;

use super::super::general::General;
use super::super::made::{Made, described, floats, list, network};
use super::super::trial::{difference, noise};
use super::*;

/// Whether this processor has what the kernels are made of.
pub(crate) fn possible() -> bool {
    let has = Avx2::here().is_some();
    assert!(
        has || std::env::var_os("FACELOGIN_TEST_NO_SKIP").is_none(),
        "this processor has no AVX2, and nothing may be skipped"
    );
    if !has {
        eprintln!("skipped: this processor has no AVX2");
    }
    has
}

/// A network that is run on inputs of its file's shape, if it is known here.
fn direct(bytes: &[u8], shape: [usize; 4]) -> Option<Direct> {
    let input = noise(shape.iter().product(), 7);
    Some(Direct::of(bytes, shape, shape, &input)?.0)
}

/// The largest difference between both ways' answers, as a share of the largest number in them.
fn apart(direct: &mut Direct, general: &General, shape: [usize; 4], input: &[f32]) -> f32 {
    // Twice, for the second time memory is used again.
    let both = [(); 2].map(|()| {
        let (ours, theirs) = (
            direct.run(shape, input).unwrap(),
            general.run(shape, input).unwrap(),
        );
        difference(&ours, &theirs).expect("outputs of the same names and shapes, all finite")
    });
    both[0].max(both[1])
}

/// Numbers without a pattern that may be variances.
fn positive(count: usize, seed: u32) -> Vec<f32> {
    noise(count, seed)
        .iter()
        .map(|number| number.abs() + 0.1)
        .collect()
}

fn same(operators: Vec<Made>, constants: &[Vec<u8>], shape: [usize; 4]) {
    let outputs = [described("out", &[])];
    let sides = shape.map(|side| side as i64);
    let bytes = network(operators, constants, &[described("in", &sides)], &outputs);
    if !possible() {
        return;
    }
    let mut direct = direct(&bytes, shape).expect("left to rten");
    let general = General::of(bytes, shape).unwrap();
    let input = noise(shape.iter().product(), 1);
    let apart = apart(&mut direct, &general, shape, &input);
    assert!(apart < 1e-5, "{shape:?}: {apart}");
}

fn convolution(
    channels: [i64; 2],
    sides: [i64; 2],
    group: i64,
    stride: i64,
    pad: i64,
) -> (Made, Vec<Vec<u8>>) {
    let of_each = channels[0] / group;
    let shape = [channels[1], of_each, sides[0], sides[1]];
    let count = shape.iter().product::<i64>() as usize;
    let made = Made::new("Conv", &["in", "weights", "bias"], "conv")
        .ints("kernel_shape", &sides)
        .ints("strides", &[stride; 2])
        .ints("pads", &[pad; 4])
        .int("group", group);
    let constants = vec![
        floats("weights", &shape, &noise(count, 2)),
        floats("bias", &shape[..1], &noise(shape[0] as usize, 3)),
    ];
    (made, constants)
}

#[test]
fn convolutions_of_all_sizes_are_those_of_rten() {
    for (channels, sides, group, stride, pad, size) in [
        // Of single pixels: whole and broken tiles of pixels and of channels.
        ([16, 32], [1, 1], 1, 1, 0, [12, 12]),
        ([3, 5], [1, 1], 1, 1, 0, [1, 1]),
        ([9, 24], [1, 1], 1, 1, 0, [5, 7]),
        ([70, 103], [1, 1], 1, 1, 0, [3, 3]),
        // Of windows over all channels.
        ([3, 16], [3, 3], 1, 2, 1, [18, 14]),
        ([10, 7], [3, 3], 1, 1, 1, [5, 6]),
        ([4, 8], [3, 5], 1, 1, 2, [7, 9]),
        ([8, 8], [1, 1], 1, 2, 0, [7, 9]),
        ([3, 8], [3, 3], 1, 1, 0, [3, 3]),
        // More rows than are copied together, and a rest.
        ([16, 9], [3, 3], 1, 1, 1, [23, 70]),
        ([3, 8], [7, 7], 1, 2, 3, [61, 64]),
        // Of each channel by itself.
        ([16, 16], [3, 3], 16, 1, 1, [12, 13]),
        ([13, 13], [3, 3], 13, 2, 1, [14, 15]),
        ([13, 13], [3, 3], 13, 2, 1, [15, 20]),
        ([8, 8], [3, 3], 8, 1, 0, [6, 6]),
        ([8, 8], [3, 3], 8, 1, 1, [1, 1]),
        ([8, 8], [3, 3], 8, 1, 2, [2, 9]),
        ([24, 24], [7, 7], 24, 1, 0, [7, 7]),
        ([24, 24], [5, 5], 24, 2, 2, [11, 8]),
    ] {
        let (mut made, mut constants) = convolution(channels, sides, group, stride, pad);
        let shape = [1, channels[0] as usize, size[0], size[1]];
        let again = |made: Made| vec![made, Made::new("Relu", &["conv"], "out")];
        same(again(made), &constants, shape);
        (made, constants) = convolution(channels, sides, group, stride, pad);
        let slopes = noise(channels[1] as usize, 9);
        constants.push(floats("slopes", &[channels[1], 1, 1], &slopes));
        same(
            vec![made, Made::new("PRelu", &["conv", "slopes"], "out")],
            &constants,
            shape,
        );
    }
}

#[test]
fn what_follows_a_layer_becomes_part_of_it_and_stays_the_same() {
    let numbers = |name: &str, seed: u32| floats(name, &[11], &noise(11, seed));
    for group in [1, 11] {
        let (made, mut constants) = convolution([11, 11], [3, 3], group, 1, 1);
        constants.extend([
            numbers("s", 5),
            numbers("b", 6),
            numbers("m", 7),
            floats("v", &[11], &positive(11, 8)),
        ]);
        constants.extend([floats("low", &[], &[-0.5]), floats("high", &[], &[0.75])]);
        let normal = Made::new("BatchNormalization", &["conv", "s", "b", "m", "v"], "normal");
        let clip = Made::new("Clip", &["normal", "low", "high"], "clip");
        // `normal` is taken twice: it must stay a value of its own.
        let sum = Made::new("Add", &["clip", "normal"], "sum");
        let after = Made::new("Clip", &["sum", "", "high"], "out");
        same(vec![made, normal, clip, sum, after], &constants, [1, 11, 6, 7]);
    }
}

#[test]
fn a_single_channel_by_itself_is_that_of_rten() {
    let constants = [
        floats("weights", &[1, 8, 1, 1], &noise(8, 1)),
        floats("window", &[1, 1, 3, 3], &noise(9, 2)),
    ];
    let conv = |inputs: &[&str], output: &str, pad: i64| {
        Made::new("Conv", inputs, output)
            .ints("strides", &[1; 2])
            .ints("pads", &[pad; 4])
            .ints("dilations", &[1; 2])
    };
    let both = vec![
        conv(&["in", "weights"], "conv", 0),
        conv(&["conv", "window"], "out", 1),
    ];
    same(both, &constants, [1, 8, 7, 9]);
}

#[test]
fn the_other_operators_are_those_of_rten() {
    let shape = [1, 11, 4, 6];
    let slopes = [
        floats("each", &[1, 11, 1, 1], &noise(11, 4)),
        floats("one", &[], &[0.125]),
        floats("none", &[0], &[]),
        floats("scales", &[4], &[1.0, 1.0, 2.0, 3.0]),
        list("axes", &[-1, -2]),
        list("rows", &[1, -1, 11]),
        list("line", &[1, -1]),
        floats("matrix", &[5, 264], &noise(5 * 264, 5)),
        floats("bias", &[5], &noise(5, 6)),
        floats("spread", &[5], &[0.5, 1.0, 2.0, 3.0, 4.0]),
        floats("small", &[5, 11], &noise(55, 5)),
        floats("s", &[11], &noise(11, 2)),
        floats("v", &[11], &positive(11, 3)),
    ];
    let of = |operator, second: &str| Made::new(operator, &["in", second], "out");
    let resize = || {
        Made::new("Resize", &["in", "none", "scales"], "out")
            .word("mode", "nearest")
            .word("coordinate_transformation_mode", "asymmetric")
            .word("nearest_mode", "floor")
    };
    let pool = |side: i64, stride: i64| {
        Made::new("MaxPool", &["in"], "out")
            .ints("kernel_shape", &[side; 2])
            .ints("strides", &[stride; 2])
    };
    for operators in [
        vec![of("PRelu", "each")],
        vec![of("Add", "each")],
        vec![of("Sub", "one")],
        vec![of("Mul", "one")],
        vec![of("Div", "each")],
        vec![of("Add", "in")],
        vec![of("Mul", "in")],
        vec![Made::new("Sigmoid", &["in"], "out")],
        vec![
            Made::new("Identity", &["in"], "same"),
            Made::new("Relu", &["same"], "out"),
        ],
        vec![
            Made::new("Dropout", &["in"], "same"),
            Made::new("Relu", &["same"], "out"),
        ],
        vec![pool(2, 2)],
        vec![pool(3, 1)],
        vec![
            Made::new("GlobalAveragePool", &["in"], "mean"),
            Made::new("Mul", &["in", "mean"], "out"),
        ],
        vec![resize()],
        vec![
            Made::new("Transpose", &["in"], "turned").ints("perm", &[0, 2, 3, 1]),
            Made::new("Reshape", &["turned", "rows"], "out"),
        ],
        vec![
            Made::new("Reshape", &["in", "line"], "flat"),
            Made::new("Gemm", &["flat", "matrix", "bias"], "gemm").int("transB", 1),
            Made::new("Relu", &["gemm"], "out"),
        ],
        vec![Made::new("Flatten", &["in"], "out")],
        vec![Made::new("ReduceMean", &["in"], "out").ints("axes", &[-1, -2])],
        vec![
            Made::new("Flatten", &["in"], "flat"),
            Made::new("Gemm", &["flat", "matrix", "bias"], "gemm").int("transB", 1),
            Made::new(
                "BatchNormalization",
                &["gemm", "bias", "bias", "bias", "spread"],
                "out",
            ),
        ],
        vec![
            Made::new("GlobalAveragePool", &["in"], "mean"),
            Made::new("Flatten", &["mean"], "flat"),
            Made::new("BatchNormalization", &["flat", "s", "s", "s", "v"], "out"),
        ],
        // There without a value, they are 0.
        vec![Made::new("Clip", &["in"], "out").bare("min").float("max", 0.5)],
        vec![Made::new("Clip", &["in"], "out").float("min", -0.5).bare("max")],
        vec![Made::new("BatchNormalization", &["in", "s", "s", "s", "v"], "out").bare("epsilon")],
        vec![
            Made::new("GlobalAveragePool", &["in"], "mean"),
            Made::new("Flatten", &["mean"], "flat").int("axis", 1),
            Made::new("Gemm", &["flat", "small"], "out")
                .int("transB", 1)
                .bare("transA"),
        ],
    ] {
        same(operators, &slopes, shape);
    }
}

#[test]
fn what_is_no_number_stays_none() {
    let input = [described("in", &[1, 8, 4, 4])];
    let output = [described("out", &[])];
    let pool = || {
        Made::new("MaxPool", &["in"], "out")
            .ints("kernel_shape", &[2, 2])
            .ints("strides", &[2, 2])
    };
    let (conv, constants) = convolution([8, 8], [3, 3], 8, 1, 1);
    for (operators, constants) in [
        (vec![Made::new("Relu", &["in"], "out")], vec![]),
        (vec![pool()], vec![]),
        (vec![conv, Made::new("Relu", &["conv"], "out")], constants),
    ] {
        let bytes = network(operators, &constants, &input, &output);
        if !possible() {
            return;
        }
        let mut direct = direct(&bytes, [1, 8, 4, 4]).expect("left to rten");
        for place in 0..128 {
            let mut numbers = [0.5; 128];
            numbers[place] = f32::NAN;
            let outputs = direct.run([1, 8, 4, 4], &numbers).unwrap();
            assert!(outputs[0].data.iter().any(|number| number.is_nan()), "{place}");
        }
    }
}

fn picture(sides: [usize; 2], channels: usize, planes: &[f32]) -> Value {
    Value::Picture(Picture::of_planes(
        sides,
        channels,
        planes,
        &mut Memory::default(),
    ))
}

fn made(operation: &plan::Operation, inputs: &[&Value]) -> Option<Value> {
    steps::run(Avx2::here()?, operation, inputs, &mut Memory::default()).ok()
}

#[test]
fn a_mean_is_of_its_window_alone() {
    if !possible() {
        return;
    }
    let planes: Vec<f32> = (0..8 * 3 * 5).map(|number| number as f32).collect();
    let window = layers::Window {
        height: 2,
        width: 2,
        stride: [2; 2],
        pads: [0; 4],
    };
    let pooled = made(
        &plan::Operation::MeanPool(window),
        &[&picture([3, 5], 8, &planes)],
    )
    .unwrap();
    // What does not fill a window is left out.
    assert_eq!(pooled.shape(), [1, 8, 1, 2]);
    let numbers = pooled.numbers(&mut Memory::default());
    assert_eq!(numbers[..4], [3.0, 5.0, 18.0, 20.0]);
    let small = picture([1, 5], 8, &planes[..40]);
    assert!(made(&plan::Operation::MeanPool(window), &[&small]).is_none());
}

#[test]
fn a_smaller_picture_is_continued_by_nothing() {
    if !possible() {
        return;
    }
    let one: Vec<f32> = (0..8 * 2 * 3).map(|number| number as f32).collect();
    let other: Vec<f32> = (0..16 * 3 * 2).map(|number| 1000.0 + number as f32).collect();
    let (one, other) = (picture([2, 3], 8, &one), picture([3, 2], 16, &other));
    for both in [[&one, &other], [&other, &one]] {
        let sum = made(&plan::Operation::AddWidened, &both).unwrap();
        assert_eq!(sum.shape(), [1, 16, 3, 3]);
        let numbers = sum.numbers(&mut Memory::default());
        // The first channel, and the ninth, of which only one picture has something.
        assert_eq!(
            numbers[..9],
            [1000.0, 1002.0, 2.0, 1005.0, 1007.0, 5.0, 1004.0, 1005.0, 0.0]
        );
        assert_eq!(
            numbers[8 * 9..9 * 9],
            [1048.0, 1049.0, 0.0, 1050.0, 1051.0, 0.0, 1052.0, 1053.0, 0.0]
        );
    }
}
