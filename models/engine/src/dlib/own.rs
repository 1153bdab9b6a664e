//! dlib's encoder, run by this project.

use super::crop::{Crop, SIDE, crop};
use super::encoder::Aligned;
use super::network::{INPUTS, MEANS, SCALE};
use super::weights::{Layer, Weights};
use crate::net::{Builder, Direct, Filters};
use crate::{Encoding, EngineError};

/// Pictures, channels, height, width.
const SHAPE: [usize; 4] = [1, 3, SIDE, SIDE];

pub(super) struct Own(Direct);

impl Own {
    /// `None`: this is not the network that is expected, or the processor has no AVX2.
    pub(super) fn of(file: Vec<u8>) -> Option<Self> {
        let builder = Builder::new()?;
        let weights = Weights::read(&file)?;
        // Each form of the numbers takes 22 MB.
        drop(file);
        Self::built(builder, weights)
    }

    /// Of these numbers, each of which is let go when it has been taken in.
    pub(super) fn built(mut builder: Builder, weights: Weights) -> Option<Self> {
        let mut layers = weights.layers.into_iter();
        let whole = builder.convolution(builder.input(), &filters(&layers.next()?), true)?;
        let mut made = builder.max_pool(whole, 3, 2)?;
        while let Some(one) = layers.next() {
            let within = builder.convolution(made, &filters(&one), true)?;
            let around = match one.shape.stride {
                1 => made,
                stride => builder.mean_pool(made, stride, stride)?,
            };
            drop(one);
            let within = builder.convolution(within, &filters(&layers.next()?), false)?;
            made = builder.sum(around, within);
        }
        Some(Self(builder.finish(made, "encoding", INPUTS, &weights.last)?))
    }

    pub(super) fn encode(&mut self, face: &Aligned<'_>) -> Result<Encoding, EngineError> {
        let map = face.chip.encoder_square(SIDE as f64);
        let answer = self.0.run(SHAPE, &tensor(&crop(face.rgb, face.size, &map)));
        let outputs = answer.map_err(|reason| EngineError::Net {
            name: facelogin_models::FACE_ENCODER,
            reason,
        })?;
        let values = outputs.first().map_or(&[][..], |only| only.data.as_slice());
        // Checks that there are as many as there must be, and finite.
        Ok(Encoding::try_from_slice(values)?)
    }
}

fn filters(layer: &Layer) -> Filters<'_> {
    Filters {
        inputs: layer.shape.inputs,
        weights: &layer.filters,
        bias: &layer.bias,
        side: layer.shape.side,
        stride: layer.shape.stride,
        pad: layer.shape.pad,
    }
}

/// Channel after channel.
fn tensor(crop: &Crop) -> Vec<f32> {
    let of = |channel: usize| {
        crop.iter()
            .map(move |pixel| (f32::from(pixel[channel]) - MEANS[channel]) / SCALE)
    };
    of(0).chain(of(1)).chain(of(2)).collect()
}
