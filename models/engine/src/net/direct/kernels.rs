//! Where the time goes: convolutions of pictures that lie pixel by pixel, eight channels at a time, with AVX2 and FMA.
//!
//! Sums are made in another order than elsewhere, so results differ from another runtime's by what
//! rounding makes of that.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256, _CMP_LT_OQ, _mm256_blendv_ps, _mm256_broadcast_ss, _mm256_cmp_ps, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_storeu_ps,
};

use super::layers::{Activation, Dense, Depthwise, LANES};

/// Pixels computed at a time: with two vectors each they fill twelve of the sixteen registers.
const TILE: usize = 6;

/// Pixels after which the weights are gone through anew: as many as stay in the nearest cache, with their channels.
const PANEL: usize = 8 * TILE;

/// Neighbouring pixels computed at a time where each channel is by itself.
const STRIP: usize = 4;

/// That this processor has what the kernels are made of: there is none otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn here() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        has.then_some(Self(()))
    }

    /// The layer of `pixels` pixels that begin `stride` numbers after each other; `out` is filled.
    pub(super) fn dense(self, layer: &Dense, picture: &[f32], stride: usize, pixels: usize, out: &mut [f32]) {
        assert_eq!(Some(out.len()), pixels.checked_mul(layer.outputs));
        assert_eq!(Some(layer.weights.len()), layer.inputs.checked_mul(layer.outputs));
        assert!(layer.bias.len() == layer.outputs && layer.outputs.is_multiple_of(LANES));
        assert!(layer.inputs <= stride && pixels.checked_mul(stride).is_some_and(|all| all <= picture.len()));
        assert!(layer.activation.fits(layer.outputs));
        // SAFETY: the processor has AVX2 and FMA (there is a `self`), and the lengths are those that are asked for.
        unsafe { dense(layer, picture.as_ptr(), stride, pixels, out.as_mut_ptr()) }
    }

    /// The layer of a picture of this height and width, as many channels as the layer's stored; `out` is filled.
    pub(super) fn depthwise(
        self,
        layer: &Depthwise,
        picture: &[f32],
        height: usize,
        width: usize,
        out: &mut [f32],
    ) {
        let (channels, window) = (layer.channels, &layer.window);
        let numbers = |high: usize, wide: usize| high.checked_mul(wide)?.checked_mul(channels);
        // Else a window would lie beside the picture, and where it begins there would be nothing of it.
        assert!(height > 0 && width > 0 && window.is_sound());
        assert_eq!(Some(picture.len()), numbers(height, width));
        let Some((rows, columns)) = window.places(height, width) else {
            assert!(out.is_empty());
            return;
        };
        assert_eq!(Some(out.len()), numbers(rows, columns));
        assert_eq!(Some(layer.weights.len()), numbers(window.height, window.width));
        assert!(layer.bias.len() == channels && channels.is_multiple_of(LANES));
        assert!(layer.activation.fits(channels));
        // SAFETY: as above; every window lies on the picture with a row and a column at least.
        unsafe {
            depthwise(
                layer,
                picture.as_ptr(),
                (height, width),
                (rows, columns),
                out.as_mut_ptr(),
            )
        }
    }
}

/// # Safety
/// `picture` has `pixels * stride` numbers, `stride` at least the layer's inputs, `out` room for `pixels` times its outputs;
/// the layer's weights, bias and slopes are as many as its fields say.
#[target_feature(enable = "avx2,fma")]
unsafe fn dense(layer: &Dense, picture: *const f32, stride: usize, pixels: usize, out: *mut f32) {
    let mut done = 0;
    while done < pixels {
        let end = (done + PANEL).min(pixels);
        let mut first = 0;
        while first < layer.outputs {
            let two = layer.outputs - first >= 2 * LANES;
            let mut at = done;
            while at < end {
                let count = (end - at).min(TILE);
                // SAFETY: pixels `at..at + count` are below `pixels`, outputs `first..first + 8 or 16` below the layer's.
                unsafe {
                    let from = Tile {
                        picture: picture.add(at * stride),
                        stride,
                        inputs: layer.inputs,
                        weights: layer.weights.as_ptr().add(first * layer.inputs),
                        bias: layer.bias.as_ptr().add(first),
                        activation: layer.activation.at(first),
                        out: out.add(at * layer.outputs + first),
                        outputs: layer.outputs,
                    };
                    match (count, two) {
                        (6.., true) => tile::<6, 2>(&from),
                        (5, true) => tile::<5, 2>(&from),
                        (4, true) => tile::<4, 2>(&from),
                        (3, true) => tile::<3, 2>(&from),
                        (2, true) => tile::<2, 2>(&from),
                        (_, true) => tile::<1, 2>(&from),
                        (6.., false) => tile::<6, 1>(&from),
                        (5, false) => tile::<5, 1>(&from),
                        (4, false) => tile::<4, 1>(&from),
                        (3, false) => tile::<3, 1>(&from),
                        (2, false) => tile::<2, 1>(&from),
                        (_, false) => tile::<1, 1>(&from),
                    }
                }
                at += count;
            }
            first += if two { 2 * LANES } else { LANES };
        }
        done = end;
    }
}

/// Some pixels and some outputs of a dense layer: where each begins.
struct Tile {
    picture: *const f32,
    stride: usize,
    inputs: usize,
    weights: *const f32,
    bias: *const f32,
    activation: Stored,
    out: *mut f32,
    outputs: usize,
}

/// # Safety
/// There are `P` pixels and `8 * V` outputs from where the tile begins.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn tile<const P: usize, const V: usize>(from: &Tile) {
    // SAFETY: within what the caller promises; `get` and `put` move eight numbers.
    unsafe {
        let mut first = [_mm256_setzero_ps(); V];
        let mut bias = from.bias;
        for first in &mut first {
            *first = get(bias);
            bias = bias.wrapping_add(LANES);
        }
        let mut sums = [first; P];
        let mut pixels = [from.picture; P];
        for (number, pixel) in pixels.iter_mut().enumerate() {
            *pixel = from.picture.add(number * from.stride);
        }
        let mut weights = from.weights;
        for input in 0..from.inputs {
            let mut row = [_mm256_setzero_ps(); V];
            for some in &mut row {
                *some = get(weights);
                weights = weights.wrapping_add(LANES);
            }
            for (pixel, sums) in pixels.iter().zip(&mut sums) {
                let level = _mm256_broadcast_ss(&*pixel.add(input));
                for (sum, some) in sums.iter_mut().zip(&row) {
                    *sum = _mm256_fmadd_ps(level, *some, *sum);
                }
            }
        }
        for (number, sums) in sums.iter().enumerate() {
            let mut out = from.out.add(number * from.outputs);
            for (place, sum) in sums.iter().enumerate() {
                put(out, from.activation.of(*sum, place * LANES));
                out = out.wrapping_add(LANES);
            }
        }
    }
}

/// # Safety
/// `picture` is of the size and of the layer's channels, `out` of the window's `places` on it; the picture has pixels and the
/// window [`is_sound`](super::layers::Window::is_sound); the layer's weights, bias and slopes are as many as its fields say.
#[target_feature(enable = "avx2,fma")]
unsafe fn depthwise(
    layer: &Depthwise,
    picture: *const f32,
    (height, width): (usize, usize),
    (rows, columns): (usize, usize),
    out: *mut f32,
) {
    let window = &layer.window;
    let by_strips = match (window.width, window.stride[1]) {
        (3, stride @ (1 | 2)) => Some(stride),
        _ => None,
    };
    for y in 0..rows {
        let (down, top) = window.rows(y, height);
        let mut x = 0;
        while x < columns {
            let (across, left) = window.columns(x, width);
            let last = x + STRIP - 1;
            let strip = by_strips.filter(|_| {
                across.len() == window.width
                    && last < columns
                    && window.columns(last, width).0.len() == window.width
            });
            // SAFETY: the window's rows `down` and columns `across`, one of each at least, lie on the picture from (`left`, `top`)
            // on; of a strip the last window's columns do, too, and so do those between.
            unsafe {
                let mut place = Place {
                    picture: picture.add((top * width + left) * layer.channels),
                    line: width * layer.channels,
                    channels: layer.channels,
                    rows: down.len(),
                    columns: across.len(),
                    weights: layer
                        .weights
                        .as_ptr()
                        .add((down.start * window.width + across.start) * layer.channels),
                    weights_line: window.width * layer.channels,
                    bias: layer.bias.as_ptr(),
                    activation: layer.activation.at(0),
                    out: out.add((y * columns + x) * layer.channels),
                };
                match strip {
                    Some(1) => strip_of::<1>(&mut place),
                    Some(_) => strip_of::<2>(&mut place),
                    None => one_of(&place),
                }
            }
            x += if strip.is_some() { STRIP } else { 1 };
        }
    }
}

/// One or a strip of windows of a depth-wise layer, as far as they lie on the picture: where each begins.
struct Place {
    picture: *const f32,
    line: usize,
    channels: usize,
    rows: usize,
    columns: usize,
    weights: *const f32,
    weights_line: usize,
    bias: *const f32,
    activation: Stored,
    out: *mut f32,
}

/// # Safety
/// The windows' rows and columns lie on the picture: `STRIP` windows of three columns each, `S` columns apart.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn strip_of<const S: usize>(place: &mut Place) {
    let channels = place.channels;
    let mut channel = 0;
    while channel < channels {
        // SAFETY: within what the caller promises; `get` and `put` move eight of the channels, which are a multiple of it.
        unsafe {
            let mut sums = [get(place.bias.add(channel)); STRIP];
            let (mut line, mut weights) = (place.picture.add(channel), place.weights.add(channel));
            for _ in 0..place.rows {
                let second = weights.add(channels);
                let row = [get(weights), get(second), get(second.add(channels))];
                let mut at = line;
                for column in 0..(STRIP - 1) * S + 3 {
                    let levels = get(at);
                    at = at.wrapping_add(channels);
                    for (pixel, sum) in sums.iter_mut().enumerate() {
                        if column >= pixel * S && column < pixel * S + 3 {
                            *sum = _mm256_fmadd_ps(levels, row[column - pixel * S], *sum);
                        }
                    }
                }
                line = line.wrapping_add(place.line);
                weights = weights.wrapping_add(place.weights_line);
            }
            let mut out = place.out.add(channel);
            for sum in sums {
                put(out, place.activation.of(sum, channel));
                out = out.wrapping_add(channels);
            }
        }
        channel += LANES;
    }
}

/// # Safety
/// The window's rows and columns lie on the picture.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn one_of(place: &Place) {
    let channels = place.channels;
    let mut channel = 0;
    while channel < channels {
        // SAFETY: as in `strip_of`.
        unsafe {
            let mut sum = get(place.bias.add(channel));
            let (mut line, mut weights) = (place.picture.add(channel), place.weights.add(channel));
            for _ in 0..place.rows {
                let (mut at, mut weight) = (line, weights);
                for _ in 0..place.columns {
                    sum = _mm256_fmadd_ps(get(at), get(weight), sum);
                    at = at.wrapping_add(channels);
                    weight = weight.wrapping_add(channels);
                }
                line = line.wrapping_add(place.line);
                weights = weights.wrapping_add(place.weights_line);
            }
            put(place.out.add(channel), place.activation.of(sum, channel));
        }
        channel += LANES;
    }
}

/// An [`Activation`] from some channel on.
#[derive(Clone, Copy)]
enum Stored {
    None,
    Clip(f32, f32),
    Slope(*const f32),
}

impl Activation {
    /// # Safety
    /// There are slopes, if any, beyond `first`.
    unsafe fn at(&self, first: usize) -> Stored {
        match self {
            Self::None => Stored::None,
            Self::Clip(low, high) => Stored::Clip(*low, *high),
            // SAFETY: as the caller promises.
            Self::Slope(slopes) => Stored::Slope(unsafe { slopes.as_ptr().add(first) }),
        }
    }
}

impl Stored {
    /// # Safety
    /// There are slopes, if any, for the eight channels from `channel` on.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn of(self, sum: __m256, channel: usize) -> __m256 {
        match self {
            Self::None => sum,
            // Of two operands these give the second where one is no number: so it stays none.
            Self::Clip(low, high) => {
                _mm256_min_ps(_mm256_set1_ps(high), _mm256_max_ps(_mm256_set1_ps(low), sum))
            }
            Self::Slope(slopes) => {
                // SAFETY: as the caller promises.
                let slopes = unsafe { get(slopes.add(channel)) };
                let below = _mm256_cmp_ps::<_CMP_LT_OQ>(sum, _mm256_setzero_ps());
                _mm256_blendv_ps(sum, _mm256_mul_ps(sum, slopes), below)
            }
        }
    }
}

/// # Safety
/// There are eight numbers.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn get(from: *const f32) -> __m256 {
    // SAFETY: as the caller promises; it need not be aligned.
    unsafe { _mm256_loadu_ps(from) }
}

/// # Safety
/// There is room for eight numbers.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn put(to: *mut f32, numbers: __m256) {
    // SAFETY: as the caller promises; it need not be aligned.
    unsafe { _mm256_storeu_ps(to, numbers) }
}
