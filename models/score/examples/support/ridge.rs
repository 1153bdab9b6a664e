//! Ridge regression: an offset and weights of few features, with large weights held down.

use super::lines::Result;

/// The offset and the weights with which the features of each row come nearest to its value; `ridge` times the sum of the weights'
/// squares is added to the sum of squared errors.
pub fn fit(rows: &[Vec<f64>], values: &[f64], ridge: f64) -> Result<(f64, Vec<f64>)> {
    let count = rows.len() as f64;
    let width = rows.first().map_or(0, Vec::len);
    let means: Vec<f64> = (0..width)
        .map(|i| rows.iter().map(|row| row[i]).sum::<f64>() / count)
        .collect();
    let mean = values.iter().sum::<f64>() / count;
    // The normal equations of what is left without the means, the right side as the last column.
    let mut equations = vec![vec![0f64; width + 1]; width];
    for (row, value) in rows.iter().zip(values) {
        for (i, equation) in equations.iter_mut().enumerate() {
            let own = row[i] - means[i];
            for j in 0..width {
                equation[j] += own * (row[j] - means[j]);
            }
            equation[width] += own * (value - mean);
        }
    }
    for (i, equation) in equations.iter_mut().enumerate() {
        equation[i] += ridge;
    }
    let weights = solve(equations)?;
    let offset = mean - weights.iter().zip(&means).map(|(w, m)| w * m).sum::<f64>();
    Ok((offset, weights))
}

/// Gaussian elimination with the largest pivot first.
fn solve(mut equations: Vec<Vec<f64>>) -> Result<Vec<f64>> {
    let width = equations.len();
    for i in 0..width {
        let pivot = (i..width)
            .max_by(|a, b| equations[*a][i].abs().total_cmp(&equations[*b][i].abs()))
            .unwrap_or(i);
        equations.swap(i, pivot);
        let (above, below) = equations.split_at_mut(i + 1);
        let own = &above[i];
        if own[i].abs() < 1e-12 {
            return Err("the distances to the averages do not tell them apart".into());
        }
        for row in below {
            let factor = row[i] / own[i];
            row.iter_mut()
                .zip(own)
                .for_each(|(value, own)| *value -= factor * own);
        }
    }
    let mut solution = vec![0f64; width];
    for i in (0..width).rev() {
        let known: f64 = (i + 1..width).map(|j| equations[i][j] * solution[j]).sum();
        solution[i] = (equations[i][width] - known) / equations[i][i];
    }
    Ok(solution)
}
