//! Against rten, on made networks of every kind of operator and on the networks themselves.
//!
//! The latter are no part of this repository: their folder is `models` in that which `FACELOGIN_TEST_DATA` names. Where it is
//! absent the test says so and passes.
#![allow(clippy::print_stderr)]

use super::super::general::General;
use super::super::made::{Made, described, floats, list, network};
use super::*;

/// Numbers without a pattern, -1 to 1.
fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// `None` on a processor without AVX2.
fn direct(bytes: &[u8], shape: [usize; 4]) -> Option<Option<Direct>> {
    if Avx2::here().is_none() {
        eprintln!("skipped: this processor has no AVX2");
        return None;
    }
    Some(Direct::of(bytes, shape))
}

/// The largest difference between both answers, as a share of the largest number in them.
fn difference(direct: &mut Direct, bytes: &[u8], shape: [usize; 4], input: &[f32]) -> f32 {
    let general = General::of(bytes.to_vec(), shape).unwrap();
    let mut worst = 0.0_f32;
    // Twice, for the second time memory is used again.
    for _ in 0..2 {
        let (ours, theirs) = (
            direct.run(shape, input).unwrap(),
            general.run(shape, input).unwrap(),
        );
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!((&ours.name, &ours.shape), (&theirs.name, &theirs.shape));
            let largest = theirs
                .data
                .iter()
                .fold(1e-3_f32, |largest, number| largest.max(number.abs()));
            let apart = ours.data.iter().zip(&theirs.data).map(|(a, b)| (a - b).abs());
            worst = worst.max(apart.fold(0.0, f32::max) / largest);
        }
    }
    worst
}

fn same(operators: Vec<Made>, constants: &[Vec<u8>], shape: [usize; 4]) {
    let outputs = [described("out", &[])];
    let sides = shape.map(|side| side as i64);
    let bytes = network(operators, constants, &[described("in", &sides)], &outputs);
    let Some(direct) = direct(&bytes, shape) else {
        return;
    };
    let mut direct = direct.expect("left to rten");
    let input = noise(shape.iter().product(), 1);
    let apart = difference(&mut direct, &bytes, shape, &input);
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
        ([4, 8], [2, 5], 1, 1, 2, [7, 9]),
        ([8, 8], [1, 1], 1, 2, 0, [7, 9]),
        ([3, 8], [3, 3], 1, 1, 0, [3, 3]),
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
    let positive: Vec<f32> = noise(11, 8).iter().map(|number| number.abs() + 0.1).collect();
    for group in [1, 11] {
        let (made, mut constants) = convolution([11, 11], [3, 3], group, 1, 1);
        constants.extend([
            numbers("s", 5),
            numbers("b", 6),
            numbers("m", 7),
            floats("v", &[11], &positive),
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
    ] {
        same(operators, &slopes, shape);
    }
}

#[test]
fn what_is_not_known_or_does_not_fit_is_left_to_rten() {
    let input = [described("in", &[1, 8, 4, 4])];
    let output = [described("out", &[])];
    let weights = |group: i64| floats("weights", &[8, 8 / group, 1, 1], &noise(64 / group as usize, 1));
    let conv = || Made::new("Conv", &["in", "weights"], "out");
    for (operator, constants) in [
        (Made::new("Softmax", &["in"], "out"), vec![]),
        (conv().int("group", 4), vec![weights(4)]),
        (conv().ints("dilations", &[2, 2]), vec![weights(1)]),
        (conv().word("auto_pad", "SAME_UPPER"), vec![weights(1)]),
        (conv().ints("strides", &[0, 0]), vec![weights(1)]),
        (conv(), vec![floats("weights", &[8, 9, 1, 1], &noise(72, 1))]),
        (conv(), vec![floats("weights", &[8, 8, 7, 7], &noise(64 * 49, 1))]),
        (conv(), vec![floats("weights", &[8, 8, 1, 1], &[f32::NAN; 64])]),
        (conv(), vec![floats("weights", &[8, 8, 1, 1], &noise(63, 1))]),
        (conv(), vec![]),
        (Made::new("Add", &["in", "nothing"], "out"), vec![]),
        (
            Made::new("PRelu", &["in", "s"], "out"),
            vec![floats("s", &[4], &noise(4, 1))],
        ),
        (
            Made::new("PRelu", &["in", "s"], "out"),
            vec![floats("s", &[9, 1, 1], &noise(9, 1))],
        ),
        (
            Made::new("Reshape", &["in", "s"], "out"),
            vec![list("s", &[1, 100])],
        ),
        (Made::new("Relu", &["in"], "other"), vec![]),
    ] {
        let bytes = network(vec![operator], &constants, &input, &output);
        let Some(direct) = direct(&bytes, [1, 8, 4, 4]) else {
            return;
        };
        assert!(direct.is_none());
    }
    let relu = network(vec![Made::new("Relu", &["in"], "out")], &[], &input, &output);
    assert!(direct(&relu, [1, 8, 4, 5]).unwrap().is_none());
    assert!(direct(&relu[..relu.len() / 2], [1, 8, 4, 4]).unwrap().is_none());
    let mut direct = direct(&relu, [1, 8, 4, 4]).unwrap().unwrap();
    assert!(direct.run([1, 8, 4, 4], &[0.0; 127]).is_err());
    assert!(direct.run([2, 8, 4, 4], &[0.0; 256]).is_err());
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
        let Some(direct) = direct(&bytes, [1, 8, 4, 4]) else {
            return;
        };
        let mut direct = direct.expect("left to rten");
        for place in 0..128 {
            let mut numbers = [0.5; 128];
            numbers[place] = f32::NAN;
            let outputs = direct.run([1, 8, 4, 4], &numbers).unwrap();
            assert!(outputs[0].data.iter().any(|number| number.is_nan()), "{place}");
        }
    }
}

#[test]
fn the_networks_say_what_rten_says() {
    let Some(folder) = std::env::var_os("FACELOGIN_TEST_DATA").map(std::path::PathBuf::from) else {
        eprintln!("skipped: FACELOGIN_TEST_DATA is not set");
        return;
    };
    for (file, loaded, asked) in [
        ("yunet_s_640_640.onnx", [1, 3, 640, 640], [1, 3, 256, 320]),
        ("yunet_s_640_640.onnx", [1, 3, 640, 640], [1, 3, 192, 160]),
        ("antispoof.onnx", [1, 3, 80, 80], [1, 3, 80, 80]),
        ("antispoof_4.onnx", [1, 3, 80, 80], [1, 3, 80, 80]),
        ("mobilefacenet_eval_only.onnx", [1, 3, 112, 112], [1, 3, 112, 112]),
    ] {
        let path = folder.join("models").join(file);
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("skipped: there is no {}", path.display());
            continue;
        };
        let Some(direct) = direct(&bytes, loaded) else {
            return;
        };
        let mut direct = direct.expect("left to rten");
        let general = General::of(bytes, loaded).unwrap();
        let levels: Vec<f32> = noise(asked.iter().product(), 5)
            .iter()
            .map(|level| (level * 127.0).round())
            .collect();
        for _ in 0..2 {
            let (ours, theirs) = (
                direct.run(asked, &levels).unwrap(),
                general.run(asked, &levels).unwrap(),
            );
            assert_eq!(ours.len(), theirs.len());
            for (ours, theirs) in ours.iter().zip(&theirs) {
                assert_eq!((&ours.name, &ours.shape), (&theirs.name, &theirs.shape));
                let largest = theirs
                    .data
                    .iter()
                    .fold(0.0_f32, |largest, number| largest.max(number.abs()));
                let apart = ours
                    .data
                    .iter()
                    .zip(&theirs.data)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f32::max);
                assert!(
                    apart < 1e-5 * largest.max(1.0),
                    "{file} {}: {apart} of {largest}",
                    ours.name
                );
            }
        }
    }
}
