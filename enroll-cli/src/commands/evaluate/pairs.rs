//! `--pairs`: a list of pairs as Labeled Faces in the Wild has it (View 2), and the accuracy over its folds.
//!
//! `name n1 n2` is a pair of one person, `name1 n1 name2 n2` of two; picture n of a person is the file
//! `NAME_000n` in the person's folder. A first line of one or two numbers says how the list is divided: `10 300` into ten
//! folds of 300 pairs of each kind, `300` not at all. Without it each kind is cut into ten folds as it lies.

use std::fs;
use std::path::Path;

use super::error::EvaluateError;
use super::stats::rates::mean_and_error;

/// One picture of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Which {
    /// The folder's name.
    pub name: String,
    /// The number in the file's name.
    pub number: u32,
}

/// Two pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// One.
    pub one: Which,
    /// The other.
    pub other: Which,
    /// Of one person.
    pub same: bool,
    /// From 0.
    pub fold: usize,
    /// In the file, from 1.
    pub line: usize,
}

/// The folds of a list that does not say.
const FOLDS: usize = 10;

/// Reads a list.
pub fn read(path: &Path) -> Result<Vec<Pair>, EvaluateError> {
    let text = fs::read_to_string(path).map_err(|why| EvaluateError::Read {
        path: path.into(),
        why,
    })?;
    parse(&text).map_err(|(line, why)| EvaluateError::List {
        path: path.into(),
        line,
        why,
    })
}

fn parse(text: &str) -> Result<Vec<Pair>, (usize, String)> {
    let mut pairs = Vec::new();
    let mut header = None;
    for (index, text) in text.lines().enumerate() {
        let line = index + 1;
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |word: &str| {
            word.parse::<u32>()
                .map_err(|_| (line, format!("{word:?} is no number of a picture")))
        };
        let (one, other) = match words.as_slice() {
            [] => continue,
            [_] | [_, _] if line == 1 => {
                let numbers: Result<Vec<usize>, _> = words.iter().map(|word| word.parse()).collect();
                header = Some(
                    numbers.map_err(|_| (line, "expected the number of folds and of pairs".to_owned()))?,
                );
                continue;
            }
            [name, one, other] => (which(name, number(one)?), which(name, number(other)?)),
            [name, one, name2, other] => (which(name, number(one)?), which(name2, number(other)?)),
            _ => return Err((line, "expected NAME N1 N2 or NAME1 N1 NAME2 N2".into())),
        };
        pairs.push(Pair {
            same: words.len() == 3,
            one,
            other,
            fold: 0,
            line,
        });
    }
    if pairs.is_empty() {
        return Err((1, "there are no pairs in it".into()));
    }
    divide(&mut pairs, header.as_deref())?;
    Ok(pairs)
}

fn which(name: &str, number: u32) -> Which {
    Which {
        name: name.to_owned(),
        number,
    }
}

fn divide(pairs: &mut [Pair], header: Option<&[usize]>) -> Result<(), (usize, String)> {
    match header {
        Some([folds, each]) if *folds > 1 && *each > 0 => {
            if pairs.len() != folds * each * 2 {
                let why = format!(
                    "{folds} folds of {each} pairs of each kind are {}",
                    folds * each * 2
                );
                return Err((1, format!("{why}, and there are {}", pairs.len())));
            }
            for (index, pair) in pairs.iter_mut().enumerate() {
                pair.fold = index / (2 * each);
            }
        }
        Some([_]) => {}
        Some(_) => return Err((1, "expected at least two folds, of at least one pair".into())),
        None => {
            for same in [true, false] {
                let kind: Vec<&mut Pair> = pairs.iter_mut().filter(|pair| pair.same == same).collect();
                let count = kind.len().max(1);
                for (index, pair) in kind.into_iter().enumerate() {
                    pair.fold = index * FOLDS / count;
                }
            }
        }
    }
    Ok(())
}

/// A pair that was compared: how near, or `None` where a face was not found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// The smaller the nearer.
    pub score: Option<f32>,
    /// Of one person.
    pub same: bool,
    /// From 0.
    pub fold: usize,
}

/// Verification accuracy.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Accuracy {
    /// Mean over the folds, 0 to 1.
    pub mean: f64,
    /// Standard error of the mean; `None` of one fold.
    pub standard_error: Option<f64>,
    /// Folds. Of one, the threshold was chosen on the very pairs that it is judged by, which flatters.
    pub folds: usize,
    /// Pairs.
    pub pairs: usize,
    /// Pairs with a face that was not found; they count as errors.
    pub not_found: usize,
}

/// For each fold, the threshold that is best on the others, judged on it.
pub fn accuracy(pairs: &[Compared]) -> Option<Accuracy> {
    let folds = pairs.iter().map(|pair| pair.fold).max()? + 1;
    let mut shares = Vec::new();
    for fold in 0..folds {
        let (held, others): (Vec<_>, Vec<_>) = pairs.iter().partition(|pair| pair.fold == fold && folds > 1);
        let held = if folds > 1 { held } else { others.clone() };
        if held.is_empty() {
            continue;
        }
        let threshold = best(&others);
        let right = held
            .iter()
            .filter(|pair| pair.score.is_some_and(|score| (score <= threshold) == pair.same));
        shares.push(right.count() as f64 / held.len() as f64);
    }
    let (mean, error) = mean_and_error(&shares)?;
    Some(Accuracy {
        mean,
        standard_error: (shares.len() > 1).then_some(error),
        folds: shares.len(),
        pairs: pairs.len(),
        not_found: pairs.iter().filter(|pair| pair.score.is_none()).count(),
    })
}

/// The threshold with the most right answers; the middle of the gap it lies in.
fn best(pairs: &[&Compared]) -> f32 {
    let mut scores: Vec<(f32, bool)> = pairs
        .iter()
        .filter_map(|pair| pair.score.map(|score| (score, pair.same)))
        .collect();
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut right = scores.iter().filter(|(_, same)| !same).count() as i64;
    let mut best = (right, scores.first().map_or(0.0, |(score, _)| score - 1.0));
    for (index, (score, same)) in scores.iter().enumerate() {
        right += if *same { 1 } else { -1 };
        let next = scores.get(index + 1).map_or(*score, |(next, _)| *next);
        // Between equal scores there is no threshold.
        if right > best.0 && (next > *score || index + 1 == scores.len()) {
            best = (right, (score + next) / 2.0);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_with_and_without_a_header() {
        let list = "Ann_Lee\t1\t4\nBob\t2\tCarl\t3\n";
        let pairs = parse(list).unwrap();
        assert_eq!(pairs.len(), 2);
        assert!(pairs[0].same && !pairs[1].same);
        assert_eq!((pairs[0].one.number, pairs[0].other.number), (1, 4));
        assert_eq!(pairs[1].other, which("Carl", 3));
        assert_eq!(pairs[1].line, 2);

        let folds = "2 1\na 1 2\na 1 b 1\nc 1 2\nc 1 d 1\n";
        let folds: Vec<_> = parse(folds).unwrap().iter().map(|pair| pair.fold).collect();
        assert_eq!(folds, [0, 0, 1, 1]);
        let one: Vec<_> = parse("1\na 1 2\na 1 b 1\n")
            .unwrap()
            .iter()
            .map(|pair| pair.fold)
            .collect();
        assert_eq!(one, [0, 0]);
        let many: String = (0..20).map(|n| format!("a {n} {}\n", n + 1)).collect();
        let folds: Vec<_> = parse(&many).unwrap().iter().map(|pair| pair.fold).collect();
        assert_eq!((folds[0], folds[1], folds[2], folds[19]), (0, 0, 1, 9));
    }

    #[test]
    fn what_is_no_pair_is_told_with_its_line() {
        for (list, line) in [
            ("", 1),
            ("a 1 2\na x 2\n", 2),
            ("a 1 2\na 1\n", 2),
            ("2 2\na 1 2\na 1 b 1\n", 1),
            ("0 2\na 1 2\n", 1),
            ("a b\na 1 2\n", 1),
            ("a 1 2 3 4\n", 1),
        ] {
            assert_eq!(parse(list).unwrap_err().0, line, "{list:?}");
        }
    }

    #[test]
    fn accuracy_takes_the_threshold_from_the_other_folds_and_counts_lost_faces_as_errors() {
        let pair = |score, same, fold| Compared { score, same, fold };
        let clean = [
            pair(Some(0.2), true, 0),
            pair(Some(0.8), false, 0),
            pair(Some(0.3), true, 1),
            pair(Some(0.7), false, 1),
        ];
        let found = accuracy(&clean).unwrap();
        assert_eq!(
            (found.mean, found.folds, found.standard_error),
            (1.0, 2, Some(0.0))
        );

        // The threshold of fold 1, 0.5, is wrong for the pair at 0.6; one face is lost.
        let odd = [
            pair(Some(0.6), true, 0),
            pair(None, false, 0),
            pair(Some(0.3), true, 1),
            pair(Some(0.7), false, 1),
        ];
        let found = accuracy(&odd).unwrap();
        // Fold 0 by the threshold 0.5: none right. Fold 1 by one above 0.6, both at or below it or not: 0.3 is right.
        assert_eq!((found.not_found, found.pairs), (1, 4));
        assert!(found.mean < 0.75, "{found:?}");
        let one = accuracy(&[pair(Some(0.1), true, 0), pair(Some(0.9), false, 0)]).unwrap();
        assert_eq!((one.mean, one.standard_error), (1.0, None));
        assert_eq!(accuracy(&[]), None);
    }
}
