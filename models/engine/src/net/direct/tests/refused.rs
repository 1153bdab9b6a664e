//! What is left to rten, and what the kernels will not do.

use super::super::kernels::Avx2;
use super::super::layers::{Activation, Dense, Depthwise, Window};
use super::*;

#[test]
fn what_is_not_known_or_does_not_fit_is_left_to_rten() {
    if !possible() {
        return;
    }
    let input = [described("in", &[1, 8, 4, 4])];
    let output = [described("out", &[])];
    let weights = |group: i64| floats("weights", &[8, 8 / group, 1, 1], &noise(64 / group as usize, 1));
    let conv = || Made::new("Conv", &["in", "weights"], "out");
    for (operator, constants) in [
        (Made::new("Softmax", &["in"], "out"), vec![]),
        (conv().int("group", 4), vec![weights(4)]),
        (conv().ints("dilations", &[2, 2]), vec![weights(1)]),
        (conv().word("auto_pad", "SAME_UPPER"), vec![weights(1)]),
        (conv().ints("dilations", &[]), vec![weights(1)]),
        (conv().bare("auto_pad"), vec![weights(1)]),
        (conv().bare("group"), vec![weights(1)]),
        (conv().ints("kernel_shape", &[3, 3]), vec![weights(1)]),
        (conv().ints("strides", &[0, 0]), vec![weights(1)]),
        // A window that lies wholly beside the picture.
        (conv().ints("pads", &[1, 0, 0, 0]), vec![weights(1)]),
        (conv().ints("pads", &[0, 0, 0, 1]), vec![weights(1)]),
        (
            conv().ints("pads", &[0, 0, 1, 0]).int("group", 8),
            vec![weights(8)],
        ),
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
        let what = format!("{operator:?}");
        let bytes = network(vec![operator], &constants, &input, &output);
        assert!(direct(&bytes, [1, 8, 4, 4]).is_none(), "{what}");
    }
    let relu = network(vec![Made::new("Relu", &["in"], "out")], &[], &input, &output);
    assert!(direct(&relu, [1, 8, 4, 5]).is_none());
    assert!(direct(&relu[..relu.len() / 2], [1, 8, 4, 4]).is_none());
    let mut direct = direct(&relu, [1, 8, 4, 4]).unwrap();
    assert!(direct.run([1, 8, 4, 4], &[0.0; 127]).is_err());
    assert!(direct.run([2, 8, 4, 4], &[0.0; 256]).is_err());
    assert!(direct.run([1, 8, 0, 4], &[]).is_err());
}

#[test]
fn what_would_have_another_shape_is_left_to_rten() {
    if !possible() {
        return;
    }
    let numbers = |name: &str, shape: &[i64]| {
        let count = shape.iter().product::<i64>() as usize;
        floats(name, shape, &positive(count, 3))
    };
    let list = || {
        vec![
            Made::new("GlobalAveragePool", &["in"], "mean"),
            Made::new("Flatten", &["mean"], "list"),
        ]
    };
    let matrix = |inputs: &[&str], output: &str| Made::new("Gemm", inputs, output).int("transB", 1);
    let after = |mut before: Vec<Made>, last: Made| {
        before.push(last);
        before
    };
    let batch = |input: &str| {
        vec![Made::new(
            "BatchNormalization",
            &[input, "c", "c", "c", "c"],
            "out",
        )]
    };
    let of = |operator, second: &str| vec![Made::new(operator, &["in", second], "out")];
    let clip = |inputs: &[&str]| Made::new("Clip", inputs, "out");
    for (operators, constants) in [
        // A list with as many lists as channels.
        (
            after(list(), Made::new("Mul", &["list", "c"], "out")),
            vec![numbers("c", &[11, 1, 1])],
        ),
        (
            after(list(), Made::new("Add", &["list", "c"], "out")),
            vec![numbers("c", &[1, 11, 1, 1])],
        ),
        (
            after(list(), Made::new("Mul", &["list", "c"], "out")),
            vec![numbers("c", &[1, 1, 1])],
        ),
        (of("Mul", "c"), vec![numbers("c", &[1, 1, 1, 1, 1])]),
        (of("Sub", "c"), vec![numbers("c", &[11])]),
        (of("Div", "c"), vec![floats("c", &[], &[1e-40])]),
        (
            {
                let mut both = after(list(), matrix(&["list", "m"], "gemm"));
                both.push(Made::new("PRelu", &["gemm", "c"], "out"));
                both
            },
            vec![numbers("m", &[11, 11]), numbers("c", &[11, 1, 1])],
        ),
        (
            after(list(), matrix(&["list", "m", "c"], "out")),
            vec![numbers("m", &[11, 11]), numbers("c", &[11, 1])],
        ),
        (batch("in"), vec![numbers("c", &[11, 1, 1])]),
        (batch("in"), vec![numbers("c", &[1])]),
        (batch("in"), vec![numbers("c", &[])]),
        (batch("in"), vec![numbers("c", &[12])]),
        (
            vec![
                Made::new("ReduceMean", &["in"], "out")
                    .ints("axes", &[2, 3])
                    .bare("keepdims"),
            ],
            vec![],
        ),
        // Limits that are none.
        (vec![clip(&["in", "c"])], vec![numbers("c", &[1])]),
        (
            vec![clip(&["in", "c"]).float("min", 0.0)],
            vec![numbers("c", &[])],
        ),
        (vec![clip(&["in"]).float("min", f32::NAN)], vec![]),
        (vec![clip(&["in"]).float("min", 1.0).float("max", 0.5)], vec![]),
    ] {
        let what = format!("{operators:?}");
        let bytes = network(
            operators,
            &constants,
            &[described("in", &[1, 11, 4, 4])],
            &[described("out", &[])],
        );
        assert!(direct(&bytes, [1, 11, 4, 4]).is_none(), "{what}");
    }
}

fn panics(what: impl FnOnce() + std::panic::UnwindSafe) -> bool {
    std::panic::catch_unwind(what).is_err()
}

/// These would read or write beyond what they are given.
#[test]
fn the_kernels_refuse_what_does_not_fit_them() {
    if !possible() {
        return;
    }
    let avx2 = Avx2::here().unwrap();
    let depthwise = |pads: [usize; 4], [height, width]: [usize; 2], picture: usize| {
        let window = Window {
            height: 2,
            width: 2,
            stride: [1; 2],
            pads,
        };
        let layer = Depthwise::new(window, &noise(8 * 4, 1), &[0.0; 8], Activation::None);
        let (rows, columns) = window.places(height, width).unwrap_or_default();
        let mut out = vec![0.0; rows * columns * 8];
        panics(move || avx2.depthwise(&layer, &noise(picture, 2), height, width, &mut out))
    };
    assert!(!depthwise([1; 4], [3, 3], 9 * 8));
    assert!(!depthwise([0; 4], [1, 1], 8));
    for side in 0..4 {
        let mut pads = [0; 4];
        pads[side] = 2;
        assert!(depthwise(pads, [3, 3], 9 * 8), "{pads:?}");
    }
    assert!(depthwise([1; 4], [0, 3], 0));
    assert!(depthwise([1; 4], [3, 3], 9 * 8 - 1));
    let dense = |outputs: usize, stride: usize, numbers: usize| {
        let mut layer = Dense::new(3, &noise(8 * 3, 1), &[0.0; 8], Activation::None);
        layer.outputs = outputs;
        layer.weights.truncate(3 * outputs);
        layer.bias.truncate(outputs);
        let mut out = vec![0.0; 2 * outputs];
        panics(move || avx2.dense(&layer, &noise(numbers, 2), stride, 2, &mut out))
    };
    assert!(!dense(8, 3, 6));
    assert!(dense(7, 3, 6));
    assert!(dense(8, 2, 6));
    assert!(dense(8, 3, 5));
}

#[test]
fn what_does_not_fit_is_not_built() {
    if !possible() {
        return;
    }
    let good = Filters {
        inputs: 3,
        weights: &[0.5; 2 * 27],
        bias: &[0.25; 2],
        side: 3,
        stride: 1,
        pad: 2,
    };
    let convolution = |filters: &Filters<'_>| {
        let mut builder = Builder::new().unwrap();
        builder.convolution(builder.input(), filters, true).is_some()
    };
    assert!(convolution(&good));
    for bad in [
        Filters { inputs: 4, ..good },
        Filters { inputs: 0, ..good },
        Filters { side: 2, ..good },
        Filters {
            side: usize::MAX,
            ..good
        },
        Filters { stride: 0, ..good },
        // Windows that lie wholly beside the picture.
        Filters { pad: 3, ..good },
        Filters {
            weights: &[0.5; 53],
            ..good
        },
        Filters {
            bias: &[0.25; 3],
            ..good
        },
    ] {
        assert!(!convolution(&bad), "{bad:?}");
    }
    let finish = |inputs: usize, count: usize| {
        let builder = Builder::new().unwrap();
        let input = builder.input();
        builder.finish(input, "out", inputs, &vec![1.0; count]).is_some()
    };
    assert!(finish(3, 6));
    assert!(!finish(3, 7) && !finish(3, 2) && !finish(0, 6) && !finish(3, 0));
}
