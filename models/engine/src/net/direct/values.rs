//! What lies between two steps, and the memory it lies in.

use super::layers::{LANES, stored};

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

/// The most numbers that are kept in one piece: a camera's frames take less, and a large picture that was searched once is not to
/// keep its tens of megabytes for good.
const KEPT: usize = 1 << 20;

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

    /// For another time, unless it is of no use then.
    pub(super) fn give(&mut self, room: Vec<f32>) {
        if (1..=KEPT).contains(&room.capacity()) {
            self.0.push(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_back_is_used_again_and_no_more_is_kept_than_was_in_use() {
        let mut memory = Memory::default();
        for count in [100, 50, 400, 10, 400] {
            let rooms = [memory.take(count), memory.take(2 * count), memory.take(3)];
            assert_eq!(rooms.each_ref().map(Vec::len), [count, 2 * count, 3]);
            rooms.into_iter().for_each(|room| memory.give(room));
            assert_eq!(memory.0.len(), 3);
        }
        let large = memory.take(KEPT + 1);
        memory.give(large);
        memory.give(Vec::new());
        assert!(memory.0.iter().all(|room| room.capacity() <= KEPT) && memory.0.len() == 2);
    }

    #[test]
    fn planes_become_pixels_and_planes_again() {
        let mut memory = Memory::default();
        for channels in [1, 3, 8, 11] {
            let planes: Vec<f32> = (0..channels * 6).map(|number| number as f32).collect();
            let picture = Picture::of_planes([2, 3], channels, &planes, &mut memory);
            assert_eq!(picture.numbers[picture.stride], 1.0);
            let value = Value::Picture(picture);
            assert_eq!(value.shape(), [1, channels, 2, 3]);
            assert_eq!(value.numbers(&mut memory), planes);
            assert_eq!(value.copy(&mut memory).numbers(&mut memory), planes);
        }
    }
}
