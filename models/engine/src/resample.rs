//! Making a picture smaller by averaging: every source pixel counts by the area it covers, so nothing aliases.

/// The size whose long side is `limit`, keeping the proportions; `None` if the picture is not larger than that.
pub(crate) fn fit(width: u32, height: u32, limit: u32) -> Option<(u32, u32)> {
    let long = width.max(height);
    if long <= limit {
        return None;
    }
    let scaled = |side: u32| {
        let rounded = (u64::from(side) * u64::from(limit) + u64::from(long) / 2) / u64::from(long);
        // At most `limit`, since side <= long.
        rounded.max(1) as u32
    };
    Some((scaled(width), scaled(height)))
}

/// Averages RGB bytes of size `from` down to size `to`, neither of whose sides may be longer.
pub(crate) fn shrink(rgb: &[u8], from: (u32, u32), to: (u32, u32)) -> Vec<u8> {
    let columns = spans(from.0, to.0);
    let rows = spans(from.1, to.1);
    let mut out = Vec::with_capacity(to.0 as usize * to.1 as usize * 3);
    let mut sums = vec![[0.0_f32; 3]; columns.len()];
    for row in &rows {
        sums.fill([0.0; 3]);
        for (i, by) in row.weights.iter().enumerate() {
            let line = &rgb[(row.first + i) * from.0 as usize * 3..][..from.0 as usize * 3];
            for (sum, column) in sums.iter_mut().zip(&columns) {
                let pixels = line[column.first * 3..].chunks_exact(3);
                for (pixel, bx) in pixels.zip(&column.weights) {
                    for (s, p) in sum.iter_mut().zip(pixel) {
                        *s += f32::from(*p) * by * bx;
                    }
                }
            }
        }
        // Weights sum to 1, so no value passes 255 by more than rounding; `as` saturates.
        out.extend(sums.iter().flatten().map(|s| (s + 0.5) as u8));
    }
    out
}

/// Source pixels, from `first` on, that make one target pixel, with weights that sum to 1.
struct Span {
    first: usize,
    weights: Vec<f32>,
}

fn spans(from: u32, to: u32) -> Vec<Span> {
    let ratio = f64::from(from) / f64::from(to);
    let span = |i: u32| {
        let (start, end) = (
            f64::from(i) * ratio,
            (f64::from(i + 1) * ratio).min(f64::from(from)),
        );
        let first = start.floor() as u32;
        // The last pixel touched by more than rounding error.
        let last = ((end - 1e-9).floor() as u32).clamp(first, from - 1);
        let weight = |p: u32| ((f64::from(p + 1).min(end) - f64::from(p).max(start)) / (end - start)) as f32;
        Span {
            first: first as usize,
            weights: (first..=last).map(weight).collect(),
        }
    };
    (0..to).map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fit_keeps_proportions_and_never_enlarges() {
        for (size, limit, expected) in [
            ((640, 480), 640, None),
            ((320, 240), 640, None),
            ((1280, 720), 640, Some((640, 360))),
            ((1920, 1080), 640, Some((640, 360))),
            ((800, 600), 640, Some((640, 480))),
            ((480, 1280), 640, Some((240, 640))),
            ((8192, 16), 640, Some((640, 1))),
        ] {
            assert_eq!(fit(size.0, size.1, limit), expected, "{size:?}");
        }
    }

    #[test]
    fn weights_sum_to_one_and_cover_every_pixel() {
        for (from, to) in [
            (8192, 640),
            (1280, 640),
            (801, 640),
            (641, 640),
            (1000, 333),
            (17, 16),
        ] {
            let spans = spans(from, to);
            assert_eq!(spans.len(), to as usize);
            let mut coverage = vec![0.0_f32; from as usize];
            for span in &spans {
                assert!((span.weights.iter().sum::<f32>() - 1.0).abs() < 1e-4);
                for (i, w) in span.weights.iter().enumerate() {
                    coverage[span.first + i] += w * from as f32 / to as f32;
                }
            }
            assert!(coverage.iter().all(|c| (c - 1.0).abs() < 1e-3), "{from} -> {to}");
        }
    }

    #[test]
    fn shrinking_averages() {
        // 4x2 to 2x1: each target pixel is the mean of a 2x2 block.
        let rgb: Vec<u8> = [0, 100, 10, 30, 100, 200, 20, 40]
            .iter()
            .flat_map(|&v| [v, 255 - v, 7])
            .collect();
        assert_eq!(shrink(&rgb, (4, 2), (2, 1)), [100, 155, 7, 25, 230, 7]);
    }

    #[test]
    fn an_even_picture_stays_even() {
        for level in [0, 1, 127, 254, 255] {
            let out = shrink(&vec![level; 333 * 71 * 3], (333, 71), (200, 43));
            assert_eq!(out.len(), 200 * 43 * 3);
            assert!(out.iter().all(|&v| v == level));
        }
    }
}
