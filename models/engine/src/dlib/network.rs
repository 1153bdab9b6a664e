//! dlib's face encoder as a network: a ResNet of 29 convolutions and a matrix (`face_recognition.cpp` in dlib's
//! `tools/python/src`).

/// A convolution of square windows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Convolution {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Of the window.
    pub(super) side: usize,
    pub(super) stride: usize,
    /// Rows and columns of nothing on each side of the picture.
    pub(super) pad: usize,
}

/// Numbers that the matrix at the end takes, and that it gives: an encoding.
pub(super) const INPUTS: usize = 256;
pub(super) const OUTPUTS: usize = 128;

const fn three(inputs: usize, outputs: usize, stride: usize) -> Convolution {
    Convolution {
        inputs,
        outputs,
        side: 3,
        stride,
        // dlib's own choice for either stride.
        pad: if stride == 1 { 1 } else { 0 },
    }
}

/// Two convolutions whose result is added to what went in.
const fn block(channels: usize) -> [Convolution; 2] {
    [three(channels, channels, 1), three(channels, channels, 1)]
}

/// The same, with half as many rows and columns coming out.
const fn smaller(inputs: usize, outputs: usize) -> [Convolution; 2] {
    [three(inputs, outputs, 2), three(outputs, outputs, 1)]
}

/// The first, after which only the largest of three by three numbers are kept.
pub(super) const FIRST: Convolution = Convolution {
    inputs: 3,
    outputs: 32,
    side: 7,
    stride: 2,
    pad: 0,
};

/// All after the first.
pub(super) const BLOCKS: [[Convolution; 2]; 14] = [
    block(32),
    block(32),
    block(32),
    smaller(32, 64),
    block(64),
    block(64),
    block(64),
    smaller(64, 128),
    block(128),
    block(128),
    smaller(128, 256),
    block(256),
    block(256),
    smaller(256, 256),
];

/// What is subtracted from the levels of red, green and blue, and what they are divided by then (`input_rgb_image_sized` in
/// `dlib/dnn/input.h`).
pub(super) const MEANS: [f32; 3] = [122.782, 117.001, 104.298];
pub(super) const SCALE: f32 = 256.0;
