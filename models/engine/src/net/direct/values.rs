//! What lies between two steps, and the memory it lies in.

use super::kernels::{LANES, stored};

/// A picture, pixel by pixel, row by row; from one pixel to the next `stride` numbers, the first `channels` of which count.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) stride: usize,
    pub(super) numbers: Vec<f32>,
}

/// A value.
#[derive(Debug)]
pub(super) enum Value {
    Picture(Picture),
    /// A shape and as many numbers, the last side varying fastest.
    List(Vec<usize>, Vec<f32>),
}

impl Value {
    /// Its shape, as the network's file has it.
    pub(super) fn shape(&self) -> Vec<usize> {
        match self {
            Self::Picture(picture) => vec![1, picture.channels, picture.height, picture.width],
            Self::List(shape, _) => shape.clone(),
        }
    }

    /// Its numbers in that order.
    pub(super) fn numbers(&self, memory: &mut Memory) -> Vec<f32> {
        match self {
            Self::Picture(picture) => {
                let mut planes = memory.take(picture.pixels() * picture.channels);
                for (channel, plane) in planes.chunks_exact_mut(picture.pixels().max(1)).enumerate() {
                    let of_it = picture.numbers.iter().skip(channel).step_by(picture.stride);
                    plane.iter_mut().zip(of_it).for_each(|(to, from)| *to = *from);
                }
                planes
            }
            Self::List(_, numbers) => copied(numbers, memory),
        }
    }

    /// The same value, in memory of its own.
    pub(super) fn copy(&self, memory: &mut Memory) -> Self {
        match self {
            Self::Picture(picture) => Self::Picture(Picture {
                numbers: copied(&picture.numbers, memory),
                ..*picture
            }),
            Self::List(shape, numbers) => Self::List(shape.clone(), copied(numbers, memory)),
        }
    }

    pub(super) fn into_memory(self) -> Vec<f32> {
        match self {
            Self::Picture(picture) => picture.numbers,
            Self::List(_, numbers) => numbers,
        }
    }
}

fn copied(numbers: &[f32], memory: &mut Memory) -> Vec<f32> {
    let mut made = memory.take(numbers.len());
    made.copy_from_slice(numbers);
    made
}

impl Picture {
    /// From planes, one channel after the other.
    pub(super) fn of_planes(
        [height, width]: [usize; 2],
        channels: usize,
        planes: &[f32],
        memory: &mut Memory,
    ) -> Self {
        // A colour picture's three need no more.
        let stride = if channels < LANES {
            channels
        } else {
            stored(channels)
        };
        let pixels = height * width;
        let mut numbers = memory.take(pixels * stride);
        for (channel, plane) in planes.chunks_exact(pixels.max(1)).take(channels).enumerate() {
            let places = numbers.iter_mut().skip(channel).step_by(stride);
            places.zip(plane).for_each(|(to, from)| *to = *from);
        }
        Self {
            height,
            width,
            channels,
            stride,
            numbers,
        }
    }

    /// Of such a size, all of whose numbers are to be written.
    pub(super) fn sized([height, width]: [usize; 2], channels: usize, memory: &mut Memory) -> Self {
        let stride = stored(channels);
        Self {
            height,
            width,
            channels,
            stride,
            numbers: memory.take(height * width * stride),
        }
    }

    pub(super) fn pixels(&self) -> usize {
        self.height * self.width
    }
}

/// What was used and may be used again: for a frame's numbers the kernel would have to find some megabytes anew each time.
#[derive(Debug, Default)]
pub(super) struct Memory(Vec<Vec<f32>>);

impl Memory {
    /// Room for so many numbers, which hold anything.
    pub(super) fn take(&mut self, count: usize) -> Vec<f32> {
        // The smallest that is large enough, else the largest: so there are never more than were in use at once.
        let size = |free: &Vec<f32>| match free.capacity() >= count {
            true => (0, free.capacity()),
            false => (1, usize::MAX - free.capacity()),
        };
        let best = self.0.iter().enumerate().min_by_key(|(_, free)| size(free));
        let mut room = match best.map(|(place, _)| place) {
            Some(place) => self.0.swap_remove(place),
            None => Vec::new(),
        };
        if room.capacity() < count {
            // Nothing in it is worth being moved.
            room = Vec::new();
        }
        // Numbers that are there stay as they are.
        room.resize(count, 0.0);
        room
    }

    pub(super) fn give(&mut self, room: Vec<f32>) {
        if room.capacity() > 0 {
            self.0.push(room);
        }
    }
}
